"""`samplegen models` on a small locally made model."""

import json
from pathlib import Path

import pytest
import torch

from samplegen.checkpoints import save_model
from samplegen.cli.app import run


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "models" / "codec-tiny"
    config = {"family": "test", "description": "A tiny test model."}
    save_model(folder, tensors={"weight": torch.arange(6.0).reshape(2, 3)}, config=config, card="# The card\n")
    monkeypatch.setenv("SAMPLEGEN_MODELS", str(folder.parent))
    return folder


def test_list(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "list", "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    (found,) = (item for item in value["models"] if item["name"] == "codec-tiny")
    assert found["family"] == "test" and found["folder"] == str(model)
    assert "encodec_24khz" in value["pullable"]


def test_show(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "show", "codec-tiny"]) == 0
    out = capsys.readouterr().out
    assert "A tiny test model." in out and out.endswith("# The card\n")


def test_verify(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "verify", "codec-tiny"]) == 0
    assert capsys.readouterr().out == "codec-tiny: intact\n"


def test_verify_finds_a_flipped_bit(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = model / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(bytes(data))
    assert run(["models", "verify", "codec-tiny"]) == 4
    assert "codec-tiny" in capsys.readouterr().err


def test_pull_of_a_wrong_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "encodec_24khz-d7cc33bc.th"
    file.write_bytes(b"not weights")
    assert run(["models", "pull", "encodec_24khz", "--file", str(file)]) == 4
    assert str(file) in capsys.readouterr().err
