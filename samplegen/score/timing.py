"""Humanising: hits moved and levelled as drummers do (statistics of formats.md)."""

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from samplegen.errors import UsageError
from samplegen.score.drum_map import DRUM_CHANNEL, DrumClass, kind_to_class, note_to_kind
from samplegen.score.events import swing_beat
from samplegen.score.music import Music, Note, Track, ticks_per_beat

HumanStyle = Literal["human", "electronic"]
AUTOCORRELATION: Final = 0.3
ELECTRONIC_SHARES: Final = (0.2, 0.35)  # of the human spread
MAX_AMOUNT: Final = 4.0
SWING_STEPS: Final = (8, 16)
_FURTHEST_SIGMA: Final = 3.0


@dataclass(frozen=True)
class Spread:
    """How one class of drums strays from the sixteenths: milliseconds late, and MIDI velocity."""

    bias_ms: float
    sigma_ms: float
    velocity_sd: float


# Medians over 491 files of the Groove MIDI Dataset (formats.md).
HUMAN_SPREADS: Final[dict[DrumClass, Spread]] = {
    "kick": Spread(-12.0, 19.0, 10.0),
    "snare": Spread(-13.0, 22.0, 21.0),
    "hat": Spread(-9.0, 16.0, 14.5),
    "ride": Spread(-9.0, 17.0, 14.0),
}


@dataclass(frozen=True)
class Humanising:
    """What is done to every note.

    Parameters
    ----------
    amount
        1 is a whole drummer, 0 leaves timing and velocity as they are; up to `MAX_AMOUNT`.
    style
        ``electronic`` has no common bias and 0.2 to 0.35 of the spread, drawn once.
    swing
        Share of the first of two notes of 1/`swing_step`: 0.5 is straight, 2/3 triplets. None leaves it.

    Raises
    ------
    UsageError
        If a value is not allowed.
    """

    amount: float = 1.0
    style: HumanStyle = "human"
    swing: float | None = None
    swing_step: int = 16

    def __post_init__(self) -> None:
        if not 0.0 <= self.amount <= MAX_AMOUNT:
            raise UsageError(f"An amount of {self.amount:g} is not possible. Give 0 to {MAX_AMOUNT:g}; 1 is a drummer.")
        if self.style not in ("human", "electronic"):
            raise UsageError(f"The style {self.style!r} is not known. Choose human or electronic.")
        if self.swing is not None and not 0.5 <= self.swing <= 0.75:
            raise UsageError(f"A swing of {self.swing:g} is not possible. Give 0.5 (straight) to 0.75.")
        if self.swing_step not in SWING_STEPS:
            raise UsageError(f"Notes of 1/{self.swing_step} cannot be swung. Choose 8 or 16.")


def humanise(music: Music, how: Humanising, *, seed: int) -> Music:
    """`music` with its notes moved and levelled; everything else stays.

    No note leaves its track or gets longer, notes of one pitch keep their order and never overlap,
    and every track ends where it did. Notes of one class that start together stay together.
    """
    rng = np.random.default_rng(seed)
    share = how.amount * (float(rng.uniform(*ELECTRONIC_SHARES)) if how.style == "electronic" else 1.0)
    bias = how.amount if how.style == "human" else 0.0
    tracks = []
    for track in music.tracks:
        swung = [replace(note, start=_swung(note.start, music, how)) for note in track.notes]
        shifts = _shifts(track, music=music, share=share, bias=bias, rng=rng)
        moved = [replace(note, start=note.start + shift) for note, shift in zip(swung, shifts, strict=True)]
        levelled = _levelled(moved, share=share, rng=rng)
        tracks.append(replace(track, notes=settle(levelled, before=track.notes, length=track.length)))
    return replace(music, tracks=tuple(tracks))


def note_class(note: Note) -> DrumClass:
    """Whose statistics a note takes; tuned instruments take those of the hats."""
    return kind_to_class(note_to_kind(note.note)) if note.channel == DRUM_CHANNEL else "hat"


def _swung(tick: int, music: Music, how: Humanising) -> int:
    if how.swing is None:
        return tick
    origin, meter = music.meter_at(tick)
    if meter[1] not in (2, 4, 8, 16):
        return tick
    beat = ticks_per_beat(meter, ticks_per_quarter=music.ticks_per_quarter)
    warped = swing_beat((tick - origin) / beat, swing=how.swing, step=how.swing_step, meter=meter)
    return origin + round(warped * beat)


def _shifts(track: Track, *, music: Music, share: float, bias: float, rng: np.random.Generator) -> list[int]:
    """Ticks by which each note moves."""
    draw = _chains(rng)
    drawn: dict[tuple[DrumClass, int, int], float] = {}
    shifts = []
    for note in track.notes:
        name = note_class(note)
        place = (name, note.channel, note.start)
        if place not in drawn:
            drawn[place] = draw((name, note.channel))
        spread = HUMAN_SPREADS[name]
        late_ms = bias * spread.bias_ms + share * spread.sigma_ms * drawn[place]
        shifts.append(round(late_ms * 1000.0 / music.tempo_us_at(note.start) * music.ticks_per_quarter))
    return shifts


def _levelled(notes: list[Note], *, share: float, rng: np.random.Generator) -> list[Note]:
    draw = _chains(rng)
    levelled = []
    for note in notes:
        name = note_class(note)
        velocity = note.velocity + share * HUMAN_SPREADS[name].velocity_sd * draw((name, note.channel))
        levelled.append(replace(note, velocity=min(max(round(velocity), 1), 127)))
    return levelled


def _chains(rng: np.random.Generator) -> Callable[[tuple[DrumClass, int]], float]:
    """A function that draws the next value of a first-order autoregression of unit spread, one for each key."""
    last: dict[tuple[DrumClass, int], float] = {}
    fresh = math.sqrt(1.0 - AUTOCORRELATION**2)

    def draw(key: tuple[DrumClass, int]) -> float:
        value = float(rng.standard_normal())
        last[key] = AUTOCORRELATION * last[key] + fresh * value if key in last else value
        return min(max(last[key], -_FURTHEST_SIGMA), _FURTHEST_SIGMA)

    return draw


def settle(moved: list[Note], *, before: tuple[Note, ...], length: int) -> tuple[Note, ...]:
    """`moved` notes put right: inside the track, in their order `before`, never over the next of their pitch."""
    lines: dict[tuple[int, int], list[int]] = defaultdict(list)
    for index, note in enumerate(before):
        lines[(note.channel, note.note)].append(index)
    settled = list(moved)
    for line in lines.values():
        line.sort(key=lambda index: before[index].start)
        starts = _ordered([moved[index].start for index in line], length=length)
        for place, index in enumerate(line):
            end = starts[place + 1] if place + 1 < len(line) else max(length, starts[place] + 1)
            held = max(1, min(moved[index].length, end - starts[place]))
            settled[index] = replace(moved[index], start=starts[place], length=held)
    return tuple(sorted(settled, key=lambda note: note.start))


def _ordered(starts: list[int], *, length: int) -> list[int]:
    """Starts inside the track that rise by at least one tick."""
    latest = length - 1
    rising: list[int] = []
    for start in starts:
        rising.append(max(start, rising[-1] + 1 if rising else 0))
    for index in range(len(rising) - 1, -1, -1):
        rising[index] = max(0, min(rising[index], latest))
        latest = rising[index] - 1
    return rising
