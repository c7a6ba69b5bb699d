"""Sections that use the sounds of others: instruments, MIDI, projects."""

from typing import Final, get_args

from samplegen.pack.recipes import limits
from samplegen.pack.recipes.fields import Table
from samplegen.pack.recipes.music import style_of
from samplegen.pack.recipes.sounding import Surroundings, formats_of, name_of, of_in
from samplegen.pack.recipes.types import (
    InstrumentKind,
    InstrumentSection,
    MidiSection,
    MidiSource,
    ProjectFormat,
    ProjectSection,
)

_INSTRUMENTS: Final[tuple[InstrumentKind, ...]] = get_args(InstrumentKind)
_MIDI: Final[tuple[MidiSource, ...]] = get_args(MidiSource)
_PROJECTS: Final[tuple[ProjectFormat, ...]] = get_args(ProjectFormat)


def read_instrument(table: Table, around: Surroundings) -> InstrumentSection:
    """One of ``[[instruments]]``."""
    kind = table.choice("kind", _INSTRUMENTS, fallback="drum_kit")
    return InstrumentSection(
        name=name_of(table), line=table.line, kind=kind, of=of_in(table), formats=formats_of(table)
    )


def read_midi(table: Table, around: Surroundings) -> MidiSection:
    """One of ``[[midi]]``."""
    kind, of = table.choice("kind", _MIDI, fallback="transcription"), of_in(table)
    if kind == "pattern":
        around.require_tempo(table)
        if of:
            raise table.refuse("of", 'nothing with kind = "pattern", which listens to no loop')
    else:
        for key in ("count", "style", "bars"):
            if table.has(key):
                raise table.refuse(key, f'only with kind = "pattern"; a {kind} is as long as its loop')
    humanize = table.number("humanize", low=0.0, high=limits.MAX_HUMANIZE)
    return MidiSection(
        name=name_of(table), line=table.line, kind=kind, of=of,
        count=table.integer("count", low=1, high=limits.MAX_SECTION_SOUNDS, fallback=1),
        style=style_of(table),
        bars=table.integer("bars", low=1, high=limits.MAX_BARS, fallback=4), humanize=humanize or 0.0,
    )  # fmt: skip


def read_project(table: Table, around: Surroundings) -> ProjectSection:
    """One of ``[[projects]]``."""
    formats = table.choices("formats", _PROJECTS, fallback=_PROJECTS)
    return ProjectSection(name=name_of(table), line=table.line, of=of_in(table), formats=formats)
