"""Our kinds of drums and the notes of General MIDI percussion."""

from typing import Final, Literal

DRUM_CHANNEL: Final = 9  # counted from 0; people call it channel 10
DrumClass = Literal["kick", "snare", "hat", "ride"]

# General MIDI percussion, with the extra notes of the electronic kit of the Groove MIDI Dataset.
GM_KINDS: Final = {
    35: "kick", 36: "kick", 37: "rim", 38: "snare", 39: "clap", 40: "snare", 22: "hat_closed", 42: "hat_closed",
    44: "hat_closed", 26: "hat_open", 46: "hat_open", 49: "cymbal", 51: "cymbal", 52: "cymbal", 53: "cymbal",
    55: "cymbal", 57: "cymbal", 59: "cymbal",
    41: "tom", 43: "tom", 58: "tom", 45: "tom", 47: "tom", 48: "tom", 50: "tom",
}  # fmt: skip
TOM_VOICES: Final = {41: 2, 43: 2, 58: 2, 45: 1, 47: 1, 48: 0, 50: 0}

# One note a voice of each kind; further voices share the last.
KIND_NOTES: Final = {
    "kick": (36, 35), "snare": (38, 40), "rim": (37,), "clap": (39,), "hat_closed": (42, 44), "hat_open": (46,),
    "cymbal": (49, 51), "tom": (48, 45, 41), "percussion": (76, 63, 70, 56), "fx": (80,),
}  # fmt: skip
_CLASSES: Final[dict[str, DrumClass]] = {
    "kick": "kick", "snare": "snare", "rim": "snare", "clap": "snare", "tom": "snare", "cymbal": "ride",
}  # fmt: skip


def kind_to_note(kind: str, *, voice: int = 0) -> int:
    """General MIDI note of a kind; one that is unknown is percussion."""
    notes = KIND_NOTES.get(kind, KIND_NOTES["percussion"])
    return notes[min(max(voice, 0), len(notes) - 1)]


def note_to_kind(note: int) -> str:
    """Kind of a General MIDI percussion note; most are ``percussion``."""
    return "fx" if note in KIND_NOTES["fx"] else GM_KINDS.get(note, "percussion")


def note_to_voice(note: int) -> int:
    """Which instrument of its kind a note is; voices of `kind_to_note` come back."""
    if note in TOM_VOICES:
        return TOM_VOICES[note]
    notes = KIND_NOTES.get(note_to_kind(note), ())
    return notes.index(note) if note in notes else 0


def kind_to_class(kind: str) -> DrumClass:
    """The class whose human timing a kind has (formats.md); small percussion moves as hats do."""
    return _CLASSES.get(kind, "hat")
