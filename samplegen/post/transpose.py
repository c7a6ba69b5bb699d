"""Other pitch: one-shots by speed, as a sampler does it; loops at their exact length, round their seam."""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from samplegen.audio.types import Audio, Samples
from samplegen.errors import UsageError
from samplegen.post.fades import blend
from samplegen.units import seconds_to_samples

Float64 = npt.NDArray[np.float64]

MAX_SEMITONES: Final = 24.0
_MARGIN_S: Final = 2.0
_SEAM_MS: Final = 15.0
_MAX_LAG_MS: Final = 40.0
_STEP: Final = 16  # samples between two values of the envelopes that find the lag
_SMOOTHING: Final = 16


def transpose_one_shot(audio: Audio, *, semitones: float) -> Audio:
    """Play a sound faster or slower (band-limited, soxr), ``[C, T]`` to ``[C, round(T / 2**(semitones / 12))]``.

    Attacks and the relation of all partials stay as they are, which a stretcher cannot promise;
    the sound gets shorter or longer, by 41 % for 6 semitones.

    Raises
    ------
    UsageError
        If it is more than two octaves.
    """
    _check(semitones)
    if not audio.length or semitones == 0.0:
        return audio
    import soxr

    ratio = 2.0 ** (semitones / 12.0)
    length = max(1, round(audio.length / ratio))
    made = soxr.resample(audio.samples.T, audio.sample_rate * ratio, audio.sample_rate, quality="VHQ").T[:, :length]
    samples = np.zeros((audio.channels, length), np.float32)
    samples[:, : made.shape[1]] = made
    return audio.with_samples(samples)


def transpose_ring(audio: Audio, *, semitones: float) -> Audio:
    """Change the pitch of a loop and nothing else, ``[C, T]`` to ``[C, T]``; its end still runs into its start.

    Rubber Band (its R2 engine: of the engines at hand the one whose attacks lie a constant time off,
    within 1 ms) hears the loop with 2 s of itself before and behind. The constant is found by the
    correlation of the attacks and taken out; the last 15 ms are blended into what sounded before the start.

    Raises
    ------
    UsageError
        If it is more than two octaves.
    """
    _check(semitones)
    if not audio.length or semitones == 0.0:
        return audio
    from pedalboard import time_stretch

    margin = seconds_to_samples(_MARGIN_S, sample_rate=audio.sample_rate)
    wrapped = np.pad(audio.samples, ((0, 0), (margin, margin)), mode="wrap")
    shifted = time_stretch(
        wrapped, float(audio.sample_rate), 1.0, semitones, high_quality=False, transient_mode="crisp",
        preserve_formants=False,
    )  # fmt: skip
    shifted = np.pad(shifted, ((0, 0), (0, max(0, wrapped.shape[1] - shifted.shape[1]))))
    start = margin + _lag(audio.samples, shifted, start=margin, sample_rate=audio.sample_rate)
    kept = shifted[:, start : start + audio.length].copy()
    count = min(audio.length // 4, seconds_to_samples(_SEAM_MS / 1000.0, sample_rate=audio.sample_rate))
    if count:
        kept[:, -count:] = blend(kept[:, -count:], shifted[:, start - count : start])
    return audio.with_samples(np.ascontiguousarray(kept))


def _lag(samples: Samples, shifted: Samples, *, start: int, sample_rate: int) -> int:
    """By how many samples the attacks of `shifted`, read from `start` on, come late."""
    length = samples.shape[1]
    reach = seconds_to_samples(_MAX_LAG_MS / 1000.0, sample_rate=sample_rate) // _STEP
    asked, made = _attacks(samples), _attacks(shifted[:, start : start + length])
    count = min(asked.size, made.size)
    if count <= 2 * reach or not asked.any() or not made.any():
        return 0
    spectrum = np.conj(np.fft.rfft(asked[:count])) * np.fft.rfft(made[:count])
    likeness = np.fft.irfft(spectrum, count)
    offsets = np.arange(-reach, reach + 1)
    return int(offsets[likeness[offsets % count].argmax()]) * _STEP


def _attacks(samples: Samples) -> Float64:
    """Rise of the level every `_STEP` samples, ``[n]``, mean removed."""
    size = samples.shape[1] // _STEP * _STEP
    power = np.square(samples[:, :size].astype(np.float64)).mean(axis=0).reshape(-1, _STEP).mean(axis=1)
    if power.size < _SMOOTHING:
        return np.zeros(0)
    kernel = np.hanning(_SMOOTHING + 2)[1:-1]
    level = np.sqrt(np.convolve(np.pad(power, _SMOOTHING, mode="wrap"), kernel, "same")[_SMOOTHING:-_SMOOTHING])
    rise = np.maximum(np.diff(level, append=level[:1]), 0.0)
    return np.asarray(rise - rise.mean())


def _check(semitones: float) -> None:
    if not (math.isfinite(semitones) and abs(semitones) <= MAX_SEMITONES):
        raise UsageError(f"A transposition by {semitones} semitones makes no sense; give -24 to 24.")
