"""`samplegen train`: options become plain values and the figures are printed; the training stands aside."""

import json
from pathlib import Path

import pytest

from samplegen.cli.app import run
from samplegen.training import runs
from samplegen.training.clap import clap_runs
from samplegen.training.runs import TrainingResult

RESULT = TrainingResult(Path("models/m"), {"score": 3.25})


@pytest.mark.parametrize(
    "command, name, own",
    [
        ("codec", "train_codec", {"family": "encodec", "start_from": Path("s")}),
        ("generator", "train_generator", {"size": "tiny", "codec": "c", "start_from": Path("s")}),
    ],
)
def test_options_and_result(
    command: str,
    name: str,
    own: dict[str, object],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked: dict[str, object] = {}

    def stand_in(data: Path, **options: object) -> TrainingResult:
        asked.update(options, data=data)
        return RESULT

    monkeypatch.setattr(runs, name, stand_in)
    options = " ".join(f"--{option.replace('_', '-')} {value}" for option, value in own.items())
    line = (
        f"train {command} input --out models/m --run r {options} --config c.toml --max-minutes 1.5 "
        "--max-steps 10 --resume --device cpu --processes 2 --seed 4 --json"
    )
    assert run(line.split()) == 0
    assert json.loads(capsys.readouterr().out) == {"folder": "models/m", "figures": {"score": 3.25}}
    assert asked.pop("progress") is not None
    assert asked == own | {
        "data": Path("input"),
        "out": Path("models/m"),
        "run": Path("r"),
        "config": Path("c.toml"),
        "max_minutes": 1.5,
        "max_steps": 10,
        "resume": True,
        "device": "cpu",
        "processes": 2,
        "seed": 4,
    }


def test_options_of_clap(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked: dict[str, object] = {}

    def stand_in(library: Path, **options: object) -> TrainingResult:
        asked.update(options, library=library)
        return RESULT

    monkeypatch.setattr(clap_runs, "train_clap", stand_in)
    line = "train clap input --out models/m --loops a --loops b --teacher t --max-minutes 2 --processes 2 --resume"
    assert run(line.split()) == 0
    assert "score: 3.25" in capsys.readouterr().out
    assert asked.pop("progress") is not None and asked.pop("listening") is not None
    assert asked == {
        "library": Path("input"),
        "out": Path("models/m"),
        "run": Path("runs/clap"),
        "loops": [Path("a"), Path("b")],
        "teacher": Path("t"),
        "config": None,
        "max_minutes": 2.0,
        "max_steps": None,
        "resume": True,
        "processes": 2,
        "seed": 0,
    }


def test_out_is_required(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", "codec", "library.jsonl"]) == 2
    assert "--out" in capsys.readouterr().err
