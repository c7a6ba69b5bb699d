"""``samplegen pack``: what is done with whole packs."""

from pathlib import Path
from typing import Annotated, Final

import typer

from samplegen.cli.console import Console
from samplegen.cli.options import Json, Quiet

app = typer.Typer(help="Check packs made by anyone.", no_args_is_help=True)

FAULTY: Final = 3


@app.command()
def check(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The pack.")],
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check length, tempo, seam, levels and tags of a pack.

    Exits with 3 where a file is wrong.
    """
    from samplegen.pack.check import check_pack

    with Console(as_json=json, quiet=quiet) as console:
        with console.progress(f"Checking {folder}") as report:
            outcome = check_pack(folder, progress=report)
        console.result(outcome.to_json(), text=outcome.to_text())
    if not outcome.passed:
        raise typer.Exit(FAULTY)
