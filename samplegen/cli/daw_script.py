"""``samplegen daw-script``: scripts that call samplegen from inside a DAW."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from samplegen.cli.console import Console
from samplegen.cli.options import Force, Json, Quiet, choose
from samplegen.errors import OutputError


def daw_script(
    daw: Annotated[str, typer.Argument(metavar="DAW", help="reaper: a ReaScript in Lua.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write the script to.")] = Path("."),
    program: Annotated[
        str | None,
        typer.Option("--program", metavar="FILE", help="The samplegen that the script runs. Default: this one."),
    ] = None,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write a script for a DAW that makes loops at the project's tempo and puts them at the cursor."""
    from samplegen import files
    from samplegen.pack.daws.scripts import REAPER_SCRIPT, SCRIPTS, reaper_script

    choose("DAW", daw, SCRIPTS)
    path = out / REAPER_SCRIPT
    text = reaper_script(_this_program() if program is None else (program,))
    with Console(as_json=json, quiet=quiet) as console:
        if path.exists() and not force and not (path.is_file() and path.read_bytes() == text.encode()):
            raise OutputError(f"{path} is there already. Replace it with --force, or choose another --out.")
        files.write_text(path, text)
        how = "In REAPER: Actions, Show action list, New action, Load ReaScript. docs/daw.md says more."
        console.result({"script": path, "daw": daw}, text=f"Wrote {path}\n{how}")


def _this_program() -> tuple[str, ...]:
    """The interpreter that runs this, so that the script needs no search path; -P keeps the DAW's folder out."""
    return (sys.executable, "-P", "-m", "samplegen") if sys.executable else ("samplegen",)
