"""`samplegen transfer` and `samplegen tweak`: packs and reports, and plain sentences for bad input."""

import json
from pathlib import Path

import pytest

from samplegen.audio.io import write_wav
from samplegen.cli.app import run
from tests.models import GENERATOR
from tests.variations.hit_sounds import drum


@pytest.fixture
def kick(tmp_path: Path) -> Path:
    write_wav(tmp_path / "kick.wav", drum(hz=60.0))
    write_wav(tmp_path / "snare.wav", drum(seed=2))
    return tmp_path / "kick.wav"


def test_transfer(tiny_models: Path, kick: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = kick.parent / "pack"
    line = ["transfer", str(kick), "--to", "snare", "-n", "2", "--model", GENERATOR, "--seed", "1", "--report"]
    assert run([*line, "--out", str(out), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["engine"] == "transfer/alpha_blend" and len(said["files"]) == len(said["reports"]) == 2
    report = json.loads((out / said["reports"][0]).read_text("utf-8"))
    assert report["parameters"]["to"] == "snare" and report["measures"]["envelope_correlation"] is not None
    crossed = ["transfer", str(kick), "--like", str(kick.parent / "snare.wav"), "--engine", "cross", "-n", "1"]
    assert run([*crossed, "--out", str(kick.parent / "crossed"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["engine"] == "transfer/cross"


def test_tweak(kick: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = kick.parent / "pack"
    line = ["tweak", str(kick), "--crunch", "+0.4", "--text", "darker", "--amount", "0.3", "--engine", "dsp"]
    assert run([*line, "--seed", "1", "--report", "--out", str(out), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["engine"] == "tweak/dsp" and len(said["files"]) == len(said["reached"]) == 1
    report = json.loads((out / said["reports"][0]).read_text("utf-8"))
    assert report["parameters"]["asked"] == {"brightness": -0.3, "crunch": 0.4}
    assert report["measures"]["moved_brightness"] is not None


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        (["transfer", "--to", "snare", "--strength", "2"], 2, "--strength '2'"),
        (["transfer", "--to", "snare", "--engine", "msdae"], 2, "multi-scale"),
        (["transfer"], 2, "Say what"),
        (["tweak", "--body", "much"], 2, "'much'"),
        (["tweak"], 2, "Say what to change"),
        (["tweak", "--only", "middle", "--body", "1"], 2, "--only 'middle'"),
    ],
)
def test_what_cannot_be_asked(
    kick: Path, line: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*line, str(kick), "--out", str(kick.parent / "pack"), "--json"]) == code
    assert said in capsys.readouterr().out
    assert not (kick.parent / "pack").exists()
