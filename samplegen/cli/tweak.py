"""``samplegen tweak``: more body, less crunch, otherwise the same sound."""

import math
from pathlib import Path
from typing import Annotated, Final

import typer

from samplegen.cli.console import Console
from samplegen.cli.options import (
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
    parse_count,
    parse_meter,
)
from samplegen.cli.packs import show_edits
from samplegen.errors import UsageError

DEFAULT_OUT: Final = Path("samplegen-pack")


def parse_units(text: str) -> float:
    """Units of a slider."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(f"A slider takes a number such as +1.5 or -0.7, not {text!r}.")
    return value


def parse_amount(text: str) -> float:
    """Strength or amount."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(f"--strength and --amount take a number such as 0.35, not {text!r}.")
    return value


def _slider(name: str, help: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(f"--{name}", parser=parse_units, metavar="-4..4", help=help)
    return option


def tweak(
    inputs: Recordings = None,
    body: Annotated[float | None, _slider("body", "Power of 100 to 300 Hz.")] = None,
    brightness: Annotated[float | None, _slider("brightness", "Spectral centroid.")] = None,
    noisiness: Annotated[float | None, _slider("noisiness", "Noise between the partials.")] = None,
    attack: Annotated[float | None, _slider("attack", "Attack time; below 0 is snappier.")] = None,
    decay: Annotated[float | None, _slider("decay", "Decay time.")] = None,
    crunch: Annotated[float | None, _slider("crunch", "High-order harmonics.")] = None,
    text: Annotated[str | None, typer.Option("--text", metavar="WORDS", help="Such as 'warmer, more air'.")] = None,
    amount: Annotated[
        float, typer.Option("--amount", parser=parse_amount, metavar="0..3", help="How much of --text.")
    ] = 1.0,
    strength: Annotated[
        float,
        typer.Option("--strength", parser=parse_amount, metavar="0..1", help="How deep the model may go: 0.2 to 0.5."),
    ] = 0.35,
    only: Annotated[
        str | None, typer.Option("--only", metavar="PART", help="attack or tail; the rest stays as it is.")
    ] = None,
    count: Annotated[int, typer.Option("-n", "--count", parser=parse_count, metavar="N", help="Results each.")] = 1,
    kind: Annotated[
        str | None, typer.Option("--kind", metavar="KIND", help="What all inputs are. Left out: name, then ear.")
    ] = None,
    bpm: InputBpm = None,
    bars: InputBars = None,
    meter: InputMeter = None,
    engine: Annotated[
        str,
        typer.Option("--engine", metavar="NAME", help="auto (model, then DSP for what is left), alpha or dsp alone."),
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
    """Move measured sliders of sounds: body, brightness, noisiness, attack, decay, crunch.

    A unit is the spread between real sounds of one kind. What each slider reached stands in the output.
    """
    beats = None if meter is None else parse_meter(meter)
    given = {"body": body, "brightness": brightness, "noisiness": noisiness, "attack": attack, "decay": decay,
             "crunch": crunch}  # fmt: skip
    from samplegen.pipeline import make_edits
    from samplegen.variations.edits.sources import Asked
    from samplegen.variations.orders.tweak import TweakOrder, TweakRequest
    from samplegen.variations.takes.report import write_reports

    with Console(as_json=json, quiet=quiet) as console:
        with console.progress("Tweaks") as progress:
            request = TweakRequest(
                inputs=tuple(inputs or ()), sliders={name: units for name, units in given.items() if units is not None},
                text=text, amount=amount, strength=strength, only=only, count=count,
                asked=Asked(kind, bpm, bars, beats), engine=engine, model=model, seed=seed, out=out,
                template=template, hardware=hardware, force=force, progress=progress,
            )  # fmt: skip
            order = TweakOrder(request)
            result = make_edits(order)
            reports = write_reports(result) if report else []
        told = {"reports": reports, "reached": list(order.reached)}
        show_edits(console, result, order, notes=order.reached, more=told)
