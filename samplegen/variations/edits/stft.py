"""Short-time spectra of one channel and back, for what is done by level over time and frequency."""

from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Complexes = npt.NDArray[np.complex128]

FFT: Final = 1024
HOP: Final = 256


def analyse(samples: npt.NDArray[np.float32] | Floats) -> Complexes:
    """Hann frames ``[frames, bins]`` of ``[T]``."""
    padded = np.pad(samples.astype(np.float64), (FFT, FFT + -samples.size % HOP))
    frames = np.lib.stride_tricks.sliding_window_view(padded, FFT)[::HOP]
    return np.asarray(np.fft.rfft(frames * _window(), axis=1))


def synthesise(spectrum: Complexes, *, length: int) -> Floats:
    """``[T]`` of frames: the inverse of `analyse`."""
    frames = np.fft.irfft(spectrum, FFT, axis=1) * _window()
    total = np.zeros((len(frames) - 1) * HOP + FFT)
    for phase in range(FFT // HOP):  # frames that do not overlap are laid end to end
        part = frames[phase :: FFT // HOP].ravel()
        total[phase * HOP : phase * HOP + part.size] += part
    return np.asarray(total[FFT : FFT + length] / 1.5)


def _window() -> Floats:
    return np.hanning(FFT + 1)[:-1]
