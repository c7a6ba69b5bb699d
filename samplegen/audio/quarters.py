"""Level and brightness of the four quarters of a sound: whether a riser rises."""

from dataclasses import dataclass

import numpy as np

from samplegen.audio.types import Audio, Samples
from samplegen.units import gain_to_db

QUARTERS = 4
# What a listener notices: less is noise of the measurement.
MIN_RISE_DB = 0.2
MIN_RISE_FACTOR = 1.02
_WINDOW = 2048
_ROWS = 512
_DITHER = 0.5 * 2.0**-15  # RMS of triangular dither and rounding together
_DITHER_MARGIN = 5.0


@dataclass(frozen=True)
class Quarters:
    """What each quarter measures, in order of time.

    Parameters
    ----------
    levels_db
        RMS over all channels, in dBFS.
    centroids_hz
        Spectral centroid of the mean magnitude spectrum; 0 in silence.
    """

    levels_db: tuple[float, ...]
    centroids_hz: tuple[float, ...]

    def gets_louder(self, *, falling: bool = False) -> bool:
        """Whether each quarter is `MIN_RISE_DB` louder than the one before (than the next one if `falling`)."""
        return bool((np.diff(self.levels_db) * (-1 if falling else 1) >= MIN_RISE_DB).all())

    def gets_brighter(self, *, falling: bool = False) -> bool:
        """Whether each centroid is `MIN_RISE_FACTOR` times that of the quarter before (of the next if `falling`)."""
        towards = np.array(self.centroids_hz[::-1] if falling else self.centroids_hz)
        return bool((towards[1:] >= MIN_RISE_FACTOR * towards[:-1]).all())


def measure_quarters(audio: Audio) -> Quarters:
    """Measure the quarters of a sound of at least `QUARTERS` samples."""
    edges = [round(audio.length * quarter / QUARTERS) for quarter in range(QUARTERS + 1)]
    parts = [audio.samples[:, start:stop] for start, stop in zip(edges[:-1], edges[1:], strict=True)]
    levels = tuple(gain_to_db(float(np.sqrt(np.mean(np.square(part), dtype=np.float64)))) for part in parts)
    return Quarters(levels, tuple(centroid_hz(part, sample_rate=audio.sample_rate) for part in parts))


def centroid_hz(samples: Samples, *, sample_rate: int) -> float:
    """Spectral centroid of ``[C, T]`` in Hz: the mean frequency, weighted with the mean magnitude.

    Frames of 2048 samples (Hann) every 1024, averaged over frames and channels. What the dither
    of a 16-bit file could be is not counted, or a quiet tail would seem bright; 0 in silence.
    """
    padded = np.pad(samples, ((0, 0), (0, max(0, _WINDOW - samples.shape[-1]))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW, axis=-1)[:, :: _WINDOW // 2]
    window = np.hanning(_WINDOW).astype(np.float32)
    floor = _DITHER_MARGIN * _DITHER * float(np.sqrt(np.square(window).sum()))
    total = np.zeros(_WINDOW // 2 + 1)
    for channel in frames:
        for start in range(0, len(channel), _ROWS):
            magnitudes = np.abs(np.fft.rfft(channel[start : start + _ROWS] * window))
            total += np.where(magnitudes > floor, magnitudes, 0.0).sum(axis=0, dtype=np.float64)
    if not total.any():
        return 0.0
    return float(total @ np.fft.rfftfreq(_WINDOW, 1.0 / sample_rate) / total.sum())
