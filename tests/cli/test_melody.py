"""`samplegen melody`: loops and MIDI files, and plain sentences for bad input."""

import json
from pathlib import Path
from typing import Any

import pytest
import soundfile

from samplegen.audio.io import write_wav
from samplegen.cli.app import run
from tests.variations.melodies.test_sampler import pluck


def melody(capsys: pytest.CaptureFixture[str], out: Path, *arguments: str, code: int = 0) -> dict[str, Any]:
    assert run(["melody", *arguments, "--engine", "dsp", "--seed", "3", "--out", str(out), "--json"]) == code
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    return printed


def test_a_command_as_a_producer_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_wav(tmp_path / "bell.wav", pluck(72.0))
    said = melody(capsys, tmp_path / "pack", "--key", "A minor", "--scale", "minor", "--bars", "2", "--bpm", "122",
                  "--like", str(tmp_path / "bell.wav"), "-n", "2", "--contour", "arch", "--density", "0.4",
                  "--midi-out", str(tmp_path / "lines"))  # fmt: skip
    assert said["engine"] == "melody/sampler" and said["source"] == "given"
    assert [soundfile.info(tmp_path / "pack" / name).frames for name in said["files"]] == [173_508] * 2
    assert all(name.endswith("_Am.wav") for name in said["files"])
    assert all(Path(name).is_file() and Path(name).parent == tmp_path / "lines" for name in said["midi"])
    again = melody(
        capsys, tmp_path / "again", "--midi", said["midi"][0], "--like", str(tmp_path / "bell.wav"), "-n", "1"
    )
    assert soundfile.info(tmp_path / "again" / again["files"][0]).frames == pytest.approx(173_508, abs=1)


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--contour", "zigzag"), 2, "rise, fall"), (("--density", "much"), 2, "not a number"),
        (("--like", "none.wav"), 3, "none.wav"), (("--midi", "none.mid"), 3, "none.mid"),
        (("--meter", "4/5"), 2, "4/5"),
    ],
)  # fmt: skip
def test_bad_input_is_told(
    arguments: tuple[str, ...], code: int, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert says in melody(capsys, tmp_path / "pack", *arguments, code=code)["error"]["message"]
