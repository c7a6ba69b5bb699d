"""`samplegen enhance`: files written, the engine named, plain sentences for bad input."""

import json
from pathlib import Path

import pytest

from samplegen.audio.io import read_audio, write_wav
from samplegen.cli.app import run
from samplegen.cli.enhance import cutoff_of, parse_cutoff
from samplegen.errors import UsageError
from tests.variations.hit_sounds import drum
from tests.variations.test_enhance import limited


def test_a_recording_gets_a_new_top(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_wav(tmp_path / "snare.wav", limited(drum()))
    line = ["enhance", str(tmp_path / "snare.wav"), "--engine", "dsp", "--seed", "1", "--out", str(tmp_path / "pack")]
    assert run([*line, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["engine"] == "enhance/dsp" and len(said["files"]) == 1
    assert read_audio(tmp_path / "pack" / said["files"][0]).length == drum().length
    assert run([*line, "--force", "--cutoff", "5000"]) == 0
    assert "its band ends at 5000 Hz" in capsys.readouterr().err


def test_cutoffs() -> None:
    assert (parse_cutoff("auto"), cutoff_of("AUTO"), cutoff_of("8000"), cutoff_of("8000 Hz")) == (
        "auto", None, 8000.0, 8000.0,
    )  # fmt: skip
    with pytest.raises(UsageError, match="neither auto nor a frequency"):
        parse_cutoff("high")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["missing.wav"], "does not exist"), (["x.wav", "--cutoff", "nan"], "neither auto"),
     (["x.wav", "--cutoff", "50000"], "outside 1000 to 20000"), ([], "Name at least one")],
)  # fmt: skip
def test_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str) -> None:
    assert run(["enhance", *arguments, "--engine", "dsp", "--out", str(tmp_path / "pack")]) != 0
    assert told in capsys.readouterr().err
