"""Kits: which recorded sound plays each kind, how it is varied, and how loud it sits in a mix."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from samplegen.errors import InputError
from samplegen.training.library import KINDS, Library, Record
from samplegen.training.sounds import Shape
from samplegen.training.split import Split

DRUM_KINDS = ("kick", "snare", "clap", "hat_closed", "hat_open", "tom", "cymbal", "percussion", "rim", "fx")
CHORD_KINDS = ("synth", "keys", "piano", "guitar", "mallet", "pad", "strings", "brass", "woodwind")
VOICES = {"percussion": 3, "tom": 3, "fx": 2}
REAL_KIT_SHARE = 0.5
# RMS of the loudest 50 ms in the mix, and how far a short click may be raised to reach it.
_LEVEL_DB = {
    "kick": -10.0, "snare": -13.5, "clap": -16.0, "hat_closed": -26.0, "hat_open": -25.0, "tom": -15.5,
    "cymbal": -25.0, "percussion": -20.0, "rim": -19.0, "fx": -23.0, "bass": -13.0, "chord": -20.0,
}  # fmt: skip
_LEVEL_SPREAD_DB = 2.0
_STANDS_IN = {
    "clap": ("snare",), "snare": ("clap", "rim"), "rim": ("percussion", "snare"), "tom": ("percussion", "kick"),
    "hat_open": ("cymbal", "hat_closed"), "hat_closed": ("hat_open", "percussion"), "cymbal": ("hat_open",),
    "percussion": ("rim", "tom"), "fx": ("percussion", "synth"), "kick": ("tom", "percussion"),
}  # fmt: skip
_ACOUSTIC_STYLES = frozenset({"breakbeat", "hiphop", "dub", "ambient"})
_MAX_SHIFT = 12.0  # semitones a recording is shifted; beyond, the note moves to another octave
_STOP_WORDS = frozenset(
    "hit hits velocity center edge generic hand drum drums tone kit off and the for stack machine decay body buttend "
    "shot one loud med min max".split()
)
_CORE_KINDS = frozenset({"kick", "snare", "hat_closed"})


@dataclass(frozen=True)
class Element:
    """One playable sound: its velocity layers from the softest, each with its round robins."""

    kind: str
    layers: tuple[tuple[Record, ...], ...]
    shape: Shape = Shape()
    level_db: float = -15.0

    @property
    def loudest(self) -> Record:
        """The hit that sets the level of all."""
        return self.layers[-1][0]

    def record(self, velocity: float, *, count: int) -> Record:
        """The recording for a velocity in (0, 1]; `count` walks through the round robins."""
        layer = self.layers[min(int(velocity * len(self.layers)), len(self.layers) - 1)]
        return layer[count % len(layer)]


@dataclass(frozen=True)
class Instrument:
    """Recordings of one pitched sound, by their measured (fractional) MIDI pitch."""

    notes: tuple[tuple[float, Record], ...]
    shape: Shape = Shape()
    level_db: float = -15.0

    def note(self, midi: int) -> tuple[Record, float]:
        """The nearest recording and the semitones to shift it by, in whichever octave needs least."""
        pitch, record = min(self.notes, key=lambda note: (abs(midi - note[0]), note[1].path))
        shift = midi - pitch
        while abs(shift) > _MAX_SHIFT:
            shift -= float(np.copysign(12.0, shift))
        return record, shift


@dataclass(frozen=True)
class Kit:
    """What a loop is played on; `real` kits come from one drum kit or pack."""

    elements: Mapping[str, tuple[Element, ...]] = field(default_factory=dict)
    instrument: Instrument | None = None
    real: bool = False
    words: tuple[str, ...] = ()

    def element(self, kind: str, voice: int) -> Element | None:
        """The element for an event, or None when the kit has nothing like it."""
        choices = self.elements.get(kind, ())
        return choices[voice % len(choices)] if choices else None

    def without_variation(self) -> "Kit":
        """The same sounds as they were recorded."""
        plain = {
            kind: tuple(Element(e.kind, e.layers, Shape(), e.level_db) for e in es)
            for kind, es in self.elements.items()
        }
        return Kit(plain, self.instrument, self.real, self.words)


_Unit = tuple[tuple[Record, ...], ...]


def draw_kit(library: Library, *, rng: np.random.Generator, style: str, split: Split = "train") -> Kit:
    """Draw a drum kit from one split of `library`.

    Half of the kits keep to one recorded kit or pack where it has the sound, the others mix sources,
    small packs counting more than their number of files. A kind that the library lacks is played by
    its nearest relative.

    Raises
    ------
    InputError
        If the split holds no drum sound at all.
    """
    units = _units_by_kind(library.select(kinds=DRUM_KINDS, split=split))
    if not units:
        raise InputError(
            f"The library {library.folder} has no drum sounds in its {split} part. Add kicks, snares or hats."
        )
    home = _draw_home(units, rng=rng, style=style) if rng.random() < REAL_KIT_SHARE else None
    elements: dict[str, tuple[Element, ...]] = {}
    for kind in DRUM_KINDS:
        pool = next((units[k] for k in (kind, *_STANDS_IN[kind]) if k in units), None)
        if pool is None:
            continue
        near = [unit for unit in pool if _home_of(unit) == home]
        elements[kind] = _draw_elements(kind, near or pool, rng=rng, style=style)
    return Kit(elements, real=home is not None, words=_words(elements))


def draw_bass_instrument(library: Library, *, rng: np.random.Generator, split: Split = "train") -> Kit:
    """Draw a pitched bass; an `InputError` when the split has none."""
    return _draw_instrument(library, ("bass",), rng=rng, split=split, level_db=_LEVEL_DB["bass"], pitches=(20.0, 58.0))


def draw_chord_instrument(library: Library, *, rng: np.random.Generator, split: Split = "train") -> Kit:
    """Draw a pitched instrument for chords; an `InputError` when the split has none."""
    return _draw_instrument(
        library, CHORD_KINDS, rng=rng, split=split, level_db=_LEVEL_DB["chord"], pitches=(43.0, 84.0)
    )


def _draw_instrument(
    library: Library,
    kinds: Sequence[str],
    *,
    rng: np.random.Generator,
    split: Split,
    level_db: float,
    pitches: tuple[float, float],
) -> Kit:
    groups: dict[tuple[str, str, str], list[tuple[float, Record]]] = defaultdict(list)
    for record in library.select(kinds=kinds, split=split):
        if record.midi_pitch is not None and pitches[0] <= record.midi_pitch <= pitches[1]:
            groups[(record.kind, record.source, record.caption)].append((record.midi_pitch, record))
    if not groups:
        raise InputError(
            f"The library {library.folder} has no pitched {' or '.join(kinds)} in its {split} part. "
            "Put the note into the file names, for example bass_A1.wav."
        )
    by_kind: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for group in sorted(groups):
        by_kind[group[0]].append(group)
    kind = str(rng.choice(sorted(by_kind)))
    chosen = by_kind[kind][int(rng.integers(len(by_kind[kind])))]
    shape = Shape(tilt_db=float(np.clip(rng.normal(0.0, 2.5), -6.0, 5.0)))
    notes = tuple(sorted(groups[chosen], key=lambda note: (note[0], note[1].path)))
    level = level_db + float(rng.uniform(-1.0, 1.0))
    return Kit(
        instrument=Instrument(notes, shape, level),
        real=True,
        words=tuple(dict.fromkeys((kind, *_plain_words(chosen[2])))),
    )


def _units_by_kind(records: Sequence[Record]) -> dict[str, list[_Unit]]:
    """Playable units by kind: single files, and the layers and round robins of one articulation."""
    layered: dict[tuple[str, str, str], list[Record]] = defaultdict(list)
    units: dict[str, list[_Unit]] = defaultdict(list)
    for record in records:
        if record.kit and record.velocity is not None:
            layered[(record.kind, record.kit, record.articulation)].append(record)
        else:
            units[record.kind].append(((record,),))
    for (kind, _, _), hits in layered.items():
        velocities = sorted({hit.velocity or 0 for hit in hits})
        units[kind].append(tuple(tuple(hit for hit in hits if hit.velocity == velocity) for velocity in velocities))
    return dict(units)


def _home_of(unit: _Unit) -> str:
    return unit[0][0].kit or unit[0][0].source


def _draw_home(units: Mapping[str, Sequence[_Unit]], *, rng: np.random.Generator, style: str) -> str | None:
    """One kit or pack that has at least two of kick, snare and closed hat."""
    kinds_of: dict[str, set[str]] = defaultdict(set)
    for kind, pool in units.items():
        for unit in pool:
            kinds_of[_home_of(unit)].add(kind)
    homes = sorted(home for home, kinds in kinds_of.items() if len(kinds & _CORE_KINDS) >= 2)
    if not homes:
        return None
    layered = {_home_of(unit) for pool in units.values() for unit in pool if len(unit) > 1}
    weights = np.array([_layer_weight(style) if home in layered else 1.0 for home in homes])
    return homes[int(rng.choice(len(homes), p=weights / weights.sum()))]


def _layer_weight(style: str) -> float:
    return 1.5 if style in _ACOUSTIC_STYLES else 0.4


def _draw_elements(kind: str, pool: Sequence[_Unit], *, rng: np.random.Generator, style: str) -> tuple[Element, ...]:
    homes: dict[str, list[_Unit]] = defaultdict(list)
    for unit in pool:
        homes[_home_of(unit)].append(unit)
    names = sorted(homes)
    weights = np.array([np.sqrt(len(homes[name])) for name in names])
    weights *= [_layer_weight(style) if any(len(unit) > 1 for unit in homes[name]) else 1.0 for name in names]
    wanted = VOICES.get(kind, 1)
    one_home = names[int(rng.choice(len(names), p=weights / weights.sum()))]
    elements = []
    for voice in range(wanted):
        stay = voice == 0 or rng.random() < 0.6
        home = one_home if stay else names[int(rng.choice(len(names), p=weights / weights.sum()))]
        unit = homes[home][int(rng.integers(len(homes[home])))]
        elements.append(Element(kind, unit, _draw_shape(kind, rng=rng), _draw_level_db(kind, rng=rng)))
    return tuple(elements)


def _draw_shape(kind: str, *, rng: np.random.Generator) -> Shape:
    """Most sounds are varied a little; hats and cymbals are shortened more often."""
    semitones = 0.0 if rng.random() < 0.35 else float(np.clip(rng.normal(0.0, 1.6), -4.0, 4.0))
    shorten = 0.5 if kind in ("hat_open", "cymbal") else 0.3
    decay = float(rng.uniform(0.35, 0.95)) if rng.random() < shorten else 1.0
    tilt_db = 0.0 if rng.random() < 0.4 else float(np.clip(rng.normal(0.0, 2.0), -5.0, 4.0))
    return Shape(semitones, decay, tilt_db)


def _draw_level_db(kind: str, *, rng: np.random.Generator) -> float:
    return _LEVEL_DB[kind] + float(np.clip(rng.normal(0.0, _LEVEL_SPREAD_DB), -4.0, 4.0))


def _words(elements: Mapping[str, Sequence[Element]]) -> tuple[str, ...]:
    """Describing words of the main sounds, for captions."""
    words: list[str] = []
    for kind in ("kick", "snare", "clap", "percussion"):
        for element in elements.get(kind, ())[:1]:
            words += _plain_words(element.loudest.caption)[:3]
    return tuple(dict.fromkeys(words))


def _plain_words(caption: str) -> list[str]:
    """Words that describe a sound: no numbers, codes, kinds or fillers."""
    words = caption.lower().split()
    return [
        word for word in words if word.isalpha() and len(word) > 2 and word not in _STOP_WORDS and word not in KINDS
    ]
