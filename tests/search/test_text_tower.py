"""The tower in numpy says what the tower in torch says, and refuses damaged models."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from samplegen.conditioning.clap import load_clap
from samplegen.errors import ModelInvalidError, ModelMissingError
from samplegen.search.text_tower import load_text_tower
from tests.search.signals import TINY

TEXTS = ("dusty rimshot", "kick", "Dark LOOP 808, hi-hat!", "snaer", "rimshots rimshots dusty kick", "kick " * 60)


@pytest.mark.parametrize("text", TEXTS)
def test_equals_torch(tiny_clap: Path, text: str) -> None:
    tower, whole = load_text_tower(TINY), load_clap(TINY)
    assert tower is not None and (tower.name, tower.hash) == (whole.name, whole.hash)
    made = tower.embed(text)
    np.testing.assert_allclose(made, whole.embed_text([text])[0].numpy(), atol=1e-4)
    assert np.linalg.norm(made) == pytest.approx(1.0, abs=1e-5)


def test_the_bundled_tower_equals_torch() -> None:
    from samplegen.conditioning.clap import DEFAULT_CLAP

    tower, whole = load_text_tower(DEFAULT_CLAP), load_clap()
    assert tower is not None
    for text in (*TEXTS, "warm analog bass with a long tail", "xqzzy"):
        np.testing.assert_allclose(tower.embed(text), whole.embed_text([text])[0].numpy(), atol=1e-4)


@pytest.mark.parametrize("text", ["", "xqzzy", "🥁", "128 bpm"])
def test_unknown_words_are_the_zero_vector(tiny_clap: Path, text: str) -> None:
    tower = load_text_tower(TINY)
    assert tower is not None and not tower.embed(text).any() and tower.known_words(text) == []


def test_other_families_are_left_to_others(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"family": "laion_clap"}))
    assert load_text_tower(tmp_path) is None


def test_damaged_and_missing_models(tiny_clap: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_clap / TINY, tmp_path / "broken"))
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4] + b"\0\1\2\3")
    with pytest.raises(ModelInvalidError, match="Copy the model"):
        load_text_tower(folder)
    with pytest.raises(ModelMissingError):
        load_text_tower("no-such-clap")
