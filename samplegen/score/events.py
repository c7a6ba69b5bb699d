"""Events on the beat grid, patterns of them, and swing."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from samplegen.errors import UsageError


@dataclass(frozen=True)
class Event:
    """One hit or note.

    `start` and `duration_beats` count beats (the meter's denominator); `velocity` is in (0, 1];
    `midi` is the note of a pitched event; `voice` tells several instruments of one kind apart.
    """

    start: float
    kind: str
    velocity: float
    duration_beats: float = 0.25
    midi: int | None = None
    voice: int = 0


@dataclass(frozen=True)
class Pattern:
    """Events over whole bars, sorted by start; `swing` is the share of the first of two steps."""

    events: tuple[Event, ...]
    style: str
    bars: int
    meter: tuple[int, int]
    swing: float = 0.5
    key: str | None = None
    tags: tuple[str, ...] = ()

    @property
    def beats(self) -> int:
        """Beats of the whole pattern."""
        return self.bars * self.meter[0]

    @property
    def layers(self) -> tuple[str, ...]:
        """Kinds that sound at all."""
        return tuple(sorted({event.kind for event in self.events}))


def steps_per_beat(meter: tuple[int, int]) -> int:
    """Sixteenths in one beat.

    Raises
    ------
    UsageError
        If the meter is not some number of halves, quarters, eighths or sixteenths.
    """
    beats, unit = meter
    if beats < 1 or unit not in (2, 4, 8, 16):
        raise UsageError(f"The meter {beats}/{unit} is not possible. Use for example 4/4, 3/4, 5/4 or 7/8.")
    return 16 // unit


def swing_beat(beat: float, *, swing: float, step: int, meter: tuple[int, int]) -> float:
    """Warp a beat position so that the first of two steps of 1/`step` takes the share `swing` of the pair."""
    pair = 2.0 * meter[1] / step
    start = math.floor(beat / pair + 1e-9) * pair
    if start + pair > math.ceil(beat / meter[0] + 1e-9) * meter[0] + 1e-9:
        return beat  # the bar ends inside the pair (odd meters)
    phase = min(max((beat - start) / pair, 0.0), 1.0)
    warped = 2.0 * swing * phase if phase < 0.5 else swing + (2.0 * phase - 1.0) * (1.0 - swing)
    return start + pair * warped


def sort_events(events: Iterable[Event]) -> tuple[Event, ...]:
    """Events by start; the rest of the order is fixed too, so that a seed gives the same bytes."""
    return tuple(sorted(events, key=lambda event: (event.start, event.kind, event.voice, event.midi or 0)))
