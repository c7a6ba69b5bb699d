"""Changing the sample rate of a recording, and the length of a ring."""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import soxr

from samplegen.audio.types import Audio, Samples
from samplegen.errors import UsageError
from samplegen.units import samples_to_samples


def resample(audio: Audio, *, sample_rate: int) -> Audio:
    """`audio` at another rate: soxr, very high quality, linear phase.

    Parameters
    ----------
    audio
        ``[C, T]``.
    sample_rate
        In Hz.

    Returns
    -------
    Audio
        ``[C, round(T * new / old)]``, at least one sample.

    Raises
    ------
    UsageError
        If the rate is not positive.
    """
    if sample_rate <= 0:
        raise UsageError(f"A sample rate must be positive, not {sample_rate}.")
    if sample_rate == audio.sample_rate:
        return audio
    length = max(1, samples_to_samples(audio.length, from_rate=audio.sample_rate, to_rate=sample_rate))
    made = soxr.resample(audio.samples.T, audio.sample_rate, sample_rate, quality="VHQ").T[:, :length]
    samples = np.zeros((audio.channels, length), np.float32)
    samples[:, : made.shape[1]] = made
    return Audio(samples, sample_rate)


def resample_blocks(blocks: Iterable[Samples], *, channels: int, from_rate: int, to_rate: int) -> Iterator[Samples]:
    """`resample` of a recording that comes in blocks ``[C, n]``; the blocks made join to the same samples.

    Raises
    ------
    UsageError
        If a rate is not positive.
    """
    if min(from_rate, to_rate) <= 0:
        raise UsageError(f"A sample rate must be positive, not {min(from_rate, to_rate)}.")
    if from_rate == to_rate:
        yield from blocks
        return
    stream = soxr.ResampleStream(from_rate, to_rate, channels, dtype="float32", quality="VHQ")
    taken = made = 0
    for block in blocks:
        taken += block.shape[1]
        ready = stream.resample_chunk(np.ascontiguousarray(block.T), last=False).T
        made += ready.shape[1]
        yield ready
    length = max(1, samples_to_samples(taken, from_rate=from_rate, to_rate=to_rate)) if taken else 0
    rest = np.zeros((channels, length - made), np.float32)
    ready = stream.resample_chunk(np.zeros((0, channels), np.float32), last=True).T[:, : length - made]
    rest[:, : ready.shape[1]] = ready
    yield rest


def resample_ring(samples: Samples, *, length: int) -> Samples:
    """One period of a periodic signal, ``[C, T]``, drawn with `length` samples.

    The discrete Fourier series is cut or continued with zeros, so the result
    is again one seamless period and every component below both Nyquist
    frequencies keeps its amplitude and phase exactly.

    Returns
    -------
    ndarray
        ``[C, length]`` float32.
    """
    period = samples.shape[-1]
    if length == period:
        return samples.astype(np.float32)
    bins = np.fft.rfft(samples.astype(np.float64), axis=-1)
    kept = min(period, length)
    made = np.zeros((*bins.shape[:-1], length // 2 + 1), bins.dtype)
    made[..., : kept // 2 + 1] = bins[..., : kept // 2 + 1]
    if kept % 2 == 0:  # the Nyquist bin of the shorter period stands for both signs of its frequency
        made[..., kept // 2] *= 0.5 if length > period else 2.0
    ring: npt.NDArray[np.float64] = np.fft.irfft(made * (length / period), length, axis=-1)
    return ring.astype(np.float32)
