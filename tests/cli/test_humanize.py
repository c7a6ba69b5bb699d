"""`samplegen humanize`: takes, instruments, patterns and grooves as files, and plain sentences for bad input."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from samplegen.audio.io import write_wav
from samplegen.audio.types import Audio
from samplegen.cli.app import run
from samplegen.score.midi_files import write_midi
from samplegen.score.music import Music, Note, Track
from tests.variations.hit_sounds import drum


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    write_wav(tmp_path / "kit" / "Snares" / "snare.wav", drum(seconds=0.15))
    write_wav(tmp_path / "kit" / "kick.wav", drum(seconds=0.15, hz=60.0, seed=1))
    return tmp_path / "kit"


def humanize(capsys: pytest.CaptureFixture[str], out: Path, *arguments: str, code: int = 0) -> dict[str, Any]:
    line = ["humanize", *arguments, "--engine", "dsp", "--seed", "3", "--out", str(out), "--json"]
    assert run(line) == code
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    return printed


def test_a_folder_becomes_a_pack_with_instruments(
    kit: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "pack"
    said = humanize(capsys, out, str(kit), "-n", "3", "--report", "--pattern", "x.x.X.o.", "--bpm", "124",
                    "--render", str(tmp_path / "loop.wav"))  # fmt: skip
    assert len(said["files"]) == 6 and said["engine"] == "humanize/velvet"
    assert sum(name.startswith("One_Shots/Snares/") for name in said["files"]) == 3
    assert any(name.endswith(".sfz") for name in said["instruments"])
    assert all((out / name).is_file() for name in (*said["files"], *said["instruments"], *said["reports"]))
    report = json.loads((out / said["reports"][0]).read_text("utf-8"))
    assert report["parameters"]["source_sha256"] and "onset" in report["gates"] and "source_db" in report["measures"]
    assert soundfile.info(tmp_path / "loop.wav").frames == 42_677  # two beats of 124 BPM
    assert all(soundfile.info(out / name).frames == 6615 for name in said["files"])
    again = humanize(capsys, out, str(kit), "-n", "3")
    assert again["files"] == said["files"] and again["seconds"] < said["seconds"] + 60
    assert run(["pack", "check", str(out), "--json"]) in (0, 3)


def test_a_groove_is_played(kit: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notes = tuple(Note(480 * beat, 60, 36 if beat % 2 == 0 else 38, 100) for beat in range(4))
    write_midi(tmp_path / "groove.mid", Music((Track(notes, length=1920),)))
    rendered = tmp_path / "groove.wav"
    humanize(capsys, tmp_path / "pack", str(kit), "-n", "2", "--no-instrument", "--midi", str(tmp_path / "groove.mid"),
             "--render", str(rendered))  # fmt: skip
    samples, rate = soundfile.read(rendered)
    assert samples.shape[0] == 2 * rate  # one bar of 120 BPM
    for beat in range(4):
        at = beat * rate // 2
        assert np.abs(samples[at : at + 2000]).max() > 10 * np.abs(samples[at + 15_000 : at + 20_000]).max()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--pattern", "x."], 2, "--render"),
        (["--pattern", "x.q", "--render", "l.wav"], 2, "'q'"),
        (["--pattern", "x.", "--midi", "a.mid", "--render", "l.wav"], 2, "contradict"),
        (["--pattern", "x.", "--render", "l.mp3"], 2, "ends in .wav"),
        (["--amount", "many"], 2, "--amount 'many'"),
        (["--kind", "kazoo"], 2, "--kind 'kazoo'"),
        (["--layers", "99"], 2, "--layers 99"),
    ],
)
def test_what_cannot_be_asked(
    kit: Path, tmp_path: Path, arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said in str(humanize(capsys, tmp_path / "pack", str(kit), *arguments, code=code))
    assert not (tmp_path / "pack").exists()


def test_inputs_of_no_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    silent, text = tmp_path / "silent.wav", tmp_path / "notes.wav"
    write_wav(silent, Audio(np.zeros((1, 4000), np.float32), 44_100))
    text.write_text("not audio")
    for path, said in ((silent, "is silent"), (text, "notes.wav"), (tmp_path / "none.wav", "none.wav")):
        assert said in str(humanize(capsys, tmp_path / "pack", str(path), code=3))
    assert run(["humanize", "--json"]) == 2
