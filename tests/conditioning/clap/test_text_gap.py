"""Cures of the text gap, by hand."""

import math

import pytest
import torch

from samplegen.conditioning.clap.text_gap import (
    NAMES,
    TextGap,
    close_gap,
    jitter,
    keep_axes,
    nearest_mean,
    shift_mean,
)  # fmt: skip
from samplegen.errors import UsageError

X, Y, Z = torch.eye(3)


def test_shift_moves_the_mean_of_texts_onto_that_of_sounds():
    moved = shift_mean(torch.stack([X, torch.zeros(3)]), text_mean=X, audio_mean=Y)
    assert moved.tolist() == [[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]


def test_keep_axes_drops_the_rest():
    vector = torch.tensor([[0.6, 0.8, 0.0], [0.0, 0.0, 1.0]])
    kept = keep_axes(vector, axes=torch.stack([X, Z]))
    torch.testing.assert_close(kept, torch.stack([X, Z]))


def test_nearest_mean_weighs_by_softmax():
    bank = torch.stack([X, Y, -X])
    text = torch.tensor([[1.0, 0.0, 0.0]])
    # The two nearest have the cosines 1 and 0: weights e and 1 at temperature 1.
    expected = torch.tensor([[math.e, 1.0, 0.0]]) / math.hypot(math.e, 1.0)
    torch.testing.assert_close(nearest_mean(text, bank=bank, count=2, temperature=1.0), expected)
    torch.testing.assert_close(nearest_mean(text, bank=bank, count=1), text)
    assert nearest_mean(torch.zeros(1, 3), bank=bank).abs().sum() == 0
    assert nearest_mean(text, bank=bank, count=50).isfinite().all()


def test_jitter_has_the_cosine_it_draws():
    vectors = torch.nn.functional.normalize(torch.randn(500, 8, generator=torch.Generator().manual_seed(0)), dim=-1)
    moved = jitter(vectors, generator=torch.Generator().manual_seed(1), lowest=0.75)
    cosines = (moved * vectors).sum(1)
    torch.testing.assert_close(moved.norm(dim=1), torch.ones(500))
    assert 0.75 <= cosines.min() < 0.77 and 0.98 < cosines.max() <= 1.0 + 1e-6
    assert abs(float(cosines.mean()) - 0.875) < 0.02
    torch.testing.assert_close(jitter(vectors, generator=torch.Generator(), lowest=1.0), vectors)


def pairs() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    common = torch.randn(200, 1, generator=generator)
    texts = common * X + 0.3 * torch.randn(200, 1, generator=generator) * Y + 2.0 * Y
    audios = common * X + 0.3 * torch.randn(200, 1, generator=generator) * Z - 2.0 * Z
    return texts, audios


def test_measured_axes_begin_where_both_vary():
    texts, audios = pairs()
    gap = TextGap.measure(texts, audios)
    assert abs(float(gap.axes[0] @ X)) > 0.98
    torch.testing.assert_close(gap.axes @ gap.axes.T, torch.eye(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(gap.text_mean, texts.mean(0))
    assert set(gap.tensors()) == set(NAMES) and gap.bank is audios


def test_methods_are_switched_by_name():
    gap = TextGap(torch.stack([X, Y, Z]), X, Y, torch.eye(3))
    texts = torch.stack([X, torch.zeros(3)])
    assert close_gap(texts, method="none", gap=gap) is texts
    for method in ("shift", "axes", "neighbours"):
        made = close_gap(texts, method=method, gap=gap)
        assert made[1].abs().sum() == 0 and abs(float(made[0].norm()) - 1.0) < 1e-6
    torch.testing.assert_close(close_gap(texts, method="shift", gap=gap)[0], Y)
    with pytest.raises(UsageError, match="'nearest' is not known. Choose none, shift"):
        close_gap(texts, method="nearest", gap=gap)  # type: ignore[arg-type]
