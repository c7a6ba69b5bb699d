"""``samplegen extend``: loops of more bars, recordings that go on."""

from typing import Annotated

import typer

from samplegen.cli.console import Console
from samplegen.cli.inpaint import DEFAULT_OUT, Kind, LoopBpm, LoopMeter, Report, make_and_tell
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
    parse_bars,
    parse_meter,
)
from samplegen.cli.packs import show_pack


def extend(
    inputs: Recordings = None,
    bars: Annotated[
        int | None, typer.Option("--bars", parser=parse_bars, metavar="BARS", help="Bars of the loop in the end.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option("--seconds", metavar="SECONDS", help="What to add to a recording, up to 60.")
    ] = None,
    count: Count = 3,
    kind: Kind = None,
    bpm: LoopBpm = None,
    meter: LoopMeter = None,
    engine: Annotated[
        str, typer.Option("--engine", metavar="NAME", help="auto, alpha (the model), or dsp, which repeats loops.")
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
    """Let sounds go on, -n ways: --bars 4 makes four bars of a loop of two, which close to a ring again.

    What was there stays as it is to the last bit.
    """
    beats = None if meter is None else parse_meter(meter)
    from samplegen.variations.edits.sources import Asked
    from samplegen.variations.extend import ExtendOrder, ExtendRequest

    with Console(as_json=json, quiet=quiet) as console:
        with console.progress("Continuations") as progress:
            request = ExtendRequest(
                inputs=tuple(inputs or ()), count=count, bars=bars, seconds=seconds,
                asked=Asked(kind, bpm, None, beats), engine=engine, model=model, seed=seed, out=out,
                template=template, force=force, progress=progress,
            )  # fmt: skip
            told = make_and_tell(ExtendOrder(request), report=report)
        show_pack(console, **told)
