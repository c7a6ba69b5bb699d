"""``samplegen riser``: risers, downlifters and impacts of exact length."""

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from samplegen.cli.console import Console
from samplegen.cli.options import (
    Count,
    Force,
    Fx,
    Hardware,
    Json,
    Out,
    Quiet,
    Recordings,
    Seed,
    Template,
    TempoFromFile,
    choose,
    parse_bars,
    parse_bpm,
    tempo_from,
)
from samplegen.cli.packs import show_pack
from samplegen.errors import UsageError

if TYPE_CHECKING:
    pass

DEFAULT_OUT: Final = Path("samplegen-pack")
DEFAULT_BPM: Final = 120.0
DEFAULT_BARS: Final = 4
MIN_HZ: Final = 20.0
MAX_HZ: Final = 20_000.0
MAX_OCTAVES: Final = 9.0
_DIRECTIONS: Final = ("up", "down", "impact")
_ORIGINS: Final = ("noise", "morph", "phase")
_CURVES: Final = "linear, exponential, s-curve, power:2.5, or points such as 0:0,0.5:0.2,1:1"

RiserBpm = Annotated[
    float | None, typer.Option("--bpm", parser=parse_bpm, metavar="BPM", help="Tempo, 60 to 200. Default: 120.")
]
RiserBars = Annotated[
    int | None, typer.Option("--bars", parser=parse_bars, metavar="BARS", help="Length in bars. Default: 4.")
]
RiserMeter = Annotated[
    str | None, typer.Option("--meter", metavar="N/D", help="Meter, such as 3/4 or 7/8. Default: 4/4.")
]


def parse_direction(text: str) -> str:
    """One of ``up``, ``down`` and ``impact``."""
    return choose("--direction", text, _DIRECTIONS)


def parse_origin(text: str) -> str:
    """One of ``noise``, ``morph`` and ``phase``."""
    return choose("--from", text, _ORIGINS)


def parse_pitch(text: str) -> float:
    """Semitones."""
    return _number("--pitch", text, example="12 or -7")


def parse_level_range(text: str) -> float:
    """Decibels."""
    return _number("--level-range-db", text, example="24")


def parse_brightness(text: str) -> tuple[tuple[float, float] | None, float | None]:
    """``300:12000`` to ((300, 12000), None), ``5oct`` to (None, 5)."""
    if octaves := re.fullmatch(r"\s*([\d.]+)\s*oct(?:aves?)?\s*", text, re.ASCII | re.IGNORECASE):
        value = _number("--brightness-range", octaves[1], example="5oct")
        if not 0.0 < value <= MAX_OCTAVES:
            raise UsageError(f"--brightness-range {text} is outside 0 to {MAX_OCTAVES:g} octaves.")
        return None, value
    low_text, separator, high_text = text.partition(":")
    if not separator:
        raise UsageError(f"--brightness-range {text!r} cannot be read. Give LOW:HIGH in Hz, or octaves: 5oct.")
    low, high = (_number("--brightness-range", part, example="300:12000") for part in (low_text, high_text))
    if not MIN_HZ <= low < high <= MAX_HZ:
        raise UsageError(f"--brightness-range {text} is not possible. Give {MIN_HZ:g} <= LOW < HIGH <= {MAX_HZ:g}.")
    return (low, high), None


def _number(option: str, text: str, *, example: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(f"{option} {text!r} is not a number. Give one such as {example}.")
    return value


def riser(
    inputs: Recordings = None,
    bpm: RiserBpm = None,
    bars: RiserBars = None,
    meter: RiserMeter = None,
    tempo_file: TempoFromFile = None,
    origin: Annotated[
        str | None,
        typer.Option("--from", parser=parse_origin, metavar="ORIGIN", help="noise, morph or phase."),
    ] = None,
    direction: Annotated[
        str | None,
        typer.Option("--direction", parser=parse_direction, metavar="WAY", help="up, down or impact."),
    ] = None,
    impact: Annotated[bool, typer.Option("--impact", help="The same as --direction impact.")] = False,
    pitch: Annotated[
        float, typer.Option("--pitch", parser=parse_pitch, metavar="SEMITONES", help="How far pitch rises.")
    ] = 0.0,
    level_curve: Annotated[str, typer.Option("--level-curve", metavar="CURVE", help=f"{_CURVES}.")] = "linear",
    brightness_curve: Annotated[
        str, typer.Option("--brightness-curve", metavar="CURVE", help="Of the cutoff, in octaves.")
    ] = "linear",
    density_curve: Annotated[
        str | None, typer.Option("--density-curve", metavar="CURVE", help="Of the pulses: 1/4 to 1/32 notes.")
    ] = None,
    level_range_db: Annotated[
        float | None,
        typer.Option(
            "--level-range-db", parser=parse_level_range, metavar="DB", help="From the far end to the climax."
        ),
    ] = None,
    brightness_range: Annotated[
        Any,
        typer.Option(
            "--brightness-range", parser=parse_brightness, metavar="LOW:HIGH",
            help="Cutoff in Hz, such as 300:12000, or octaves below the brightest: 5oct. Left out, measured.",
        ),
    ] = None,
    stereo: Annotated[bool, typer.Option("--stereo/--mono", help="Two channels, or one.")] = True,
    count: Count = 4,
    seed: Seed = None,
    out: Out = DEFAULT_OUT,
    fx: Fx = None,
    template: Template = None,
    hardware: Hardware = False,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:  # fmt: skip
    """Make risers that end on the downbeat: from noise, or from recordings (-n of each).

    With --direction down they fall away from it, with --impact they hit it. Loudness and brightness rise
    from quarter to quarter; sounds whose curves ask for something else are called sweeps.
    """
    bpm, bars, beats, assumed = tempo_from(tempo_file, bpm=bpm, bars=bars, meter=meter)
    if impact and direction not in (None, "impact"):
        raise UsageError(f"--impact and --direction {direction} contradict each other. Give one of them.")
    hertz, octaves = brightness_range or (None, None)
    from samplegen.pipeline import make_risers
    from samplegen.variations.orders.riser import RiserRequest

    with Console(as_json=json, quiet=quiet) as console:
        with console.progress("Risers") as report:
            request = RiserRequest(
                inputs=tuple(inputs or ()),
                bpm=DEFAULT_BPM if bpm is None else bpm,
                bars=bars or DEFAULT_BARS,
                meter=beats or (4, 4),
                origin=origin,  # type: ignore[arg-type]  # checked by its parser
                direction="impact" if impact else direction or "up",  # type: ignore[arg-type]
                pitch=pitch,
                level_curve=level_curve,
                brightness_curve=brightness_curve,
                density_curve=density_curve,
                level_range_db=level_range_db,
                brightness_hz=hertz,
                brightness_octaves=octaves,
                stereo=stereo,
                count=count,
                seed=seed,
                out=out,
                fx=fx,
                template=template,
                hardware=hardware,
                force=force,
                progress=report,
            )
            result = make_risers(request)
        show_pack(console, result, notes=[f"Note: {note}" for note in (*assumed, *result.notes)])
