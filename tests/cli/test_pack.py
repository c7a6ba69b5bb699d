"""`samplegen pack check` on folders that are no good packs."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from samplegen.cli.app import run


@pytest.fixture
def silence(tmp_path: Path) -> Path:
    folder = tmp_path / "pack"
    folder.mkdir()
    soundfile.write(folder / "SG_nothing.wav", np.zeros(4410, np.float32), 44_100, "PCM_24")
    return folder


def test_faults_are_listed_and_exit_with_three(silence: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["pack", "check", str(silence)]) == 3
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("error: SG_nothing.wav: ") for line in lines)
    assert lines[-1].startswith(f"1 files checked in {silence}: ")


def test_json(silence: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["pack", "check", str(silence), "--json"]) == 3
    value = json.loads(capsys.readouterr().out)
    assert value["checked"] == 1 and value["passed"] is False
    assert {"path", "severity", "code", "message"} <= set(value["problems"][0])


def test_no_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["pack", "check", str(tmp_path / "nowhere")]) == 3
    assert "nowhere" in capsys.readouterr().err
