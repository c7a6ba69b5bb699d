"""Does a loop betray where it begins? The two seam tests on the doubled loop.

The step across the seam is held against the 99.9th percentile of all other
steps. The change of the spectrum at the seam is held against the 95th
percentile of the change at the loop's other bar lines; loops of fewer than five
bars are compared at their beat lines, because the percentile of three values
is their maximum, and a faultless loop would fail one time in four.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from samplegen.audio.features import mel_filterbank
from samplegen.audio.types import Audio, Samples
from samplegen.errors import UsageError
from samplegen.units import slice_to_sample

Float64 = npt.NDArray[np.float64]

STEP_LIMIT = 1.0
FLUX_LIMIT = 1.25
"""Among 122 human-made loops turned by a bar (so that the seam is their interior)
at least 95 % stay below; cut by half a beat, at least half lie above."""
_STEP_PERCENTILE = 99.9
_FLUX_PERCENTILE = 95.0
_MIN_STEP = 1e-4
_MIN_FLUX_DB = 0.5
_WINDOW_S = 0.023
_BANDS = 40
_FLOOR_DB = -60.0
_MIN_BARS = 5


@dataclass(frozen=True)
class SeamMeasure:
    """How much the seam differs from the inside; 1 is as strong as the strongest places inside.

    Parameters
    ----------
    step_ratio
        Sample step over the seam by the 99.9th percentile of the others, worst channel.
    flux_ratio
        Spectral change at the seam by the 95th percentile at the other lines.
    passed
        Both within `STEP_LIMIT` and `FLUX_LIMIT`.
    """

    step_ratio: float
    flux_ratio: float
    passed: bool


def measure_seam(audio: Audio, *, bars: int, beats_per_bar: int = 4) -> SeamMeasure:
    """Both seam tests of a loop ``[C, T]`` that is exactly `bars` bars long.

    Raises
    ------
    UsageError
        If the loop has no bars, no beats, or fewer than two samples a beat.
    """
    if bars < 1 or beats_per_bar < 1 or audio.length < 2 * bars * beats_per_bar:
        raise UsageError(f"A seam needs a loop of whole bars, not {bars} bars of {beats_per_bar} in {audio.length}.")
    step, flux = seam_step_ratio(audio), seam_flux_ratio(audio, bars=bars, beats_per_bar=beats_per_bar)
    return SeamMeasure(step, flux, step <= STEP_LIMIT and flux <= FLUX_LIMIT)


def seam_step_ratio(audio: Audio) -> float:
    """Largest over the channels of the seam's step by the 99.9th percentile of the interior steps.

    Steps below -80 dBFS count as that much, so that silence has ratio 0.
    """
    samples = audio.samples.astype(np.float64)
    if audio.length < 2:
        return 0.0
    steps = np.abs(np.diff(samples, axis=1))
    usual = np.maximum(np.percentile(steps, _STEP_PERCENTILE, axis=1), _MIN_STEP)
    return float((np.abs(samples[:, 0] - samples[:, -1]) / usual).max())


def seam_flux_ratio(audio: Audio, *, bars: int, beats_per_bar: int = 4) -> float:
    """Spectral change at the seam by the 95th percentile of it at the other lines (see the module)."""
    lines = bars if bars >= _MIN_BARS else bars * beats_per_bar
    positions = np.array([slice_to_sample(k, slices=lines, length=audio.length) for k in range(lines)])
    if lines < 2:  # one bar of one beat: compare with its middle
        positions = np.array([0, audio.length // 2])
    flux = _flux_at(audio.mono().samples[0], positions, sample_rate=audio.sample_rate)
    return float(flux[0] / max(float(np.percentile(flux[1:], _FLUX_PERCENTILE)), _MIN_FLUX_DB))


def _flux_at(samples: Samples, positions: npt.NDArray[np.int64], *, sample_rate: int) -> Float64:
    """Mean absolute change in dB over mel bands between the windows before and after each position."""
    n_fft = 1 << max(4, round(np.log2(_WINDOW_S * sample_rate)))
    around = (positions[:, None] + np.arange(-n_fft, n_fft)) % samples.size
    halves = samples[around].reshape(len(positions), 2, n_fft) * np.hanning(n_fft)
    levels = np.abs(np.fft.rfft(halves, axis=-1)) @ mel_filterbank(
        sample_rate=sample_rate, n_fft=n_fft, n_mels=_BANDS
    ).T.astype(np.float64)
    floor = float(np.abs(samples).max(initial=0.0)) * n_fft / 4 * 10.0 ** (_FLOOR_DB / 20.0) + 1e-9
    decibels = 20.0 * np.log10(levels + floor)
    return np.asarray(np.abs(decibels[:, 1] - decibels[:, 0]).mean(axis=-1))
