"""Loops that were recorded, not rendered: which of them a generator can learn, and their exact rings."""

from typing import Final

import numpy as np

from samplegen.audio.io import read_audio
from samplegen.audio.types import Audio
from samplegen.conditioning.embedder import TagEmbedder
from samplegen.conditioning.vocabulary import LOOP_KINDS
from samplegen.post.loudness import normalise_peak
from samplegen.training.sources.library import PEAK_DB, RECORDED_LOOP_KINDS, Library, Record
from samplegen.units import bars_to_samples, bars_to_seconds

BEATS_PER_BAR: Final = 4
LOWEST_BPM, HIGHEST_BPM = 60.0, 200.0
MOST_BARS: Final = 64
_LENGTH_TOLERANCE: Final = 0.01


def recorded_loops(library: Library) -> tuple[list[Record], list[Record]]:
    """Loops of a library that can be learned from, and those that cannot.

    Learning needs a tempo in the range of the generators, and a length of whole bars of four beats to 1 %.
    """
    found = library.select(kinds=RECORDED_LOOP_KINDS)
    return [loop for loop in found if whole_bars(loop)], [loop for loop in found if not whole_bars(loop)]


def whole_bars(record: Record) -> int | None:
    """Bars of a loop that can be learned from; None for any other."""
    if record.bpm is None or not LOWEST_BPM <= record.bpm <= HIGHEST_BPM:
        return None
    bars = round(record.duration_s / bars_to_seconds(1, bpm=record.bpm, beats_per_bar=BEATS_PER_BAR))
    if not 1 <= bars <= MOST_BARS:
        return None
    exact_s = bars_to_seconds(bars, bpm=record.bpm, beats_per_bar=BEATS_PER_BAR)
    return bars if abs(record.duration_s - exact_s) <= _LENGTH_TOLERANCE * exact_s else None


def loop_kind(record: Record, words: TagEmbedder) -> str:
    """What a generator calls the kind of a recorded loop; one that does not say what plays counts as drums."""
    known = words.parse(record.kind.replace("_", " ")).known
    return next((tag for tag in (record.kind, *known) if tag in LOOP_KINDS), "loop_drums")


def read_ring(library: Library, record: Record, *, sample_rate: int) -> Audio:
    """A recorded loop ``[1, T]`` of exactly its bars, at a fixed peak: its end is cut off or filled with silence.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    bars = whole_bars(record)
    if bars is None or record.bpm is None:
        raise ValueError(f"{record.path} holds no whole bars.")
    audio = read_audio(library.path_of(record), sample_rate=sample_rate, mono=True)
    ring = np.zeros((1, bars_to_samples(bars, bpm=record.bpm, sample_rate=sample_rate)), np.float32)
    piece = audio.samples[:, : ring.shape[1]]
    ring[:, : piece.shape[1]] = piece
    return normalise_peak(Audio(ring, sample_rate), peak_db=PEAK_DB)
