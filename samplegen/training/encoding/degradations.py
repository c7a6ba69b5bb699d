"""Sounds made worse, as old recordings and small files are: what an enhancing generator learns to undo.

Drawing (`draw_degradation`) is apart from applying (`degrade`). Kinds and ranges: spec of
the applications §7.
"""

import io
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import soundfile
import soxr
from scipy import signal

from samplegen.audio.types import Audio

Means = Literal["resampling", "butterworth", "chebyshev"]
LOWEST_CUTOFF_HZ: Final = 2000.0
HIGHEST_CUTOFF_HZ: Final = 16000.0
_PAD_S: Final = 0.1
_RIPPLE_DB: Final = 0.5


@dataclass(frozen=True)
class Degradation:
    """What happens to a sound.

    Parameters
    ----------
    cutoff_hz
        Where its band ends.
    means, order
        What ends it; the order of a filter.
    bits
        Steps of amplitude, 8 to 12 bits; None leaves them.
    lossy
        0 (best) to 1 of a lossy codec; None leaves it out.
    """

    cutoff_hz: float
    means: Means
    order: int = 4
    bits: int | None = None
    lossy: float | None = None


def draw_degradation(generator: np.random.Generator) -> Degradation:
    """A cutoff from 2 to 16 kHz by some means, in a third of the draws fewer bits, in a third a lossy codec."""
    ratio = HIGHEST_CUTOFF_HZ / LOWEST_CUTOFF_HZ
    means: Means = ("resampling", "resampling", "butterworth", "chebyshev")[int(generator.integers(4))]
    cutoff_hz = LOWEST_CUTOFF_HZ * ratio ** float(generator.uniform())
    order, third = int(generator.integers(2, 9)), float(generator.uniform())
    bits = int(generator.integers(8, 13)) if third < 1 / 3 else None
    lossy = float(generator.uniform(0.5, 0.95)) if 1 / 3 <= third < 2 / 3 else None
    return Degradation(cutoff_hz, means, order, bits, lossy)


def degrade(audio: Audio, degradation: Degradation, *, loop: bool) -> Audio:
    """`audio` ``[C, T]`` after `degradation`, as long as before; a loop is treated as a ring."""
    pad = min(audio.length, round(_PAD_S * audio.sample_rate))
    if loop:
        samples = np.concatenate([audio.samples[:, -pad:], audio.samples, audio.samples[:, :pad]], axis=1)
    else:
        samples = np.pad(audio.samples, ((0, 0), (pad, pad)))
    worse = _limit_band(samples, degradation, sample_rate=audio.sample_rate)
    if degradation.bits is not None:
        step = 2.0 ** (1 - degradation.bits)
        worse = np.round(worse / step) * step
    if degradation.lossy is not None:
        worse = _lossy(worse, degradation.lossy, sample_rate=audio.sample_rate)
    return audio.with_samples(np.ascontiguousarray(worse[:, pad : pad + audio.length], dtype=np.float32))


def _limit_band(samples: np.ndarray, degradation: Degradation, *, sample_rate: int) -> np.ndarray:
    cutoff_hz = min(degradation.cutoff_hz, 0.49 * sample_rate)
    if degradation.means == "resampling":
        low = soxr.resample(samples.T, sample_rate, 2.0 * cutoff_hz, quality="HQ")
        back = soxr.resample(low, 2.0 * cutoff_hz, sample_rate, quality="HQ").T[:, : samples.shape[1]]
        return np.pad(back, ((0, 0), (0, samples.shape[1] - back.shape[1])))
    if degradation.means == "butterworth":
        sections = signal.butter(degradation.order, cutoff_hz, fs=sample_rate, output="sos")
    else:
        sections = signal.cheby1(degradation.order, _RIPPLE_DB, cutoff_hz, fs=sample_rate, output="sos")
    return np.asarray(signal.sosfiltfilt(sections, samples))


def _lossy(samples: np.ndarray, amount: float, *, sample_rate: int) -> np.ndarray:
    """Through Ogg Vorbis, which keeps the length and adds no delay."""
    file = io.BytesIO()
    soundfile.write(file, samples.T, sample_rate, format="OGG", subtype="VORBIS", compression_level=amount)
    file.seek(0)
    back = soundfile.read(file, always_2d=True)[0].T
    return np.pad(back, ((0, 0), (0, max(0, samples.shape[1] - back.shape[1]))))[:, : samples.shape[1]]
