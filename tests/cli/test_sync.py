"""`samplegen sync`: the tempo of a clock, or one plain sentence why there is none."""

import json
from collections.abc import Iterator

import pytest

from samplegen.cli.app import run
from samplegen.errors import DependencyError
from samplegen.score import ports
from samplegen.score.ports import Heard


def clock(bpm: float, count: int = 120) -> Iterator[Heard]:
    return (Heard("clock", k * 60 / bpm / 24) for k in range(count))


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    asked: list[object] = []
    monkeypatch.setattr(ports, "list_ports", lambda: ["Drum Machine 1", "Keys"])
    monkeypatch.setattr(ports, "hear_port", lambda name, seconds=None: (asked.append((name, seconds)), clock(128.0))[1])
    return asked


def test_once(port: list[object], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sync", "--once", "--port", "drum", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"bpm": 128.0, "port": "Drum Machine 1"}
    assert port == [("Drum Machine 1", 10.0)]


def test_following_and_listing(port: list[object], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sync", "--port", "Keys"]) == 0
    assert capsys.readouterr().out == "128 BPM\n" and port == [("Keys", None)]
    assert run(["sync", "--list"]) == 0
    assert capsys.readouterr().out == "Drum Machine 1\nKeys\n"


def test_a_silent_port(port: list[object], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(ports, "hear_port", lambda name, seconds=None: iter(()))
    assert run(["sync", "--once"]) == 3
    assert "No MIDI clock came from Drum Machine 1" in capsys.readouterr().err


def test_no_port_no_such_port_and_no_midi_at_all(
    port: list[object], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["sync", "--port", "MPC"]) == 3 and "MPC" in capsys.readouterr().err
    monkeypatch.setattr(ports, "list_ports", list)
    assert run(["sync"]) == 3 and "no MIDI input port" in capsys.readouterr().err
    assert run(["sync", "--list"]) == 0

    def missing() -> list[str]:
        raise DependencyError("Reading MIDI ports needs python-rtmidi.")

    monkeypatch.setattr(ports, "list_ports", missing)
    assert run(["sync"]) == 4 and "python-rtmidi" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--seconds", "0"], ["--seconds", "x"], ["--json"]])
def test_values_that_make_no_sense(words: list[str]) -> None:
    assert run(["sync", *words]) == 2
