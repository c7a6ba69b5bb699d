"""``samplegen transition``: bars between two sounds."""

from pathlib import Path
from typing import Annotated

import typer

from samplegen.cli.console import Console
from samplegen.cli.inpaint import DEFAULT_OUT, Kind, Report, make_and_tell
from samplegen.cli.options import (
    Count,
    Force,
    Json,
    Model,
    Out,
    Quiet,
    Seed,
    Template,
    parse_bars,
    parse_bpm,
    parse_meter,
)
from samplegen.cli.packs import show_pack
from samplegen.errors import UsageError

MAX_KEEP = 16


def parse_tempi(text: str) -> tuple[float, float]:
    """``124`` for both sounds, or ``124:128``."""
    first, colon, second = text.partition(":")
    return parse_bpm(first), parse_bpm(second if colon else first)


def transition(
    first: Annotated[Path, typer.Argument(metavar="A", help="The sound to come from.", show_default=False)],
    second: Annotated[Path, typer.Argument(metavar="B", help="The sound to arrive at.", show_default=False)],
    bars: Annotated[
        int, typer.Option("--bars", parser=parse_bars, metavar="BARS", help="Bars to make between them.")
    ] = 1,
    tempi: Annotated[
        str | None, typer.Option("--bpm", metavar="BPM[:BPM]", help="Of A and B: 124, or 124:128. Default: the loops'.")
    ] = None,
    keep: Annotated[int, typer.Option("--keep", metavar="BARS", help="Bars of A and of B around it; 0 is none.")] = 1,
    count: Count = 3,
    kind: Kind = None,
    meter: Annotated[
        str | None, typer.Option("--meter", metavar="N/D", help="Where A is no loop. Default: 4/4.")
    ] = None,
    engine: Annotated[
        str, typer.Option("--engine", metavar="NAME", help="auto, alpha (the model), or dsp, a crossfade of loops.")
    ] = "auto",
    model: Model = None,
    report: Report = False,
    seed: Seed = None,
    out: Out = DEFAULT_OUT,
    template: Template = None,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make bars that lead from A to B, -n ways: the end of A, the bars, the start of B.

    The tempo goes in a straight line from A's to B's. A's end counts as a bar line. What is kept of A and B stays
    as it is to the last bit.
    """
    if not 0 <= keep <= MAX_KEEP:
        raise UsageError(f"--keep {keep} is outside 0 to {MAX_KEEP}.")
    beats = None if meter is None else parse_meter(meter)
    ends = None if tempi is None else parse_tempi(tempi)
    from samplegen.variations.edits.sources import Asked
    from samplegen.variations.transition import TransitionOrder, TransitionRequest

    with Console(as_json=json, quiet=quiet) as console:
        with console.progress("Transitions") as progress:
            request = TransitionRequest(
                inputs=(first,), to=second, count=count, bars=bars, tempi=ends, keep=keep,
                asked=Asked(kind, None, None, beats), engine=engine, model=model, seed=seed, out=out,
                template=template, force=force, progress=progress,
            )  # fmt: skip
            told = make_and_tell(TransitionOrder(request), report=report)
        show_pack(console, **told)
