"""``samplegen inpaint``: gaps and damaged places of recordings filled."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from samplegen.cli.console import Console
from samplegen.cli.options import (
    Count,
    Force,
    Json,
    Model,
    Out,
    Quiet,
    Recordings,
    Seed,
    Template,
    parse_bpm,
    parse_meter,
)
from samplegen.cli.packs import show_pack

if TYPE_CHECKING:
    from samplegen.variations.orders.repair import RepairOrder

DEFAULT_OUT: Final = Path("samplegen-pack")

Kind = Annotated[
    str | None, typer.Option("--kind", metavar="KIND", help="What it is: snare, drums … Left out: name, ear.")
]
LoopBpm = Annotated[
    float | None, typer.Option("--bpm", parser=parse_bpm, metavar="BPM", help="Tempo of inputs that are loops.")
]
LoopMeter = Annotated[str | None, typer.Option("--meter", metavar="N/D", help="Meter of inputs that are loops.")]
Report = Annotated[bool, typer.Option("--report", help="Write a JSON beside the pack for every result.")]
Engine = Annotated[
    str,
    typer.Option("--engine", metavar="NAME", help="auto, alpha (the model), or without it: dsp, copy, ar, crossfade."),
]


def inpaint(
    inputs: Recordings = None,
    gaps: Annotated[
        list[str] | None,
        typer.Option(
            "--gap", metavar="START:END", help="In seconds, beats (2b:3b) or bars (1bar:2bar); may be repeated."
        ),
    ] = None,
    count: Count = 5,
    kind: Kind = None,
    bpm: LoopBpm = None,
    bars: Annotated[
        int | None, typer.Option("--bars", min=1, max=64, metavar="BARS", help="Bars of inputs that are loops.")
    ] = None,
    meter: LoopMeter = None,
    engine: Engine = "auto",
    model: Model = None,
    report: Report = False,
    seed: Seed = None,
    out: Out = DEFAULT_OUT,
    template: Template = None,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Fill gaps of recordings and loops, -n ways, the smoothest joins first.

    Outside the gaps every sample stays as it is, at the file's own rate and bit depth. What lies in a gap is
    not listened to. In a loop missing hits land on its grid, and a gap may go over the seam: --gap 3.5b:0.5b.
    """
    beats = None if meter is None else parse_meter(meter)
    from samplegen.variations.edits.sources import Asked
    from samplegen.variations.gaps.places import parse_gap
    from samplegen.variations.orders.inpaint import InpaintOrder, InpaintRequest

    with Console(as_json=json, quiet=quiet) as console:
        with console.progress("Fillings") as progress:
            request = InpaintRequest(
                inputs=tuple(inputs or ()), count=count, gaps=tuple(parse_gap(text) for text in gaps or ()),
                asked=Asked(kind, bpm, bars, beats), engine=engine, model=model, seed=seed, out=out,
                template=template, force=force, progress=progress,
            )  # fmt: skip
            order = InpaintOrder(request)
            told = make_and_tell(order, report=report)
        show_pack(console, **told)


def make_and_tell(order: "RepairOrder", *, report: bool) -> dict[str, Any]:
    """Make a repair, and what `show_pack` is to say of it."""
    from samplegen.variations.orders.repair import make_repairs
    from samplegen.variations.takes.report import write_reports

    result = make_repairs(order)
    more: dict[str, Any] = {"engine": order.engine_name, "acceptance": round(order.acceptance, 4)}
    more["reports"] = write_reports(result) if report else []
    notes = [f"Engine: {order.engine_name}.", *(f"Note: {note}" for note in result.notes)]
    return {"result": result, "notes": notes, "more": more}
