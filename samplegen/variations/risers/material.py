"""A recording, made ready for a riser: flattened, looped, and washed with a tail."""

import numpy as np

from samplegen.audio.source import as_source
from samplegen.audio.types import Audio, Samples
from samplegen.engines.on_the_fly.checks import check_recording
from samplegen.errors import InputError
from samplegen.post.fades import equal_power
from samplegen.units import db_to_gain, seconds_to_samples
from samplegen.variations.risers.shaping import flatten_level

_QUIET_DB = -50.0
_SUSTAIN_S = 0.1
_CROSSFADE_S = 0.5


def check_material(audio: Audio, *, name: str) -> None:
    """Refuse what nothing can be made of; the message names the recording.

    Raises
    ------
    InputError
        If it has no samples, less than 0.25 s, or is silent.
    """
    try:
        check_recording(as_source(audio))
    except InputError as error:
        raise InputError(f"{name}: {error}") from error


def as_stereo(samples: Samples) -> Samples:
    """``[2, T]``: one channel twice, two as they are, more as their mean."""
    if samples.shape[0] == 2:
        return samples
    return np.repeat(samples.mean(axis=0, keepdims=True, dtype=np.float32), 2, axis=0)


def sustain(samples: Samples, *, sample_rate: int) -> Samples:
    """The sounding part of ``[C, T]`` at a constant level, so that it can go on without end."""
    loud = np.flatnonzero(np.abs(samples).max(axis=0) > np.abs(samples).max() * db_to_gain(_QUIET_DB))
    trimmed = samples[:, loud[0] : loud[-1] + 1]
    return flatten_level(trimmed, window_s=_SUSTAIN_S, sample_rate=sample_rate)


def prolong(samples: Samples, *, length: int, start: int, unit: int, sample_rate: int) -> Samples:
    """`length` samples of ``[C, T]`` from `start` on, or, where there are too few, rounds of all of it.

    Rounds overlap by half a second, or a quarter of T if that is less. They last whole
    `unit` samples (a beat; halves of it where the material is short), so that they keep the grid.
    """
    if start + length <= samples.shape[1]:
        return samples[:, start : start + length]
    overlap = max(1, min(seconds_to_samples(_CROSSFADE_S, sample_rate=sample_rate), samples.shape[1] // 4))
    room = samples.shape[1] - overlap
    while unit > room:
        unit = max(1, unit // 2)
    period = room // unit * unit
    rise = equal_power(overlap).astype(np.float32)
    ring = samples[:, :period].copy()
    ring[:, :overlap] = ring[:, :overlap] * rise + samples[:, period : period + overlap] * np.sqrt(1.0 - rise**2)
    made = np.tile(ring, -(-length // period))[:, :length]
    made[:, :period] = samples[:, : min(period, length)]  # the first round has nothing to overlap with
    return made


def wash(
    samples: Samples, *, decay_s: float | None, level: float | None, sample_rate: int, rng: np.random.Generator
) -> Samples:
    """A diffuse tail of ``[2, T]``, ``[2, T]``: each channel through noise of its own.

    Parameters
    ----------
    decay_s
        Time in which the tail falls by 60 dB; None keeps it up to the end.
    level
        RMS of the tail; None takes that of `samples`.
    """
    length = samples.shape[1]
    count = length if decay_s is None else min(length, seconds_to_samples(decay_s, sample_rate=sample_rate))
    tail = rng.standard_normal((2, count), dtype=np.float32)
    if decay_s is not None:
        tail *= (10.0 ** (-3.0 * np.arange(count) / count)).astype(np.float32)
    size = 1 << (length + count - 1).bit_length()
    made = np.stack([
        np.fft.irfft(np.fft.rfft(channel, size) * np.fft.rfft(noise, size), size)[:length].astype(np.float32)
        for channel, noise in zip(samples, tail, strict=True)
    ])  # fmt: skip
    return made * np.float32((_rms(samples) if level is None else level) / max(_rms(made), 1e-12))


def _rms(samples: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(samples), dtype=np.float64)))
