"""``samplegen data``: a folder of sounds to training data."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from samplegen.cli.console import Console
from samplegen.cli.options import Json, Quiet

if TYPE_CHECKING:
    from samplegen.training.library import ScanResult

app = typer.Typer(help="Prepare training data: scan, render, encode.", no_args_is_help=True)


@app.command()
def scan(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of sounds, with or without an index.csv.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The library file to write.")] = Path(
        "data/library.jsonl"
    ),
    licence: Annotated[
        list[str] | None,
        typer.Option("--licence", metavar="SPDX", help="Licence to keep from an index.csv; may be repeated."),
    ] = None,
    measure: Annotated[
        bool, typer.Option("--measure/--no-measure", help="Measure the tempo and key of loops that do not say.")
    ] = True,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Scan a folder of sounds into a library file.

    Kinds, tempi and keys come from an index.csv or from names, measured where missing; every
    dropped file is listed with its reason.
    """
    from samplegen.training.library import save_library
    from samplegen.training.scan import scan_library

    with Console(as_json=json, quiet=quiet) as console:
        with console.progress(f"Scanning {folder}"):
            result = scan_library(folder, licences=licence, measure=measure)
        save_library(out, result)
        kinds = dict(Counter(record.kind for record in result.records).most_common())
        dropped = [{"path": item.path, "reason": item.reason} for item in result.dropped]
        value = {"library": out, "sounds": len(result.records), "kinds": kinds, "dropped": dropped}
        console.result(value, text=_scan_text(result, kinds, out))


def _scan_text(result: "ScanResult", kinds: dict[str, int], out: Path) -> str:
    lines = [f"{count:7d}  {kind}" for kind, count in kinds.items()]
    lines += [f"dropped  {item.path}: {item.reason}" for item in result.dropped]
    return "\n".join([*lines, f"{len(result.records)} sounds kept, {len(result.dropped)} files dropped: {out}"])
