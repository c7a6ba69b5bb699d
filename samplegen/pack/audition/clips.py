"""The sounds inside the page: FLAC of 16 bits, or less where a pack is large."""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import soundfile

from samplegen.audio.io import read_audio
from samplegen.audio.types import Audio
from samplegen.pack.companions import PackView
from samplegen.pack.manifest import FileEntry

BUDGET_BYTES: Final = 30_000_000  # of FLAC: 40 MB as text
EXCERPT_S: Final = 60.0
_FLAC_MAX_CHANNELS: Final = 8
_OVERVIEW_COLUMNS: Final = 128


@dataclass(frozen=True)
class Quality:
    """How sounds are embedded; fewer `bits` leave the lowest of the 16 at zero, which FLAC does not store."""

    mono: bool
    bits: int
    words: str


QUALITIES: Final = (
    Quality(False, 16, ""),
    Quality(True, 16, "This pack is large: the page plays its sounds in mono. The files are as they should be."),
    Quality(True, 12, "This pack is large: the page plays its sounds in mono with 12 bits. The files are whole."),
)


@dataclass(frozen=True)
class Clip:
    """One embedded sound: the file's bytes (empty where it found no room) and its outline.

    Parameters
    ----------
    flac
        A whole FLAC file.
    overview
        Highest level of each of `_OVERVIEW_COLUMNS` parts, 0 to 255.
    excerpt
        Whether only the first `EXCERPT_S` seconds are there.
    """

    flac: bytes
    overview: bytes
    excerpt: bool


@dataclass(frozen=True)
class Clips:
    """The clips by path, and what the listener should know about their quality."""

    by_path: Mapping[str, Clip]
    note: str


def embed_sounds(view: PackView, *, budget_bytes: int = BUDGET_BYTES) -> Clips:
    """All sounds of a pack in the best quality whose files have at most `budget_bytes` together.

    In the lowest quality, sounds stay out (and are told of) from where they do not fit: first
    textures and risers, then loops.

    Raises
    ------
    InputError
        If a sound cannot be read.
    """
    for quality in QUALITIES[:-1]:
        clips = _encoded(view, view.entries, quality, budget_bytes)
        if all(clip.flac for clip in clips.values()):
            return Clips(clips, quality.words)
    order = ("one_shot", "loop", "riser", "texture")
    entries = sorted(view.entries, key=lambda entry: order.index(entry.kind) if entry.kind in order else len(order))
    clips = _encoded(view, entries, QUALITIES[-1], budget_bytes, whole=True)
    missing = sum(not clip.flac for clip in clips.values())
    left_out = f" {missing} sounds found no room in it; open their files to hear them." if missing else ""
    return Clips(clips, QUALITIES[-1].words + left_out)


def overview_of(audio: Audio) -> bytes:
    """Highest level of each part of a sound, its loudest at 255."""
    samples = np.abs(audio.samples).max(axis=0)
    samples = np.pad(samples, (0, max(0, _OVERVIEW_COLUMNS - samples.size)))
    edges = np.linspace(0, samples.size, _OVERVIEW_COLUMNS + 1).astype(np.int64)[:-1]
    peaks = np.maximum.reduceat(samples, edges)
    return np.round(255.0 * peaks / max(float(peaks.max()), 1e-6)).astype(np.uint8).tobytes()


def encode_flac(audio: Audio, *, quality: Quality) -> bytes:
    """`audio` ``[C, T]`` as a FLAC file with exactly T samples per channel."""
    samples = audio.samples.mean(axis=0, keepdims=True) if quality.mono else audio.samples[:_FLAC_MAX_CHANNELS]
    step = 1 << (16 - quality.bits)
    values = np.round(samples.T * (32768.0 / step)) * step
    buffer = io.BytesIO()
    integers = np.clip(values, -32768, 32768 - step).astype(np.int16)
    soundfile.write(buffer, integers, audio.sample_rate, format="FLAC", subtype="PCM_16", compression_level=0.8)
    return buffer.getvalue()


def _encoded(
    view: PackView, entries: Iterable[FileEntry], quality: Quality, budget_bytes: int, *, whole: bool = False
) -> dict[str, Clip]:
    """Clips by path until the budget is spent; unless `whole`, the first that does not fit is the last."""
    clips: dict[str, Clip] = {}
    left = budget_bytes
    for entry in entries:
        excerpt = entry.kind != "loop" and entry.length > EXCERPT_S * entry.sample_rate
        audio = read_audio(view.folder / entry.path, max_seconds=EXCERPT_S if excerpt else None)
        flac = encode_flac(audio, quality=quality)
        fits = len(flac) <= left
        left -= len(flac) if fits else 0
        clips[entry.path] = Clip(flac if fits else b"", overview_of(audio), excerpt)
        if not fits and not whole:
            break
    return clips
