"""Cut a one-shot to its sound: onset at the start, no dead tail, exact zero at the end."""

import numpy as np
import numpy.typing as npt

from samplegen.audio.types import Audio
from samplegen.errors import UsageError
from samplegen.post.fades import fade_in, fade_out
from samplegen.units import db_to_gain, seconds_to_samples

ONSET_DB = -40.0
PRE_ONSET_MS = 1.0
FADE_IN_MS = (0.1, 0.5)
ENVELOPE_MS = 5.0


def trim_one_shot(
    audio: Audio,
    *,
    threshold_db: float = -60.0,
    fade_ms: float = 5.0,
    max_seconds: float | None = None,
) -> Audio:
    """Trim a one-shot (formats.md, "Packs").

    The onset, the first value within 40 dB of the peak, lies at most 1 ms after sample 0.
    A sound that does not begin at 0 gets a fade-in of at most 0.5 ms, before the onset
    as far as there is room. The tail ends where the energy envelope (RMS over 5 ms) falls
    below `threshold_db` relative to its maximum, or at `max_seconds`; then come `fade_ms`
    of raised-cosine fade to exact zero. Silence comes back unchanged.

    Raises
    ------
    UsageError
        If a value is out of range.
    """
    if not -200.0 <= threshold_db < 0.0:
        raise UsageError(f"A trim threshold of {threshold_db} dB makes no sense; give -200 to 0 dB, such as -60.")
    if max_seconds is not None and not max_seconds > 0.0:
        raise UsageError(f"A one-shot of at most {max_seconds} s would be empty; give a positive time.")
    level = np.abs(audio.samples).max(axis=0, initial=0.0)
    if not level.any():
        return audio
    trimmed = cut_tail(_cut_start(audio, level), threshold_db=threshold_db, fade_ms=fade_ms)
    if max_seconds is not None:
        most = max(1, seconds_to_samples(max_seconds, sample_rate=audio.sample_rate))
        if trimmed.length > most:
            trimmed = fade_out(audio.with_samples(trimmed.samples[:, :most].copy()), fade_ms=fade_ms)
    return trimmed


def cut_tail(audio: Audio, *, threshold_db: float, fade_ms: float, min_length: int = 1) -> Audio:
    """Cut after the last point above `threshold_db`, keeping at least `min_length`, and fade out."""
    envelope = energy_envelope(audio)
    loud = np.flatnonzero(envelope >= envelope.max(initial=0.0) * db_to_gain(threshold_db))
    room = seconds_to_samples(fade_ms / 1000.0, sample_rate=audio.sample_rate)
    end = min(audio.length, max(min_length, (int(loud[-1]) if loud.size else 0) + 1 + room))
    return fade_out(audio.with_samples(audio.samples[:, :end].copy()), fade_ms=fade_ms)


def energy_envelope(audio: Audio) -> npt.NDArray[np.float64]:
    """RMS over the channels and a centred 5 ms window, ``[T]``; outside the sound is silence."""
    half = seconds_to_samples(ENVELOPE_MS / 2000.0, sample_rate=audio.sample_rate)
    power = np.mean(audio.samples.astype(np.float64) ** 2, axis=0)
    running = np.concatenate([[0.0], np.cumsum(power)])
    index = np.arange(audio.length)
    low, high = np.maximum(index - half, 0), np.minimum(index + half + 1, audio.length)
    envelope: npt.NDArray[np.float64] = np.sqrt(np.maximum(running[high] - running[low], 0.0) / (2 * half + 1))
    return envelope


def _cut_start(audio: Audio, level: npt.NDArray[np.float32]) -> Audio:
    onset = int(np.argmax(level >= level.max() * db_to_gain(ONSET_DB)))
    start = max(0, onset - seconds_to_samples(PRE_ONSET_MS / 1000.0, sample_rate=audio.sample_rate))
    kept = audio.with_samples(audio.samples[:, start:].copy())
    if not kept.samples[:, 0].any():
        return kept
    room_ms = 1000.0 * (onset - start) / audio.sample_rate
    return fade_in(kept, fade_ms=min(FADE_IN_MS[1], max(FADE_IN_MS[0], room_ms)))
