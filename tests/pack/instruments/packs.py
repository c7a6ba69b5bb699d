"""Small packs of one-shots on the disk, for instruments to be made of."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from samplegen.audio.io import write_wav
from samplegen.audio.types import Audio
from samplegen.pack.companions import Companion, PackView
from samplegen.pack.manifest import FileEntry, entry_of
from samplegen.pack.sound import Provenance, Sound, Tags
from samplegen.units import midi_to_hz

SAMPLE_RATE = 44_100


def noise(seed: int, *, length: int = 4_000, channels: int = 1) -> Audio:
    """Decaying noise without the highest frequencies, which a sampler's interpolation would change."""
    rng = np.random.default_rng(seed)
    white = rng.uniform(-1, 1, (channels, length + 15)).cumsum(axis=1)
    samples = 0.1 * (white[:, 15:] - white[:, :-15]) * np.exp(-np.arange(length) / (0.3 * length))
    return Audio(samples.astype(np.float32), SAMPLE_RATE)


def tone(note: float, *, length: int = 22_050) -> Audio:
    """A decaying tone with four harmonics."""
    phase = 2 * np.pi * midi_to_hz(note) * np.arange(length) / SAMPLE_RATE
    wave = sum(np.sin(k * phase) / k for k in range(1, 5))
    return Audio((0.2 * wave * np.exp(-np.arange(length) / (0.5 * length))).astype(np.float32), SAMPLE_RATE)


def entry(
    name: str,
    *,
    category: str = "snare",
    kind: str = "one_shot",
    parameters: Mapping[str, Any] | None = None,
    word: str = "",
    level_db: float | None = None,
    audio: Audio | None = None,
) -> FileEntry:
    """The entry of ``One_Shots/<name>.wav``."""
    timed = {"bpm": 120.0, "bars": 1} if kind == "loop" else {}
    tags = Tags(kind=kind, category=category, **timed)
    sound = Sound(audio or noise(0, length=10), tags, Provenance("test", parameters=parameters or {}))
    return entry_of(
        sound, path=f"One_Shots/{name}.wav", sha256="0", size=1, bit_depth=24, measures={"level_db": level_db},
        gates=(), redraws=0, job=name, word=word,
    )  # fmt: skip


def put(folder: Path, name: str, audio: Audio, **facts: Any) -> FileEntry:
    """Write ``One_Shots/<name>.wav`` and say what it is."""
    path = folder / "One_Shots" / f"{name}.wav"
    path.parent.mkdir(exist_ok=True, parents=True)
    write_wav(path, audio)
    return entry(name, audio=audio, **facts)


def put_takes(
    folder: Path, source: str, *, category: str, takes: Sequence[int], seed: int = 0, first_take: int = 1
) -> list[FileEntry]:
    """Takes of each of ``len(takes)`` velocity layers, softer ones quieter by 6 dB a layer."""
    step, layers = 128 // len(takes), len(takes)
    return [
        put(
            folder,
            f"{source}_v{layer}_t{take}",
            noise(seed + 100 * layer + take),
            category=category,
            level_db=-6.0 * (layers - layer) - 10.0,
            parameters={
                "source": source, "source_sha256": "s", "take": take, "layer": layer, "layers": layers,
                "velocity": [(layer - 1) * step, 127 if layer == layers else layer * step - 1],
            },
        )
        for layer, count in enumerate(takes, start=1)
        for take in range(first_take, first_take + count)
    ]  # fmt: skip


def view_of(folder: Path, sections: Mapping[str, Sequence[FileEntry]], *, name: str = "Test Pack") -> PackView:
    entries = tuple({entry.path: entry for group in sections.values() for entry in group}.values())
    return PackView(
        folder, name, entries, {key: tuple(group) for key, group in sections.items()}, prefix="SG", licence="CC0-1.0"
    )


def write_out(folder: Path, companions: Sequence[Companion]) -> dict[str, Path]:
    """Write the files and return each suffix's first path."""
    found: dict[str, Path] = {}
    for companion in companions:
        path = folder / companion.path
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(companion.data)
        found.setdefault(path.suffix, path)
    return found
