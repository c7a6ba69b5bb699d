"""Pitched instruments for tonal loops: recordings whose pitch is certain, or synthesised patches."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from samplegen.errors import InputError
from samplegen.training.rendering.patches import Patch, draw_patch
from samplegen.training.rendering.pitches import apart, heard_pitch
from samplegen.training.rendering.sounds import Shape, SoundStore
from samplegen.training.sources.library import KINDS, Library, Record
from samplegen.training.sources.split import Split

CHORD_KINDS = ("synth", "keys", "piano", "guitar", "mallet", "pad", "strings", "brass", "woodwind")
PAD_KINDS = ("pad", "keys", "strings", "brass", "woodwind", "synth")
PATCH_SHARE = 0.5
_MAX_SHIFT = 12.0  # semitones a recording is shifted; beyond, the note moves to another octave
_STOP_WORDS = frozenset(
    "hit hits velocity center edge generic hand drum drums tone kit off and the for stack machine decay body buttend "
    "shot one loud med min max".split()
)
_SEMITONE_APART = 0.6  # a name and a measure that differ by more do not mean the same note
_MAX_NOTES = 24
_ATTEMPTS = 12


@dataclass(frozen=True)
class RoleSound:
    """What plays a role: kinds of recordings, their pitches and shortest length, and the level in a mix."""

    kinds: tuple[str, ...]
    pitches: tuple[float, float]
    level_db: float
    shortest_s: float = 0.0
    attack_s: float = 0.0
    release_s: float = 0.05


ROLE_SOUNDS: Mapping[str, RoleSound] = {
    "bass": RoleSound(("bass",), (20.0, 58.0), -13.0, release_s=0.025),
    "chord": RoleSound(CHORD_KINDS, (43.0, 84.0), -20.0, release_s=0.09),
    "pad": RoleSound(PAD_KINDS, (40.0, 80.0), -21.0, shortest_s=1.6, attack_s=0.12, release_s=0.6),
    "arp": RoleSound(CHORD_KINDS, (48.0, 88.0), -17.0, release_s=0.12),
    "lead": RoleSound(("synth", "keys", "guitar", "mallet", "woodwind", "strings", "brass"), (52.0, 88.0), -16.0,
                      release_s=0.07),
}  # fmt: skip


@dataclass(frozen=True)
class Instrument:
    """Recordings of one pitched sound, by their measured (fractional) MIDI pitch, or a patch in their place.

    `attack_s` fades every note in, and `release_s` out after its end.
    """

    notes: tuple[tuple[float, Record], ...]
    shape: Shape = Shape()
    level_db: float = -15.0
    attack_s: float = 0.0
    release_s: float | None = None
    patch: Patch | None = None

    def note(self, midi: int) -> tuple[Record, float]:
        """The nearest recording and the semitones to shift it by, in whichever octave needs least."""
        pitch, record = min(self.notes, key=lambda note: (abs(midi - note[0]), note[1].path))
        shift = midi - pitch
        while abs(shift) > _MAX_SHIFT:
            shift -= float(np.copysign(12.0, shift))
        return record, shift


Group = tuple[str, str, str]


def draw_instrument(
    role: str, library: Library, *, rng: np.random.Generator, store: SoundStore, split: Split = "train",
    patch_share: float = PATCH_SHARE,
) -> tuple[Instrument, tuple[str, ...]]:  # fmt: skip
    """An instrument for one of `ROLE_SOUNDS`, and words for it: a patch in `patch_share` of the draws.

    Recordings come from a kind, a source and a group of one caption, in this order, so that packs of many
    files do not drown small ones. A group without a certain pitch is drawn again; a patch plays where
    the split has none at all.

    Raises
    ------
    InputError
        If the split has none and patches are not wanted at all.
    """
    sound = ROLE_SOUNDS[role]
    level_db = sound.level_db + float(rng.uniform(-1.0, 1.0))
    tilt = Shape(tilt_db=float(np.clip(rng.normal(0.0, 2.5), -6.0, 5.0)))
    patch = draw_patch(role, rng=rng, split=split)
    groups = _groups(library.select(kinds=sound.kinds, split=split), sound)
    if not groups and patch_share <= 0.0:
        raise InputError(
            f"The library {library.folder} has no pitched {' or '.join(sound.kinds)} in its {split} part. "
            "Put the note into the file names, for example bass_A1.wav."
        )
    if rng.random() >= patch_share:
        for _ in range(_ATTEMPTS if groups else 0):
            group = _draw_group(groups, rng=rng)
            notes = _certain(groups[group], store=store)
            if notes:
                words = tuple(dict.fromkeys((group[0], *plain_words(group[2]))))
                return Instrument(notes, tilt, level_db, sound.attack_s, sound.release_s), words
    return Instrument((), tilt, level_db, patch=patch, release_s=patch.release_s), patch.words


def _groups(records: Sequence[Record], sound: RoleSound) -> dict[Group, list[Record]]:
    groups: dict[Group, list[Record]] = defaultdict(list)
    for record in records:
        in_range = record.midi_pitch is not None and sound.pitches[0] <= record.midi_pitch <= sound.pitches[1]
        if in_range and record.duration_s >= sound.shortest_s:
            groups[(record.kind, record.source, record.caption)].append(record)
    return dict(groups)


def _draw_group(groups: Mapping[Group, Sequence[Record]], *, rng: np.random.Generator) -> Group:
    """A kind and source by the root of their files, then one of their groups by the same."""
    homes: dict[tuple[str, str], list[Group]] = defaultdict(list)
    for group in sorted(groups):
        homes[group[:2]].append(group)
    names = sorted(homes)
    home = names[_by_root([sum(len(groups[g]) for g in homes[name]) for name in names], rng=rng)]
    return homes[home][_by_root([len(groups[group]) for group in homes[home]], rng=rng)]


def _by_root(counts: Sequence[int], *, rng: np.random.Generator) -> int:
    weights = np.sqrt(np.array(counts, np.float64))
    return int(rng.choice(len(counts), p=weights / weights.sum()))


def _certain(records: Sequence[Record], *, store: SoundStore) -> tuple[tuple[float, Record], ...]:
    """Notes whose measured pitch is certain and, octaves aside, the one that the library names."""
    notes = []
    for record in sorted(records, key=lambda record: (record.midi_pitch or 0.0, record.path))[:_MAX_NOTES]:
        heard = heard_pitch(record, store=store)
        if heard is not None and record.midi_pitch is not None and apart(heard, record.midi_pitch) < _SEMITONE_APART:
            notes.append((record.midi_pitch + (heard - record.midi_pitch + 6.0) % 12.0 - 6.0, record))
    return tuple(notes)


def plain_words(caption: str) -> list[str]:
    """Words that describe a sound: no numbers, codes, kinds or fillers."""
    words = caption.lower().split()
    return [
        word for word in words if word.isalpha() and len(word) > 2 and word not in _STOP_WORDS and word not in KINDS
    ]
