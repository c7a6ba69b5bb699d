"""One result on stdout and nothing else, whatever libraries print."""

import json
from pathlib import Path

import pytest

from samplegen.cli.console import Console


def use(console: Console) -> None:
    with console:
        print("a library says hello")
        console.note("beside")
        with console.progress("working") as report:
            report(1, 2)
        console.result({"path": Path("a") / "b", "n": 1}, text="done")


def test_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    use(Console())
    captured = capsys.readouterr()
    assert captured.out == "done\n"
    assert captured.err == "a library says hello\nbeside\n"


@pytest.mark.parametrize("quiet", [False, True])
def test_json_is_the_only_thing_on_stdout(quiet: bool, capsys: pytest.CaptureFixture[str]) -> None:
    use(Console(as_json=True, quiet=quiet))
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"path": str(Path("a") / "b"), "n": 1}
    assert captured.out.count("\n") == 1
    assert captured.err == "a library says hello\n"


def test_quiet_prints_no_result(capsys: pytest.CaptureFixture[str]) -> None:
    use(Console(quiet=True))
    assert capsys.readouterr().out == ""


def test_stdout_comes_back_after_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError), Console(as_json=True):
        raise RuntimeError
    print("here")
    assert capsys.readouterr().out == "here\n"


def test_json_refuses_nan() -> None:
    with pytest.raises(ValueError, match="JSON"), Console(as_json=True) as console:
        console.result({"x": float("nan")}, text="")


def test_progress_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    with Console() as console, console.progress("Making loops") as report:
        report(1, 4)
    captured = capsys.readouterr()
    assert captured.out == "" and "Making loops" in captured.err
