"""``samplegen transfer``: sounds that speak with another voice."""

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


def parse_strength(text: str) -> float:
    """A share above 0, to 1."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value <= 1.0:
        raise UsageError(f"--strength {text!r} is not a number above 0 and at most 1. Give one such as 0.8.")
    return value


def transfer(
    inputs: Recordings = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="KIND", help="What they shall become: kick, snare, hat_closed …")
    ] = None,
    like: Annotated[
        Path | None, typer.Option("--like", metavar="FILE", help="A sound whose voice they shall take.")
    ] = None,
    strength: Annotated[
        float,
        typer.Option(
            "--strength", parser=parse_strength, metavar="0..1", help="How much of the input is given up: 0.5 to 0.85."
        ),
    ] = 0.8,
    route: Annotated[
        str, typer.Option("--route", metavar="NAME", help="renoise, or invert (to noise and back).")
    ] = "renoise",
    count: Count = 4,
    kind: Annotated[
        str | None, typer.Option("--kind", metavar="KIND", help="What all inputs are. Left out: name, then ear.")
    ] = None,
    bpm: InputBpm = None,
    bars: InputBars = None,
    meter: InputMeter = None,
    engine: Annotated[
        str, typer.Option("--engine", metavar="NAME", help="auto, alpha (the model), or cross (needs --like).")
    ] = "auto",
    report: Annotated[bool, typer.Option("--report", help="Write a JSON beside the pack for every result.")] = False,
    model: Model = None,
    seed: Seed = None,
    out: Out = DEFAULT_OUT,
    template: Template = None,
    hardware: Hardware = False,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:  # fmt: skip
    """Give sounds another voice: a snare with the timing and the envelope of your kick, -n of each input.

    Results have the input's length, onset, level and tempo. --engine cross is classical cross-synthesis.
    """
    beats = None if meter is None else parse_meter(meter)
    from samplegen.pipeline import make_edits
    from samplegen.variations.edits.sources import Asked
    from samplegen.variations.orders.transfer import TransferOrder, TransferRequest
    from samplegen.variations.takes.report import write_reports

    with Console(as_json=json, quiet=quiet) as console:
        with console.progress("Transfers") as progress:
            request = TransferRequest(
                inputs=tuple(inputs or ()), count=count, to=to, like=like, strength=strength, route=route,
                asked=Asked(kind, bpm, bars, beats), engine="cross" if engine == "dsp" else engine, model=model,
                seed=seed, out=out, template=template, hardware=hardware, force=force, progress=progress,
            )  # fmt: skip
            order = TransferOrder(request)
            result = make_edits(order)
            reports = write_reports(result) if report else []
        show_edits(console, result, order, more={"reports": reports})
