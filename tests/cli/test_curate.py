"""`samplegen curate`: a pack of one's own sounds without a model, its answer for programs, and plain sentences."""

import json
from pathlib import Path

import pytest
import soundfile

from samplegen.cli.app import run
from samplegen.pack import artwork
from tests.pack.signals import hit


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(artwork, "SIZE_PX", 48)
    here = tmp_path / "mine"
    here.mkdir()
    for number in range(6):
        samples = hit(14_000, seed=number, hz=60.0 * 1.5**number, decay_s=0.03 + 0.02 * number)
        soundfile.write(here / f"hit {number}.wav", 0.5 * samples, 44_100)
    return here


def test_ones_own_sounds_recombined(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "pack"
    line = ["curate", "--like", str(folder), "-n", "3", "--engine", "morph", "--seed", "1", "--out", str(out), "--json"]
    assert run(line) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["engine"] == "curate/morph_chain" and len(said["files"]) == 3 and said["round"]["chosen"] == 3
    assert any("not generation" in note for note in said["notes"])
    assert (out / "map.png").is_file() and (out / "audition.html").is_file()
    assert run(["pack", "check", str(out), "--json"]) == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--diversity", "3"], 2, "--diversity 3"),
        (["--oversample", "0.5"], 2, "--oversample"),
        (["-n", "0"], 2, "-n 0"),
        (["--bars", "2"], 2, "--loops"),
        (["--feedback", "votes.json"], 3, "no curated pack"),
        (["--engine", "morph"], 3, "--like"),
    ],
)
def test_bad_input_is_told_plainly(
    arguments: list[str], code: int, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["curate", *arguments, "--out", str(tmp_path / "pack")]) == code
    told = capsys.readouterr().err
    assert message in told and "Traceback" not in told
    assert not (tmp_path / "pack").exists()
