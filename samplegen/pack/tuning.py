"""Bringing what a generator made to an asked key: heard first, then transposed by the least interval that serves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from samplegen.audio.key import NOTES, PitchEstimate, estimate_pitch
from samplegen.audio.loop_key import hear_key
from samplegen.audio.types import Audio
from samplegen.pack.keys import Key
from samplegen.post.transpose import transpose_one_shot, transpose_ring

MIN_LOOP_CONFIDENCE: Final = 0.4
MIN_PITCH_CONFIDENCE: Final = 0.7
FINE_SEMITONES: Final = 0.02
_ROUNDS: Final = 3


@dataclass(frozen=True)
class Tuned:
    """A sound at its new pitch.

    Parameters
    ----------
    root_note
        MIDI note of a one-shot; None for loops, and where no clear pitch was heard.
    parameters
        For provenance: ``heard`` and ``transposed_semitones`` (``heard`` None where nothing clear was).
    """

    audio: Audio
    root_note: int | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


def on_notes(audio: Audio, *, key: Key, one_shot: bool) -> Tuned:
    """A sound that was made on the notes of a key: nothing is transposed, the gate verifies."""
    facts = {"heard": f"made on the notes of {key.name}", "transposed_semitones": 0.0}
    midi = estimate_pitch(audio).midi if one_shot else None
    if midi is None or abs((midi - key.tonic + 6.0) % 12.0 - 6.0) > 0.5:
        return Tuned(audio, parameters=facts)
    return Tuned(audio, int(min(127, max(0, round(midi)))), facts)


def tune_loop(audio: Audio, *, key: Key) -> Tuned:
    """Transpose a loop to a key, tuning included; without a clear key it comes back as it is.

    A loop of the other mode goes to the relative key (C major serves A minor: the same seven
    notes), one without a heard mode to the tonic.
    """
    heard = hear_key(audio)
    if heard.confidence < MIN_LOOP_CONFIDENCE:
        return Tuned(audio, parameters={"heard": None})
    semitones = round(key.shift_from(tonic=heard.tonic, mode=heard.mode) - heard.tuning, 3)
    facts = {"heard": f"{NOTES[heard.tonic]} {heard.mode or 'without a mode'}", "transposed_semitones": semitones}
    return Tuned(transpose_ring(audio, semitones=semitones), parameters=facts)


def tune_one_shot(audio: Audio, *, key: Key) -> Tuned:
    """Transpose a one-shot to the nearest tonic of a key, at most 6 semitones away, and to within 2 cents of it.

    The tonic, since that is what a sampler's key mapping and a producer's first note are.
    """
    heard = estimate_pitch(audio)
    if not _is_clear(heard) or heard.midi is None:
        return Tuned(audio, parameters={"heard": None})
    target = round((heard.midi - key.tonic) / 12.0) * 12 + key.tonic
    semitones, made = float(target - heard.midi), audio
    for _ in range(_ROUNDS):
        made = transpose_one_shot(audio, semitones=semitones)
        now = estimate_pitch(made)
        if now.midi is None or abs(now.midi - target) > 1.0:
            return Tuned(audio, parameters={"heard": None})
        if abs(now.midi - target) <= FINE_SEMITONES:
            break
        semitones += target - now.midi
    facts = {"heard": round(heard.midi, 2), "transposed_semitones": round(semitones, 3)}
    return Tuned(made, target if 0 <= target <= 127 else None, facts)


def _is_clear(pitch: PitchEstimate) -> bool:
    return pitch.midi is not None and pitch.confidence >= MIN_PITCH_CONFIDENCE
