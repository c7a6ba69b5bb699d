"""Packs of small sounds on the disk, and entries without sounds, to arrange."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from samplegen import units
from samplegen.audio.types import Audio
from samplegen.audio.wav import write_wav
from samplegen.pack.companions import PackView
from samplegen.pack.manifest import FileEntry


def make_entry(name: str, kind: str = "loop", category: str = "drums", **changes: Any) -> FileEntry:
    """A sound of the manifest; a loop of 4 bars at 120 BPM unless told otherwise."""
    timed = kind in ("loop", "riser")
    bpm: float | None = changes.pop("bpm", 120.0 if timed else None)
    bars: int | None = changes.pop("bars", 4 if timed else None)
    meter, rate = changes.pop("meter", (4, 4)), changes.pop("sample_rate", 44_100)
    length = changes.pop("length", 20_000)
    if bpm and bars:
        length = units.bars_to_samples(bars, bpm=bpm, beats_per_bar=meter[0], sample_rate=rate)
    values: dict[str, Any] = {
        "path": f"Sounds/{name}.wav", "sha256": "", "size": 0, "kind": kind, "category": category, "bpm": bpm,
        "bars": bars, "meter": meter, "beats": bars and bars * meter[0], "key": None, "root_note": None,
        "length": length, "sample_rate": rate, "bit_depth": 24, "channels": 1, "measures": {}, "gates": (),
        "redraws": 0, "seed": 0, "engine": "test", "model": "", "model_hash": "", "codec_hash": "",
        "parameters": {}, "licence": "CC0-1.0",
    }  # fmt: skip
    return FileEntry(**{**values, **changes})


def make_view(folder: Path, entries: Sequence[FileEntry], **values: Any) -> PackView:
    return PackView(folder, values.pop("name", "Night Pack"), tuple(entries), **values)


def write_sounds(view: PackView) -> PackView:
    """`view` with its sounds on the disk: a tone where there is a key, hits on the beats elsewhere."""
    for number, entry in enumerate(view.entries):
        (view.folder / entry.path).parent.mkdir(parents=True, exist_ok=True)
        samples = _tone(entry, number) if entry.key else _hits(entry, number)
        write_wav(view.folder / entry.path, Audio(np.repeat(samples, entry.channels, axis=0), entry.sample_rate))
    return view


def _tone(entry: FileEntry, number: int) -> Any:
    """Whole periods, so that the loop has no seam; it is crossed at full level."""
    cycles = round(entry.length / entry.sample_rate * (110.0 + 11 * number))
    return (0.5 * np.cos(2 * np.pi * cycles * np.arange(entry.length) / entry.length)).astype(np.float32)[None]


def _hits(entry: FileEntry, number: int) -> Any:
    beats = entry.beats or 1
    samples = np.zeros((1, entry.length), np.float32)
    hit = np.random.default_rng(number).standard_normal(4_000) * np.exp(-np.arange(4_000) / 500.0)
    for beat in range(beats):
        start = units.slice_to_sample(beat, slices=beats, length=entry.length)
        room = samples[:, start : start + 4_000]
        room += 0.2 * hit[: room.shape[1]].astype(np.float32)
    return samples


def full_pack(folder: Path, *, bpm: float = 120.0, meter: tuple[int, int] = (4, 4), **changes: Any) -> PackView:
    """Two loops of every kind, risers, an impact, a crash and a texture."""
    grid = {"bpm": bpm, "meter": meter, **changes}
    entries = [
        make_entry(f"{kind}-{number}", category=kind, key="Am" if kind in ("loop_bass", "loop_chord") else None, **grid)
        for kind in ("drums", "loop_tops", "loop_kick", "loop_percussion", "loop_bass", "loop_chord")
        for number in (1, 2)
    ]
    entries += [
        make_entry("rise", "riser", "riser", **grid),
        make_entry("fall", "riser", "downlifter", **{**grid, "bars": 2}),
        make_entry("boom", "riser", "impact", **{**grid, "bars": 1}),
        make_entry("crash", "one_shot", "cymbal"),
        make_entry("air", "texture", "phase", length=3_000_000, channels=2),
    ]
    return make_view(folder, entries)
