"""The drum styles as data: tempo, swing, looseness, and what each layer plays.

A line holds one bar of sixteen sixteenths (or several bars), one character a step::

    .  silence      X  accent       x  plain hit      o  ghost note
    1-9  a plain hit in that many tenths of the draws
    g  a ghost note in half of the draws

Other meters read the line cyclically and stop at their own bar.
"""

from dataclasses import dataclass

from samplegen.errors import UsageError

STYLES = ("house", "techno", "breakbeat", "hiphop", "dnb", "trap", "dub", "ambient")
LINE_STEPS = 16


@dataclass(frozen=True)
class Layer:
    """One instrument: alternative lines, and in which share of the draws it plays at all."""

    kind: str
    lines: tuple[str, ...]
    chance: float = 1.0
    voice: int = 0


@dataclass(frozen=True)
class Style:
    """A family of patterns.

    `low_bpm` and `high_bpm` bound the typical tempo. `swing_chance` is the share of swung draws and
    `swing_step` the swung note value (16 or 8). `looseness` bounds the microtiming as a share of the
    spread of human drummers (formats.md: 0.2–0.35 for electronic styles), `tight_chance` the share of
    draws without any.
    """

    low_bpm: float
    high_bpm: float
    layers: tuple[Layer, ...]
    swing_chance: float = 0.3
    swing_step: int = 16
    looseness: tuple[float, float] = (0.2, 0.35)
    tight_chance: float = 0.4
    roll_chance: float = 0.0
    fill_kinds: tuple[str, ...] = ("snare", "tom")


_FOUR = ("X...x...X...x...",)
_OFFBEAT = ("..x...x...x...x.", "..x...x...x...xg", "..X...X...X..4X.")
_EIGHTHS = ("x.o.x.o.x.o.x.o.", "X.x.X.x.X.x.X.x.", "x.x.x.x.x.x.x.x2")
_SIXTEENTHS = ("xoxoxoxoxoxoxoxo", "XoxoXoxoXoxoXoxo", "x5x5x5x5x5x5x5x5", "xgxxxgxxxgxxxgxx")
_BACKBEAT = ("....X.......X...",)

STYLE_TABLE: dict[str, Style] = {
    "house": Style(
        118, 128,
        (
            Layer("kick", (*_FOUR, "X...x...X...x..2", "X...x...X..2x...", "X...x...X.3.x...")),
            Layer("clap", (*_BACKBEAT, "....X.......X..2", "....X..1....X.2."), 0.8),
            Layer("snare", ("....x.......x...", "....x..g....x.gg", "...............4"), 0.35),
            Layer("hat_open", _OFFBEAT, 0.75),
            Layer("hat_closed", (*_SIXTEENTHS, *_EIGHTHS, "x.xxx.xxx.xxx.xx"), 0.9),
            Layer("percussion", ("..x..x....x..x..", "...x..x....x.3..", "x..x..x...x.x...", "....3..x..2....x"), 0.6),
            Layer("percussion", ("....2..4..x...3.", ".o.o.o.o.o.o.o.o", "..............x."), 0.35, 1),
            Layer("rim", ("...x..x...x..x..", "..3....x..2..x.."), 0.25),
            Layer("cymbal", ("x...............", "x.x.x.x.x.x.x.x."), 0.12),
        ),
        swing_chance=0.45,
    ),
    "techno": Style(
        125, 145,
        (
            Layer("kick", (*_FOUR, *_FOUR, "X...x...X...x.2.", "X..2x...X...x..4", "X...X..xX...X.x.")),
            Layer("clap", (*_BACKBEAT, "............X...", "....X..2....X..."), 0.5),
            Layer("snare", ("....x.......x...", ".......3......4.", "....g..o....g.o."), 0.3),
            Layer("hat_open", _OFFBEAT, 0.65),
            Layer("hat_closed", (*_SIXTEENTHS, "xx.xxx.xxx.xxx.x", "..o...o...o...o.", "xoxoxoxoxoxoxoxo"), 0.85),
            Layer("percussion", ("x..x..x..x..x..x", "..x..x..x..x..x.", "...3..x...x..4..", "x.....x...x....."), 0.65),
            Layer("percussion", ("......x.......3.", "..4.....2..x....", "x.......x......."), 0.4, 1),
            Layer("rim", ("...x.....x...x..", "x..x..x..x..x.x."), 0.3),
            Layer("tom", ("..x..x....x..x..", "......3..x....x.", "..............xx"), 0.3),
            Layer("cymbal", ("x.x.x.x.x.x.x.x.", "x..............."), 0.2),
            Layer("fx", ("........x.......", "............3...", "x..............."), 0.2),
        ),
        swing_chance=0.2,
    ),
    "breakbeat": Style(
        100, 140,
        (
            Layer("kick", ("X.x.......xx....", "X..x......x..x..", "X.x...x...x.....X.........xx....",
                           "X......x..x..2.2",
                           "X..2..x..xx.....", "X.x.....g.xx...2")),
            Layer("snare", ("....X..o.o..X..o", "....X..g.o..X...", "....X..o.o....X.", "....X.g.....X.gg",
                            "....X..o.o..X..o....X..o.o....X.")),
            Layer("hat_closed", (*_EIGHTHS, *_EIGHTHS, "x.x.x.xgx.x.x.xg", "xoxoxoxoxoxoxoxo"), 0.85),
            Layer("hat_open", ("..............x.", "......x.......x.", "..........x....."), 0.45),
            Layer("cymbal", ("x.x.x.x.x.x.x.x.", "X...............", "x...x...x...x..."), 0.3),
            Layer("percussion", ("..3..x..3..x..3.", "x.xxx.xxx.xxx.xx", "....x..x....x..x"), 0.35),
            Layer("tom", ("..............3x", "..........x..x.."), 0.15),
            Layer("clap", ("....x.......x...",), 0.15),
        ),
        swing_chance=0.35, looseness=(0.25, 0.8), tight_chance=0.2,
    ),
    "hiphop": Style(
        70, 100,
        (
            Layer("kick", ("X......x..x.....", "X..x......x..2..", "X.x....x..x.....", "X......3.xx....2",
                           "X.........x..x..X......x..x.....", "X.....x.x.....2.")),
            Layer("snare", (*_BACKBEAT, "....X..g....X..g", "....X..o.o..X...", "....X.......X.gg")),
            Layer("hat_closed", (*_EIGHTHS, *_EIGHTHS, "x.xxx.x.x.xxx.x.", "x.x.xgx.x.x.xgxx"), 0.95),
            Layer("hat_open", ("..............x.", "......x.........", "..........3...x."), 0.35),
            Layer("clap", _BACKBEAT, 0.25),
            Layer("rim", ("...x......x.....", "....x..3....x..."), 0.25),
            Layer("percussion", ("..3...x...3...x.", "x...x...x...x...", "...........x..3."), 0.4),
            Layer("cymbal", ("X...............",), 0.1),
        ),
        swing_chance=0.65, looseness=(0.25, 1.0), tight_chance=0.15,
    ),
    "dnb": Style(
        165, 178,
        (
            Layer("kick", ("X.........X.....", "X.........X..2..", "X.x.......xx....", "X......2..X....2",
                           "X.X.......XX....X.X.......X.....")),
            Layer("snare", (*_BACKBEAT, "....X..g....X..g", "....X..o.o..X..o", "....X..o.o....X.",
                            "....X..o.o..X..o....X..o.o....X.")),
            Layer("hat_closed", (*_EIGHTHS, *_SIXTEENTHS, "x.xgx.xgx.xgx.xg"), 0.95),
            Layer("hat_open", ("..x...x...x...x.", "..............x.", "......x.......x."), 0.4),
            Layer("cymbal", ("x.x.x.x.x.x.x.x.", "x...x...x...x...", "X..............."), 0.4),
            Layer("percussion", ("...x..x....x..x.", "x.xxx.xxx.xxx.xx", ".......3..x....."), 0.4),
            Layer("rim", ("...3..o...3..o..", ".......x........"), 0.2),
        ),
        swing_chance=0.15, looseness=(0.2, 0.35), tight_chance=0.4,
    ),
    "trap": Style(
        130, 160,
        (
            Layer("kick", ("X.....x.......x.", "X..x......x.....", "X.....x...x...2.",
                           "X.............x.X.....x...x.....", "X......x..x..2..")),
            Layer("snare", ("........X.......", "........X......g", "........X....2..")),
            Layer("clap", ("........X.......",), 0.6),
            Layer("hat_closed", ("x.x.x.x.x.x.x.x.", "x.x.x.x.x.xxx.x.", "xxxxxxxxxxxxxxxx", "x..x..x.x..x..x.")),
            Layer("hat_open", ("..............x.", "......x.........", "....x.......3..."), 0.5),
            Layer("rim", ("..x..x....x..x..", "......3.....x..."), 0.3),
            Layer("percussion", ("...x......x..3..", "......x.......x.", "x.......3......."), 0.45),
            Layer("tom", ("............x.xx", "..............3x"), 0.15),
            Layer("fx", ("x...............", "............3..."), 0.12),
        ),
        swing_chance=0.15, roll_chance=0.85,
    ),
    "dub": Style(
        60, 90,
        (
            Layer("kick", ("........X.......", "X.......X.......", "X.....x.X.....2.", "X...x...X...x...")),
            Layer("rim", ("........X.......", "........X..x....", "...x..x.X.....3.", "....x.......x..3")),
            Layer("snare", ("........x.......", "....X.......X...", "..............gg"), 0.4),
            Layer("hat_closed", ("x.o.x.o.x.o.x.o.", "..x...x...x...x.", "x.xox.xox.xox.xo", "..xo..xo..xo..xo"), 0.95),
            Layer("hat_open", ("..x...x...x...x.", "..............x."), 0.35),
            Layer("percussion", ("x..x..x.x..x..x.", "...x...3...x..3.", ".o.xo..x.o.xo..x"), 0.6),
            Layer("percussion", ("......x.........", "...........x..x."), 0.3, 1),
            Layer("tom", ("............x.xx", ".........3..x..."), 0.25),
            Layer("cymbal", ("X...............",), 0.15),
        ),
        swing_chance=0.55, swing_step=8, looseness=(0.25, 1.0), tight_chance=0.15, fill_kinds=("snare", "rim", "tom"),
    ),
    "ambient": Style(
        60, 110,
        (
            Layer("kick", ("x...............", "x.........3.....", "x.....3........."), 0.5),
            Layer("percussion", ("x.....x...x.....", "..x..x....x..3..", "x..3..x..3..x...", "....x.....x....3")),
            Layer("percussion", ("......x.......x.", "...3.......x....", "x..........3...."), 0.8, 1),
            Layer("percussion", ("..........x.....", "...x............"), 0.5, 2),
            Layer("tom", ("x......x..3.....", "..........x..x.."), 0.4),
            Layer("rim", ("....3.......x...", "..............3."), 0.35),
            Layer("cymbal", ("o...............", "........o......."), 0.35),
            Layer("hat_closed", ("o.o.o.o.o.o.o.o.", "..o...o...o...o.", "og.ogo.gog.ogo.g"), 0.5),
            Layer("fx", ("x...............", "........x......."), 0.35),
        ),
        swing_chance=0.3, looseness=(0.25, 1.0), tight_chance=0.1, fill_kinds=("percussion", "tom"),
    ),
}  # fmt: skip


def style_of(name: str) -> Style:
    """The style called `name`, or a `UsageError` that lists them."""
    if name not in STYLE_TABLE:
        raise UsageError(f"There is no style {name!r}. Choose one of {', '.join(STYLE_TABLE)}.")
    return STYLE_TABLE[name]
