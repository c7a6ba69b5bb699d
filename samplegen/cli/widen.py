"""``samplegen widen``: stereo from mono whose fold-down is the sound itself."""

import math
from pathlib import Path
from typing import Annotated, Final

import typer

from samplegen.cli.console import Console
from samplegen.cli.options import (
    Count,
    Force,
    Hardware,
    InputBars,
    InputBpm,
    InputKind,
    InputMeter,
    Json,
    Model,
    Out,
    Quiet,
    Recordings,
    Seed,
    Template,
    parse_meter,
)
from samplegen.cli.packs import show_edits
from samplegen.errors import UsageError

DEFAULT_OUT: Final = Path("samplegen-pack")


def parse_width(text: str) -> float:
    """A share of 0 to 1."""
    return _between("--width", text, low=0.0, high=1.0, example="0.4")


def parse_low_mono(text: str) -> float:
    """A frequency in Hz."""
    return _between("--low-mono", text, low=20.0, high=1000.0, example="150")


def _between(option: str, text: str, *, low: float, high: float, example: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise UsageError(f"{option} {text!r} is not a number from {low:g} to {high:g}. Give one such as {example}.")
    return value


def widen(
    inputs: Recordings = None,
    count: Count = 1,
    width: Annotated[
        float,
        typer.Option(
            "--width", parser=parse_width, metavar="0..1",
            help="0 is mono, 1 makes left and right unrelated: they correlate with 1 - width.",
        ),
    ] = 0.4,
    low_mono: Annotated[
        float, typer.Option("--low-mono", parser=parse_low_mono, metavar="HZ", help="All below stays in the middle.")
    ] = 150.0,
    duck: Annotated[bool, typer.Option("--duck/--no-duck", help="Keep attacks in the centre.")] = True,
    kind: InputKind = None,
    bpm: InputBpm = None,
    bars: InputBars = None,
    meter: InputMeter = None,
    engine: Annotated[
        str, typer.Option("--engine", metavar="NAME", help="auto, alpha (the model), or phase (without a model).")
    ] = "auto",
    model: Model = None,
    seed: Seed = None,
    out: Out = DEFAULT_OUT,
    template: Template = None,
    hardware: Hardware = False,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:  # fmt: skip
    """Widen sounds to stereo (-n images of each) that fold down to exactly the sound itself.

    Of a stereo sound the mid is widened and its own side replaced.
    """
    beats = None if meter is None else parse_meter(meter)
    from samplegen.pipeline import make_edits
    from samplegen.variations.edits.sources import Asked
    from samplegen.variations.orders.widen import WidenOrder, WidenRequest

    with Console(as_json=json, quiet=quiet) as console:
        with console.progress("Stereo") as progress:
            request = WidenRequest(
                inputs=tuple(inputs or ()), count=count, width=width, low_mono_hz=low_mono, duck=duck,
                asked=Asked(kind, bpm, bars, beats), engine=engine, model=model, seed=seed, out=out,
                template=template, hardware=hardware, force=force, progress=progress,
            )  # fmt: skip
            order = WidenOrder(request)
            result = make_edits(order)
        show_edits(console, result, order)
