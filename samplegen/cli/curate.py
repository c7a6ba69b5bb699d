"""``samplegen curate``: the best and most different of many candidates, and rounds of feedback."""

from pathlib import Path
from typing import Annotated, Final

import typer

from samplegen.cli.console import Console
from samplegen.cli.options import (
    Force,
    Hardware,
    Json,
    Model,
    Out,
    Prompt,
    Quiet,
    Seed,
    Template,
    parse_bars,
    parse_bpm,
    parse_count,
    parse_meter,
)
from samplegen.cli.packs import show_pack

DEFAULT_OUT: Final = Path("samplegen-pack")


def curate(
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", metavar="KIND", help="kick, snare … (of loops: drums, tops …); may be repeated."),
    ] = None,
    like: Annotated[
        list[Path] | None,
        typer.Option("--like", metavar="PATH", help="Favourites of yours, files or folders; may be repeated."),
    ] = None,
    count: Annotated[
        int | None, typer.Option("-n", "--count", parser=parse_count, metavar="N", help="How many in all: 32.")
    ] = None,
    diversity: Annotated[
        float | None,
        typer.Option("--diversity", metavar="0..1", help="1 is as unlike as can be, 0 only the best: 0.7."),
    ] = None,
    oversample: Annotated[
        int | None, typer.Option("--oversample", metavar="N", help="Candidates for each sound, 1 to 16: 4.")
    ] = None,
    feedback: Annotated[
        Path | None,
        typer.Option(
            "--feedback", metavar="VOTES", help="votes.json of the pack's page: rejected sounds go, others follow."
        ),
    ] = None,
    loops: Annotated[bool, typer.Option("--loops", help="Make loops instead of one-shots.")] = False,
    bpm: Annotated[
        float | None, typer.Option("--bpm", parser=parse_bpm, metavar="BPM", help="Tempo of loops: 120.")
    ] = None,
    bars: Annotated[
        int | None, typer.Option("--bars", parser=parse_bars, metavar="BARS", help="Length of loops: 2.")
    ] = None,
    meter: Annotated[str | None, typer.Option("--meter", metavar="N/D", help="Meter of loops: 4/4.")] = None,
    style: Annotated[
        str | None, typer.Option("--style", metavar="STYLE", help="Of loops: house, techno … Left out, all.")
    ] = None,
    prompt: Prompt = None,
    strength: Annotated[
        float | None,
        typer.Option("--strength", metavar="0..1", help="How far variations of favourites go from them: 0.5."),
    ] = None,
    engine: Annotated[
        str, typer.Option("--engine", metavar="NAME", help="auto, alpha (the model), morph (--like recombined).")
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
    """Curate a pack: many candidates are drawn, judged and compared, and the best that differ are kept.

    Listen with the pack's audition.html, save the votes, and run again with --feedback votes.json and the same --out.
    """
    beats = None if meter is None else parse_meter(meter)
    from samplegen.pipeline import curate as curate_pack
    from samplegen.variations.curating.request import CurateRequest
    from samplegen.variations.orders.curate import CurateOrder

    with Console(as_json=json, quiet=quiet) as console:
        with console.progress("Candidates") as progress:
            request = CurateRequest(
                count=count or 0, kinds=tuple(kind or ()), likes=tuple(like or ()), loops=loops or None, bpm=bpm,
                bars=bars, meter=beats, style=style, prompt=prompt, diversity=diversity, oversample=oversample,
                strength=strength, feedback=feedback, engine=engine, model=model, seed=seed, out=out,
                template=template, hardware=hardware, force=force, progress=progress,
            )  # fmt: skip
            order = CurateOrder(request)
            result = curate_pack(request, order=order)
        told = order.told()
        refused = ", ".join(f"{name} {number}" for name, number in told["refused"].items())
        refused = f" (refused: {refused})" if refused else ""
        summary = (
            f"{told['passed']} of {told['drawn']} candidates passed the gates{refused}; "
            f"{told['chosen']} chosen, {told['stayed']} stayed."
        )
        notes = [f"Engine: {order.engine_name}.", summary, *(f"Note: {note}" for note in result.notes)]
        show_pack(console, result, notes=notes, more={"engine": order.engine_name, "round": told})
