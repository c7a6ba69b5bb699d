from itertools import islice
from types import SimpleNamespace

import mido
import pytest

from samplegen.errors import DependencyError, InputError
from samplegen.score.ports import choose_port, hear_port, list_ports


def backend(monkeypatch: pytest.MonkeyPatch, **methods: object) -> None:
    monkeypatch.setattr(mido, "Backend", lambda name: SimpleNamespace(**methods))


def fails(error: Exception) -> object:
    def raise_it(*_: object) -> None:
        raise error

    return raise_it


def test_without_python_rtmidi_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    backend(monkeypatch, get_input_names=fails(ModuleNotFoundError("No module named 'rtmidi'")))
    with pytest.raises(DependencyError, match=r"samplegen\[midi\]"):
        list_ports()


def test_without_a_sequencer_the_system_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    error = OSError("MidiInAlsa::initialize: error creating ALSA sequencer client object.")
    backend(monkeypatch, get_input_names=fails(error))
    with pytest.raises(DependencyError, match="no MIDI system .*ALSA sequencer client object.*modprobe"):
        list_ports()


def test_choosing_a_port() -> None:
    names = ["IAC Bus 1", "TR-8S MIDI 1", "TR-8S CTRL"]
    assert choose_port(names, None) == "IAC Bus 1"
    assert choose_port(names, "iac") == "IAC Bus 1" and choose_port(names, "TR-8S CTRL") == "TR-8S CTRL"
    for wanted, message in (("tr-8s", "Several .* There are: IAC"), ("MPC", "No MIDI port is called 'MPC'")):
        with pytest.raises(InputError, match=message):
            choose_port(names, wanted)
    with pytest.raises(InputError, match="no MIDI input port"):
        choose_port([], None)


class Port:
    def __init__(self) -> None:
        self.waiting = [mido.Message("clock"), None, mido.Message("start")]

    def __enter__(self) -> "Port":
        return self

    def __exit__(self, *_: object) -> None: ...

    def poll(self) -> mido.Message | None:
        return self.waiting.pop(0) if self.waiting else None


def test_messages_come_with_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    backend(monkeypatch, open_input=lambda name: Port())
    first, second = islice(hear_port("x"), 2)
    assert (first.type, second.type) == ("clock", "start") and first.time <= second.time


def test_a_port_that_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    backend(monkeypatch, open_input=fails(OSError("device is busy")))
    with pytest.raises(InputError, match="'x': device is busy"):
        next(hear_port("x"))
