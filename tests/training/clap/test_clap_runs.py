"""From a library to a joint embedder that `load_clap` loads."""

import json
from pathlib import Path

import pytest

from samplegen.conditioning.clap import load_clap
from samplegen.conditioning.clap.bundled import BundledClap
from samplegen.errors import DependencyError, InputError, UsageError
from samplegen.training import log
from samplegen.training.clap import clap_runs
from samplegen.training.clap.clap_runs import train_clap
from samplegen.training.loop import load_state
from samplegen.training.sources.library import save_library
from samplegen.training.sources.scan import scan_library

SETTINGS = """
[architecture]
dimension = 8
text_width = 8
audio_width = 8
text_blocks = 1
audio_blocks = 1
[training]
batch = 4
"""


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "_tensorboard", lambda folder: None)


@pytest.fixture
def library(library_folder: Path, tmp_path: Path) -> Path:
    save_library(tmp_path / "library.jsonl", scan_library(library_folder))
    (tmp_path / "tiny.toml").write_text(SETTINGS)
    return tmp_path / "library.jsonl"


def train(library: Path, **changes: object) -> clap_runs.TrainingResult:
    folder = library.parent
    options = {"out": folder / "clap-new", "run": folder / "run", "config": folder / "tiny.toml", "max_steps": 2}
    return train_clap(library, **{**options, **changes})


def test_from_a_library_to_an_embedder(library: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(clap_runs, "BANK_SIZE", 5)
    told: list[float] = []
    result = train(library, progress=lambda done, total: told.append(done))
    assert told == [0.0, 50.0] and {"recall_seen", "recall_unseen", "score"} <= set(result.figures)
    clap = load_clap(result.folder)
    assert isinstance(clap, BundledClap) and clap.dimension == 8
    assert clap.gap is not None and clap.gap.bank.shape == (5, 8)
    assert clap.knows("kick") and not clap.knows("quaternion")
    config = json.loads((result.folder / "config.json").read_text())
    assert config["training_licences"] == ["CC0-1.0"] and config["steps"] == 2
    assert "dark" in config["attributes"] and set(config["limits"][""]) >= {"brightness"}
    assert "Trained for 2 steps" in (result.folder / "README.md").read_text()
    # A card that somebody has written stays.
    (result.folder / "README.md").write_text("mine")
    train(library, resume=True, max_steps=3)
    assert load_state(library.parent / "run" / "last.pt")["step"] == 3
    assert (result.folder / "README.md").read_text() == "mine"


def test_wrong_settings(library: Path):
    with pytest.raises(UsageError, match="loudness"):
        (library.parent / "bad.toml").write_text("[training]\nloudness = 1")
        train(library, config=library.parent / "bad.toml")
    with pytest.raises(InputError, match=r"teacher's weights .* cannot be read"):
        train(library, teacher=library.parent)
    with pytest.raises(UsageError, match="needs a budget"):
        train(library, max_steps=None)


def test_a_teacher_needs_its_package(library: Path, monkeypatch: pytest.MonkeyPatch):
    import sys

    import torch
    from safetensors.torch import save_file

    monkeypatch.setitem(sys.modules, "tokenizers", None)
    save_file({"embeddings.word_embeddings.weight": torch.zeros(2, 2)}, library.parent / "model.safetensors")
    with pytest.raises(DependencyError, match="pip install tokenizers"):
        train(library, teacher=library.parent)
