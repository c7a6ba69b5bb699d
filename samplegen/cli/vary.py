"""``samplegen vary``: free variations of one-shots, whole loops and recordings."""

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
    Prompt,
    Quiet,
    Recordings,
    Seed,
    Template,
    parse_meter,
)
from samplegen.cli.packs import show_edits
from samplegen.errors import UsageError

DEFAULT_OUT: Final = Path("samplegen-pack")


def parse_strength(text: str) -> float:
    """A share of 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 <= value <= 1.0:
        raise UsageError(f"--strength {text!r} is not a number from 0 to 1. Give one such as 0.5.")
    return value


def vary(
    inputs: Recordings = None,
    count: Count = 4,
    strength: Annotated[
        float,
        typer.Option(
            "--strength", parser=parse_strength, metavar="0..1",
            help="0 is the sound itself, 0.4 to 0.6 a free variation, 1 keeps its class alone.",
        ),
    ] = 0.5,
    prompt: Prompt = None,
    kind: InputKind = None,
    bpm: InputBpm = None,
    bars: InputBars = None,
    meter: InputMeter = None,
    engine: Annotated[
        str, typer.Option("--engine", metavar="NAME", help="auto, alpha (the model), or dsp (without a model).")
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
    """Vary one-shots, loops and recordings freely: -n of each, as long as the input.

    A loop stays a loop: exact length, seam and tempo; its onsets stay where they are up to a strength of 0.5.
    """
    beats = None if meter is None else parse_meter(meter)
    from samplegen.pipeline import make_edits
    from samplegen.variations.edits.sources import Asked
    from samplegen.variations.orders.vary import VaryOrder, VaryRequest

    with Console(as_json=json, quiet=quiet) as console:
        with console.progress("Variations") as progress:
            request = VaryRequest(
                inputs=tuple(inputs or ()), count=count, strength=strength, prompt=prompt,
                asked=Asked(kind, bpm, bars, beats), engine=engine, model=model, seed=seed, out=out,
                template=template, hardware=hardware, force=force, progress=progress,
            )  # fmt: skip
            order = VaryOrder(request)
            result = make_edits(order)
        show_edits(console, result, order)
