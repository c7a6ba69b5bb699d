"""Takes of one hit that differ as a drummer's do (specs/applications.md §3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from samplegen.audio.types import Audio, Samples
from samplegen.errors import UsageError
from samplegen.units import gain_to_db
from samplegen.variations.edits.alignment import keep_end, match_level
from samplegen.variations.edits.deltas import ATTACK_FACTORS, ATTACK_ROOM_DB, attack_shape, merge_delta
from samplegen.variations.edits.distances import pairwise, picture
from samplegen.variations.takes.calibration import MAX_AMOUNT, Drive
from samplegen.variations.takes.engines import Difference, TakeEngine
from samplegen.variations.takes.hits import Hit
from samplegen.variations.takes.velocity import hit_at, layer_gain_db, velocity_gain_db

MAX_TAKES: Final = 128
MAX_LAYERS: Final = 16
MAX_VELOCITY: Final = 0.5
# Of the edit's colour that a weight of 1 gives; both grow together.
COLOUR_SHARE: Final = 0.3
# Draws beyond this many deviations are drawn in: a machine gun has no wild card.
_FARTHEST: Final = 2.0
# Distances go with this power of the gain, about.
_GROWTH: Final = 0.75
_TRIALS: Final = 4
_TRIMS: Final = 2
_MOST_TRIM: Final = 4.0


@dataclass(frozen=True)
class HumanizeSettings:
    """What is asked of takes.

    Parameters
    ----------
    takes
        Of each hit and velocity layer.
    amount
        In units of real round robins: 1 differs as much as they do, 0 not at all.
    velocity
        Standard deviation of the velocity inside a layer, as a share of it.
    layers
        Velocity layers, softest to hardest; the hardest is the hit as it was given.

    Raises
    ------
    UsageError
        If a value is out of range.
    """

    takes: int = 8
    amount: float = 1.0
    velocity: float = 0.1
    layers: int = 1

    def __post_init__(self) -> None:
        """Refuse what no drummer does."""
        for name, value, low, high in (
            ("-n", self.takes, 1, MAX_TAKES), ("--amount", self.amount, 0, MAX_AMOUNT),
            ("--velocity", self.velocity, 0, MAX_VELOCITY), ("--layers", self.layers, 1, MAX_LAYERS),
        ):  # fmt: skip
            if not low <= value <= high:
                raise UsageError(f"{name} {value:g} is outside {low:g} to {high:g}.")

    @property
    def headroom_db(self) -> float:
        """What the hardest take may gain."""
        return velocity_gain_db(_FARTHEST * self.velocity) + ATTACK_ROOM_DB


@dataclass(frozen=True)
class TakePlan:
    """What the seed of one take decides, beside the noise.

    Parameters
    ----------
    factor
        Of its difference from the hit, around 1.
    gain_db
        Level beside the hit's.
    """

    seed: int
    factor: float
    gain_db: float


def plan_take(hit: Hit, settings: HumanizeSettings, *, seed: int, layer: int) -> TakePlan:
    """Draw a take: some differ more from their hit than others, and some are hit harder."""
    rng = np.random.default_rng(seed)
    factor = np.exp(hit.reality.within * _draw(rng) / _GROWTH)
    gain_db = velocity_gain_db(settings.velocity * _draw(rng))
    gain_db += layer_gain_db(layer, layers=settings.layers, range_db=hit.reality.range_db)
    return TakePlan(seed, float(factor), gain_db)


def set_target_db(hit: Hit, *, amount: float, seed: int) -> float:
    """Median `d_spec` that the takes of a hit should have: real sets differ from each other, and so do these."""
    reality = hit.reality
    return float(amount * reality.median_db * np.exp(reality.between * _draw(np.random.default_rng(seed))))


def trim_gain(hit: Hit, differences: Sequence[Difference], *, gain: float, target_db: float) -> float:
    """Gain near `gain` at which the takes of this very hit are `target_db` apart (by secants in logarithms).

    The calibration table knows the class; hits of a class differ. At most `_MOST_TRIM` times more or less.
    """
    some = differences[:_TRIALS]
    if len(some) < 2 or not gain or not target_db:
        return gain
    found, growth, last = gain, _GROWTH, (0.0, 0.0)
    for step in range(_TRIMS):
        takes = [finish_take(hit, one, weight=found, gain_db=0.0, holds=True) for one in some]
        apart = float(np.median(pairwise([picture(take) for take in takes])))
        if apart <= 0.0:
            return gain
        here = (float(np.log(found)), float(np.log(apart)))
        if step and here[0] != last[0]:
            growth = float(np.clip((here[1] - last[1]) / (here[0] - last[0]), 0.4, 1.2))
        last = here
        wanted = here[0] + (np.log(target_db) - here[1]) / growth
        found = float(np.exp(np.clip(wanted, np.log(gain / _MOST_TRIM), np.log(gain * _MOST_TRIM))))
    return round(found, 4)


def make_takes(
    engine: TakeEngine, hits: Sequence[Hit], plans: Sequence[Sequence[TakePlan]], drives: Sequence[Drive]
) -> list[list[Audio]]:
    """Takes of each hit as the calibration table has them (see `trim_gain` for what fits the very hit)."""
    found = engine.differences(hits, seeds=[[plan.seed for plan in several] for several in plans], drives=drives)
    return lay_takes(hits, plans, found, gains=[drive.gain for drive in drives], holds=engine.holds)


def lay_takes(
    hits: Sequence[Hit],
    plans: Sequence[Sequence[TakePlan]],
    differences: Sequence[Sequence[Difference]],
    *,
    gains: Sequence[float],
    holds: bool,
) -> list[list[Audio]]:
    """Takes of each hit, all of its own rate, channels and length.

    Parameters
    ----------
    differences
        Of each hit and plan, see `take_engines.TakeEngine`; `holds` is the engine's.
    gains
        Of each hit's differences.
    """
    return [
        [
            finish_take(hit, one, weight=gain * plan.factor, gain_db=plan.gain_db, holds=holds)
            for plan, one in zip(several, found, strict=True)
        ]
        for hit, several, found, gain in zip(hits, plans, differences, gains, strict=True)
    ]


def finish_take(hit: Hit, difference: Difference, *, weight: float, gain_db: float, holds: bool) -> Audio:
    """The hit with `weight` times a difference: level and end its own, then hit `gain_db` harder."""
    source, rate = hit.audio.samples, hit.audio.sample_rate
    taken = source
    if weight and difference.delta.any():
        delta = np.float32(weight) * difference.delta
        if holds:
            colour = None if difference.colour is None else np.float32(COLOUR_SHARE * weight) * difference.colour
            taken = settle(hit, merge_delta(delta, source, onset=hit.onset, colour=colour))
        else:
            taken = match_level(source + delta, source)
        taken = keep_end(taken, source, sample_rate=rate)
    if gain_db:
        taken = hit_at(taken, gain_db=gain_db, tilt=hit.reality.tilt, sample_rate=rate)
    return hit.audio.with_samples(taken)


def settle(hit: Hit, difference: Samples) -> Samples:
    """Hit and difference at the hit's energy, the difference turned down in the attack until its peak is kept."""
    source, within = hit.audio.samples, hit.attack
    before = float(np.abs(source[:, within]).max(initial=0.0))
    shape = attack_shape(source.shape[1], within)
    for factor in ATTACK_FACTORS:
        made = match_level(source + difference * (1.0 - (1.0 - factor) * shape), source)
        after = float(np.abs(made[:, within]).max(initial=0.0))
        if before == 0.0 or abs(gain_to_db(after / before)) <= ATTACK_ROOM_DB:
            return made
    return made


def _draw(rng: np.random.Generator) -> float:
    return float(np.clip(rng.standard_normal(), -_FARTHEST, _FARTHEST))
