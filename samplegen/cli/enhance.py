"""``samplegen enhance``: the missing top of old, dull or badly stored recordings."""

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


def parse_cutoff(text: str) -> str:
    """``auto``, or a frequency in Hz."""
    cutoff_of(text)
    return text


def cutoff_of(text: str) -> float | None:
    """The frequency in Hz; None for ``auto``."""
    if text.lower() == "auto":
        return None
    try:
        value = float(text.lower().removesuffix("hz"))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(f"--cutoff {text!r} is neither auto nor a frequency in Hz. Give one such as 8000.")
    return value


def enhance(
    inputs: Recordings = None,
    count: Count = 1,
    cutoff: Annotated[
        str,
        typer.Option(
            "--cutoff", parser=parse_cutoff, metavar="auto|HZ", help="Where the band of the recordings ends."
        ),
    ] = "auto",
    kind: InputKind = None,
    bpm: InputBpm = None,
    bars: InputBars = None,
    meter: InputMeter = None,
    engine: Annotated[
        str,
        typer.Option(
            "--engine", metavar="NAME",
            help="auto, alpha (the model), dsp (band replication), or plain (resampling alone).",
        ),
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
    """Give recordings that end at 2 to 18 kHz a new top, -n of each. What they have stays as it is.

    A recording whose band is full is written unchanged. Files come out at 44.1 kHz (or 48 kHz, where all of them are).
    """
    beats = None if meter is None else parse_meter(meter)
    from samplegen.pipeline import make_edits
    from samplegen.variations.edits.sources import Asked
    from samplegen.variations.orders.enhance import EnhanceOrder, EnhanceRequest

    with Console(as_json=json, quiet=quiet) as console:
        with console.progress("Recordings") as progress:
            request = EnhanceRequest(
                inputs=tuple(inputs or ()), count=count, cutoff_hz=cutoff_of(cutoff),
                asked=Asked(kind, bpm, bars, beats), engine=engine, model=model, seed=seed, out=out,
                template=template, hardware=hardware, force=force, progress=progress,
            )  # fmt: skip
            order = EnhanceOrder(request)
            result = make_edits(order)
        show_edits(console, result, order)
