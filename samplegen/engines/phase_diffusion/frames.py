"""Overlapping frames of a recording of any length, and their sum again, block by block.

Frame k starts at sample ``k * hop - window_size``: the recording is continued by reflection on both
sides, so that every sample of it lies under the same number of frames.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from samplegen.audio.source import Source
from samplegen.audio.types import Samples

__all__ = ["FrameBlock", "Framing", "OverlapAdd", "forward", "frame_blocks", "inverse"]

Spectra = npt.NDArray[np.complex64]

_BLOCK_SAMPLES = 2**18  # per channel in the frames of one block; stays in the second-level cache
_FEWEST_FRAMES = 8


@dataclass(frozen=True)
class Framing:
    """Where the frames of a recording lie.

    Parameters
    ----------
    window_size, hop
        In samples; the window is even and the hop at most half of it.
    length
        Samples of the recording.
    """

    window_size: int
    hop: int
    length: int

    @property
    def count(self) -> int:
        """Number of frames."""
        return (self.window_size + self.length - 1) // self.hop + 1

    @property
    def bins(self) -> int:
        """Number of bins F of a spectrum, 0 Hz and Nyquist included."""
        return self.window_size // 2 + 1

    @property
    def block(self) -> int:
        """Frames worked on at once: a function of the window alone, so that it cannot change a byte."""
        return max(_FEWEST_FRAMES, _BLOCK_SAMPLES // self.window_size)

    def starts(self, first: int, count: int) -> npt.NDArray[np.int64]:
        """First samples of `count` frames from frame `first`; negative in the reflection."""
        return np.arange(first, first + count, dtype=np.int64) * self.hop - self.window_size

    @cached_property
    def window(self) -> Samples:
        """``[W]`` periodic Hann window."""
        phase = 2.0 * np.pi * np.arange(self.window_size) / self.window_size
        return (0.5 - 0.5 * np.cos(phase)).astype(np.float32)

    @cached_property
    def synthesis_window(self) -> Samples:
        """``[W]`` Hann window divided by the summed squares of all frames, times the level factor.

        Frames of random phase add in power, not in amplitude: with N = sum(w^2)/hop frames' worth of
        energy over c = mean(w^2) the sum is too quiet by sqrt(N/c).
        """
        squared = self.window.astype(np.float64) ** 2
        padded = np.zeros(-(-self.window_size // self.hop) * self.hop)
        padded[: self.window_size] = squared
        summed = padded.reshape(-1, self.hop).sum(axis=0)  # repeats with every hop
        level = np.sqrt(squared.sum() / self.hop / squared.mean())
        factor = np.resize(level / summed, self.window_size)
        return (self.window * factor).astype(np.float32)


@dataclass(frozen=True, eq=False)
class FrameBlock:
    """Consecutive frames.

    Parameters
    ----------
    first
        Index of the first one.
    frames
        ``[C, B, W]`` view into `samples`.
    samples
        ``[C, n]`` the recording under the frames.
    """

    first: int
    frames: Samples
    samples: Samples

    @property
    def count(self) -> int:
        """Number of frames B."""
        return int(self.frames.shape[1])


def frame_blocks(source: Source, framing: Framing) -> Iterator[FrameBlock]:
    """All frames in order, `Framing.block` at a time; every sample is read once."""
    width, hop = framing.window_size, framing.hop
    kept = _read_reflected(source, -width, -hop)
    for first in range(0, framing.count, framing.block):
        count = min(framing.block, framing.count - first)
        start = first * hop - hop
        samples = np.concatenate([kept, _read_reflected(source, start, start + count * hop)], axis=1)
        per_channel, per_sample = samples.strides
        frames = np.lib.stride_tricks.as_strided(
            samples, (samples.shape[0], count, width), (per_channel, hop * per_sample, per_sample), writeable=False
        )
        yield FrameBlock(first, frames, samples)
        kept = samples[:, samples.shape[1] - (width - hop) :]


def _read_reflected(source: Source, start: int, stop: int) -> Samples:
    """Samples of the recording continued by reflection, again and again if it is short."""
    if start >= 0 and stop <= source.length:
        return source.read(start, stop)
    period = max(1, 2 * (source.length - 1))
    wanted = np.arange(start, stop) % period
    wanted = np.minimum(wanted, period - wanted)
    first, last = int(wanted.min()), int(wanted.max())
    return source.read(first, last + 1)[:, wanted - first]


def forward(block: FrameBlock, framing: Framing) -> Spectra:
    """Spectra ``[C, B, F]`` of windowed frames, orthonormal.

    numpy works in float64 for a factor of 1, and in float32, four times as fast, for the factor of ``ortho``.
    """
    windowed = np.multiply(block.frames, framing.window)
    return np.asarray(np.fft.rfft(windowed, norm="ortho"), dtype=np.complex64)  # no copy: numpy 2 keeps float32


def inverse(spectra: Spectra, framing: Framing) -> Samples:
    """Frames ``[C, B, W]`` of spectra, under the synthesis window."""
    frames: Samples = np.asarray(np.fft.irfft(spectra, n=framing.window_size, norm="ortho"), dtype=np.float32)
    frames *= framing.synthesis_window
    return frames


class OverlapAdd:
    """Sums frames to a signal and hands out what no later frame can change."""

    def __init__(self, framing: Framing, *, channels: int) -> None:
        self._framing = framing
        self._layers = -(-framing.window_size // framing.hop)
        self._open = np.zeros((channels, self._layers - 1, framing.hop), dtype=np.float32)

    def add(self, frames: Samples) -> Samples:
        """Add the next frames ``[C, B, W]``; returns the ``B * hop`` samples that begin with the first of them."""
        hop, count = self._framing.hop, frames.shape[1]
        total = np.zeros((frames.shape[0], count + self._layers - 1, hop), dtype=np.float32)
        total[:, : self._layers - 1] = self._open
        for layer in range(self._layers):
            part = frames[:, :, layer * hop : (layer + 1) * hop]
            total[:, layer : layer + count, : part.shape[2]] += part
        self._open = total[:, count:]
        return total[:, :count].reshape(frames.shape[0], -1)
