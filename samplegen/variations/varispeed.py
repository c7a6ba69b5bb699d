"""Reading a recording at a speed that changes while it is read, band-limited.

Windowed-sinc interpolation after J. O. Smith, "Digital Audio Resampling", with a kernel
that widens where the speed is above 1, so that nothing folds back into the band.
"""

from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from samplegen.audio.types import Samples
from samplegen.variations.curves import Float64

CROSSINGS: Final = 32
_CUTOFF: Final = 0.92  # of the lower Nyquist frequency; the rest is the transition
_BETA: Final = 9.0
_STEPS: Final = 512  # of the kernel's table, per zero crossing; read with linear interpolation
_CHUNK: Final = 4096


def speeds(semitones: npt.ArrayLike) -> Float64:
    """Reading speed of a pitch change in semitones."""
    return np.asarray(2.0 ** (np.asarray(semitones, np.float64) / 12.0))


def read_places(rates: Float64) -> Float64:
    """Place in the recording of each output sample when sample n is followed after ``rates[n]``, ``[T]``."""
    return np.concatenate([[0.0], np.cumsum(rates[:-1])])


def read_at(samples: Samples, places: Float64) -> Samples:
    """Values of ``[C, n]`` at fractional, ascending `places` ``[T]``; silence outside; ``[C, T]``.

    The local speed is the distance of neighbouring places. Up to 0.84 of the lower Nyquist
    frequency passes unchanged; what would alias is at least 80 dB down.
    """
    made = np.zeros((samples.shape[0], places.size), np.float32)
    rates = np.maximum(1.0, np.gradient(places)) if places.size > 1 else np.ones(1)
    for first in range(0, places.size, _CHUNK):
        part = slice(first, first + _CHUNK)
        made[:, part] = _read_chunk(samples, places[part], rates[part])
    return made


def _read_chunk(samples: Samples, places: Float64, rates: Float64) -> Samples:
    reach = int(np.ceil(CROSSINGS * rates.max() / _CUTOFF))
    base = np.floor(places).astype(np.int64)
    start = int(base[0]) - reach
    stop = int(base[-1]) + reach + 2
    inside = samples[:, max(0, start) : max(0, stop)]
    before = min(max(0, -start), stop - start)
    window = np.pad(inside, ((0, 0), (before, max(0, stop - start - before - inside.shape[1]))))
    index = (base - start)[:, None] + np.arange(-reach + 1, reach + 1)
    scale = (_CUTOFF / rates)[:, None]
    weights = _kernel(np.abs((places - start)[:, None] - index) * scale) * scale
    return np.stack([np.einsum("tk,tk->t", channel[index], weights) for channel in window]).astype(np.float32)


def _kernel(distance: Float64) -> Float64:
    table = _table()
    at = np.minimum(distance * _STEPS, CROSSINGS * _STEPS)
    low = at.astype(np.int64)
    return np.asarray(table[low] + (at - low) * (table[low + 1] - table[low]))


@lru_cache(maxsize=1)
def _table() -> Float64:
    """Kaiser-windowed sinc at ``k / _STEPS`` crossings; zero at the end and behind it."""
    distance = np.arange(CROSSINGS * _STEPS + 1) / _STEPS
    kaiser = np.i0(_BETA * np.sqrt(1.0 - (distance / CROSSINGS) ** 2)) / np.i0(_BETA)
    table = np.append(np.sinc(distance) * kaiser, 0.0)
    table[-2] = 0.0
    return table
