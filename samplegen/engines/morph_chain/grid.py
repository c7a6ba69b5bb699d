"""A tempo grid, and how events share its steps (whole steps, whole bars)."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from samplegen.errors import UsageError
from samplegen.units import bars_to_samples, slice_to_sample

LOWEST_BPM, HIGHEST_BPM = 10.0, 1000.0
MAX_BARS = 1024
SHORTEST_STEP_S = 0.010
LONGEST_S = 3600.0


@dataclass(frozen=True)
class Grid:
    """Where the events of a morph loop may start.

    Parameters
    ----------
    bpm
        Beats per minute; a beat is one `beat_unit`-th note.
    step
        Distance of grid points as a fraction of a whole note.
    bars
        Length of the loop; None takes what the chains need, rounded up.
    beats_per_bar, beat_unit
        The meter, 7 and 8 for 7/8.

    Raises
    ------
    UsageError
        If a value is out of range, or the step does not divide a bar.
    """

    bpm: float
    step: Fraction = Fraction(1, 8)
    bars: int | None = None
    beats_per_bar: int = 4
    beat_unit: int = 4

    def __post_init__(self) -> None:
        """Refuse grids that cannot be laid."""
        if not LOWEST_BPM <= self.bpm <= HIGHEST_BPM:
            raise UsageError(f"A grid needs a tempo of {LOWEST_BPM:g} to {HIGHEST_BPM:g} BPM, not {self.bpm:g}.")
        if self.bars is not None and not 1 <= self.bars <= MAX_BARS:
            raise UsageError(f"A grid holds 1 to {MAX_BARS} bars, not {self.bars}.")
        if self.beats_per_bar < 1 or self.beat_unit < 1:
            raise UsageError(f"{self.beats_per_bar}/{self.beat_unit} is not a meter. Use one such as 4/4, 3/4 or 7/8.")
        if self.step <= 0 or (Fraction(self.beats_per_bar, self.beat_unit) / self.step).denominator != 1:
            raise UsageError(
                f"Steps of {self.step} do not divide a bar of {self.beats_per_bar}/{self.beat_unit}. "
                f"Use a step such as 1/{2 * self.beat_unit}."
            )
        if self.step_s < SHORTEST_STEP_S:
            raise UsageError(
                f"Steps of {self.step} last {1000 * self.step_s:.1f} ms at {self.bpm:g} BPM; 10 ms is least."
            )

        if self.bars is not None and self.bars * self.steps_per_bar * self.step_s > LONGEST_S:
            raise UsageError(f"{self.bars} bars at {self.bpm:g} BPM last more than an hour. Ask for fewer bars.")

    @property
    def steps_per_bar(self) -> int:
        """Grid points in a bar."""
        return int(Fraction(self.beats_per_bar, self.beat_unit) / self.step)

    @property
    def step_s(self) -> float:
        """Seconds from one grid point to the next."""
        return float(self.step * self.beat_unit) * 60.0 / self.bpm

    def bars_for(self, steps: int) -> int:
        """The fewest whole bars that hold `steps`, or the bars asked for."""
        return self.bars or min(MAX_BARS, max(1, math.ceil(steps / self.steps_per_bar)))

    def length(self, bars: int, *, sample_rate: int) -> int:
        """Samples in `bars` bars, exactly."""
        return bars_to_samples(bars, bpm=self.bpm, beats_per_bar=self.beats_per_bar, sample_rate=sample_rate)

    def slots(self, length: int, *, sample_rate: int) -> int:
        """Whole steps nearest to a clip of `length` samples, at least one."""
        return max(1, math.floor(length / (self.step_s * sample_rate) + 0.5))


@dataclass(frozen=True)
class Slot:
    """`steps` grid steps for one event of one chain (an index), from step `first`."""

    event: int
    chain: int
    first: int
    steps: int


def share_steps(wanted: Sequence[int], *, steps: int) -> list[int]:
    """`steps` divided among chains in proportion to what each wants."""
    total = sum(wanted)
    edges = [slice_to_sample(sum(wanted[:k]), slices=total, length=steps) for k in range(len(wanted) + 1)]
    return [end - start for start, end in zip(edges, edges[1:], strict=False)]


def fit_chain(
    sequence: Sequence[int], *, slots: Callable[[int], int], steps: int, more: Callable[[], int]
) -> list[tuple[int, int]]:
    """A chain of exactly `steps` grid steps: (event, steps) pairs.

    A chain too long is thinned evenly, so that it still leads from its noisy
    start to its settled end; one too short goes on with events from `more`.

    Parameters
    ----------
    sequence
        Events as the chain chose them.
    slots
        Steps an event wants.
    steps
        Steps to fill.
    more
        Next event, chosen from where the chain has come to rest.
    """
    chosen = _thin(sequence, slots=slots, steps=steps)
    made: list[tuple[int, int]] = []
    left = steps
    while left > 0:
        event = chosen.pop(0) if chosen else more()
        taken = min(left, slots(event))
        made.append((event, taken))
        left -= taken
    return made


def _thin(sequence: Sequence[int], *, slots: Callable[[int], int], steps: int) -> list[int]:
    """As many events as fit into `steps`, spread evenly from the first to the last."""
    for count in range(min(len(sequence), steps), 1, -1):
        kept = [sequence[k * (len(sequence) - 1) // (count - 1)] for k in range(count)]
        if sum(map(slots, kept)) <= steps:
            return kept
    return [sequence[-1]]


def lay_slots(chains: Sequence[Sequence[tuple[int, int]]]) -> tuple[Slot, ...]:
    """Chains of (event, steps) one after the other, without gaps."""
    laid: list[Slot] = []
    first = 0
    for number, chain in enumerate(chains):
        for event, steps in chain:
            laid.append(Slot(event, number, first, steps))
            first += steps
    return tuple(laid)
