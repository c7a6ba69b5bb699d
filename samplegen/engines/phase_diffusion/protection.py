"""How much of the effect each moment gets: the amount, its curve, and the protection of attacks."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

__all__ = ["AmountTrack", "amount_track", "dryness", "quantile"]

Values = npt.NDArray[np.float64]

_REACH_S = 0.020


def quantile(values: Values, share: float) -> float:
    """The value below which `share` of `values` ``[n]`` lie, between neighbours on a straight line.

    As numpy's, which takes 60 ms to import masked arrays first.
    """
    return float(np.interp(share * (len(values) - 1), np.arange(len(values)), np.sort(values)))


def dryness(flux: Values, *, hop_s: float) -> Values:
    """Protection p of each flux frame ``[n]``: 1 / max(1, flux / its 75th percentile), held 20 ms to both sides."""
    threshold = quantile(flux, 0.75) if len(flux) else 0.0
    if threshold <= 0.0:
        return np.ones(len(flux))
    ratio = np.maximum(1.0, flux / threshold)
    reach = round(_REACH_S / hop_s)
    padded = np.pad(ratio, reach, mode="edge")
    return np.asarray(1.0 / np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).max(axis=1))


@dataclass(frozen=True, eq=False)
class AmountTrack:
    """The amount over time, straight between its points and level outside of them.

    Parameters
    ----------
    at
        ``[n]`` positions in samples, rising; at least two.
    values
        ``[n]`` amounts, 0..1.
    """

    at: Values
    values: Values

    @cached_property
    def constant(self) -> bool:
        """Whether it never changes."""
        return bool(self.values.min() == self.values.max())

    @property
    def mean(self) -> float:
        """Mean from its first to its last point."""
        return float(self.mean_over(self.at[:1], self.at[-1:] - self.at[0])[0])

    def between(self, start: int, stop: int) -> npt.NDArray[np.float32]:
        """Amount of each sample ``[stop - start]``, or one value ``[1]`` for all if it is constant."""
        if self.constant:
            return self.values[:1].astype(np.float32)
        return np.interp(np.arange(start, stop), self.at, self.values).astype(np.float32)

    def mean_over(self, starts: npt.NDArray[np.generic], widths: Values | float) -> Values:
        """Exact means over stretches of `widths` samples from `starts`, both ``[k]``."""
        begin = np.asarray(starts, dtype=np.float64)
        return np.asarray((self._integral(begin + widths) - self._integral(begin)) / widths)

    @cached_property
    def _summed(self) -> Values:
        """Integral from the first point to each point."""
        areas = 0.5 * np.diff(self.at) * (self.values[1:] + self.values[:-1])
        return np.concatenate([[0.0], np.cumsum(areas)])

    def _integral(self, to: Values) -> Values:
        """Integral from the first point to `to`."""
        index = np.clip(np.searchsorted(self.at, to, side="right") - 1, 0, len(self.at) - 2)
        inside = np.clip(to, self.at[0], self.at[-1])
        past = inside - self.at[index]
        slope = (self.values[index + 1] - self.values[index]) / (self.at[index + 1] - self.at[index])
        outside = np.where(to < self.at[0], self.values[0], self.values[-1]) * (to - inside)
        return np.asarray(self._summed[index] + past * (self.values[index] + 0.5 * slope * past) + outside)


def amount_track(
    amount: float,
    *,
    length: int,
    at: Values,
    protection: Values | None,
    curve: Callable[[float], float] | None = None,
) -> AmountTrack:
    """The amount over a recording of `length` samples.

    Parameters
    ----------
    amount
        0..1.
    at
        ``[n]`` positions of `protection` in samples, rising.
    protection
        ``[n]`` p, see `dryness`; None for 1.
    curve
        Factor on the amount at positions 0..1 of the recording; None for 1.
    """
    within = (at > 0.0) & (at < length)
    points = np.concatenate([[0.0], at[within], [float(length)]])
    values = np.full(len(points), amount)
    if protection is not None and len(at):
        values *= np.interp(points, at, protection)
    if curve is not None:
        values *= [curve(float(position)) for position in points / length]
    return AmountTrack(points, np.clip(values, 0.0, 1.0))
