"""What a recipe says, as plain values. Every section has a name that others refer to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

InstrumentKind = Literal["drum_kit", "chromatic", "round_robin"]
InstrumentFormat = Literal["sfz", "decent_sampler", "bitwig"]
ProjectFormat = Literal["dawproject", "reaper"]
MidiSource = Literal["transcription", "groove", "pattern"]


@dataclass(frozen=True, kw_only=True)
class Section:
    """What all sections have in common.

    Parameters
    ----------
    name
        Unique in the recipe, such as ``loops-1``; given, or made of the kind and its number.
    line
        Where the section begins in the recipe, from 1.
    """

    name: str
    line: int = 0


@dataclass(frozen=True, kw_only=True)
class SoundSection(Section):
    """Sounds to be made; what is None is the pack's own.

    Parameters
    ----------
    fx
        A chain of ``[effects]``, a preset, or None.
    """

    count: int = 1
    fx: str | None = None
    seed: int | None = None


@dataclass(frozen=True, kw_only=True)
class GeneratorSection(SoundSection):
    """Sounds from a trained generator."""

    prompt: str | None = None
    negative: str | None = None
    style: str | None = None
    key: str | None = None
    model: str | None = None
    guidance_bpm: float | None = None
    guidance_text: float | None = None


@dataclass(frozen=True, kw_only=True)
class LoopSection(GeneratorSection):
    """``[[loops]]``: `count` loops at each tempo."""

    kind: str | None = None
    bpm: tuple[float, ...] = ()
    bars: int = 4
    meter: tuple[int, int] | None = None


@dataclass(frozen=True, kw_only=True)
class OneShotSection(GeneratorSection):
    """``[[one_shots]]``: `count` sounds, of `kinds` in turn."""

    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class KitSection(GeneratorSection):
    """``[[kits]]``: one-shots for every slot, and a drum kit of them.

    Parameters
    ----------
    count
        Of kits; each has its own sounds.
    slots
        Kind to number of sounds, such as ``{kick = 2, snare = 2}``.
    """

    slots: Mapping[str, int] = field(default_factory=dict)
    formats: tuple[InstrumentFormat, ...] = ("sfz", "decent_sampler", "bitwig")


@dataclass(frozen=True, kw_only=True)
class HumanizedSection(SoundSection):
    """``[[humanized]]``: takes of sounds, and round-robin instruments of them.

    Parameters
    ----------
    of
        Names of sections of one-shots or kits.
    source
        Instead of `of`: a folder or file of the user's own.
    count
        Takes of each sound and velocity layer.
    layers
        Velocity layers.
    amount
        In units of real round robins.
    """

    of: tuple[str, ...] = ()
    source: Path | None = None
    amount: float = 1.0
    layers: int = 1
    formats: tuple[InstrumentFormat, ...] = ("sfz", "decent_sampler", "bitwig")


@dataclass(frozen=True, kw_only=True)
class RiserSection(SoundSection):
    """``[[risers]]``: risers, downlifters, impacts, of noise or of a recording."""

    bpm: tuple[float, ...] = ()
    bars: int = 4
    meter: tuple[int, int] | None = None
    direction: Literal["up", "down", "impact"] = "up"
    pitch: float = 0.0
    source: Path | None = None


@dataclass(frozen=True, kw_only=True)
class TextureSection(SoundSection):
    """``[[textures]]``: `count` sounds of each recording of `source`, by an engine that learns from it.

    Parameters
    ----------
    grid
        With engine ``morph``: makes loops of `bars` at the pack's tempo, in steps such as ``1/8``.
    set
        Further settings of the preset.
    """

    source: Path
    engine: Literal["morph", "phase"] = "phase"
    preset: str = ""
    grid: str | None = None
    bars: int = 4
    bpm: float | None = None
    export_events: bool = False
    set: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class InstrumentSection(Section):
    """``[[instruments]]``: of the sounds of `of` (all one-shots where empty)."""

    kind: InstrumentKind = "drum_kit"
    of: tuple[str, ...] = ()
    formats: tuple[InstrumentFormat, ...] = ("sfz", "decent_sampler", "bitwig")


@dataclass(frozen=True, kw_only=True)
class MidiSection(Section):
    """``[[midi]]``: MIDI files of the loops of `of` (all where empty), or the renderer's own patterns.

    Parameters
    ----------
    count, style, bars
        Of patterns.
    humanize
        0 leaves the timing as it is; 1 is a human drummer's.
    """

    kind: MidiSource = "transcription"
    of: tuple[str, ...] = ()
    count: int = 1
    style: str | None = None
    bars: int = 4
    humanize: float = 0.0


@dataclass(frozen=True, kw_only=True)
class ProjectSection(Section):
    """``[[projects]]``: the loops of `of` (all where empty) on tracks at the pack's tempo."""

    of: tuple[str, ...] = ()
    formats: tuple[ProjectFormat, ...] = ("dawproject", "reaper")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A whole pack, as its maker wrote it down.

    Parameters
    ----------
    bpm
        One tempo or several; empty where no section needs one.
    template
        A template or the name of a preset, see `samplegen.pack.naming`.
    hardware
        16 bits at 48 kHz without chunks.
    artwork
        Draw a cover.
    audition, demo
        Write a page to listen and vote on; a track of the pack's loops.
    apple_loops
        Write AIFF copies of the loops that Logic understands.
    effects
        Name to the text of a chain, as `samplegen.post.presets` reads them.
    """

    name: str
    prefix: str = "SG"
    artist: str = "samplegen"
    description: str = ""
    bpm: tuple[float, ...] = ()
    meter: tuple[int, int] = (4, 4)
    key: str | None = None
    seed: int = 1
    model: str | None = None
    licence: str | None = None
    template: str | None = None
    hardware: bool = False
    artwork: bool = True
    audition: bool = True
    demo: bool = True
    apple_loops: bool = False
    loops: tuple[LoopSection, ...] = ()
    one_shots: tuple[OneShotSection, ...] = ()
    kits: tuple[KitSection, ...] = ()
    humanized: tuple[HumanizedSection, ...] = ()
    risers: tuple[RiserSection, ...] = ()
    textures: tuple[TextureSection, ...] = ()
    instruments: tuple[InstrumentSection, ...] = ()
    midi: tuple[MidiSection, ...] = ()
    projects: tuple[ProjectSection, ...] = ()
    effects: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    path: Path | None = None

    def sections(self) -> Iterator[Section]:
        """Every section: first those that make sounds, then those that use them."""
        yield from self.loops
        yield from self.one_shots
        yield from self.kits
        yield from self.humanized
        yield from self.risers
        yield from self.textures
        yield from self.instruments
        yield from self.midi
        yield from self.projects
