"""``samplegen humanize``: takes of hits that differ as a drummer's do."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from samplegen.cli.console import Console
from samplegen.cli.options import Count, Force, Hardware, Json, Model, Out, Quiet, Seed, Template, parse_bpm
from samplegen.cli.packs import show_pack
from samplegen.errors import UsageError

if TYPE_CHECKING:
    from samplegen.pipeline import PackResult

DEFAULT_OUT: Final = Path("samplegen-pack")
DEFAULT_BPM: Final = 120.0


def parse_amount(text: str) -> float:
    """In units of real round robins."""
    return _number("--amount", text, example="1.0")


def parse_velocity(text: str) -> float:
    """A share of the velocity."""
    return _number("--velocity", text, example="0.1")


def parse_swing(text: str) -> float:
    """Share of the first of two sixteenths."""
    return _number("--swing", text, example="0.58")


def _number(option: str, text: str, *, example: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(f"{option} {text!r} is not a number. Give one such as {example}.")
    return value


def humanize(
    inputs: Annotated[
        list[Path] | None, typer.Argument(metavar="INPUT...", help="Hits, and folders of them.", show_default=False)
    ] = None,
    count: Count = 8,
    amount: Annotated[
        float, typer.Option("--amount", parser=parse_amount, metavar="0..4", help="1 differs as real takes do.")
    ] = 1.0,
    velocity: Annotated[
        float,
        typer.Option("--velocity", parser=parse_velocity, metavar="0..0.5", help="Spread of the velocity in a layer."),
    ] = 0.1,
    layers: Annotated[
        int, typer.Option("--layers", metavar="N", help="Velocity layers below the hit, -n takes of each.")
    ] = 1,
    kind: Annotated[
        str | None, typer.Option("--kind", metavar="KIND", help="Of all hits: snare, kick … Default: name, then ear.")
    ] = None,
    engine: Annotated[
        str, typer.Option("--engine", metavar="NAME", help="auto, alpha (the model), or a baseline: velvet, eq (dsp).")
    ] = "auto",
    model: Model = None,
    pattern: Annotated[
        str | None, typer.Option("--pattern", metavar="x.x.", help="Play sixteenths: x hit, X hard, o soft, . rest.")
    ] = None,
    midi: Annotated[Path | None, typer.Option("--midi", metavar="FILE", help="Play the drums of a MIDI file.")] = None,
    bpm: Annotated[float, typer.Option("--bpm", parser=parse_bpm, metavar="BPM", help="Tempo of --pattern.")] = (
        DEFAULT_BPM
    ),
    swing: Annotated[
        float, typer.Option("--swing", parser=parse_swing, metavar="0.5..0.75", help="Of --pattern; 0.5 is straight.")
    ] = 0.5,
    render: Annotated[
        Path | None, typer.Option("--render", metavar="FILE", help="Where to write --pattern or --midi as WAV.")
    ] = None,
    instrument: Annotated[
        bool, typer.Option("--instrument/--no-instrument", help="Write SFZ, DecentSampler and Bitwig instruments.")
    ] = True,
    report: Annotated[bool, typer.Option("--report", help="Write a JSON beside the pack for every take.")] = False,
    seed: Seed = None,
    out: Out = DEFAULT_OUT,
    template: Template = None,
    hardware: Hardware = False,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make takes of hits (-n of each) so that programmed parts stop sounding mechanical.

    Folders keep their structure. --amount 1 makes takes differ as much as real round robins of that class do.
    With --pattern or --midi a new take sounds on every hit, never the same one twice in a row.
    """
    if (pattern is None and midi is None) != (render is None):
        raise UsageError("--render needs --pattern or --midi, and they need --render. Give both.")
    if pattern is not None and midi is not None:
        raise UsageError("--pattern and --midi contradict each other. Give one of them.")
    from samplegen.pipeline import humanize as make
    from samplegen.variations.orders.humanize import HumanizeOrder, HumanizeRequest
    from samplegen.variations.takes.performance import Performance, write_performance
    from samplegen.variations.takes.report import write_instruments, write_reports

    played = None if render is None else Performance(render, pattern=pattern, midi=midi, bpm=bpm, swing=swing)
    with Console(as_json=json, quiet=quiet) as console:
        with console.progress("Takes") as progress:
            request = HumanizeRequest(
                inputs=tuple(inputs or ()), count=count, amount=amount, velocity=velocity, layers=layers, kind=kind,
                engine="velvet" if engine == "dsp" else engine,  # type: ignore[arg-type]  # checked by the order
                model=model, seed=seed, out=out, template=template, hardware=hardware, force=force, progress=progress,
            )  # fmt: skip
            order = HumanizeOrder(request)
            result = make(request, order=order)
            more: dict[str, Any] = {"engine": order.engine.name, "acceptance": round(order.acceptance, 4)}
            more["instruments"] = write_instruments(result, force=force) if instrument else []
            more["reports"] = write_reports(result) if report else []
            more["render"] = None if played is None else write_performance(played, result)
        _show(console, result, more)


def _show(console: Console, result: "PackResult", more: dict[str, Any]) -> None:
    notes = [f"Engine: {more['engine']}.", *(f"Note: {note}" for note in result.notes)]
    notes += [f"Instruments: {', '.join(more['instruments'])}."] if more["instruments"] else []
    notes += [f"Rendered: {more['render']}."] if more["render"] else []
    show_pack(console, result, notes=notes, more=more)
