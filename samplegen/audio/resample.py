"""Changing the sample rate of a recording, and the length of a ring."""

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
