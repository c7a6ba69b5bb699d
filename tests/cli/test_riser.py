"""`samplegen riser`: files of exact length, readable tags, and plain sentences for what cannot be made."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from samplegen.audio.io import write_wav
from samplegen.cli.app import run
from samplegen.pack.readtags import read_tags
from tests.variations.signals import stab

QUICK = ["--bpm", "180", "--bars", "1", "--seed", "3"]


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "stab.wav"
    write_wav(path, stab(seconds=0.8))
    return path


def riser(capsys: pytest.CaptureFixture[str], out: Path, *arguments: str, code: int = 0) -> dict[str, object]:
    assert run(["riser", *QUICK, *arguments, "--out", str(out), "--json"]) == code
    printed: dict[str, object] = json.loads(capsys.readouterr().out)
    return printed


def test_noise_risers_are_exact_tagged_and_pass_the_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "pack"
    files = riser(capsys, out, "-n", "2")["files"]
    assert isinstance(files, list) and len(files) == 2
    for name in files:
        assert name.startswith("Risers/SG_180_riser_")
        info = soundfile.info(out / name)
        assert (info.frames, info.samplerate, info.channels, info.subtype) == (58_800, 44_100, 2, "PCM_24")
        tags = read_tags(out / name)
        assert tags.bpm == 180.0 and tags.acid is not None and tags.acid.beats == 4 and not tags.acid.one_shot
        assert tags.sampler is not None and not tags.sampler.loops and tags.problems == ()
    manifest = json.loads((out / "manifest.json").read_text())
    entry = manifest["files"][0]
    assert entry["kind"] == "riser" and "rise" in entry["gates"] and entry["licence"] == "CC0-1.0"
    levels = [entry["measures"][f"quarter_{k}_level_db"] for k in (1, 2, 3, 4)]
    assert levels == sorted(levels)
    assert run(["pack", "check", str(out), "--json"]) == 0


@pytest.mark.parametrize("origin", ["morph", "phase"])
def test_own_material(tmp_path: Path, recording: Path, origin: str, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "pack"
    riser(capsys, out, str(recording), "--from", origin, "-n", "1", "--direction", "down", "--pitch", "5")
    (entry,) = json.loads((out / "manifest.json").read_text())["files"]
    assert (entry["category"], entry["length"], entry["licence"]) == ("downlifter", 58_800, "LicenseRef-source")
    assert entry["engine"] == {"morph": "morph_chain", "phase": "phase_diffusion"}[origin]
    assert entry["parameters"]["source"] == "stab.wav" and entry["parameters"]["pitch"] == 5.0


def test_same_seed_same_bytes_and_a_second_run_makes_nothing(
    tmp_path: Path, recording: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two"):
        riser(capsys, tmp_path / name / "pack", str(recording), "-n", "2")
    found = [sorted((tmp_path / name).rglob("*.wav")) for name in ("one", "two")]
    assert [path.read_bytes() for path in found[0]] == [path.read_bytes() for path in found[1]]
    assert found[0][0].read_bytes() != found[0][1].read_bytes()
    before = [path.stat().st_mtime_ns for path in found[0]]
    riser(capsys, tmp_path / "one" / "pack", str(recording), "-n", "2")
    assert [path.stat().st_mtime_ns for path in sorted((tmp_path / "one").rglob("*.wav"))] == before


def test_options_reach_the_sound(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "pack"
    curves = ["--level-curve", "power:2", "--brightness-curve", "s-curve", "--density-curve", "0:0,0.5:0.2,1:1"]
    ranges = ["--level-range-db", "18", "--brightness-range", "300:9000", "--meter", "3/4", "--mono"]
    riser(capsys, out, "-n", "1", "--hardware", "--impact", *curves, *ranges)
    (entry,) = json.loads((out / "manifest.json").read_text())["files"]
    asked = entry["parameters"]
    assert (asked["level_curve"], asked["brightness_curve"], asked["density_curve"]) == tuple(curves[1::2])
    assert (asked["level_range_db"], asked["brightness_hz"], asked["direction"]) == (18.0, [300.0, 9000.0], "impact")
    assert (entry["sample_rate"], entry["bit_depth"], entry["channels"]) == (48_000, 16, 1)
    assert (entry["length"], entry["meter"]) == (48_000, [3, 4])


def test_curves_that_fall_make_sweeps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed = riser(capsys, tmp_path / "pack", "-n", "1", "--level-curve", "0:0,0.5:1,1:0")
    assert str(printed["files"]).startswith("['Risers/SG_180_sweep_")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--from", "morph"], 2, "--from morph needs a recording"),
        (["--from", "tape"], 2, "Choose one of noise, morph, phase"),
        (["--direction", "left"], 2, "Choose one of up, down, impact"),
        (["--impact", "--direction", "down"], 2, "contradict"),
        (["--bars", "0"], 2, "--bars 0"),
        (["--pitch", "high"], 2, "--pitch 'high' is not a number"),
        (["--pitch", "nan"], 2, "is not a number"),
        (["--level-curve", "0:0,2:1"], 2, "--level-curve '0:0,2:1'"),
        (["--density-curve", "curly"], 2, "--density-curve 'curly'"),
        (["--level-range-db", "-3"], 2, "--level-range-db -3"),
        (["--brightness-range", "9000"], 2, "LOW:HIGH"),
        (["--brightness-range", "9000:300"], 2, "LOW < HIGH"),
        (["--brightness-range", "20oct"], 2, "octaves"),
        (["no-such-file.wav"], 3, "no-such-file.wav"),
    ],
)
def test_what_cannot_be_made(
    arguments: list[str], code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "pack"
    assert run(["riser", *QUICK, *arguments, "--out", str(out)]) == code
    captured = capsys.readouterr()
    assert said in captured.err and captured.err.count("\n") <= 2 and "defect" not in captured.err
    assert not list(tmp_path.rglob("*.wav"))


def test_useless_recordings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    silent, broken = tmp_path / "silent.wav", tmp_path / "broken.wav"
    soundfile.write(silent, np.zeros(30_000), 44_100)
    soundfile.write(broken, np.full(30_000, np.nan), 44_100, subtype="FLOAT")
    for path, said in ((silent, "silent"), (broken, "NaN")):
        assert run(["riser", str(path), *QUICK, "-n", "1", "--out", str(tmp_path / "pack")]) == 3
        error = capsys.readouterr().err
        assert said in error and path.name in error and "Traceback" not in error


def test_one_useless_recording_does_not_stop_the_others(
    tmp_path: Path, recording: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    soundfile.write(tmp_path / "silent.wav", np.zeros(30_000), 44_100)
    printed = riser(capsys, tmp_path / "pack", str(tmp_path / "silent.wav"), str(recording), "-n", "1")
    assert len(printed["files"]) == 1 and "silent.wav" in str(printed["missing"])  # type: ignore[arg-type]


def test_quiet_prints_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["riser", *QUICK, "-n", "1", "--quiet", "--out", str(tmp_path / "pack")]) == 0
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""
