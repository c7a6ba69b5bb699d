"""A tiny library of synthetic one-shots, made once."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from samplegen.training.sources.library import Library
from samplegen.training.sources.scan import scan_library

SAMPLE_RATE = 44_100
HELD_OUT = "oramics/sampled"


def _burst(*, seed: int, seconds: float, hz: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    tone = np.cos(2.0 * np.pi * hz * time) + 0.2 * rng.standard_normal(time.size)
    return (0.5 * tone * np.exp(-6.0 * time / seconds)).astype(np.float32)


@pytest.fixture(scope="session")
def _made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sounds") / "library"
    rows = []
    hz = {"kick": 60.0, "snare": 190.0, "hat_closed": 7000.0, "hat_open": 6000.0, "percussion": 800.0, "tom": 110.0}
    for number, source in enumerate(("maker/one", "maker/two", HELD_OUT)):
        for kind in hz:
            path = f"oneshots/{kind}/{source.replace('/', '_')}.wav"
            rows.append({"path": path, "class": kind, "source_repo": source, "licence": "CC0-1.0"})
            _write(folder / path, _burst(seed=number, seconds=0.15, hz=hz[kind]))
        for note, pitch in (("bass", 33.0), ("keys", 60.0)):
            path = f"oneshots/{note}/{source.replace('/', '_')}.wav"
            rows.append({"path": path, "class": note, "source_repo": source, "licence": "CC0-1.0", "midi_pitch": pitch})
            _write(folder / path, _burst(seed=number, seconds=0.5, hz=440.0 * 2.0 ** ((pitch - 69.0) / 12.0)))
    rows.append({"path": "ccby/kick.wav", "class": "kick", "source_repo": "maker/three", "licence": "CC-BY-4.0"})
    _write(folder / "ccby/kick.wav", _burst(seed=9, seconds=0.1, hz=50.0))
    with (folder / "index.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["path", "class", "source_repo", "licence", "midi_pitch"])
        writer.writeheader()
        writer.writerows(rows)
    return folder


def _write(path: Path, samples: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, SAMPLE_RATE, "PCM_16")


@pytest.fixture
def library_folder(_made_once: Path, tmp_path: Path) -> Path:
    """Two training sources, one held-out source and one file of another licence, with an index; to be changed."""
    return Path(shutil.copytree(_made_once, tmp_path / "library"))


@pytest.fixture(scope="session")
def library(_made_once: Path) -> Library:
    """The tiny library, scanned; not to be changed."""
    return scan_library(_made_once).library
