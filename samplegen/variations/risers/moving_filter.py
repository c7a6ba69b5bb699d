"""Filters whose response changes over time, applied to short-time spectra."""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from samplegen.audio.types import Samples

Float32 = npt.NDArray[np.float32]
Response = Callable[[Float32, Float32], Float32]

WINDOW: Final = 2048
HOP: Final = WINDOW // 4
_ROWS: Final = 256


def filter_over_time(samples: Samples, *, sample_rate: int, response: Response) -> Samples:
    """Multiply the short-time spectra of ``[C, T]`` with a response, without phase shift.

    Frames of `WINDOW` samples (Hann before and after) every quarter of it; with a response
    of 1 the input comes back. Work is done in blocks, so memory does not grow with T.

    Parameters
    ----------
    response
        Gets the frame centres as positions in time (0 start, 1 end, ``[n, 1]``) and the
        frequencies in Hz (``[1, F]``), returns gains ``[n, F]``.
    """
    length = samples.shape[-1]
    window = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
    count = -(-length // HOP) + WINDOW // HOP
    hz = np.fft.rfftfreq(WINDOW, 1.0 / sample_rate).astype(np.float32)[None]
    centres = (np.arange(count) * HOP - WINDOW // 2) / max(1, length)
    padded = np.pad(samples, ((0, 0), (WINDOW, count * HOP + WINDOW - length)))
    summed = np.zeros_like(padded)
    for first in range(0, count, _ROWS):
        rows = slice(first, min(first + _ROWS, count))
        gains = response(np.clip(centres[rows, None], 0.0, 1.0).astype(np.float32), hz)
        for channel, total in zip(padded, summed, strict=True):
            frames = np.lib.stride_tricks.sliding_window_view(channel, WINDOW)[::HOP][rows]
            filtered = np.fft.irfft(np.fft.rfft(frames * window, axis=1) * gains, WINDOW, axis=1)
            _overlap_add(total, np.asarray(filtered * window, np.float32), first=first)
    return summed[:, WINDOW : WINDOW + length] * np.float32(1.0 / 1.5)


def _overlap_add(summed: Float32, frames: Float32, *, first: int) -> None:
    """Add frames ``[n, WINDOW]`` that begin at `first` hops, four interleaved sets at a time."""
    for turn in range(WINDOW // HOP):
        block = frames[turn :: WINDOW // HOP]
        start = (first + turn) * HOP
        summed[start : start + block.size] += block.ravel()


def mean_magnitudes(samples: Samples, *, blocks: int) -> Float32:
    """Mean magnitude spectrum of each of `blocks` equal parts of ``[C, T]``, ``[blocks, WINDOW//2 + 1]``."""
    window = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
    length = samples.shape[-1]
    made = np.zeros((blocks, WINDOW // 2 + 1), np.float32)
    for block in range(blocks):
        start, stop = block * length // blocks, (block + 1) * length // blocks
        part = samples[:, start : max(stop, start + 1)]
        part = np.pad(part, ((0, 0), (0, max(0, WINDOW - part.shape[-1]))))
        frames = np.lib.stride_tricks.sliding_window_view(part, WINDOW, axis=-1)[:, :: WINDOW // 2]
        made[block] = np.abs(np.fft.rfft(frames * window, axis=-1)).mean(axis=(0, 1))
    return made
