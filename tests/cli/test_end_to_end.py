"""`samplegen loops` and `oneshots` from the command line to the files, with the tiny model."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile

from samplegen.cli.app import run
from samplegen.pack import gates, orders
from samplegen.pack.export import PackWriter
from samplegen.pack.loop_order import LoopOrder
from samplegen.pack.verdict import Verdict
from samplegen.units import bars_to_samples
from tests.models import CODEC, GENERATOR, change_config, save_tiny_codec, tiny_network

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def _lenient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "judge", lambda sound, index: Verdict((), {}))


def command(out: Path, *more: str, model: str = GENERATOR) -> list[str]:
    return [
        "loops",
        "--bpm",
        "128",
        "--bars",
        "1",
        "-n",
        "2",
        "--seed",
        "3",
        "--model",
        model,
        "--out",
        str(out),
        *more,
    ]


def told(capsys: Capture) -> dict[str, Any]:
    captured = capsys.readouterr()
    assert captured.err == ""
    (line,) = captured.out.splitlines()
    value: dict[str, Any] = json.loads(line)
    return value


@pytest.mark.usefixtures("tiny_models", "_lenient")
def test_loops(tmp_path: Path, capsys: Capture) -> None:
    assert run(command(tmp_path / "pack", "--json")) == 0
    value = told(capsys)
    assert (value["folder"], value["seed"], value["missing"]) == (str(tmp_path / "pack"), 3, [])
    for path in value["files"]:
        assert soundfile.info(tmp_path / "pack" / path).frames == bars_to_samples(1, bpm=128, sample_rate=44_100)
    assert len(value["files"]) == 2 and (tmp_path / "pack" / "manifest.json").is_file()


@pytest.mark.usefixtures("tiny_models", "_lenient")
def test_one_shots(tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "pack"
    line = ["oneshots", "--kind", "kick", "-n", "2", "--seed", "3", "--model", GENERATOR, "--out", str(out), "--json"]
    assert run(line) == 0
    files = told(capsys)["files"]
    assert len(files) == 2 and all(path.startswith("One_Shots/Kick/") and (out / path).is_file() for path in files)


@pytest.mark.usefixtures("tiny_models", "_lenient")
def test_ctrl_c_and_on(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    add, left = PackWriter.add, [1]

    def interrupted(writer: PackWriter, *args: Any, **kwargs: Any) -> Any:
        if not left:
            raise KeyboardInterrupt
        left.pop()
        return add(writer, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(PackWriter, "add", interrupted)
        assert run(command(tmp_path / "pack")) == 130
    assert "run the same command again" in capsys.readouterr().err
    assert len(list((tmp_path / "pack").rglob("*.wav"))) == 1 and not list((tmp_path / "pack").rglob("*.part"))
    assert run(command(tmp_path / "pack", "--json")) == 0
    assert len(told(capsys)["files"]) == 2


@pytest.mark.usefixtures("tiny_models")
def test_what_the_gates_refuse_is_not_written(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LoopOrder, "attempts", 1)
    monkeypatch.setattr(gates, "LEVEL_FLOOR_DB", 0.0)
    assert run(command(tmp_path / "pack")) == 4
    error = capsys.readouterr().err
    assert "None of 2 sounds of generator-tiny passed the gates" in error and "nearly silent" in error
    assert not (tmp_path / "pack").exists()


def cut_short(models: Path) -> None:
    path = models / GENERATOR / "model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])


SPOILED: dict[str, tuple[Callable[[Path], object], str]] = {
    "another codec": (lambda models: save_tiny_codec(models / CODEC, tiny_network(seed=5)), "was trained with codec"),
    "cut weights": (cut_short, "SHA-256"),
    "no weights": (lambda models: (models / GENERATOR / "model.safetensors").unlink(), "is missing"),
    "a pickle": (lambda models: (models / CODEC / "extra.pkl").write_bytes(b"\x80\x04."), "pickle"),
    "no config": (lambda models: (models / GENERATOR / "config.json").unlink(), "config.json is missing"),
    "broken config": (lambda models: (models / GENERATOR / "config.json").write_text("{"), "not valid JSON"),
    "odd types": (lambda models: change_config(models / GENERATOR, sampling={"steps": "many"}), "steps"),
    "odd numbers": (lambda models: change_config(models / CODEC, architecture={"n_fft": -4}), "n_fft is -4"),
    "odd text": (lambda models: change_config(models / CODEC, latency_s=[]), "latency_s"),
}


@pytest.mark.parametrize("spoiled", SPOILED)
def test_a_spoiled_model(own_models: Path, tmp_path: Path, capsys: Capture, spoiled: str) -> None:
    spoil, message = SPOILED[spoiled]
    spoil(own_models)
    assert run(command(tmp_path / "pack")) == 4
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.startswith("Error: ") and message in captured.err
    assert "Traceback" not in captured.err and not (tmp_path / "pack").exists()


@pytest.mark.usefixtures("tiny_models")
def test_a_missing_model_as_json(tmp_path: Path, capsys: Capture) -> None:
    assert run(command(tmp_path / "pack", "--json", model="generator-nowhere")) == 4
    error = told(capsys)["error"]
    assert (error["kind"], error["exit_code"]) == ("ModelMissingError", 4) and "'generator-nowhere'" in error["message"]
