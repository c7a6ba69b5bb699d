"""An edit laid over its source: same onset, same loudness, same end (specs/applications.md §2)."""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d

from samplegen.audio.types import Audio, Samples
from samplegen.post.fades import raised_cosine
from samplegen.units import db_to_gain, seconds_to_samples

MAX_SHIFT_S: Final = 0.02
_ATTACK_S: Final = 0.06
_RISE_S: Final = 0.0005
_ONSET_DB: Final = -20.0
_FADE_S: Final = 0.005

Float64 = npt.NDArray[np.float64]


def attack_envelope(audio: Audio) -> Float64:
    """Magnitude of the channels' sum of squares over half a millisecond, ``[T]``."""
    power = np.square(audio.samples.astype(np.float64)).sum(axis=0)
    width = max(1, seconds_to_samples(_RISE_S, sample_rate=audio.sample_rate))
    return np.asarray(np.sqrt(np.maximum(uniform_filter1d(power, width, mode="constant"), 0.0)))


def onset_sample(audio: Audio) -> int:
    """First sample whose `attack_envelope` comes within 20 dB of its highest value; 0 in silence."""
    envelope = attack_envelope(audio)
    return int(np.argmax(envelope >= envelope.max(initial=0.0) * db_to_gain(_ONSET_DB)))


def attack_slice(audio: Audio) -> slice:
    """From the onset to 10 ms after the peak of the first 60 ms."""
    onset = onset_sample(audio)
    reach = seconds_to_samples(_ATTACK_S, sample_rate=audio.sample_rate)
    peak = onset + int(np.abs(audio.samples[:, onset : onset + reach]).max(axis=0).argmax())
    return slice(onset, min(audio.length, peak + seconds_to_samples(0.01, sample_rate=audio.sample_rate)))


def find_shift(candidate: Audio, source: Audio) -> int:
    """Samples by which `candidate` comes later than `source`, by their attacks' cross-correlation within 20 ms."""
    reach = seconds_to_samples(MAX_SHIFT_S, sample_rate=source.sample_rate)
    start = max(0, onset_sample(source) - reach)
    stop = start + 2 * reach + seconds_to_samples(_ATTACK_S, sample_rate=source.sample_rate)
    first, second = (np.diff(attack_envelope(audio)[start:stop], prepend=0.0) for audio in (source, candidate))
    size = 1 << (first.size + second.size).bit_length()
    correlation = np.fft.irfft(np.conj(np.fft.rfft(first, size)) * np.fft.rfft(second, size), size)
    around = np.concatenate([correlation[-reach:], correlation[: reach + 1]])
    return int(around.argmax()) - reach


def shift(samples: Samples, *, later: int) -> Samples:
    """``[C, T]`` moved `later` samples to the right (left where negative), silence where nothing comes in."""
    if later == 0:
        return samples
    moved = np.zeros_like(samples)
    if later > 0:
        moved[:, later:] = samples[:, :-later]
    else:
        moved[:, :later] = samples[:, -later:]
    return moved


def match_level(samples: Samples, source: Samples) -> Samples:
    """``[C, T]`` with the energy of `source`; silence stays."""
    energy, wanted = (float(np.square(part.astype(np.float64)).sum()) for part in (samples, source))
    return samples * np.float32(np.sqrt(wanted / energy)) if energy > 0.0 else samples


def keep_end(samples: Samples, source: Samples, *, sample_rate: int) -> Samples:
    """``[C, T]`` that goes over into `source` within its last 5 ms, and so ends exactly like it."""
    count = min(samples.shape[1], seconds_to_samples(_FADE_S, sample_rate=sample_rate))
    ended = samples.copy()
    rise = np.append(raised_cosine(count)[1:], 1.0).astype(np.float32) if count else np.zeros(0, np.float32)
    tail = slice(samples.shape[1] - count, None)
    ended[:, tail] = samples[:, tail] * (1.0 - rise) + source[:, tail] * rise
    return ended


def align(candidate: Audio, source: Audio) -> Audio:
    """`candidate` with the onset, the energy and the end of `source`; both have the same shape."""
    moved = shift(candidate.samples, later=-find_shift(candidate, source))
    levelled = match_level(moved, source.samples)
    return source.with_samples(keep_end(levelled, source.samples, sample_rate=source.sample_rate))
