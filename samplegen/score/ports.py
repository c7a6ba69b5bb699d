"""MIDI input ports of this computer, through mido and the optional python-rtmidi."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from samplegen.errors import DependencyError, InputError

BACKEND: Final = "mido.backends.rtmidi"
_POLL_S: Final = 0.0005


@dataclass(frozen=True)
class Heard:
    """A message and when it came, in seconds."""

    type: str
    time: float


def list_ports() -> list[str]:
    """Names of the MIDI inputs.

    Raises
    ------
    DependencyError
        If python-rtmidi is missing, or the system has no MIDI to offer.
    """
    import mido

    try:
        return list(mido.Backend(BACKEND).get_input_names())
    except ImportError as error:
        raise DependencyError(
            "Reading MIDI ports needs python-rtmidi. Install it with: pip install 'samplegen[midi]'."
        ) from error
    except Exception as error:  # rtmidi raises errors of its own, whose classes are not there without it
        raise DependencyError(
            f"This computer offers no MIDI system ({_reason(error)}). On Linux, load the ALSA sequencer: "
            "sudo modprobe snd-seq."
        ) from error


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0].rstrip(". ") if str(error) else type(error).__name__


def choose_port(names: list[str], wanted: str | None) -> str:
    """The port called `wanted`, or the only one whose name holds it; without `wanted` the first.

    Raises
    ------
    InputError
        If there is no port at all, none that is meant, or several.
    """
    if not names:
        raise InputError("There is no MIDI input port. Connect one, or start the program that sends the clock.")
    if wanted is None:
        return names[0]
    found = [name for name in names if wanted == name] or [n for n in names if wanted.lower() in n.lower()]
    if len(found) != 1:
        what = "No MIDI port is" if not found else "Several MIDI ports are"
        raise InputError(f"{what} called {wanted!r}. There are: {', '.join(names)}.")
    return found[0]


def hear_port(name: str, *, seconds: float | None = None) -> Iterator[Heard]:
    """Messages of a port as they come, for `seconds` or for ever.

    Raises
    ------
    InputError
        If the port cannot be opened.
    """
    import mido

    try:
        port: Any = mido.Backend(BACKEND).open_input(name)
    except Exception as error:
        raise InputError(f"Cannot open the MIDI port {name!r}: {_reason(error)}.") from error
    with port:
        begun = time.monotonic()
        while seconds is None or time.monotonic() - begun < seconds:
            message = port.poll()
            if message is None:
                time.sleep(_POLL_S)
            else:
                yield Heard(message.type, time.monotonic())
