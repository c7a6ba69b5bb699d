"""Is a rendered melody the line that was asked for? A transcriber that shares nothing with the sampler answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching

from samplegen.audio.resample import resample
from samplegen.audio.types import Audio
from samplegen.evaluation.humanize_report import Figure
from samplegen.score.events import Pattern, steps_per_beat
from samplegen.score.melodies import draw_bass, draw_chords
from samplegen.score.styles import STYLES

ONSET_S: Final = 0.05
CENTS: Final = 50.0
GRAM_NOTES: Final = 4
_RATE: Final = 22_050
_HOP: Final = 256
_PITCH_HOP: Final = 512
_PRE_S: Final = 0.5
_LOWEST, _HIGHEST = 30, 100
_JUMP: Final = 0.7
_NEAR_S: Final = 0.06
_LISTEN_S: Final = (0.025, 0.35)
_DRAWS: Final = 1000

Floats = npt.NDArray[np.float64]
Heard = tuple[float, float]


@dataclass(frozen=True)
class NoteScore:
    """Shares of the heard notes that were asked for, of the asked ones that were heard, and their harmonic mean."""

    precision: float
    recall: float
    f1: float


def transcribe_line(audio: Audio) -> list[Heard]:
    """(second, MIDI note) of each note of a loop with one voice, by pYIN (Mauch and Dixon 2014) and spectral flux.

    The loop is heard with its own end before it. A note begins at an onset or where the pitch jumps; its pitch is
    the median of the voiced frames after its beginning. Where none is voiced there is no note.
    """
    import librosa

    low = resample(audio.mono(), sample_rate=_RATE).samples[0]
    before = min(low.size, round(_PRE_S * _RATE))
    heard = np.concatenate([low[-before:], low])
    hz, voiced, _ = librosa.pyin(
        heard, sr=_RATE, hop_length=_PITCH_HOP, frame_length=2048, fmin=float(librosa.midi_to_hz(_LOWEST)),
        fmax=float(librosa.midi_to_hz(_HIGHEST)), resolution=0.2,
    )  # fmt: skip
    pitch = np.where(voiced, librosa.hz_to_midi(np.nan_to_num(hz, nan=440.0)), np.nan)
    onsets = librosa.onset.onset_detect(y=heard, sr=_RATE, hop_length=_HOP, units="time")
    return _notes(pitch, np.asarray(onsets), before_s=before / _RATE, length_s=low.size / _RATE)


def _notes(pitch: Floats, onsets: Floats, *, before_s: float, length_s: float) -> list[Heard]:
    frame_s = _PITCH_HOP / _RATE
    jumps = (np.flatnonzero(np.abs(np.diff(pitch)) > _JUMP) + 1) * frame_s
    jumps = np.array([jump for jump in jumps if not np.any(np.abs(onsets - jump) < _NEAR_S)])
    places = np.sort(np.concatenate([onsets, jumps]))
    found: list[Heard] = []
    for number, place in enumerate(places):
        end = min(places[number + 1] if number + 1 < places.size else np.inf, place + _LISTEN_S[1])
        some = pitch[round((place + _LISTEN_S[0]) / frame_s) : max(1, round(end / frame_s))]
        some = some[~np.isnan(some)]
        second = place - before_s
        if some.size >= 2 and -ONSET_S <= second < length_s - ONSET_S:
            found.append((float(second), float(np.median(some))))
    return found


def asked_notes(pattern: Pattern, *, length_s: float) -> list[Heard]:
    """(second, MIDI note) of a pattern's notes."""
    return [(event.start / pattern.beats * length_s, float(event.midi or 0)) for event in pattern.events]


def score_notes(asked: Sequence[Heard], heard: Sequence[Heard], *, length_s: float) -> NoteScore:
    """Notes matched one to one within 50 ms (round the loop) and 50 cents, as mir_eval counts onset and pitch."""
    if not asked or not heard:
        return NoteScore(0.0, 0.0, 0.0)
    first, second = np.array(asked), np.array(heard)
    late = np.abs((first[:, None, 0] - second[None, :, 0] + length_s / 2.0) % length_s - length_s / 2.0)
    fits = (late <= ONSET_S) & (np.abs(first[:, None, 1] - second[None, :, 1]) <= CENTS / 100.0)
    matched = int((maximum_bipartite_matching(csr_matrix(fits), perm_type="column") >= 0).sum())
    precision, recall = matched / len(heard), matched / len(asked)
    return NoteScore(precision, recall, 2.0 * precision * recall / (precision + recall) if matched else 0.0)


def line_symbols(pattern: Pattern) -> list[tuple[int, int]]:
    """(interval in semitones, sixteenths) from each note of a line to the next; of a chord the highest counts."""
    beat = steps_per_beat(pattern.meter)
    highest = {
        round(event.start * beat): event.midi or 0 for event in sorted(pattern.events, key=lambda e: e.midi or 0)
    }
    places = sorted(highest)
    return [(highest[b] - highest[a], b - a) for a, b in zip(places, places[1:], strict=False)]


def repetition(pattern: Pattern, *, notes: int = GRAM_NOTES) -> float:
    """Share of the groups of `notes` notes whose intervals and rhythm come more than once in the line."""
    symbols = line_symbols(pattern)
    grams = [tuple(symbols[k : k + notes - 1]) for k in range(len(symbols) - notes + 2)]
    return sum(grams.count(gram) > 1 for gram in grams) / len(grams) if grams else 0.0


def is_melodic(pattern: Pattern) -> bool:
    """Whether a line has enough notes and pitches to be compared with a melody: eight and three."""
    return len(line_symbols(pattern)) >= 7 and len({event.midi for event in pattern.events}) >= 3


class KnownLines:
    """What a generator was trained on, as groups of intervals and rhythms of every length."""

    def __init__(self, patterns: Sequence[Pattern], *, longest: int = 24) -> None:
        self._grams = [set[tuple[tuple[int, int], ...]]() for _ in range(longest + 1)]
        for pattern in patterns:
            symbols = line_symbols(pattern)
            for size in range(1, longest + 1):
                self._grams[size] |= {tuple(symbols[k : k + size]) for k in range(len(symbols) - size + 1)}

    def longest_shared(self, pattern: Pattern) -> int:
        """Notes of the longest group that a line shares with what is known."""
        symbols = line_symbols(pattern)
        for size in range(min(len(self._grams) - 1, len(symbols)), 0, -1):
            if any(tuple(symbols[k : k + size]) in self._grams[size] for k in range(len(symbols) - size + 1)):
                return size + 1
        return 1


def training_lines(*, each: int, seed: int, bars: int = 4) -> list[Pattern]:
    """Bass lines and chord loops as the training's renderer draws them, `each` of both in every style."""
    rng = np.random.default_rng(seed)
    return [
        draw(style, rng=rng, bars=bars) for style in STYLES for draw in (draw_bass, draw_chords) for _ in range(each)
    ]


def mean_figure(values: Sequence[float], *, rng: np.random.Generator) -> Figure:
    """Mean with its 95 % bootstrap interval."""
    found = np.asarray(values, np.float64)
    if not found.size:
        return Figure(float("nan"), float("nan"), float("nan"))
    means = found[rng.integers(found.size, size=(_DRAWS, found.size))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Figure(float(found.mean()), float(low), float(high))
