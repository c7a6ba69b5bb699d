"""Instruments for melodies: of sounds that were given, of sounds that a generator draws, or of a plain tone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from samplegen.audio.io import read_audio
from samplegen.audio.key import estimate_pitch
from samplegen.audio.quality import active_level_db, peak_db
from samplegen.audio.tonality import second_pitch
from samplegen.audio.types import Audio
from samplegen.errors import InputError
from samplegen.pack.recordings import Recording
from samplegen.post.loudness import normalise_peak, remove_dc
from samplegen.post.trim import trim_one_shot
from samplegen.units import db_to_gain, hz_to_midi, midi_to_hz, seconds_to_samples
from samplegen.variations.edits.gates import judge_edit
from samplegen.variations.humanize import HumanizeSettings, make_takes, plan_take
from samplegen.variations.melodies.sampler import Instrument, Voice
from samplegen.variations.takes.hits import Hit, make_hit

if TYPE_CHECKING:
    from samplegen.variations.takes.engines import TakeEngine

SAMPLE_RATE: Final = 44_100
MAX_SOURCE_S: Final = 20.0
MAX_SOURCES: Final = 128
MIN_CONFIDENCE: Final = 0.7
SILENT_DB: Final = -80.0
_PEAK_DB: Final = -3.0
_LEVEL_DB: Final = -18.0
# A pitch this near, in semitones, to the codec's frame rate or a low multiple of it is the codec's.
_FRAME_SEMITONES: Final = 0.25
_FRAME_MULTIPLES: Final = 4
# What the gates refuse is drawn again with so much less difference.
_CALMER: Final = 0.6
_ATTEMPTS: Final = 4
_TONE_ROOTS: Final = tuple(range(24, 109, 4))


@dataclass(frozen=True)
class Pitch:
    """What was heard of a sound: MIDI note, or None where nothing is clear."""

    midi: float | None


def hear_pitch(audio: Audio) -> Pitch:
    """The pitch of a one-shot: where one of two estimators is sure, or both agree.

    Octaves are the first estimator's (YIN), whose fundamental a comb of harmonics may miss.
    """
    first, second = estimate_pitch(audio), second_pitch(audio)
    if first.midi is None:
        return Pitch(None)
    agree = second.midi is not None and abs((second.midi - first.midi + 6.0) % 12.0 - 6.0) < 0.5
    return Pitch(first.midi if agree or first.confidence >= MIN_CONFIDENCE else None)


def read_voice(recording: Recording, *, root: float | None = None) -> tuple[Voice, bool]:
    """A given sound as a source, and whether it has a pitch of its own.

    Raises
    ------
    AudioReadError
        If it cannot be read.
    InputError
        If it is silent or too long for one note.
    """
    audio = read_audio(recording.path, sample_rate=SAMPLE_RATE, max_seconds=MAX_SOURCE_S + 1.0)
    if audio.duration_s > MAX_SOURCE_S:
        raise InputError(f"{recording.path} is longer than {MAX_SOURCE_S:g} s. Name single notes, not recordings.")
    if audio.length == 0 or peak_db(audio) < SILENT_DB:
        raise InputError(f"{recording.path} is silent. Leave it out.")
    audio = level(trim_one_shot(remove_dc(audio, ring=False)))
    heard = Pitch(root) if root is not None else hear_pitch(audio)
    return voice_of(recording.name, audio, heard), heard.midi is not None


def voice_of(name: str, audio: Audio, heard: Pitch) -> Voice:
    """A source that is played faster and slower where it has a pitch, else by its spectrum."""
    if heard.midi is None:
        return Voice(name, (audio,), 60.0, "envelope")
    return Voice(name, (audio,), heard.midi)


def generated_voice(name: str, audio: Audio, *, frame_hz: float, lowest: float = 48.0) -> Voice:
    """A generated sound as a source; without a pitch it is at home from the note `lowest` on.

    A pitch that is that of the codec's frames is none: it is the same for all sounds.
    """
    audio = level(audio)
    heard = hear_pitch(audio)
    if heard.midi is None or _is_of_frames(heard.midi, frame_hz):
        return Voice(name, (audio,), _natural(audio, lowest=lowest), "envelope")
    return Voice(name, (audio,), heard.midi)


def instrument_of(voices: Sequence[Voice]) -> Instrument:
    """Sources together; those with a pitch of their own leave out the others."""
    pitched = tuple(voice for voice in voices if voice.pitching == "speed")
    return Instrument(pitched or tuple(voices[:1]))


def tone_instrument() -> Instrument:
    """Plucked harmonics that fade the faster the higher they are: a plain tone, every four semitones."""
    return Instrument(tuple(Voice(f"tone {root}", (level(_pluck(root)),), float(root)) for root in _TONE_ROOTS))


def with_takes(voice: Voice, engine: "TakeEngine", *, kind: str, count: int, amount: float, seed: int) -> Voice:
    """`voice` with up to `count` further takes of `humanize`; what the gates refuse is drawn again, calmer."""
    settings = HumanizeSettings(count, amount, 0.0, 1)
    try:
        hit = make_hit(voice.takes[0], name=voice.name, kind=kind, headroom_db=settings.headroom_db)
    except InputError:  # no hit is that short
        return voice
    drive, kept = engine.drive(hit, amount=amount), list[Audio]()
    for attempt in range(_ATTEMPTS):
        wanted = count - len(kept)
        plans = [plan_take(hit, settings, seed=seed + attempt * count + k, layer=1) for k in range(wanted)]
        calmer = [replace(plan, factor=plan.factor * _CALMER**attempt) for plan in plans]
        kept += [take for take in make_takes(engine, [hit], [calmer], [drive])[0] if _is_kept(take, hit)]
        if len(kept) >= count:
            break
    gain = np.float32(db_to_gain(-hit.gain_db))
    takes = (voice.takes[0], *(take.with_samples(take.samples * gain) for take in kept))
    return Voice(voice.name, takes, voice.root, voice.pitching)


def level(audio: Audio) -> Audio:
    """At one active level, so that sources match; peaks stay below full scale."""
    loud = audio.with_samples(audio.samples * np.float32(db_to_gain(_LEVEL_DB - active_level_db(audio))))
    return normalise_peak(loud, peak_db=_PEAK_DB) if peak_db(loud) > _PEAK_DB else loud


def _is_of_frames(midi: float, frame_hz: float) -> bool:
    multiples = [hz_to_midi(number * frame_hz) for number in range(1, _FRAME_MULTIPLES + 1)]
    return any(abs(midi - note) < _FRAME_SEMITONES for note in multiples)


def _is_kept(take: Audio, hit: Hit) -> bool:
    return all(result.passed for result in judge_edit(take, hit, {}))


def _natural(audio: Audio, *, lowest: float) -> float:
    """The octave of the C at which a sound without a pitch sounds natural: an octave below half its centroid."""
    spectrum = np.square(np.abs(np.fft.rfft(audio.mono().samples[0].astype(np.float64))))
    hz = np.fft.rfftfreq(audio.length, 1.0 / audio.sample_rate)
    centroid = float((spectrum * hz).sum() / max(float(spectrum.sum()), 1e-12))
    return float(np.clip(12.0 * round(hz_to_midi(max(30.0, centroid / 2.0)) / 12.0), lowest, 72.0))


def _pluck(root: int) -> Audio:
    time = np.arange(seconds_to_samples(2.0, sample_rate=SAMPLE_RATE)) / SAMPLE_RATE
    hz = midi_to_hz(root)
    made = np.zeros(time.size)
    for number in range(1, 13):
        if number * hz < 0.4 * SAMPLE_RATE:
            made += np.sin(2.0 * np.pi * number * hz * time) / number**1.3 * np.exp(-time * (1.5 + 0.9 * number))
    made *= np.minimum(1.0, time / 0.003) * np.minimum(1.0, (time[-1] - time) / 0.05)
    return Audio((0.3 * made / np.abs(made).max())[None].astype(np.float32), SAMPLE_RATE)
