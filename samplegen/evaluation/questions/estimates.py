"""Figures with 95 % intervals: shares by Wilson, all else by resampling the sounds.

The bootstrap says 100 to 100 % where every sound passed, however few there were, so shares have Wilson's
interval. Statistics that repeated sounds would bias (distances, effective numbers) are resampled by halves
without replacement, which vary as the full estimate does (Politis and Romano 1994).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

DRAWS: Final = 1000
_Z: Final = 1.96
_ENDS: Final = (0.025, 0.975)


@dataclass(frozen=True)
class Estimate:
    """A figure, the ends of its 95 % interval, and of how many sounds it is.

    Parameters
    ----------
    percent, digits
        How it is shown.
    """

    value: float
    low: float
    high: float
    n: int
    percent: bool = False
    digits: int = 2

    def shown(self) -> str:
        """Such as ``0.21 (0.15 to 0.30)`` or ``98 % (94 to 100)``; a dash where it is no number."""
        if not math.isfinite(self.value):
            return "–"
        scale, digits, unit = (100.0, 1 if self.digits > 2 else 0, " %") if self.percent else (1.0, self.digits, "")
        value, low, high = (_rounded(scale * x, digits) for x in (self.value, self.low, self.high))
        interval = "" if math.isnan(self.low) or math.isnan(self.high) else f" ({low} to {high})"
        return f"{value}{unit}{interval}"


def _rounded(value: float, digits: int) -> str:
    text = f"{value:,.{digits}f}"
    return text.replace("-", "−") if float(text.replace(",", "")) else text.replace("-", "")


NONE: Final = Estimate(float("nan"), float("nan"), float("nan"), 0)


def share_estimate(hits: int, count: int, *, digits: int = 2) -> Estimate:
    """Share of `count` sounds with Wilson's interval (Wilson 1927); `digits` above 2 shows tenths of a percent."""
    if count < 1:
        return NONE
    share, square = hits / count, _Z * _Z
    middle = (share + square / (2 * count)) / (1 + square / count)
    reach = _Z * math.sqrt(share * (1 - share) / count + square / (4 * count * count)) / (1 + square / count)
    low, high = max(0.0, min(share, middle - reach)), min(1.0, max(share, middle + reach))
    return Estimate(share, low, high, count, percent=True, digits=digits)


def bootstrap_estimate(
    statistic: Callable[[Indices], float], count: int, *, rng: np.random.Generator, draws: int = DRAWS, digits: int = 2,
    percent: bool = False,
) -> Estimate:  # fmt: skip
    """`statistic` of all indices 0 to `count` - 1, and its interval over draws of them with replacement."""
    if count < 1:
        return NONE
    value = float(statistic(np.arange(count)))
    drawn = [statistic(indices) for indices in rng.integers(count, size=(draws, count))]
    low, high = np.nanquantile(drawn, _ENDS) if np.isfinite(drawn).any() else (math.nan, math.nan)
    return Estimate(value, float(low), float(high), count, percent, digits)


def mean_estimate(values: Sequence[float] | Float64, *, rng: np.random.Generator, digits: int = 2) -> Estimate:
    """Mean of one value a sound."""
    found = np.asarray(values, np.float64)
    return bootstrap_estimate(lambda chosen: float(found[chosen].mean()), len(found), rng=rng, digits=digits)


def half_sample_estimate(
    statistic: Callable[[Indices, Indices], float], sizes: tuple[int, int], *, rng: np.random.Generator,
    draws: int = 200, least: int = 2, digits: int = 2, percent: bool = False,
) -> Estimate:  # fmt: skip
    """`statistic` of two sets, and its interval over halves of both (of `least` or more), drawn without replacement."""
    every = np.arange(sizes[0]), np.arange(sizes[1])
    value = float(statistic(*every))
    drawn = []
    for _ in range(draws):
        first, second = (rng.permutation(size)[: max(least, size // 2)] for size in sizes)
        drawn.append(statistic(first, second))
    spread = np.quantile(drawn, _ENDS) - np.mean(drawn)
    return Estimate(value, value + float(spread[0]), value + float(spread[1]), sizes[0], percent, digits)
