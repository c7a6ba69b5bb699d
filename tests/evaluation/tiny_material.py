"""A small library of one-shots and rendered loops on disk, as `samplegen data` writes them."""

import json
from pathlib import Path

import numpy as np
import soundfile

from samplegen.training.sources.library import Record, ScanResult, save_library
from samplegen.training.sources.split import Split, held_out_sources
from samplegen.units import bars_to_samples

RATE = 22_050
KINDS = {"kick": 60.0, "snare": 220.0, "bass": 90.0}
HELD_OUT = sorted(held_out_sources())[0]


def tiny_one_shot(hz: float, seed: int) -> np.ndarray:
    """A decaying tone; snares are noisy, basses long."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(0.35 * RATE)) / RATE
    noise = (0.6 if hz > 200 else 0.02) * rng.standard_normal(time.size)
    decay = 4.0 if 80 < hz < 100 else 14.0
    return (0.5 * (np.sin(2 * np.pi * hz * rng.uniform(0.9, 1.1) * time) + noise) * np.exp(-decay * time)).astype(
        np.float32
    )


def tiny_loop(bpm: float, *, bars: int, seed: int) -> np.ndarray:
    """A hit on every beat, ringing over the end into the start, over a faint hiss."""
    length = bars_to_samples(bars, bpm=bpm, beats_per_bar=4, sample_rate=RATE)
    rng = np.random.default_rng(seed)
    samples = 0.002 * rng.standard_normal(length)
    for beat in range(4 * bars):
        hit = tiny_one_shot(rng.uniform(60.0, 300.0), seed + beat)
        samples[(round(beat * length / (4 * bars)) + np.arange(hit.size)) % length] += 0.7 * hit
    return samples.astype(np.float32)


def write_material(folder: Path, *, sounds: int = 10, loops: int = 10, bars: int = 4) -> list[str]:
    """Write both splits and return the options that name them."""
    records = []
    for split, source in (("train", "nobody/training"), ("held_out", HELD_OUT)):
        records += _one_shots(folder / "sounds", split=split, source=source, each=sounds)  # type: ignore[arg-type]
        _loops(folder / split, split=split, count=loops, bars=bars)
    save_library(folder / "library.jsonl", ScanResult(folder / "sounds", tuple(records), ()))
    return [
        "--library", str(folder / "library.jsonl"), "--held-out", str(folder / "held_out"), "--train",
        str(folder / "train"),
    ]  # fmt: skip


def _one_shots(folder: Path, *, split: Split, source: str, each: int) -> list[Record]:
    folder.mkdir(parents=True, exist_ok=True)
    records = []
    for kind, hz in KINDS.items():
        for number in range(each):
            name = f"{split}_{kind}_{number}.wav"
            soundfile.write(folder / name, tiny_one_shot(hz, 100 * number + (split == "train")), RATE)
            own = f"{source}-{number % 5}" if split == "train" else source
            records.append(Record(name, kind, own, "CC0-1.0", split, 0.35, RATE, 1))
    return records


def _loops(folder: Path, *, split: str, count: int, bars: int) -> None:
    folder.mkdir(parents=True)
    lines = [{"format": "samplegen-loops", "version": 1, "split": split}]
    for number in range(count):
        bpm = 150.0 + 50.0 * number / count
        path = f"{number:06d}.wav"
        soundfile.write(folder / path, tiny_loop(bpm, bars=bars, seed=1000 * number + (split == "train")), RATE)
        lines.append(
            {"path": path, "kind": "loop_drums", "style": "house", "bpm": bpm, "bars": bars, "meter": [4, 4]}  # type: ignore[dict-item]
        )
    (folder / "index.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
