"""What an arrangement is: a grid of bars, tracks, sections, and sounds placed on them.

Everything stands on whole bars, kept as exact fractions: whoever writes seconds, beats
or samples rounds once, at the end.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from samplegen.pack.manifest import FileEntry


@dataclass(frozen=True)
class Grid:
    """Bars at a tempo. `bpm` counts the meter's own beat; DAWs count quarter notes."""

    bpm: Fraction
    meter: tuple[int, int]

    @property
    def quarters_per_bar(self) -> Fraction:
        """Quarter notes in a bar: 4 in 4/4, 3.5 in 7/8."""
        return Fraction(4 * self.meter[0], self.meter[1])

    @property
    def quarter_bpm(self) -> Fraction:
        """The same tempo in quarter notes a minute: half of `bpm` in 7/8."""
        return self.bpm * Fraction(4, self.meter[1])

    @property
    def bar_s(self) -> Fraction:
        """Seconds of a bar."""
        return Fraction(60 * self.meter[0]) / self.bpm


@dataclass(frozen=True)
class TrackStyle:
    """What a track is called, its colour ``#rrggbb`` and its level."""

    name: str
    color: str
    gain_db: float


# From bottom to top of a mix; the levels leave room for each other where sounds peak near 0 dBFS.
TRACKS: Final[Mapping[str, TrackStyle]] = {
    "drums": TrackStyle("Drums", "#e5533d", -4.0),
    "kick": TrackStyle("Kick", "#c0392b", -4.0),
    "tops": TrackStyle("Tops", "#f0a030", -10.0),
    "percussion": TrackStyle("Percussion", "#e0c341", -11.0),
    "bass": TrackStyle("Bass", "#4a69bd", -7.0),
    "chord": TrackStyle("Chords", "#38a3a5", -10.0),
    "loops": TrackStyle("Loops", "#57a773", -10.0),
    "textures": TrackStyle("Textures", "#8e6bbf", -13.0),
    "risers": TrackStyle("Risers", "#c06c9e", -11.0),
    "impacts": TrackStyle("Impacts", "#95a5a6", -8.0),
}


@dataclass(frozen=True)
class Section:
    """A part of the arrangement, ``[start, start + bars)`` in bars."""

    name: str
    start: int
    bars: int
    color: str

    @property
    def stop(self) -> int:
        """Bar behind its last."""
        return self.start + self.bars


def distinct(entries: Iterable[FileEntry]) -> tuple[FileEntry, ...]:
    """Each sound once, in order."""
    return tuple({entry.path: entry for entry in entries}.values())


@dataclass(frozen=True)
class Placed:
    """A sound on a track.

    Parameters
    ----------
    start
        In bars from the beginning.
    bars
        How long it plays, a fraction where a sound has no musical length.
    fade_in, fade_out
        In bars: a few milliseconds where a loop begins or breaks off, more where a texture is cut.
    """

    entry: FileEntry
    track: str
    start: int
    bars: Fraction
    fade_in: Fraction = Fraction(0)
    fade_out: Fraction = Fraction(0)

    @property
    def is_loop(self) -> bool:
        """Whether it begins again where it ends."""
        return self.entry.kind == "loop"


@dataclass(frozen=True)
class Arrangement:
    """All that plays at one tempo.

    Parameters
    ----------
    placed
        Sorted by track, then by time; at most one sound at a time on a track.
    loops
        Every loop of this tempo and meter by track, also those that are not placed.
    """

    grid: Grid
    sections: tuple[Section, ...]
    placed: tuple[Placed, ...]
    loops: Mapping[str, tuple[FileEntry, ...]]

    @property
    def bars(self) -> int:
        """Length of the whole."""
        return self.sections[-1].stop

    @property
    def tracks(self) -> tuple[str, ...]:
        """Names in `TRACKS` of those that hold a loop or anything placed."""
        used = {one.track for one in self.placed} | set(self.loops)
        return tuple(name for name in TRACKS if name in used)

    @property
    def used(self) -> tuple[FileEntry, ...]:
        """The sounds that are placed, each once."""
        return distinct(one.entry for one in self.placed)
