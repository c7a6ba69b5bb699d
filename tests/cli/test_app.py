"""The boundary: exit codes, messages, JSON purity, Ctrl-C and closed pipes, on the real commands."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import samplegen
from samplegen import errors
from samplegen.cli.app import run

ROOT = Path(__file__).parents[2]
COMMANDS = [
    ["loops"],
    ["oneshots"],
    ["morph"],
    ["phase"],
    ["doctor"],
    ["pack", "check"],
    ["models", "list"],
    ["models", "show"],
    ["models", "pull"],
    ["models", "verify"],
    ["data", "scan"],
    ["data", "render"],
    ["data", "encode"],
    ["train", "codec"],
    ["train", "generator"],
]


def run_python(code: str, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run `code` in a fresh interpreter that finds this checkout."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, env=environment, text=True, capture_output=True, timeout=60, **options)  # type: ignore[call-overload,no-any-return]


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"samplegen {samplegen.__version__}\n"


def test_no_command_shows_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in ("loops", "oneshots", "data", "train", "models", "pack", "doctor"))


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_of_every_command(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*command, "--help"]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith(f"Usage: samplegen {' '.join(command)} ")
    assert "--json" in captured.out and "--quiet" in captured.out
    assert captured.err == ""


@pytest.mark.parametrize(
    "arguments, expected",
    [
        (["loops", "--bpm", "0"], ["--bpm 0", "60 to 200"]),
        (["loops", "--bpm", "-5"], ["--bpm -5", "60 to 200"]),
        (["loops", "--bpm", "fast"], ["'fast'", "60 to 200"]),
        (["loops", "--bpm", "nan"], ["'nan'", "60 to 200"]),
        (["loops", "--bpm", "201"], ["--bpm 201", "60 to 200"]),
        (["loops", "--meter", "4/0"], ["--meter 4/0", "4/4"]),
        (["loops", "--meter", "waltz"], ["'waltz'", "4/4"]),
        (["loops", "--bars", "0"], ["--bars 0", "1 to"]),
        (["loops", "--bars", "2.5"], ["'2.5'", "1 to"]),
        (["loops", "-n", "0"], ["-n 0", "1 to"]),
        (["loops", "--seed", "-1"], ["--seed -1", "0 to"]),
        (["loops", "--key", "H"], ["'H'", "Am"]),
        (["loops", "--frobnicate"], ["--frobnicate"]),
        (["loops", "--bpm"], ["--bpm", "argument"]),
        (["no-such-command"], ["no-such-command"]),
        (["data"], ["Usage: samplegen data", "scan"]),
        (["models", "pull", "nonsense"], ["'nonsense'", "encodec_24khz"]),
        (["train", "codec", "x.jsonl", "--out", "m", "--max-minutes", "soon"], ["'soon'", "90"]),
    ],
    ids=" ".join,
)
def test_usage_errors(arguments: list[str], expected: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert all(part in captured.err for part in expected), captured.err
    assert "Traceback" not in captured.err


@pytest.mark.parametrize(
    "arguments, code",
    [
        (["data", "scan", "no-such-folder"], 3),
        (["models", "show", "no-such-model"], 4),
        (["models", "verify", "no-such-model"], 4),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_input_and_model_errors(arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("Error: ") and captured.err.count("\n") == 1
    assert "no-such" in captured.err


def test_json_errors_are_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["loops", "--bpm", "0", "--json"]) == 2
    captured = capsys.readouterr()
    error = json.loads(captured.out)["error"]
    assert error["kind"] == "UsageError" and error["exit_code"] == 2 and "--bpm 0" in error["message"]
    assert captured.err == ""


def raises(error: BaseException) -> object:
    def stand_in(*arguments: object, **options: object) -> None:
        raise error

    return stand_in


@pytest.mark.parametrize(
    "error, code, expected",
    [
        (errors.SamplegenError("ring is open"), 1, "ring is open"),
        (ZeroDivisionError("division by zero"), 1, "ZeroDivisionError: division by zero"),
        (errors.UsageError("bad"), 2, "bad"),
        (errors.AudioReadError("x.wav is not audio."), 3, "x.wav is not audio."),
        (OSError(28, "No space left on device", "x.wav"), 3, "x.wav: No space left on device"),
        (PermissionError(13, "Permission denied", "x.wav"), 3, "x.wav: Permission denied"),
        (errors.DependencyError("laion-clap is not installed."), 4, "laion-clap"),
        (ModuleNotFoundError("No module named 'soxr'", name="soxr"), 4, "soxr"),
        (ModuleNotFoundError("No module named 'samplegen.gone'", name="samplegen.gone"), 1, "samplegen.gone"),
        (KeyboardInterrupt(), 130, "Interrupted"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_every_exception_has_its_exit_code(
    error: BaseException,
    code: int,
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("samplegen.checkpoints.list_models", raises(error))
    assert run(["models", "list"]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert expected in captured.err and captured.err.count("\n") == 1
    assert ("SAMPLEGEN_DEBUG" in captured.err) == (code == 1)


def test_debug_variable_shows_the_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SAMPLEGEN_DEBUG", "1")
    monkeypatch.setattr("samplegen.checkpoints.list_models", raises(ZeroDivisionError("division by zero")))
    assert run(["models", "list"]) == 1
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_interrupt_with_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("samplegen.checkpoints.list_models", raises(KeyboardInterrupt()))
    assert run(["models", "list", "--json"]) == 130
    assert json.loads(capsys.readouterr().out)["error"]["kind"] == "Interrupted"


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX systems")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_real_signal_ends_with_one_line(number: signal.Signals, tmp_path: Path) -> None:
    code = (
        "import os, sys, time, samplegen.training.sources.scan as scan\n"
        f"scan.scan_library = lambda *a, **k: (os.kill(os.getpid(), {int(number)}), time.sleep(30))\n"
        "from samplegen.cli.app import main\nmain()"
    )
    done = run_python(code, "data", "scan", str(tmp_path), cwd=tmp_path)
    assert done.returncode == 130
    assert done.stderr == "Interrupted. Finished files are kept; run the same command again to go on.\n"
    assert done.stdout == "" and list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="pipes of POSIX systems")
@pytest.mark.parametrize("arguments", [["models", "list"], ["--help"]], ids=" ".join)
def test_a_reader_that_left_is_no_error(arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "samplegen", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=60,
    )
    os.close(writing)
    assert done.stderr == b""
    assert done.returncode in (0, 1)


def test_a_process_with_torch_ends_at_once_but_not_before_all_is_said(tmp_path: Path) -> None:
    code = (
        "import atexit, sys, types\n"
        "sys.modules['torch'] = types.ModuleType('torch')\n"
        "from samplegen.cli.app import leave\n"
        f"atexit.register(lambda: open({str(tmp_path / 'told')!r}, 'w').write('yes'))\n"
        "sys.stdout.write('without a line break')\nleave(3)"
    )
    done = run_python(code, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (3, "without a line break", "")
    assert (tmp_path / "told").read_text() == "yes"
