"""Spectral flux: how much energy appears from one frame to the next."""

import math

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from samplegen.audio.source import Source
from samplegen.audio.types import Samples
from samplegen.units import seconds_to_samples

Float64 = npt.NDArray[np.float64]

FRAME_S = 0.025
HOP_S = 0.010
_BLOCK_FRAMES = 500  # read at a time: 5 s
_GROUP_FRAMES = 50  # transformed at a time; their spectra stay in the cache


def frame_length(sample_rate: int) -> int:
    """Samples under one window."""
    return max(2, seconds_to_samples(FRAME_S, sample_rate=sample_rate))


def hop_length(sample_rate: int) -> int:
    """Samples from one frame to the next."""
    return max(1, seconds_to_samples(HOP_S, sample_rate=sample_rate))


def frame_centres(count: int, *, sample_rate: int) -> Float64:
    """Centres of the first `count` frames in samples, ``[count]``."""
    centres = np.arange(count, dtype=np.float64) * hop_length(sample_rate) + frame_length(sample_rate) / 2.0
    return np.asarray(centres, np.float64)


def spectral_flux(source: Source) -> Float64:
    """Sum over bins of the positive magnitude change from the frame before; the first frame has 0.

    Frames of 25 ms (Hann) every 10 ms, whole frames only; the magnitude is the root of the power
    averaged over channels (morph chain specification §2).

    Returns
    -------
    Float64
        ``[frames]``; one zero for a recording shorter than a frame.
    """
    size, hop = frame_length(source.sample_rate), hop_length(source.sample_rate)
    count = max(1, 1 + (source.length - size) // hop)
    flux = np.zeros(count)
    magnitudes = _Magnitudes(size, channels=source.channels)
    for first in range(1, count, _BLOCK_FRAMES):
        last = min(first + _BLOCK_FRAMES, count)
        # One frame more in front, so that a block knows its predecessor's last spectrum.
        block = source.read((first - 1) * hop, (last - 1) * hop + size)
        flux[first:last] = magnitudes.rises(sliding_window_view(block, size, axis=1)[:, ::hop])
    return flux


class _Magnitudes:
    """Spectra of strided frames, in buffers made once."""

    def __init__(self, size: int, *, channels: int) -> None:
        # Behind the window the buffer stays zero: a length with small factors transforms several times faster.
        n_fft = _even_smooth_length(size)
        self._windowed = np.zeros((channels, _GROUP_FRAMES, n_fft), np.float32)
        # Times n_fft, since only the transform scaled by 1 / n_fft works in float32 throughout (numpy 2).
        self._window = (n_fft * np.hanning(size)).astype(np.float32)
        self._magnitudes = np.zeros((_GROUP_FRAMES + 1, n_fft // 2 + 1), np.float32)

    def rises(self, frames: Samples) -> Float64:
        """Positive change into every frame but the first, from ``[C, n + 1, size]`` to ``[n]``."""
        self._transform(frames[:, :1], row=0)
        rises = []
        for start in range(1, frames.shape[1], _GROUP_FRAMES):
            group = frames[:, start : start + _GROUP_FRAMES]
            count = group.shape[1]
            self._transform(group, row=1)
            change = self._magnitudes[1 : count + 1] - self._magnitudes[:count]
            np.maximum(change, 0.0, out=change)
            rises.append(change.sum(axis=1))
            self._magnitudes[0] = self._magnitudes[count]
        return np.asarray(np.concatenate(rises).astype(np.float64) / math.sqrt(frames.shape[0]))

    def _transform(self, frames: Samples, *, row: int) -> None:
        """Root of the power summed over channels, into the rows of the buffer from `row` on."""
        count = frames.shape[1]
        windowed = self._windowed[:, :count]
        np.multiply(frames, self._window, out=windowed[..., : self._window.size])
        spectra = np.fft.rfft(windowed, norm="forward")
        parts = spectra.view(spectra.real.dtype)
        np.square(parts, out=parts)
        for channel in parts[1:]:
            parts[0] += channel
        magnitudes = self._magnitudes[row : row + count]
        np.add(parts[0, :, 0::2], parts[0, :, 1::2], out=magnitudes)
        np.sqrt(magnitudes, out=magnitudes)


def _even_smooth_length(least: int) -> int:
    """Smallest even length of at least `least` whose prime factors are 2, 3 and 5."""
    length = least + least % 2
    while not _is_smooth(length):
        length += 2
    return length


def _is_smooth(length: int) -> bool:
    for factor in (2, 3, 5):
        while length % factor == 0:
            length //= factor
    return length == 1
