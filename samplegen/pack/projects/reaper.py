"""REAPER projects: text, with the pack's sounds by relative path, so that the project stays small.

Layout as REAPER 6 and 7 write it; see "State Chunk Definitions" of ReaTeam/Doc. `TEMPO`
counts quarter notes whatever the meter is (REAPER's `TimeMap_GetDividedBpmAtTime` doubles it in /8).
"""

from collections.abc import Iterable, Iterator
from typing import Final

from samplegen import units
from samplegen.pack.companions import PackView
from samplegen.pack.projects.text import decimal, plain, require_file, title
from samplegen.pack.song import TRACKS, Arrangement, Grid, Placed

_HAS_COLOR: Final = 0x1000000
_BEATS_TIMEBASE: Final = 1  # items follow when the tempo changes: position, length and rate


def reaper_bytes(view: PackView, arrangement: Arrangement, *, name: str) -> tuple[bytes, tuple[str, ...]]:
    """An ``.rpp`` for the folder ``Projects``, and the paths of the sounds in it.

    Raises
    ------
    InputError
        If a sound is missing on the disk.
    """
    for entry in arrangement.used:
        require_file(view, entry)
    grid, meter = arrangement.grid, arrangement.grid.meter
    lines = [
        '<REAPER_PROJECT 0.1 "6.0/samplegen" 0',
        f"  <NOTES 0 2\n    |{plain(name)}\n  >",
        f"  TIMEMODE {_BEATS_TIMEBASE} {_BEATS_TIMEBASE} -1 30 0 0 -1",
        f"  TEMPO {decimal(grid.quarter_bpm)} {meter[0]} {meter[1]}",
        "  MASTER_VOLUME 1 0 -1 -1 1",
        *_markers(arrangement),
        *(line for track in arrangement.tracks for line in _track(track, arrangement)),
        ">",
    ]
    return ("\n".join(lines) + "\n").encode(), tuple(entry.path for entry in arrangement.used)


def _markers(arrangement: Arrangement) -> Iterator[str]:
    bar_s = arrangement.grid.bar_s
    for number, section in enumerate(arrangement.sections, start=1):
        yield f"  MARKER {number} {decimal(section.start * bar_s)} {_quoted(section.name)} 0 {_color(section.color)} 1"
    yield f'  MARKER {len(arrangement.sections) + 1} {decimal(arrangement.bars * bar_s)} "end" 0 0 1'


def _track(track: str, arrangement: Arrangement) -> Iterator[str]:
    style = TRACKS[track]
    yield "  <TRACK"
    yield f"    NAME {_quoted(style.name)}"
    yield f"    PEAKCOL {_color(style.color)}"
    yield "    BEAT -1"
    yield f"    VOLPAN {decimal(units.db_to_gain(style.gain_db))} 0 -1 -1 1"
    yield "    MUTESOLO 0 0 0"
    yield "    NCHAN 2"
    for placed in arrangement.placed:
        if placed.track == track:
            yield from _indented(_item(placed, arrangement.grid))
    yield "  >"


def _item(placed: Placed, grid: Grid) -> Iterator[str]:
    """Positions in seconds; loops repeat for as long as the item lasts."""
    yield "<ITEM"
    yield f"  POSITION {decimal(placed.start * grid.bar_s)}"
    yield "  SNAPOFFS 0"
    yield f"  LENGTH {decimal(placed.bars * grid.bar_s)}"
    yield f"  LOOP {int(placed.is_loop)}"
    yield "  ALLTAKES 0"
    yield f"  FADEIN 1 {decimal(placed.fade_in * grid.bar_s)} 0 1 0 0 0"
    yield f"  FADEOUT 1 {decimal(placed.fade_out * grid.bar_s)} 0 1 0 0 0"
    yield "  MUTE 0 0"
    yield f"  NAME {_quoted(title(placed.entry))}"
    yield "  VOLPAN 1 0 1 -1"
    yield "  SOFFS 0"
    yield "  PLAYRATE 1 1 0 -1 0 0.0025"
    yield "  CHANMODE 0"
    yield "  <SOURCE WAVE"
    yield f"    FILE {_quoted('../' + placed.entry.path)}"
    yield "  >"
    yield ">"


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"    {line}" for line in lines)


def _color(color: str) -> int:
    """``#rrggbb`` as REAPER keeps it: red lowest, and a bit that says that there is one."""
    red, green, blue = bytes.fromhex(color.removeprefix("#"))
    return _HAS_COLOR | blue << 16 | green << 8 | red


def _quoted(text: str) -> str:
    """`text` between the first of REAPER's three quotation marks that it does not hold."""
    text = plain(text)
    mark = next((mark for mark in "\"'`" if mark not in text), "`")
    return f"{mark}{text.replace(mark, chr(39))}{mark}"
