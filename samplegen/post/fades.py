"""Fades and crossfades; every shape ends at exact 0 and exact 1."""

import math

import numpy as np
import numpy.typing as npt

from samplegen.audio.types import Audio
from samplegen.errors import UsageError
from samplegen.units import seconds_to_samples

Curve = npt.NDArray[np.float64]


def raised_cosine(length: int) -> Curve:
    """Rising ``(1 - cos(pi n / length)) / 2`` for n = 0 … length-1, ``[length]``.

    With the falling curve ``1 - raised_cosine(length)`` it sums to one (equal gain).
    """
    return 0.5 * (1.0 - np.cos(np.pi * np.arange(length) / max(length, 1)))


def equal_power(length: int) -> Curve:
    """Rising ``sin(pi n / 2 length)`` for n = 0 … length-1, ``[length]``.

    Its square and that of the falling ``cos`` sum to one.
    """
    return np.sin(0.5 * np.pi * np.arange(length) / max(length, 1))


def fade_in(audio: Audio, *, fade_ms: float) -> Audio:
    """Raised-cosine fade over the first `fade_ms`; the first value becomes exactly 0."""
    count = _fade_samples(audio, fade_ms)
    samples = audio.samples.astype(np.float64)
    samples[:, :count] *= raised_cosine(count)
    return audio.with_samples(samples.astype(np.float32))


def fade_out(audio: Audio, *, fade_ms: float) -> Audio:
    """Raised-cosine fade over the last `fade_ms`; the last value becomes exactly 0."""
    count = _fade_samples(audio, fade_ms)
    samples = audio.samples.astype(np.float64)
    samples[:, audio.length - count :] *= raised_cosine(count)[::-1]
    return audio.with_samples(samples.astype(np.float32))


def blend(first: npt.NDArray[np.float32], second: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Go from `first` to `second`, both ``[C, T]``, at constant expected power.

    Equal-power gains suit unrelated signals; on equal ones they add up to +3 dB halfway.
    With the correlation r of the two (measured here, negative counts as 0) the gains
    ``cos, sin`` are divided by ``sqrt(1 + r sin 2 theta)``, the root of the power their sum
    would have: equal power at r = 0, and at r = 1 a sum of one, so that equal signals
    pass unchanged to the bit.
    """
    theta = 0.5 * np.pi * np.arange(first.shape[-1]) / max(first.shape[-1], 1)
    old, new = first.astype(np.float64), second.astype(np.float64)
    norm = np.sqrt(1.0 + _correlation(old, new) * np.sin(2.0 * theta))
    falling, rising = np.cos(theta) / norm, np.sin(theta) / norm
    mixed: npt.NDArray[np.float64] = new + falling * (old - new) + (falling + rising - 1.0) * new
    return mixed.astype(np.float32)


def crossfade(first: Audio, second: Audio, *, fade_ms: float) -> Audio:
    """Join two sounds, overlapping `fade_ms` (at most the shorter one) with `blend`.

    Raises
    ------
    UsageError
        If their rates or channel counts differ, or the fade is no positive time.
    """
    if (first.sample_rate, first.channels) != (second.sample_rate, second.channels):
        raise UsageError(
            f"Cannot join {first.channels} channels at {first.sample_rate} Hz with {second.channels} channels "
            f"at {second.sample_rate} Hz. Convert one of them first."
        )
    count = min(_fade_samples(first, fade_ms), second.length)
    start = first.length - count
    overlap = blend(first.samples[:, start:], second.samples[:, :count])
    parts = (first.samples[:, :start], overlap, second.samples[:, count:])
    return first.with_samples(np.concatenate(parts, axis=1))


def _correlation(first: Curve, second: Curve) -> float:
    power = float(np.sum(first * first)) * float(np.sum(second * second))
    if power <= 0.0:
        return 0.0
    return min(1.0, max(0.0, float(np.sum(first * second)) / math.sqrt(power)))


def _fade_samples(audio: Audio, fade_ms: float) -> int:
    if not 0.0 <= fade_ms <= 60_000.0:
        raise UsageError(f"A fade of {fade_ms} ms makes no sense; give 0 to 60000 ms.")
    return min(audio.length, seconds_to_samples(fade_ms / 1000.0, sample_rate=audio.sample_rate))
