"""Options that mean the same in every command, and how their values are read.

A value that makes no sense is refused with what was given and what is allowed.
"""

import math
import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer

from samplegen.errors import UsageError

MIN_BPM: Final = 60.0
MAX_BPM: Final = 200.0
MAX_BARS: Final = 64
MAX_BEATS_PER_BAR: Final = 16
METER_DENOMINATORS: Final = (2, 4, 8, 16)
MAX_COUNT: Final = 10_000
MAX_SCALE: Final = 20.0
MAX_LIKE_WEIGHT: Final = 100.0
MAX_SEED: Final = 2**63 - 1
Choice = TypeVar("Choice", bound=str)


def parse_bpm(text: str) -> float:
    """Tempo in beats per minute."""
    value = _number(text)
    if value is None:
        raise UsageError(f"--bpm {text!r} is not a number. Give {MIN_BPM:g} to {MAX_BPM:g}, such as 128 or 174.3.")
    if not MIN_BPM <= value <= MAX_BPM:
        raise UsageError(f"--bpm {text} is outside the tempi that can be made: {MIN_BPM:g} to {MAX_BPM:g}.")
    return value


def parse_bars(text: str) -> int:
    """Length in bars."""
    return _whole("--bars", text, low=1, high=MAX_BARS)


def parse_count(text: str) -> int:
    """How many sounds."""
    return _whole("-n", text, low=1, high=MAX_COUNT)


def parse_seed(text: str) -> int:
    """Seed of every random draw."""
    return _whole("--seed", text, low=0, high=MAX_SEED)


def parse_any_seed(text: str) -> int:
    """Seed of an engine that takes any integer."""
    return _whole("--seed", text, low=-MAX_SEED, high=MAX_SEED)


def parse_grid(text: str) -> Fraction:
    """Distance of grid points as a part of a whole note, such as ``1/8`` or ``1/12`` (triplets)."""
    match = re.fullmatch(r"\s*(\d{1,3})\s*/\s*(\d{1,3})\s*", str(text), re.ASCII)
    if match is None or not int(match[1]) or not int(match[2]):
        raise UsageError(f"--grid {text!r} is not a note length. Give one such as 1/8, 1/16 or 1/4.")
    return Fraction(int(match[1]), int(match[2]))


def parse_meter(text: str) -> tuple[int, int]:
    """``"7/8"`` to ``(7, 8)``."""
    match = re.fullmatch(r"\s*(\d{1,4})\s*/\s*(\d{1,4})\s*", text, re.ASCII)
    allowed = f"1 to {MAX_BEATS_PER_BAR} beats over {', '.join(map(str, METER_DENOMINATORS))}, such as 4/4 or 7/8"
    if match is None:
        raise UsageError(f"--meter {text!r} is not a meter. Give {allowed}.")
    numerator, denominator = int(match[1]), int(match[2])
    if not 1 <= numerator <= MAX_BEATS_PER_BAR or denominator not in METER_DENOMINATORS:
        raise UsageError(f"--meter {text} is not possible. Give {allowed}.")
    return numerator, denominator


def parse_key(text: str) -> str:
    """``"a minor"``, ``"Amin"`` and ``"Am"`` to ``"Am"``; majors have no suffix."""
    from samplegen.pack import keys  # it loads numpy through its package

    return keys.parse_key(text).name


def parse_steps(text: str) -> int:
    """A number of training steps."""
    return _whole("--max-steps", text, low=1, high=10**9)


def parse_processes(text: str) -> int:
    """How many processes share the work."""
    return _whole("--processes", text, low=1, high=256)


def parse_guidance_bpm(text: str) -> float:
    """Strength of the beat; 1 is the beat as learned, 0 ignores it."""
    return _between("--guidance-bpm", text, high=MAX_SCALE)


def parse_guidance_text(text: str) -> float:
    """Strength of words and sounds; 1 is as learned, 0 ignores them."""
    return _between("--guidance-text", text, high=MAX_SCALE)


def parse_share(text: str) -> float:
    """A share of 0 to 1."""
    return _between("--like-weight", text, high=1.0)


def parse_like(text: str) -> tuple[Path, float]:
    """``file.wav`` or ``file.wav:0.5``; a file that has such a name is taken as it is."""
    name, colon, tail = text.rpartition(":")
    if not text.strip():
        raise UsageError("--like is empty. Name an audio file.")
    weight = _number(tail) if colon and name and not Path(text).exists() else None
    if weight is None:
        return Path(text), 1.0
    if not 0.0 < weight <= MAX_LIKE_WEIGHT:
        raise UsageError(f"--like {text}: its weight is above 0 and at most {MAX_LIKE_WEIGHT:g}, not {weight:g}.")
    return Path(name), weight


def tempo_from(
    path: Path | None, *, bpm: float | None, bars: int | None, meter: str | None
) -> tuple[float | None, int | None, tuple[int, int] | None, list[str]]:
    """Tempo, bars and meter of a DAW's MIDI export where no option says them, and what people should know."""
    beats = None if meter is None else parse_meter(meter)
    if path is None:
        return bpm, bars, beats, []
    from samplegen.score.tempo_from import read_tempo_from

    read = read_tempo_from(path)
    beats = beats or parse_meter(f"{read.meter[0]}/{read.meter[1]}")
    if bpm is None and not MIN_BPM <= read.bpm <= MAX_BPM:
        raise UsageError(
            f"{path} plays {read.bpm:g} beats of {read.meter[0]}/{read.meter[1]} a minute; what can be made is "
            f"{MIN_BPM:g} to {MAX_BPM:g}. Give --bpm, for example the half."
        )
    told = list(read.notes)
    if bars is None and read.bars is not None and read.bars > MAX_BARS:
        told.append(f"{path.name} lasts {read.bars} bars; at most {MAX_BARS} can be made, so its length is not taken.")
    elif bars is None:
        bars = read.bars
    return read.bpm if bpm is None else bpm, bars, beats, told


def choose(option: str, value: str, allowed: Sequence[Choice]) -> Choice:
    """The one of `allowed` that equals `value`."""
    for choice in allowed:
        if choice == value:
            return choice
    raise UsageError(f"{option} {value!r} is not known. Choose one of {', '.join(allowed)}.")


def parse_minutes(text: str) -> float:
    """A positive time in minutes."""
    value = _number(text)
    if value is None or not value > 0.0:
        raise UsageError(f"--max-minutes {text!r} is not a time. Give minutes above 0, such as 90.")
    return value


def _number(text: str) -> float | None:
    try:
        value = float(text)  # typer passes defaults through here too, as they are
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _between(option: str, text: str, *, high: float) -> float:
    value = _number(text)
    if value is None or not 0.0 <= value <= high:
        raise UsageError(f"{option} {text!r} is not a number from 0 to {high:g}.")
    return value


def _whole(option: str, text: str, *, low: int, high: int) -> int:
    if not re.fullmatch(r"\s*[+-]?\d{1,30}\s*", str(text), re.ASCII):
        raise UsageError(f"{option} {text!r} is not a whole number. Give {low} to {high}.")
    if not low <= int(text) <= high:
        raise UsageError(f"{option} {text} is outside {low} to {high}.")
    return int(text)


PromptBpm = Annotated[
    float | None,
    typer.Option("--bpm", parser=parse_bpm, metavar="BPM", help="Tempo, 60 to 200. Default: the prompt's, else 120."),
]
PromptBars = Annotated[
    int | None,
    typer.Option("--bars", parser=parse_bars, metavar="BARS", help="Length. Default: the prompt's, else 4 bars."),
]
PromptMeter = Annotated[
    str | None, typer.Option("--meter", metavar="N/D", help="Such as 7/8. Default: the prompt's, else 4/4.")
]
Bars = Annotated[int, typer.Option("--bars", parser=parse_bars, metavar="BARS", help="Length in bars.")]
Meter = Annotated[str, typer.Option("--meter", metavar="N/D", help="Meter, such as 3/4 or 7/8.")]
TempoFromFile = Annotated[
    Path | None,
    typer.Option(
        "--tempo-from", metavar="MIDI",
        help="Tempo, meter and length from a MIDI file that a DAW exported; --bpm, --meter and --bars beside it win.",
    ),
]  # fmt: skip
Key = Annotated[
    str | None,
    typer.Option("--key", parser=parse_key, metavar="KEY", help="Key of basses, chords, synths …: Am, F#, C#m."),
]
Prompt = Annotated[str | None, typer.Option("--prompt", metavar="TEXT", help="What it should sound like, in words.")]
Negative = Annotated[
    str | None, typer.Option("--negative", metavar="TEXT", help="What it should not sound like, such as muddy, reverb.")
]
MorphTo = Annotated[
    str | None,
    typer.Option("--morph-to", metavar="TEXT", help="Make the sounds a row from --prompt (or --like) to this text."),
]
Likes = Annotated[
    list[str] | None,
    typer.Option("--like", metavar="FILE[:WEIGHT]", help="Come near to a sound of yours; may be repeated."),
]
LikeWeight = Annotated[
    float | None,
    typer.Option("--like-weight", parser=parse_share, metavar="0..1", help="Share of --like beside --prompt: 0.5."),
]
GuidanceBpm = Annotated[
    float | None,
    typer.Option(
        "--guidance-bpm",
        parser=parse_guidance_bpm,
        metavar="0..20",
        help="How hard the beat pulls. Default: the model's.",
    ),
]
GuidanceText = Annotated[
    float | None,
    typer.Option(
        "--guidance-text",
        parser=parse_guidance_text,
        metavar="0..20",
        help="How hard words pull. Default: the model's.",
    ),
]
TextGap = Annotated[
    str,
    typer.Option("--text-gap", metavar="HOW", help="Move texts to where sounds lie: none, shift, axes or neighbours."),
]
Count = Annotated[int, typer.Option("-n", "--count", parser=parse_count, metavar="N", help="How many.")]
Seed = Annotated[
    int | None,
    typer.Option(
        "--seed",
        parser=parse_seed,
        metavar="SEED",
        help="Same seed, same bytes on the same machine. Left out, one is drawn and noted in the manifest.",
    ),
]
FixedSeed = Annotated[int, typer.Option("--seed", parser=parse_seed, metavar="SEED", help="Seed of every random draw.")]
AnySeed = Annotated[
    int,
    typer.Option("--seed", parser=parse_any_seed, metavar="SEED", help="Any integer. Same seed, same bytes."),
]
Recordings = Annotated[
    list[Path] | None, typer.Argument(metavar="INPUT...", help="Recordings, and folders of them.", show_default=False)
]
Preset = Annotated[
    str | None, typer.Option("--preset", metavar="NAME", help="Settings by name; 'list' shows all, with their values.")
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Any setting, over the preset's; may be repeated."),
]
Plot = Annotated[bool, typer.Option("--plot", help="Draw what happened beside each report, as PNG and SVG.")]
PaletteName = Annotated[
    str, typer.Option("--palette", metavar="NAME", help="Colours of figures: spec or colour-blind.")
]
Template = Annotated[
    str | None,
    typer.Option("--template", metavar="NAME", help="File names, such as {prefix}_{bpm}_{kind}_{type}_{word}_{key}."),
]
Hardware = Annotated[bool, typer.Option("--hardware", help="48 kHz and 16 bits, for hardware samplers.")]
GridStep = Annotated[
    Fraction | None,
    typer.Option("--grid", parser=parse_grid, metavar="NOTE", help="Where events start, such as 1/8; needs --bpm."),
]
InputKind = Annotated[
    str | None, typer.Option("--kind", metavar="KIND", help="Of all inputs: snare, drums … Left out: name, ear.")
]
InputBpm = Annotated[
    float | None, typer.Option("--bpm", parser=parse_bpm, metavar="BPM", help="Tempo of inputs that are loops.")
]
InputBars = Annotated[
    int | None, typer.Option("--bars", parser=parse_bars, metavar="BARS", help="Bars of inputs that are loops.")
]
InputMeter = Annotated[str | None, typer.Option("--meter", metavar="N/D", help="Meter of inputs that are loops.")]
OptionalBpm = Annotated[
    float | None, typer.Option("--bpm", parser=parse_bpm, metavar="BPM", help="Tempo, 60 to 200: makes loops of bars.")
]
OptionalBars = Annotated[
    int | None, typer.Option("--bars", parser=parse_bars, metavar="BARS", help="Length in bars; needs --bpm.")
]
EventsFile = Annotated[
    Path | None,
    typer.Option(
        "--events", metavar="FILE",
        help="Your own events for one recording: start and end in seconds on each line, as CSV, JSON lines, text, or "
        "labels from Audacity.",
    ),
]  # fmt: skip
Model = Annotated[
    str | None, typer.Option("--model", metavar="NAME", help="Model, by name or folder. Left out, the bundled one.")
]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write to; made where missing.")]
Fx = Annotated[
    str | None,
    typer.Option("--fx", metavar="CHAIN", help="Effects: clean, punch, dusty, wide, crush, or a chain from a .toml."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")]
Force = Annotated[bool, typer.Option("--force", help="Replace what is there already.")]
MaxMinutes = Annotated[
    float | None,
    typer.Option("--max-minutes", parser=parse_minutes, metavar="MIN", help="Stop after this time, over all runs."),
]
MaxSteps = Annotated[
    int | None,
    typer.Option("--max-steps", parser=parse_steps, metavar="N", help="Stop after this many steps, over all runs."),
]
Processes = Annotated[
    int, typer.Option("--processes", parser=parse_processes, metavar="N", help="Processes that share the work.")
]
