"""Voices as instruments: kits with a sound on each key, and single sounds over the whole keyboard."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from samplegen.audio.descriptors import describe_audio
from samplegen.audio.key import estimate_pitch
from samplegen.audio.types import Audio
from samplegen.pack.instruments.drum_keys import CHOKE_GROUP, HATS, assign_keys, slot_of
from samplegen.pack.instruments.model import HIGHEST_KEY, LOWEST_KEY, Instrument, split_halfway
from samplegen.pack.instruments.voices import Voice
from samplegen.pack.manifest import FileEntry

# In 178 of 200 labelled recordings at least this confident, 98 % agree with pYIN within 20 cents
# (benchmarks/root_notes.py); below it octaves go wrong.
LEAST_CONFIDENCE = 0.7
ReadAudio = Callable[[FileEntry], Audio]


@dataclass(frozen=True)
class PitchedVoice:
    """A voice with its measured fundamental as a fractional MIDI note."""

    voice: Voice
    note: float

    @property
    def root_note(self) -> int:
        """The nearest key."""
        return min(max(round(self.note), LOWEST_KEY), HIGHEST_KEY)

    @property
    def tune_cents(self) -> float:
        """What brings the voice in tune on its root key."""
        return round(100.0 * (self.root_note - self.note), 1)


def drum_kit(
    voices: Sequence[Voice], *, name: str, title: str, read: ReadAudio, creator: str = "", licence: str = ""
) -> Instrument:
    """At most 128 voices on the keys of `samplegen.pack.instruments.drum_keys`; hats choke each other."""
    keys = assign_keys(voices, height=lambda voice: _height(read(voice.first)))
    zones = [
        zone
        for key, voice in keys.items()
        for zone in voice.zones(
            root_note=key, keys=(key, key), choke_group=CHOKE_GROUP if slot_of(voice) in HATS else 0
        )
    ]
    return Instrument(name=name, title=title, category="Drums", zones=tuple(zones), creator=creator, licence=licence)


def chromatic(
    voices: Sequence[PitchedVoice], *, name: str, title: str, creator: str = "", licence: str = ""
) -> Instrument:
    """Pitched voices over the whole keyboard, each tuned; keys between two roots go to the nearer.

    Of several voices with the same root the first is taken; the notes say which were not.
    """
    at_root: dict[int, PitchedVoice] = {}
    notes = []
    for pitched_voice in voices:
        taken = at_root.setdefault(pitched_voice.root_note, pitched_voice)
        if taken is not pitched_voice:
            label = pitched_voice.voice.label
            notes.append(f"{label} has the same root note as {taken.voice.label} and was left out.")
    ordered = [at_root[root] for root in sorted(at_root)]
    zones = [
        zone
        for pitched, keys in zip(ordered, split_halfway([voice.root_note for voice in ordered]), strict=True)
        for zone in pitched.voice.zones(
            root_note=pitched.root_note, keys=keys, tune_cents=pitched.tune_cents, one_shot=False
        )
    ]
    category = ordered[0].voice.first.category.replace("_", " ").title()
    return Instrument(
        name=name, title=title, category=category, zones=tuple(zones),
        creator=creator, licence=licence, notes=tuple(notes),
    )  # fmt: skip


def pitched(voices: Sequence[Voice], *, read: ReadAudio) -> tuple[list[PitchedVoice], list[Voice]]:
    """Voices whose fundamental is clear, and the others.

    A manifest's root note may only be the tonic of a key in some octave, so the sound is measured.
    """
    clear: list[PitchedVoice] = []
    unclear: list[Voice] = []
    for voice in voices:
        heard = estimate_pitch(read(voice.first))
        if heard.midi is None or heard.confidence < LEAST_CONFIDENCE:
            unclear.append(voice)
        else:
            clear.append(PitchedVoice(voice, heard.midi))
    return clear, unclear


def _height(audio: Audio) -> float:
    return describe_audio(audio).height
