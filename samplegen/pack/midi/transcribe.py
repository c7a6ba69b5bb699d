"""Drum transcription: which drums a loop plays, when, and how hard."""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from samplegen.audio.tempo import MIN_CONFIDENCE, estimate_tempo
from samplegen.audio.types import Audio
from samplegen.errors import InputError
from samplegen.pack.midi.hits import BANDS, CLASSES, Hits, Rule, find_hits, load_rule
from samplegen.score.events import Event, Pattern, sort_events, steps_per_beat

Float64 = npt.NDArray[np.float64]

MAX_SECONDS: Final = 600.0
# Where no class reaches its threshold, the likeliest is taken from these shares of it on: where the onset detector
# is sure that something starts, and where only the rule says so.
_LIKELY_ONSET: Final = 0.15
_LIKELY_HIT: Final = 0.65
_APART_S: Final = 0.04  # hits of one class nearer than this are one
_SEAM_S: Final = 0.012  # a hit this near before the seam is the downbeat
_WHOLE_BARS: Final = 0.02  # a loop's length is off whole bars by less than this share of a bar
_LOUDEST_VELOCITY: Final = 0.9
_SOFTEST_VELOCITY: Final = 0.1
_VELOCITY_CURVE: Final = 1.5  # gain = velocity ** curve, as the renderer plays
_DEFAULT_BPM: Final = 120.0
# Where a class shows its level: the share of the mel bands from low to high.
_BANDS_OF: Final = {
    "kick": (0.0, 0.25), "tom": (0.0, 0.5), "snare": (0.2, 0.9), "clap": (0.35, 0.95), "rim": (0.3, 0.9),
    "hat_closed": (0.75, 1.0), "hat_open": (0.75, 1.0), "cymbal": (0.7, 1.0), "percussion": (0.1, 1.0),
}  # fmt: skip


@dataclass(frozen=True)
class Transcription:
    """A loop's hits on the beat grid, as played, and its tempo.

    Parameters
    ----------
    measured
        The tempo was measured; otherwise it was told.
    """

    pattern: Pattern
    bpm: float
    measured: bool = False

    def quantised(self) -> Pattern:
        """Every hit on its nearest sixteenth."""
        return quantise(self.pattern)


@dataclass(frozen=True)
class Length:
    """Tempo and whole bars of a recording; `ring` where it lasts exactly so long."""

    bpm: float
    bars: int
    ring: bool
    measured: bool = False


def transcribe(
    audio: Audio,
    *,
    bpm: float | None = None,
    meter: tuple[int, int] = (4, 4),
    bars: int | None = None,
    rule: Rule | None = None,
) -> Transcription:
    """Hits of every drum in `audio` by class (`hits.CLASSES`), with velocities from their levels.

    Parameters
    ----------
    audio
        ``[C, T]``; whole bars are a ring, whose last tails sound over its start.
    bpm
        In beats of `meter`; None measures it.
    bars
        Known length; None takes the whole bars nearest to the length, or the next ones.
    rule
        Another than the one that comes with samplegen.

    Raises
    ------
    InputError
        If the recording is longer than `MAX_SECONDS`.
    """
    if audio.duration_s > MAX_SECONDS:
        raise InputError(f"The recording lasts {audio.duration_s:.0f} s. Give a loop of at most {MAX_SECONDS:.0f} s.")
    length = measure_length(audio, bpm=bpm, meter=meter, bars=bars)
    hits = find_hits(audio, ring=length.ring)
    beats = length.bars * meter[0]
    span_s = audio.duration_s if length.ring else beats * 60.0 / length.bpm
    events = _events(hits, rule or load_rule(), span_s=span_s, beats=beats, ring=length.ring)
    return Transcription(Pattern(sort_events(events), "", length.bars, meter), length.bpm, length.measured)


def measure_length(
    audio: Audio, *, bpm: float | None, meter: tuple[int, int] = (4, 4), bars: int | None = None
) -> Length:
    """Tempo and bars: what is told holds, the rest is measured.

    A measured tempo is adjusted by up to a percent where that makes the length whole bars.
    """
    if bars is not None:
        exact = bars * meter[0] * 60.0 / audio.duration_s
        return Length(exact if bpm is None else bpm, bars, ring=bpm is None or abs(exact / bpm - 1.0) < 1e-3)
    told = bpm is not None
    if bpm is None:
        estimate = estimate_tempo(audio, ring=True)
        bpm = estimate.bpm if estimate.bpm and estimate.confidence >= MIN_CONFIDENCE else _DEFAULT_BPM
    played = audio.duration_s * bpm / 60.0 / meter[0]
    whole = max(1, round(played))
    near = abs(played - whole) < (_WHOLE_BARS if told else max(_WHOLE_BARS, 0.01 * whole))
    if near and not told:
        bpm = whole * meter[0] * 60.0 / audio.duration_s
    return Length(bpm, whole if near else max(1, math.ceil(played)), ring=near, measured=not told)


def quantise(pattern: Pattern) -> Pattern:
    """`pattern` with every hit on its nearest sixteenth; of two that meet the louder stays."""
    steps = steps_per_beat(pattern.meter)
    best: dict[tuple[int, str, int], Event] = {}
    for event in pattern.events:
        step = round(event.start * steps) % (pattern.beats * steps)
        place = (step, event.kind, event.voice)
        if place not in best or best[place].velocity < event.velocity:
            best[place] = replace(event, start=step / steps)
    return replace(pattern, events=sort_events(best.values()))


def _events(hits: Hits, rule: Rule, *, span_s: float, beats: int, ring: bool) -> list[Event]:
    chances = rule.probabilities(hits.features)
    over = chances / rule.thresholds
    likeliest = over.max(axis=1, initial=0.0)
    nameless = np.flatnonzero((likeliest < 1.0) & (likeliest > np.where(hits.sure, _LIKELY_ONSET, _LIKELY_HIT)))
    over[nameless, over[nameless].argmax(axis=1)] = 1.0
    closed, opened = CLASSES.index("hat_closed"), CLASSES.index("hat_open")
    both = (over[:, closed] >= 1.0) & (over[:, opened] >= 1.0)
    over[both & (over[:, closed] >= over[:, opened]), opened] = 0.0
    over[both & (over[:, closed] < over[:, opened]), closed] = 0.0
    events = []
    for index, kind in enumerate(CLASSES):
        chosen = _apart(np.flatnonzero(over[:, index] >= 1.0), over[:, index], hits.times_s, span_s=span_s, ring=ring)
        levels = hits.levels_db[chosen, 1, slice(*(round(share * BANDS) for share in _BANDS_OF[kind]))]
        for time_s, velocity in zip(hits.times_s[chosen], _velocities(levels), strict=True):
            events.append(Event(_beat(float(time_s), span_s=span_s, beats=beats, ring=ring), kind, float(velocity)))
    return [event for event in events if event.start < beats]


def _beat(time_s: float, *, span_s: float, beats: int, ring: bool) -> float:
    if ring and time_s > span_s - _SEAM_S:
        return 0.0
    return time_s / span_s * beats


def _apart(
    chosen: npt.NDArray[np.int64], strength: npt.NDArray[np.float32], times_s: Float64, *, span_s: float, ring: bool
) -> npt.NDArray[np.int64]:
    """The strongest of `chosen` that lie `_APART_S` apart, in time order."""
    kept: list[int] = []
    for index in sorted(chosen, key=lambda index: -float(strength[index])):
        gaps = np.abs(times_s[kept] - times_s[index])
        gaps = np.minimum(gaps, span_s - gaps) if ring else gaps
        if not kept or float(gaps.min()) >= _APART_S:
            kept.append(int(index))
    return np.array(sorted(kept), dtype=np.int64)


def _velocities(levels_db: npt.NDArray[np.float32]) -> Float64:
    """Velocities ``[hits]`` of one class from its bands' levels ``[hits, bands]``; the loudest hit is 0.9."""
    if not len(levels_db):
        return np.zeros(0)
    level_db = 10.0 * np.log10(np.mean(10.0 ** (levels_db.astype(np.float64) / 10.0), axis=1))
    gains = 10.0 ** ((level_db - level_db.max()) / 20.0)
    return np.asarray(np.maximum(_LOUDEST_VELOCITY * gains ** (1.0 / _VELOCITY_CURVE), _SOFTEST_VELOCITY))
