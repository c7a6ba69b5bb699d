"""The time of a riser: its exact length, which way it goes, and the pulses of its beat grid."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from samplegen import units
from samplegen.errors import UsageError
from samplegen.variations.risers.curves import Curve, Float64

Direction = Literal["up", "down", "impact"]
DIRECTIONS: Final[tuple[Direction, ...]] = ("up", "down", "impact")
MAX_SECONDS: Final = 300.0
SHORTEST_NOTE: Final = 32
Positions = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Timeline:
    """Bars at a tempo, at one sample rate.

    Parameters
    ----------
    bpm
        Of the meter's denominator.
    meter
        ``(numerator, denominator)``.
    direction
        ``up`` arrives at its end; ``down`` and ``impact`` are its mirror and leave from sample 0.

    Raises
    ------
    UsageError
        If there is no bar, no tempo, or more than `MAX_SECONDS`.
    """

    bpm: float
    bars: int
    meter: tuple[int, int] = (4, 4)
    sample_rate: int = 44_100
    direction: Direction = "up"

    def __post_init__(self) -> None:
        """Refuse lengths that cannot be made."""
        if self.bars < 1:
            raise UsageError(f"A riser of {self.bars} bars is not possible. Give --bars 1 or more.")
        if not (np.isfinite(self.bpm) and self.bpm > 0.0):
            raise UsageError(f"A tempo of {self.bpm} BPM is not possible. Give --bpm 60 to 200.")
        if self.direction not in DIRECTIONS:
            raise UsageError(f"--direction {self.direction!r} is not known. Choose one of {', '.join(DIRECTIONS)}.")
        seconds = self.length / self.sample_rate
        if seconds > MAX_SECONDS:
            raise UsageError(
                f"{self.bars} bars at {self.bpm:g} BPM last {seconds:.0f} s; a riser may last {MAX_SECONDS:g}. "
                "Give fewer --bars."
            )

    @property
    def length(self) -> int:
        """Samples, exactly (design §3)."""
        return units.bars_to_samples(self.bars, bpm=self.bpm, beats_per_bar=self.meter[0], sample_rate=self.sample_rate)

    @property
    def beat_s(self) -> float:
        """Seconds of one beat."""
        return 60.0 / self.bpm

    @property
    def falls(self) -> bool:
        """Whether it leaves from its climax instead of arriving there."""
        return self.direction != "up"

    def progress(self, positions: npt.ArrayLike) -> Float64:
        """How near the climax (0 far, 1 there) positions in time (0 start, 1 end) are."""
        ahead = np.asarray(positions, np.float64)
        return 1.0 - ahead if self.falls else ahead


@dataclass(frozen=True, eq=False)
class Pulses:
    """Where notes begin.

    Parameters
    ----------
    starts
        In samples, ascending, the first 0, ``[n]``.
    notes
        Their note values: 4 a quarter, 32 a thirty-second, ``[n]``.
    length
        Of the whole, in samples.
    """

    starts: Positions
    notes: Positions
    length: int

    @property
    def spans(self) -> Positions:
        """Samples from each start to the next one or the end, ``[n]``."""
        return np.diff(self.starts, append=self.length)


def place_pulses(timeline: Timeline, *, density: Curve) -> Pulses:
    """Pulses from beats to thirty-seconds, as dense as `density` says at each of them.

    All stand on the grid, at ``round(k · T / n)``; a slower value is taken up only where
    it falls on its own grid.
    """
    beats = timeline.bars * timeline.meter[0]
    note = timeline.meter[1]
    values = [note]
    while values[-1] < SHORTEST_NOTE:
        values.append(values[-1] * 2)
    ticks_per_beat = values[-1] // note
    total = beats * ticks_per_beat
    ticks, notes, tick = [], [], 0
    while tick < total:
        wanted = float(density.at(timeline.progress((tick + 0.5) / total)))
        chosen = values[min(int(wanted * len(values)), len(values) - 1)]
        while tick % (values[-1] // chosen):
            chosen *= 2
        ticks.append(tick)
        notes.append(chosen)
        tick += values[-1] // chosen
    starts = [units.slice_to_sample(tick, slices=total, length=timeline.length) for tick in ticks]
    return Pulses(np.array(starts, np.int64), np.array(notes, np.int64), timeline.length)


def pulse_gain(
    pulses: Pulses, *, depth: float, hold: float, sample_rate: int, ramp_ms: float = 3.0
) -> npt.NDArray[np.float32]:
    """Gain that beats with the pulses, mean square 1 within each of them, ``[T]``.

    Parameters
    ----------
    depth
        0 leaves the level alone, 1 falls to silence between pulses.
    hold
        Part of a pulse (0 to 1) after which the decay has reached a tenth.
    ramp_ms
        Rise at the start of a pulse, so that it does not click.
    """
    gain = np.ones(pulses.length, np.float32)
    ramp = max(1, units.seconds_to_samples(ramp_ms / 1e3, sample_rate=sample_rate))
    before = 1.0
    for start, span in zip(pulses.starts, pulses.spans, strict=True):
        shape = 1.0 - depth * (1.0 - 10.0 ** (-np.arange(span) / max(1.0, hold * span)))
        shape /= np.sqrt(np.mean(shape**2))
        rise = np.minimum(1.0, np.arange(span) / min(ramp, span))
        gain[start : start + span] = before + (shape - before) * (0.5 - 0.5 * np.cos(np.pi * rise))
        before = float(shape[-1])
    return gain
