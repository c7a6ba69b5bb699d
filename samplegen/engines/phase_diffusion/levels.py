"""Levels of what goes in and what comes out, and the one gain between them."""

import math

import numpy as np
import numpy.typing as npt

from samplegen.audio.types import Samples

__all__ = ["LARGEST_GAIN", "PEAK_LIMIT", "SMALLEST_GAIN", "Levels", "output_gain"]

SMALLEST_GAIN = 0.1
LARGEST_GAIN = 3.0
PEAK_LIMIT = 0.99


class Levels:
    """Products of all channels of the input x and the output y, summed block by block in float64."""

    def __init__(self, channels: int) -> None:
        self._channels = channels
        self._products = np.zeros((2 * channels, 2 * channels))
        self._count = 0

    def add(self, before: Samples, after: Samples) -> None:
        """Take the next ``[C, n]`` of both."""
        both = np.concatenate([before, after], dtype=np.float64)
        self._products += both @ both.T
        self._count += before.shape[1]

    @property
    def rms_in(self) -> float:
        """Over all channels."""
        return self._rms(np.trace(self._products[: self._channels, : self._channels]))

    @property
    def rms_out(self) -> float:
        """Over all channels, before the gain."""
        return self._rms(np.trace(self._products[self._channels :, self._channels :]))

    def difference_ratio(self, gain: float) -> float:
        """RMS(gain y - x) / RMS(x); 0 for the same signal, sqrt(2) for unrelated ones of one level."""
        c = self._channels
        inside = np.trace(self._products[:c, :c])
        cross = np.trace(self._products[:c, c:])
        outside = np.trace(self._products[c:, c:])
        squared = (gain * gain * outside - 2.0 * gain * cross) / inside + 1.0
        return math.sqrt(max(0.0, float(squared)))

    def correlation(self, *, out: bool) -> float | None:
        """Of the first two channels; None for mono, or where one is silent."""
        if self._channels < 2:
            return None
        first = self._channels if out else 0
        of: npt.NDArray[np.float64] = self._products[first : first + 2, first : first + 2]
        power = float(of[0, 0] * of[1, 1])
        return float(of[0, 1]) / math.sqrt(power) if power > 0.0 else None

    def _rms(self, squares: float) -> float:
        return math.sqrt(float(squares) / (self._channels * max(1, self._count)))


def output_gain(*, rms_in: float, rms_out: float, peak: float, untouched: bool) -> float:
    """One gain for all channels: the input's level within 0.1 to 3, and no peak above 0.99.

    What the diffusion left untouched keeps its level, unless it cannot be written without clipping.
    """
    if untouched:
        return 1.0 / peak if peak > 1.0 else 1.0
    gain = min(max(rms_in / rms_out, SMALLEST_GAIN), LARGEST_GAIN) if rms_out > 0.0 else LARGEST_GAIN
    return PEAK_LIMIT / peak if gain * peak > PEAK_LIMIT else gain
