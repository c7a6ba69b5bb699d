"""``samplegen loops`` and ``samplegen oneshots``: sounds from a model, written as a pack."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from samplegen.cli.console import Console
from samplegen.cli.options import (
    Bars,
    Bpm,
    Count,
    Force,
    Fx,
    Hardware,
    Json,
    Key,
    Meter,
    Model,
    Out,
    Prompt,
    Quiet,
    Seed,
    Template,
    parse_meter,
)

if TYPE_CHECKING:
    from samplegen.pipeline import PackResult

DEFAULT_OUT: Final = Path("samplegen-pack")

Style = Annotated[
    str | None,
    typer.Option("--style", metavar="STYLE", help="house, techno, breakbeat, hiphop, dnb, trap, dub or ambient."),
]
LoopKind = Annotated[
    str | None,
    typer.Option("--kind", metavar="KIND", help="drums, tops (no kick), kick, percussion, bass or chord."),
]
OneShotKind = Annotated[
    list[str] | None,
    typer.Option("--kind", metavar="KIND", help="kick, snare, hat_closed …; may be repeated. Left out, all kinds."),
]


def loops(
    bpm: Bpm = 120.0,
    bars: Bars = 4,
    meter: Meter = "4/4",
    key: Key = None,
    kind: LoopKind = None,
    style: Style = None,
    prompt: Prompt = None,
    count: Count = 4,
    seed: Seed = None,
    model: Model = None,
    out: Out = DEFAULT_OUT,
    fx: Fx = None,
    template: Template = None,
    hardware: Hardware = False,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make loops of exact length that repeat without a seam."""
    beats = parse_meter(meter)
    from samplegen.pipeline import LoopRequest, make_loops

    with Console(as_json=json, quiet=quiet) as console:
        with console.progress("Loops") as report:
            request = LoopRequest(
                bpm=bpm,
                bars=bars,
                meter=beats,
                key=key,
                kind=kind,
                style=style,
                prompt=prompt,
                count=count,
                seed=seed,
                model=model,
                out=out,
                fx=fx,
                template=template,
                hardware=hardware,
                force=force,
                progress=report,
            )
            result = make_loops(request)
        _show(console, result)


def oneshots(
    kind: OneShotKind = None,
    key: Key = None,
    style: Style = None,
    prompt: Prompt = None,
    count: Count = 12,
    seed: Seed = None,
    model: Model = None,
    out: Out = DEFAULT_OUT,
    fx: Fx = None,
    template: Template = None,
    hardware: Hardware = False,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make one-shots: single hits and notes."""
    from samplegen.pipeline import OneShotRequest, make_one_shots

    with Console(as_json=json, quiet=quiet) as console:
        with console.progress("One-shots") as report:
            request = OneShotRequest(
                kinds=tuple(kind or ()),
                key=key,
                style=style,
                prompt=prompt,
                count=count,
                seed=seed,
                model=model,
                out=out,
                fx=fx,
                template=template,
                hardware=hardware,
                force=force,
                progress=report,
            )
            result = make_one_shots(request)
        _show(console, result)


def _show(console: Console, result: "PackResult") -> None:
    files = [str(path) for path in result.files]
    value = {
        "folder": result.folder,
        "files": files,
        "seed": result.seed,
        "redraws": result.redraws,
        "missing": list(result.missing),
        "unknown_words": list(result.unknown_words),
        "seconds": round(result.seconds, 3),
    }
    if result.unknown_words:
        console.note(f"The model does not know these words of the prompt: {', '.join(result.unknown_words)}.")
    for reason in result.missing:
        console.note(f"Left out, as no draw passed the gates: {reason}")
    redrawn = f", {result.redraws} redrawn" if result.redraws else ""
    closing = f"{len(files)} sounds in {result.folder} (seed {result.seed}{redrawn}, {result.seconds:.1f} s)"
    console.result(value, text="\n".join([*files, closing]))
