"""The application: its commands, and the one place where errors become messages and exit codes."""

import atexit
import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer

import samplegen
from samplegen.cli import (
    curate,
    data,
    daw_script,
    doctor,
    enhance,
    evaluate,
    extend,
    generate,
    humanize,
    inpaint,
    install_pack,
    melody,
    midi,
    models,
    pack,
    recordings,
    riser,
    search,
    sync,
    train,
    transfer,
    transition,
    tweak,
    vary,
    widen,
)
from samplegen.cli.console import print_json
from samplegen.cli.failures import INTERRUPTED, Failure, describe_failure, interrupted

app = typer.Typer(
    name="samplegen",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"samplegen {samplegen.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Make sample packs that drop into a DAW: loops of exact length without a seam, one-shots, and textures.

    Start with: samplegen loops --bpm 128 --bars 4 -n 8

    Or with a recording of yours: samplegen morph recording.wav --preset plasma-burst
    """


app.command("loops")(generate.loops)
app.command("oneshots")(generate.oneshots)
app.command("morph")(recordings.morph)
app.command("phase")(recordings.phase)
app.command("riser")(riser.riser)
app.command("humanize")(humanize.humanize)
app.command("inpaint")(inpaint.inpaint)
app.command("extend")(extend.extend)
app.command("transition")(transition.transition)
app.command("vary")(vary.vary)
app.command("enhance")(enhance.enhance)
app.command("widen")(widen.widen)
app.command("transfer")(transfer.transfer)
app.command("tweak")(tweak.tweak)
app.command("melody")(melody.melody)
app.command("curate")(curate.curate)
app.command("search")(search.search)
app.command("install-pack")(install_pack.install_pack)
app.command("daw-script")(daw_script.daw_script)
app.command("doctor")(doctor.doctor)
app.command("sync")(sync.sync)
app.add_typer(midi.app, name="midi")
app.add_typer(pack.app, name="pack")
app.add_typer(models.app, name="models")
app.add_typer(data.app, name="data")
app.add_typer(train.app, name="train")
app.add_typer(evaluate.app, name="evaluate")


def main() -> None:
    """Entry point of the ``samplegen`` command."""
    signal.signal(signal.SIGTERM, _interrupt)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # odd file names on a narrow terminal
    leave(run(sys.argv[1:]))


def leave(code: int) -> None:
    """End the process; where torch was loaded without taking it apart first, which takes half a second.

    What asked to be told of the end (temporary folders, other processes, logs) is told as ever.
    """
    if "torch" not in sys.modules:
        sys.exit(code)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    atexit._run_exitfuncs()
    os._exit(code)


def _interrupt(*_: object) -> None:
    """Let a polite kill remove partial files as Ctrl-C does."""
    raise KeyboardInterrupt


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; no exception leaves."""
    try:
        code = _invoke(list(arguments) or ["--help"])
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        _close_stdout()
        return 0


def _invoke(arguments: list[str]) -> int:
    try:
        outcome = app(arguments, prog_name="samplegen", standalone_mode=False)
    except BrokenPipeError:
        raise
    except KeyboardInterrupt:
        outcome = INTERRUPTED
    except SystemExit as leave:  # typer: a broken pipe while it printed help
        return leave.code if isinstance(leave.code, int) else 1
    except Exception as error:
        if os.environ.get("SAMPLEGEN_DEBUG"):
            traceback.print_exc()
        return _fail(describe_failure(error), arguments)
    if outcome == INTERRUPTED:
        return _fail(interrupted(), arguments)
    return outcome if isinstance(outcome, int) else 0


def _fail(failure: Failure, arguments: list[str]) -> int:
    if "--json" in arguments:
        print_json(failure.to_json())
    else:
        print(_for_people(failure), file=sys.stderr)
    return failure.exit_code


def _for_people(failure: Failure) -> str:
    if failure.kind == "Interrupted" or failure.message.startswith("Usage:"):
        return failure.message
    return f"Error: {failure.message}"


def _close_stdout() -> None:
    """Point stdout at nothing, so that the interpreter's last flush stays quiet."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
