"""``samplegen sync``: the tempo of a MIDI clock."""

import math
from typing import Annotated, Final

import typer

from samplegen.cli.console import Console
from samplegen.cli.options import Json, Quiet
from samplegen.errors import InputError, UsageError

ONCE_SECONDS: Final = 10.0


def parse_seconds(text: str) -> float:
    """How long to listen."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0.0):
        raise UsageError(f"--seconds {text!r} is not a time. Give a number above 0.")
    return value


def sync(
    port: Annotated[
        str | None, typer.Option("--port", metavar="NAME", help="MIDI input, or part of its name. Default: the first.")
    ] = None,
    only_list: Annotated[bool, typer.Option("--list", help="List the MIDI inputs and stop.")] = False,
    once: Annotated[bool, typer.Option("--once", help="Print the tempo once it is sure, and stop.")] = False,
    seconds: Annotated[
        float | None,
        typer.Option("--seconds", parser=parse_seconds, metavar="S", help="Stop after this time. With --once: 10."),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Print the tempo of a MIDI clock, and go on whenever it changes; Ctrl-C stops.

    The program or machine that sends the clock (24 ticks a quarter note) must play. Needs: pip install
    'samplegen[midi]'.
    """
    from samplegen.score.clock import follow
    from samplegen.score.ports import choose_port, hear_port, list_ports

    if json and not (once or only_list):
        raise UsageError("--json prints one object; give --once or --list with it.")
    with Console(as_json=json, quiet=quiet) as console:
        names = list_ports()
        if only_list:
            console.result({"ports": names}, text="\n".join(names) or "There is no MIDI input port.")
            return
        name = choose_port(names, port)
        console.note(f"Listening to {name}.")
        heard = False
        for bpm in follow(hear_port(name, seconds=seconds or (ONCE_SECONDS if once else None))):
            console.result({"bpm": bpm, "port": name}, text=f"{bpm:g} BPM")
            heard = True
            if once:
                return
        if not heard:
            raise InputError(f"No MIDI clock came from {name}. Let it send clock, and press play there.")
