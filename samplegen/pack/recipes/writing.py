"""Writes a first recipe, with comments that say what may be changed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, get_args

from samplegen.conditioning.vocabulary import STYLES
from samplegen.errors import UsageError
from samplegen.pack.naming import DEFAULT_TEMPLATE, TEMPLATES
from samplegen.pack.recipes.fields import nearest
from samplegen.pack.recipes.limits import MAX_BPM, MIN_BPM
from samplegen.pack.recipes.music import read_key
from samplegen.pack.recipes.names import check_name

Size = Literal["small", "medium", "large"]
SIZES: Final[tuple[Size, ...]] = get_args(Size)
# A tempo that is common in each style.
STYLE_BPM: Final[Mapping[str, int]] = MappingProxyType(
    {
        "house": 124, "techno": 132, "breakbeat": 140, "hiphop": 88, "dnb": 174, "trap": 140, "dub": 120, "ambient": 90,
    }
)  # fmt: skip
_TIMES: Final[Mapping[Size, int]] = MappingProxyType({"small": 1, "medium": 2, "large": 5})
INPUT: Final = "recording"

_HEAD: Final = """\
# A recipe for a sample pack. Build it with:
#
#     {command}
#
# Change a line and build again: only what depends on that line is made anew.

[pack]
name = {name}
prefix = {prefix}  # how every file name begins
bpm = {bpm}  # 60 to 200; or several: bpm = [{bpm}, {other_bpm}]
meter = "4/4"  # or "3/4", "7/8" ...
{key}
seed = 1  # the same seed makes the same pack; another one another pack
# description = "What a buyer reads."
# template = "loopmasters"  # file names: {templates}, or {template}
# hardware = true  # 48 kHz and 16 bits, for hardware samplers
# demo = false  # no track of the pack's own loops
"""
_LOOPS: Final = """
# Loops are exactly `bars` bars long and have no seam; `count` of each section.
[[loops]]
name = "drums"
kind = "drums"  # drums, tops (no kick), kick, percussion, bass or chord
style = {style}
count = {four}
bars = 4
# prompt = "dark, punchy"  # what they should sound like, in words
# fx = "punch"  # an effect chain: {chains}

[[loops]]
name = "tops"
kind = "tops"
style = {style}
count = {three}

[[loops]]
name = "percussion"
kind = "percussion"
style = {style}
count = {two}

[[loops]]
name = "bass"
kind = "bass"
style = {style}
count = {two}
bars = 2
"""
_HITS: Final = """
# One-shots: `count` sounds, of the kinds in turn.
[[one_shots]]
name = "hits"
kinds = ["kick", "snare", "clap", "hat_closed", "hat_open", "percussion"]
count = {six}

# A drum kit for samplers (SFZ, DecentSampler, Bitwig), with sounds of its own for every slot.
[[kits]]
name = "kit"
slots = {{ kick = 1, snare = 1, clap = 1, hat_closed = 1, hat_open = 1, percussion = {one} }}

# Several takes of each sound of the kit, so that repeated hits differ as a drummer's do.
[[humanized]]
name = "kit-alive"
of = ["kit"]
count = 2
amount = 0.8  # 1 is as much as real hits differ

[[risers]]
name = "risers"
direction = "up"  # up, down or impact
count = {one}
bars = 4
"""
_RECORDING: Final = """
# Textures of your own recording, which --input recording=PATH names when the pack is built.
# A file beside this recipe can be named by its path: source = "recordings/rain.wav".
[[textures]]
name = "textures"
source = "@recording"
preset = "spectral-fog"  # 'samplegen phase --preset list' shows all
count = {two}

[[risers]]
name = "swells"
source = "@recording"
count = {one}
bars = 4
"""
_USES: Final = """
# What is made of the sounds above: notes of the drum loops, and a project with the loops on tracks.
[[midi]]
of = ["drums"]

[[projects]]
of = ["drums", "tops", "percussion", "bass"]
"""


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What a new recipe is asked to be.

    Parameters
    ----------
    key
        None leaves it open.
    recording
        Whether the pack is made of a recording, too.
    command
        That builds the recipe, for its first lines.

    Raises
    ------
    UsageError
        If a value is not allowed.
    """

    name: str
    style: str
    bpm: float
    size: Size = "medium"
    key: str | None = None
    recording: bool = False
    command: str = "samplegen pack build recipe.toml --out packs/out"

    def __post_init__(self) -> None:
        """Check every value."""
        check_name(self.name)
        check_style(self.style)
        if not MIN_BPM <= self.bpm <= MAX_BPM:
            raise UsageError(f"{self.bpm:g} BPM cannot be made. Allowed: {MIN_BPM:g} to {MAX_BPM:g}.")
        if self.key is not None:
            read_key(self.key)


def check_style(style: str) -> str:
    """`style`, if there is one of that name.

    Raises
    ------
    UsageError
        If there is none.
    """
    if style not in STYLES:
        raise UsageError(f"There is no style {style!r:.60}.{nearest(style, STYLES)} Choose {', '.join(STYLES)}.")
    return style


def recipe_text(answers: Answers) -> str:
    """The recipe, which `read_recipe` understands."""
    from samplegen.post.presets import PRESETS

    times = _TIMES[answers.size]
    parts = [_HEAD, _LOOPS, _HITS, *([_RECORDING] if answers.recording else []), _USES]
    values = {
        "command": " ".join(answers.command.split()),
        "name": _quoted(answers.name),
        "prefix": _quoted(_prefix(answers.name)),
        "bpm": f"{answers.bpm:g}",
        "other_bpm": f"{answers.bpm + (2 if answers.bpm + 2 <= MAX_BPM else -2):g}",
        "key": '# key = "Am"  # of bass and chords' if answers.key is None else
        f"key = {_quoted(read_key(answers.key))}  # of bass and chords; drums have none",
        "style": _quoted(answers.style),
        "templates": ", ".join(TEMPLATES),
        "template": DEFAULT_TEMPLATE,
        "chains": ", ".join(PRESETS),
        "one": times, "two": 2 * times, "three": 3 * times, "four": 4 * times, "six": 6 * times,
    }  # fmt: skip
    return "".join(part.format(**values) for part in parts)


def _quoted(text: str) -> str:
    """As a TOML string, whose escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False)


def _prefix(name: str) -> str:
    """Initials of a name: ``Night Bus`` makes ``NB``."""
    words = [word for word in "".join(c if c.isascii() and c.isalnum() else " " for c in name).split() if word]
    return "".join(word[0] for word in words[:4]).upper() or "SG"
