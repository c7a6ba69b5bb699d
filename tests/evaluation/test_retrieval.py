"""Retrieval and classes by hand."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor

from samplegen.audio.types import Audio
from samplegen.errors import UsageError
from samplegen.evaluation.one_shot_classifier import Share
from samplegen.evaluation.retrieval import (
    FORMS,
    by_class,
    class_prototypes,
    classes_markdown,
    measure_retrieval,
    random_vectors,
    retrieval_markdown,
    zero_shot,
)

AUDIOS = torch.eye(12)
FITS = torch.eye(12, dtype=torch.bool)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_perfect_worst_and_half():
    perfect = measure_retrieval(AUDIOS, AUDIOS, fits=FITS, rng=rng())
    assert perfect.recall == Share(1.0, 1.0, 1.0, 12) and perfect.precision == 1.0
    worst = measure_retrieval(-AUDIOS, AUDIOS, fits=FITS, rng=rng())
    assert worst.recall.share == 0.0 and worst.precision == pytest.approx(1 / 12)
    half = measure_retrieval(torch.cat([AUDIOS, -AUDIOS]), AUDIOS, fits=torch.cat([FITS, FITS]), rng=rng())
    assert half.recall.share == 0.5 and 0.25 < half.recall.low < 0.5 < half.recall.high < 0.75


def test_random_finds_what_chance_gives():
    audios = random_vectors(200, 16, generator=torch.Generator().manual_seed(0))
    texts = random_vectors(400, 16, generator=torch.Generator().manual_seed(1))
    fits = torch.zeros(400, 200, dtype=torch.bool)
    fits[:, :40] = True  # 20 % fit
    found = measure_retrieval(texts, audios, fits=fits, rng=rng())
    assert found.recall.share == pytest.approx(0.2, abs=0.04)


def test_by_class_keeps_the_order_of_appearance():
    found = by_class(AUDIOS, AUDIOS, fits=FITS, classes=["snare", "kick"] * 6, rng=rng())
    assert list(found) == ["snare", "kick"] and found["kick"].recall.sounds == 6


@pytest.mark.parametrize(("texts", "fits"), [(AUDIOS[:0], FITS[:0]), (AUDIOS[:2], FITS)])
def test_wrong_shapes(texts, fits):
    with pytest.raises(UsageError, match="do not go with"):
        measure_retrieval(texts, AUDIOS, fits=fits, rng=rng())


class Spelled:
    """Texts are vectors by their first letter."""

    name, hash, dimension = "spelled", "h", 2

    def embed_text(self, texts: Sequence[str]) -> Tensor:
        return torch.tensor([[1.0, 0.0] if "k" in text else [0.0, 1.0] for text in texts])

    def embed_audio(self, audios: Sequence[Audio]) -> Tensor:
        raise NotImplementedError


def test_classes_without_training():
    prototypes = class_prototypes(Spelled(), {"kick": ("kick", "bd"), "snare": ("snare",)})
    # "kick" points right in every form, "bd" up in every form.
    right = sum("k" in form.format(name) for name in ("kick", "bd") for form in FORMS)
    expected = torch.nn.functional.normalize(torch.tensor([right, 2.0 * len(FORMS) - right]), dim=0)
    torch.testing.assert_close(prototypes, torch.stack([expected, torch.tensor([0.0, 1.0])]))
    found = zero_shot(torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.eye(2), names=["kick", "snare"])
    assert found == ["kick", "snare"]


def test_tables():
    row = measure_retrieval(AUDIOS, AUDIOS, fits=FITS, rng=rng())
    assert "| seen | 100 % (100 %–100 %) | 1.000 | 12 |" in retrieval_markdown({"seen": row}, first="prompts")
    assert "| kick | 50 % (25 %–75 %) | 8 |" in classes_markdown({"kick": Share(0.5, 0.25, 0.75, 8)})
