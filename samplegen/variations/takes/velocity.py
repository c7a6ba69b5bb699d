"""Hitting harder or softer: level, and the tilt of the spectrum that goes with it on real drums."""

from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.signal import oaconvolve

from samplegen.audio.types import Samples
from samplegen.units import db_to_gain
from samplegen.variations.edits.alignment import match_level

_FFT: Final = 4096
_TAPS: Final = 512
_CENTRE_HZ: Final = 1000.0
_RANGE_HZ: Final = (60.0, 16_000.0)
_MAX_TILT_DB: Final = 18.0
_LEAST_VELOCITY: Final = 0.05


def velocity_gain_db(change: float) -> float:
    """Level of a hit whose velocity is ``1 + change`` times the usual one: level goes with velocity squared."""
    return float(40.0 * np.log10(max(_LEAST_VELOCITY, 1.0 + change)))


def layer_gain_db(layer: int, *, layers: int, range_db: float) -> float:
    """Level of velocity layer `layer` (1 is the softest) below the hardest, which is the source itself."""
    return -range_db * (layers - layer) / layers


def layer_velocities(layer: int, *, layers: int) -> tuple[int, int]:
    """MIDI velocities, first and last, that play a layer; all layers together cover 1 to 127."""
    return 127 * (layer - 1) // layers + 1, 127 * layer // layers


def hit_at(samples: Samples, *, gain_db: float, tilt: float, sample_rate: int) -> Samples:
    """``[C, T]`` hit `gain_db` harder (or softer), with the tilt that real drums of the class have.

    Parameters
    ----------
    tilt
        dB per octave for each dB (see `samplegen.variations.takes.reality`).
    """
    slope = round(tilt * gain_db, 3)
    tilted = tilt_spectrum(samples, slope=slope, sample_rate=sample_rate) if slope else samples
    return match_level(tilted, samples) * np.float32(db_to_gain(gain_db))


def tilt_spectrum(samples: Samples, *, slope: float, sample_rate: int) -> Samples:
    """``[C, T]`` through a minimum-phase filter of `slope` dB per octave around 1 kHz; nothing comes earlier."""
    kernel = _tilt_kernel(slope, sample_rate)
    return np.asarray(oaconvolve(samples, kernel[None], axes=1)[:, : samples.shape[1]], np.float32)


@lru_cache(maxsize=64)
def _tilt_kernel(slope: float, sample_rate: int) -> npt.NDArray[np.float32]:
    """Minimum phase by the cepstrum (Oppenheim and Schafer, "Discrete-Time Signal Processing", §13)."""
    hz = np.clip(np.fft.rfftfreq(_FFT, 1.0 / sample_rate), *_RANGE_HZ)
    level_db = np.clip(slope * np.log2(hz / _CENTRE_HZ), -_MAX_TILT_DB, _MAX_TILT_DB)
    cepstrum = np.fft.irfft(np.log(10.0 ** (level_db / 20.0)), _FFT)
    cepstrum[1 : _FFT // 2] *= 2.0
    cepstrum[_FFT // 2 + 1 :] = 0.0
    kernel = np.fft.irfft(np.exp(np.fft.rfft(cepstrum)), _FFT)[:_TAPS]
    return kernel.astype(np.float32)
