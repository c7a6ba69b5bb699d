"""Reading a recording at a speed that changes while it is read, band-limited.

Windowed-sinc interpolation after J. O. Smith, "Digital Audio Resampling", with a kernel
that widens where the speed is above 1, so that nothing folds back into the band.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from samplegen.audio.types import Samples
from samplegen.variations.risers.curves import Float64

CROSSINGS: Final = 32
_CUTOFF: Final = 0.92  # of the lower Nyquist frequency; the rest is the transition
_BETA: Final = 9.0
_PHASES: Final = 256  # kernels tabled between two samples; read with linear interpolation (error -94 dB)
_CHUNK: Final = 8192  # output samples that share a cutoff


def speeds(semitones: npt.ArrayLike) -> Float64:
    """Reading speed of a pitch change in semitones."""
    return np.asarray(2.0 ** (np.asarray(semitones, np.float64) / 12.0))


def read_places(rates: Float64) -> Float64:
    """Place in the recording of each output sample when sample n is followed after ``rates[n]``, ``[T]``."""
    return np.concatenate([[0.0], np.cumsum(rates[:-1])])


def read_at(samples: Samples, places: Float64) -> Samples:
    """Values of ``[C, n]`` at fractional, ascending `places` ``[T]``; silence outside; ``[C, T]``.

    The local speed is the distance of neighbouring places. Up to 0.8 of the lower Nyquist
    frequency passes unchanged; what would alias is at least 80 dB down.
    """
    made = np.zeros((samples.shape[0], places.size), np.float32)
    rates = np.maximum(1.0, np.gradient(places)) if places.size > 1 else np.ones(1)
    for first in range(0, places.size, _CHUNK):
        part = slice(first, first + _CHUNK)
        made[:, part] = _read_chunk(samples, places[part], float(rates[part].max()))
    return made


def _read_chunk(samples: Samples, places: Float64, rate: float) -> Samples:
    kernels = _kernels(rate)
    taps = kernels.shape[1]
    base = np.floor(places).astype(np.int64)
    start = int(base[0]) - taps // 2 + 1
    stop = int(base[-1]) + taps // 2 + 1
    before = min(max(0, -start), stop - start)
    inside = samples[:, max(0, start) : max(0, stop)]
    window = np.pad(inside, ((0, 0), (before, max(0, stop - start - before - inside.shape[1]))))
    phase = (places - base) * _PHASES
    row = phase.astype(np.int64)
    weights = kernels[row + 1] - kernels[row]
    weights *= (phase - row).astype(np.float32)[:, None]
    weights += kernels[row]
    views = np.lib.stride_tricks.sliding_window_view(window, taps, axis=1)[:, base - base[0]]
    return np.asarray(np.einsum("ctk,tk->ct", views, weights))


def _kernels(rate: float) -> Samples:
    """Kaiser-windowed sincs for places ``0, 1/_PHASES … 1`` behind a sample, ``[_PHASES + 1, taps]``."""
    scale = _CUTOFF / rate
    reach = int(np.ceil(CROSSINGS / scale))
    offsets = np.arange(-reach + 1, reach + 1) - np.arange(_PHASES + 1)[:, None] / _PHASES
    distance = np.minimum(np.abs(offsets) * scale, CROSSINGS)
    kaiser = np.i0(_BETA * np.sqrt(1.0 - (distance / CROSSINGS) ** 2)) / np.i0(_BETA)
    return np.asarray(scale * np.sinc(distance) * kaiser, np.float32)
