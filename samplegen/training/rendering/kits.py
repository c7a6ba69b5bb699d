"""Kits: which recorded sound plays each kind, how it is varied, and how loud it sits in a mix."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from samplegen.errors import InputError
from samplegen.training.rendering.instruments import Instrument, plain_words
from samplegen.training.rendering.sounds import Shape
from samplegen.training.sources.library import Library, Record
from samplegen.training.sources.split import Split

DRUM_KINDS = ("kick", "snare", "clap", "hat_closed", "hat_open", "tom", "cymbal", "percussion", "rim", "fx")
VOICES = {"percussion": 3, "tom": 3, "fx": 2}
REAL_KIT_SHARE = 0.5
# RMS of the loudest 50 ms in the mix, and how far a short click may be raised to reach it.
_LEVEL_DB = {
    "kick": -10.0, "snare": -13.5, "clap": -16.0, "hat_closed": -26.0, "hat_open": -25.0, "tom": -15.5,
    "cymbal": -25.0, "percussion": -20.0, "rim": -19.0, "fx": -23.0,
}  # fmt: skip
_LEVEL_SPREAD_DB = 2.0
_STANDS_IN = {
    "clap": ("snare",), "snare": ("clap", "rim"), "rim": ("percussion", "snare"), "tom": ("percussion", "kick"),
    "hat_open": ("cymbal", "hat_closed"), "hat_closed": ("hat_open", "percussion"), "cymbal": ("hat_open",),
    "percussion": ("rim", "tom"), "fx": ("percussion", "synth"), "kick": ("tom", "percussion"),
}  # fmt: skip
_ACOUSTIC_STYLES = frozenset({"breakbeat", "hiphop", "dub", "ambient"})
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

    def words_of(self, playing: Collection[str]) -> tuple[str, ...]:
        """Describing words of what is heard where these kinds play: the instrument's, or of the main sounds."""
        if self.instrument is not None:
            return self.words
        return _words({kind: elements for kind, elements in self.elements.items() if kind in playing})

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
    for kind in ("kick", "snare", "clap", "percussion", "tom", "rim", "hat_closed"):
        for element in elements.get(kind, ())[:1]:
            words += plain_words(element.loudest.caption)[:3]
    return tuple(dict.fromkeys(words))
