"""Which recordings may play in a key: those whose pitch two estimators agree on, and that hold it."""

from functools import lru_cache
from typing import Final

import numpy as np

from samplegen.audio.key import estimate_pitch
from samplegen.audio.tonality import second_pitch
from samplegen.audio.types import Audio
from samplegen.training.rendering.sounds import Ring, SoundStore
from samplegen.training.sources.library import Record

AGREEMENT: Final = 0.35  # semitones, octaves aside
_CONFIDENCE, _COMB_CONFIDENCE = 0.6, 0.3
_HEARD_S, _LATE_S = 1.0, (0.3, 1.5)
_SHORTEST_S = 0.08


def heard_pitch(record: Record, *, store: SoundStore) -> float | None:
    """Fractional MIDI note of a recording; None where it has no certain one.

    YIN and a comb of harmonics must agree to a third of a semitone, octaves aside, and so must YIN's pitch
    later in the sound, so that gliding, detuned and inharmonic sounds play no keys.
    """
    if record.path not in store.pitches:
        store.pitches[record.path] = steady_pitch(store.read(record), sample_rate=store.sample_rate)
    return store.pitches[record.path]


def steady_pitch(samples: Ring, *, sample_rate: int) -> float | None:
    """`heard_pitch` of ``[T]``."""
    if len(samples) < _SHORTEST_S * sample_rate or not np.any(samples):
        return None
    start = Audio(samples[None, : int(_HEARD_S * sample_rate)], sample_rate)
    first = estimate_pitch(start)
    if first.midi is None or first.confidence < _CONFIDENCE:
        return None
    second = second_pitch(start)
    if second.midi is None or second.confidence < _COMB_CONFIDENCE or apart(first.midi, second.midi) > AGREEMENT:
        return None
    low, high = (int(seconds * sample_rate) for seconds in _LATE_S)
    if len(samples) > 2 * low:
        later = estimate_pitch(Audio(samples[None, low:high], sample_rate)).midi
        if later is not None and apart(first.midi, later) > AGREEMENT:
            return None
    return first.midi


@lru_cache(maxsize=4096)
def apart(a: float, b: float) -> float:
    """Semitones between two notes, octaves aside."""
    return abs((a - b + 6.0) % 12.0 - 6.0)
