"""``samplegen pack``: what is done with whole packs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from samplegen.cli import pack_build, pack_new
from samplegen.cli.console import Console
from samplegen.cli.options import Json, Quiet

if TYPE_CHECKING:
    from samplegen.pack.check import Report

app = typer.Typer(help="Build packs from recipes, and check packs made by anyone.", no_args_is_help=True)
app.command("build")(pack_build.build)
app.command("new")(pack_new.new)

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
            found = check_pack(folder, progress=report)
        console.result(found.to_json(), text=_text(found))
    if not found.passed:
        raise typer.Exit(FAULTY)


def _text(found: "Report") -> str:
    lines = [f"{problem.severity}: {problem.path}: {problem.message}" for problem in found.problems]
    rates = [
        f"{'all gates' if name == 'all' else f'gate {name}'}: "
        f"{rate.passed} of {rate.judged} draws passed ({100 * rate.rate:.1f} %)"
        for name, rate in found.pass_rates.items()
    ]
    counts = f"{len(found.errors)} errors, {len(found.warnings)} warnings"
    beside = f" and {found.companions} beside them" if found.companions else ""
    return "\n".join([*lines, *rates, f"{found.checked} files{beside} checked in {found.folder}: {counts}."])
