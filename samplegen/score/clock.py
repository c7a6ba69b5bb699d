"""Tempo from MIDI clock: 24 ticks a quarter note, however unevenly they arrive."""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final, Protocol

import numpy as np

TICKS_PER_QUARTER: Final = 24
BEATS: Final = 4  # the tempo is the median over so many quarters
MIN_TICKS: Final = 2 * TICKS_PER_QUARTER + 1
LOW_BPM: Final = 20.0
HIGH_BPM: Final = 400.0
_PAUSE_S: Final = 60.0 / LOW_BPM / TICKS_PER_QUARTER * 8.0


class Tick(Protocol):
    """A MIDI message and when it came, in seconds."""

    @property
    def type(self) -> str:
        """``clock``, ``start``, ``stop`` …."""

    @property
    def time(self) -> float:
        """Seconds on any clock that only goes forward."""


def clock_to_bpm(times_s: Sequence[float]) -> float | None:
    """Quarters a minute of clock ticks that came at these times, ``[ticks]``; None for fewer than `MIN_TICKS`.

    The median length of all quarters, each from a tick to the 24th after it: an uneven tick or a lost one
    changes few of them.
    """
    if len(times_s) < MIN_TICKS:
        return None
    times = np.asarray(times_s, dtype=np.float64)
    quarter_s = float(np.median(times[TICKS_PER_QUARTER:] - times[:-TICKS_PER_QUARTER]))
    return 60.0 / quarter_s if 60.0 / HIGH_BPM <= quarter_s <= 60.0 / LOW_BPM else None


class ClockFollower:
    """The tempo of a stream of MIDI messages; a start or a pause begins anew."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=BEATS * TICKS_PER_QUARTER + 1)
        self._count = 0

    def hear(self, message: Tick) -> float | None:
        """Take a message; the tempo at each quarter's end, None in between or while it is unknown."""
        if message.type in ("start", "continue", "stop"):
            self._times.clear()
            self._count = 0
        if message.type != "clock":
            return None
        if self._times and not 0.0 <= message.time - self._times[-1] <= _PAUSE_S:
            self._times.clear()
            self._count = 0
        self._times.append(message.time)
        self._count += 1
        return clock_to_bpm(tuple(self._times)) if self._count % TICKS_PER_QUARTER == 1 else None


def follow(messages: Iterator[Tick], *, step_bpm: float = 0.1) -> Iterator[float]:
    """Tempi of a stream of messages, in steps of `step_bpm`: the first, and each that differs from the last told."""
    follower, told = ClockFollower(), None
    for message in messages:
        bpm = follower.hear(message)
        if bpm is not None and (told is None or abs(bpm - told) > 0.6 * step_bpm):
            told = round(bpm / step_bpm) * step_bpm
            yield round(told, 6)
