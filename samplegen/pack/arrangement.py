"""A track made of a pack's loops: which loop plays in which bars, for projects and the demo."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

import numpy as np

from samplegen.errors import InputError
from samplegen.pack.companions import PackView
from samplegen.pack.manifest import FileEntry
from samplegen.pack.song import TRACKS, Arrangement, Grid, Placed, Section
from samplegen.pack.sound import key_to_pitch_class

PROJECT_BARS: Final = (8, 8, 8, 8, 8, 8)
FADE_IN_S: Final = Fraction(3, 1000)
FADE_OUT_S: Final = Fraction(8, 1000)


LOOP_TRACKS: Final = ("drums", "kick", "tops", "percussion", "bass", "chord", "loops", "textures")
_ATTACKS: Final = ("drums", "kick", "tops", "percussion")
_TRACK_OF: Final = {
    "top": "tops", "perc": "percussion", "texture": "textures", "morph": "textures", "phase": "textures",
    "pad": "textures", "chords": "chord", "synth": "chord", "keys": "chord", "piano": "chord", "guitar": "chord",
    "break": "drums", "breakbeat": "drums", "drum": "drums",
}  # fmt: skip


@dataclass(frozen=True)
class _Part:
    """What a section asks for: tracks in the order of their claim on the key, and which choice of each.

    Parameters
    ----------
    instead
        Of these the first that is there, where none of `tracks` is.
    rises, falls
        A riser ends where the section does; a downlifter begins there.
    hits
        An impact stands on its first beat.
    """

    name: str
    color: str
    tracks: tuple[str, ...]
    choice: int
    instead: tuple[str, ...] = ()
    rises: bool = False
    falls: bool = False
    hits: bool = False


_Placing = tuple[_Part, Section]

_ANY: Final = ("loops", "kick", "drums", "chord", "bass", "percussion", "tops", "textures")
# "drums/kick" is the first of them that is there: a full drum loop has a kick of its own, two would flam.
_PARTS: Final = (
    _Part("intro", "#7f8c8d", ("tops", "percussion", "textures"), 0, _ANY),
    _Part("build", "#e0a030", ("bass", "kick/drums", "tops", "percussion", "loops"), 0, _ANY, rises=True),
    _Part("drop", "#d64541", ("bass", "chord", "drums/kick", "tops", "loops"), 0, _ANY, hits=True),
    _Part("break", "#5b7db1", ("chord", "textures", "percussion"), 1, ("bass", *_ANY), rises=True, falls=True),
    _Part("drop", "#d64541", ("bass", "chord", "drums/kick", "tops", "percussion", "loops"), 1, _ANY, hits=True),
    _Part("outro", "#7f8c8d", ("kick/drums", "tops", "textures"), 0, _ANY, falls=True),
)


def track_of(entry: FileEntry) -> str:
    """The track in `TRACKS` that a loop plays on."""
    category = entry.category.removeprefix("loop_")
    track = _TRACK_OF.get(category, category)
    return track if track in LOOP_TRACKS else "loops"


def arrange(
    view: PackView,
    *,
    loops: Sequence[FileEntry] | None = None,
    section_bars: Sequence[int] = PROJECT_BARS,
    place: str = "This pack",
) -> list[Arrangement]:
    """One arrangement for every tempo and meter of the pack's loops, in the order in which they come.

    Parameters
    ----------
    loops
        Those to arrange; all of the pack where None. Risers, impacts and textures are the pack's.
    section_bars
        Bars of intro, build, drop, break, drop and outro.
    place
        What the error speaks of.

    Raises
    ------
    InputError
        If there is no loop.
    """
    chosen = [entry for entry in (view.entries if loops is None else loops) if _is_arrangeable(entry)]
    if not chosen:
        raise InputError(f"{place} has no loops to arrange. Add [[loops]] with a tempo, or leave it out.")
    by_grid: dict[Grid, list[FileEntry]] = {}
    for entry in chosen:
        by_grid.setdefault(Grid(Fraction(str(entry.bpm)), entry.meter), []).append(entry)
    return [_arrange_grid(view, grid, found, section_bars) for grid, found in by_grid.items()]


def _is_arrangeable(entry: FileEntry) -> bool:
    return entry.kind == "loop" and bool(entry.bpm) and bool(entry.bars) and entry.length > 0


def _arrange_grid(view: PackView, grid: Grid, loops: Sequence[FileEntry], section_bars: Sequence[int]) -> Arrangement:
    rng = np.random.default_rng(view.seed)
    by_track: dict[str, list[FileEntry]] = {track: [] for track in LOOP_TRACKS}
    for index in rng.permutation(len(loops)):
        by_track[track_of(loops[index])].append(loops[index])
    sections = _sections(section_bars)
    parts = list(zip(_PARTS, sections, strict=True))
    placed = _with_fades(list(_place_loops(by_track, parts, home=_home_signature(view.key, by_track))), grid)
    placed += _place_risers(view, grid, parts)
    placed += _place_impacts(view, grid, parts)
    if not by_track["textures"]:
        placed += _place_textures(view, grid, parts)
    order = list(TRACKS)
    kept = {track: tuple(entry for entry in loops if track_of(entry) == track) for track in LOOP_TRACKS}
    return Arrangement(
        grid,
        sections,
        tuple(sorted(placed, key=lambda one: (order.index(one.track), one.start))),
        {track: found for track, found in kept.items() if found},
    )


def _sections(section_bars: Sequence[int]) -> tuple[Section, ...]:
    sections, start = [], 0
    for part, bars in zip(_PARTS, section_bars, strict=True):
        sections.append(Section(part.name, start, bars, part.color))
        start += bars
    return tuple(sections)


def _place_loops(
    by_track: Mapping[str, Sequence[FileEntry]], parts: Sequence[_Placing], *, home: int | None
) -> Iterator[Placed]:
    for part, section in parts:
        for track, entry in _cast(part, by_track, bars=section.bars, home=home).items():
            yield Placed(entry, track, section.start, Fraction(section.bars))


def _cast(
    part: _Part, by_track: Mapping[str, Sequence[FileEntry]], *, bars: int, home: int | None
) -> dict[str, FileEntry]:
    """A loop for every track of a part, such that all that have a key share its notes."""
    there = [[track for track in names.split("/") if by_track[track]] for names in part.tracks]
    wanted = [tracks[0] for tracks in there if tracks] or [track for track in part.instead if by_track[track]][:1]
    cast: dict[str, FileEntry] = {}
    signature = None
    for track in wanted:
        fitting = _fitting(by_track[track], signature=signature, home=home, bars=bars)
        if fitting:
            cast[track] = fitting[part.choice % len(fitting)]
            signature = key_signature(cast[track].key) if signature is None else signature
    return cast


def _with_fades(placed: Sequence[Placed], grid: Grid) -> list[Placed]:
    """Loops with short fades where they begin or break off, none where the same loop goes on.

    Drums begin at full level: their first attack is no click.
    """
    whole = {
        (one.track, one.entry.path, one.start + one.bars) for one in placed if one.bars % (one.entry.bars or 1) == 0
    }
    starts = {(one.track, one.entry.path, Fraction(one.start)) for one in placed}
    faded = []
    for one in placed:
        goes_on = (one.track, one.entry.path, one.start + one.bars) in whole & starts
        begins = one.track not in _ATTACKS and (one.track, one.entry.path, Fraction(one.start)) not in whole
        fade_in = FADE_IN_S / grid.bar_s if begins else Fraction(0)
        fade_out = Fraction(0) if goes_on else FADE_OUT_S / grid.bar_s
        faded.append(replace(one, fade_in=fade_in, fade_out=fade_out))
    return faded


def _fitting(loops: Sequence[FileEntry], *, signature: int | None, home: int | None, bars: int) -> list[FileEntry]:
    """Loops that may sound with `signature`, those of the pack's own key before all others, whole ones first."""
    allowed = [loop for loop in loops if signature is None or key_signature(loop.key) in (None, signature)]
    at_home = [loop for loop in allowed if key_signature(loop.key) in (None, home)] or allowed
    whole = [loop for loop in at_home if bars % (loop.bars or 1) == 0]
    return whole or at_home


def key_signature(key: str | None) -> int | None:
    """Pitch class of the relative major: equal for keys with the same notes (``Am`` and ``C``); None without a key."""
    if key is None:
        return None
    return (key_to_pitch_class(key) + (3 if key.endswith("m") else 0)) % 12


def _home_signature(key: str | None, by_track: Mapping[str, Sequence[FileEntry]]) -> int | None:
    """The signature of the pack's key, or that most tracks can play in, then that of most loops, then the first."""
    if key is not None:
        return key_signature(key)
    found: dict[int, list[str]] = {}
    for track, loops in by_track.items():
        for loop in loops:
            signature = key_signature(loop.key)
            if signature is not None:
                found.setdefault(signature, []).append(track)
    return max(found, key=lambda one: (len(set(found[one])), len(found[one]))) if found else None


def _place_risers(view: PackView, grid: Grid, parts: Sequence[_Placing]) -> Iterator[Placed]:
    """A riser that ends with each section that leads to a drop, a downlifter behind each drop."""
    timed = _on_grid(view, grid, "riser")
    falling = [entry for entry in timed if entry.category == "downlifter"]
    rising = [entry for entry in timed if entry.category not in ("downlifter", "impact")]
    for number, (part, section) in enumerate(parts):
        free = section.bars
        fitting = [entry for entry in rising if part.rises and (entry.bars or 0) <= free]
        if fitting:
            entry = fitting[number % len(fitting)]
            free -= entry.bars or 0
            yield Placed(entry, "risers", section.start + free, Fraction(entry.bars or 0))
        fitting = [entry for entry in falling if part.falls and (entry.bars or 0) <= free]
        if fitting:
            entry = fitting[number % len(fitting)]
            yield Placed(entry, "risers", section.start, Fraction(entry.bars or 0))


def _place_impacts(view: PackView, grid: Grid, parts: Sequence[_Placing]) -> Iterator[Placed]:
    """An impact or crash on the first beat of each drop."""
    one_shots = [entry for entry in view.of_kind("one_shot") if "take" not in entry.parameters and entry.length]
    impacts = [entry for entry in _on_grid(view, grid, "riser") if entry.category == "impact"]
    for categories in (("impact", "crash", "cymbal"), ("fx",)):
        impacts = impacts or [entry for entry in one_shots if entry.category in categories]
    drops = [section for part, section in parts if part.hits]
    for number, section in enumerate(drops if impacts else ()):
        yield _whole(impacts[number % len(impacts)], "impacts", section, grid)


def _place_textures(view: PackView, grid: Grid, parts: Sequence[_Placing]) -> Iterator[Placed]:
    """Textures without a tempo under intro, break and outro."""
    textures = [entry for entry in view.of_kind("texture") if entry.length]
    calm = [section for part, section in parts if "textures" in part.tracks]
    for number, section in enumerate(calm if textures else ()):
        yield _whole(textures[number % len(textures)], "textures", section, grid)


def _whole(entry: FileEntry, track: str, section: Section, grid: Grid) -> Placed:
    """A sound from the beginning of a section on, faded over a bar where it is longer than that."""
    bars = Fraction(entry.length, entry.sample_rate) / grid.bar_s
    if bars <= section.bars:
        return Placed(entry, track, section.start, bars)
    return Placed(entry, track, section.start, Fraction(section.bars), fade_out=Fraction(1))


def _on_grid(view: PackView, grid: Grid, kind: str) -> list[FileEntry]:
    return [
        entry
        for entry in view.of_kind(kind)
        if entry.bpm and entry.bars and Fraction(str(entry.bpm)) == grid.bpm and entry.meter == grid.meter
    ]
