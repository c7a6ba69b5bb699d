"""inpaint, extend and transition as commands: files in their own form, engines that are named, bad input."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from samplegen.cli.app import run
from samplegen.pack.readtags import read_tags
from tests.variations.gap_sounds import loop


def write(path: Path, *, subtype: str = "PCM_16", **asked: Any) -> Path:
    audio = loop(**asked)
    soundfile.write(path, audio.samples.T, audio.sample_rate, subtype=subtype)
    return path


def repair(capsys: pytest.CaptureFixture[str], out: Path, *arguments: str, code: int = 0) -> dict[str, Any]:
    assert run([*arguments, "--seed", "3", "--out", str(out), "--json"]) == code
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    return printed


def check(source: Path, out: Path, said: dict[str, Any], *, offset: int = 0) -> list[np.ndarray]:
    """All that was not filled is the source, exactly; returns what was written."""
    entries = {entry["path"]: entry for entry in json.loads((out / "manifest.json").read_text("utf-8"))["files"]}
    wanted, rate = soundfile.read(source, dtype="float64", always_2d=True)
    made = []
    for name in said["files"]:
        info, entry = soundfile.info(out / name), entries[name]
        values, _ = soundfile.read(out / name, dtype="float64", always_2d=True)
        assert info.samplerate == rate == entry["sample_rate"] and entry["length"] == len(values)
        assert entry["bit_depth"] == int(info.subtype.removeprefix("PCM_").replace("FLOAT", "32"))
        mask = np.ones(len(values), bool)
        for start, stop in entry["parameters"]["filled"]:
            mask[np.arange(start, stop) % len(values)] = False
        mask[len(wanted) :] = False
        assert (
            np.array_equal(values[mask], wanted[: len(values)][mask[: len(wanted)]])
            and "join_flux" in entry["measures"]
        )
        made.append(values)
    return made


@pytest.mark.parametrize(
    ("name", "subtype", "asked", "gaps"),
    [
        ("mono_120.wav", "PCM_16", {}, ["2b:2.2b", "7.9b:0.1b"]),
        ("wide_120.wav", "PCM_24", {"rate": 48_000, "channels": 2}, ["1.0:1.1"]),
        ("high_120.wav", "FLOAT", {"rate": 96_000}, ["1.5:1.6"]),
        ("packed_120.flac", "PCM_24", {"channels": 2}, ["3.2b:3.4b"]),
    ],
)  # fmt: skip
def test_inpaint_keeps_form_and_samples(tiny_models, tmp_path, capsys, name, subtype, asked, gaps):
    source = write(tmp_path / name, subtype=subtype, **asked)
    options = [part for gap in gaps for part in ("--gap", gap)]
    line = ["inpaint", str(source), *options, "-n", "2", "--bpm", "120", "--model", "generator-tiny"]
    said = repair(capsys, tmp_path / "out", *line)
    assert said["engine"] == "inpaint/alpha_blend" and len(said["files"]) == 2
    first, second = check(source, tmp_path / "out", said)
    assert not np.array_equal(first, second)
    assert soundfile.info(tmp_path / "out" / said["files"][0]).subtype == subtype
    tags = read_tags(tmp_path / "out" / said["files"][0])
    assert tags.bpm == pytest.approx(120.0)
    if subtype != "PCM_16":
        return
    again = repair(capsys, tmp_path / "again" / "out", *line)
    assert [(tmp_path / "again" / "out" / n).read_bytes() for n in again["files"]] == [
        (tmp_path / "out" / n).read_bytes() for n in said["files"]
    ]  # fmt: skip


def test_without_a_model_the_fallback_runs_and_says_so(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("SAMPLEGEN_MODELS", str(tmp_path / "none"))
    source = write(tmp_path / "loop.wav")
    said = repair(capsys, tmp_path / "out", "inpaint", str(source), "--gap", "2b:3b", "-n", "1", "--bpm", "120",
                  "--engine", "dsp", "--report")  # fmt: skip
    assert json.loads((tmp_path / "out" / said["reports"][0]).read_text("utf-8"))["engine"] == "inpaint/dsp"
    assert said["engine"] == "inpaint/dsp" and "dsp" in " ".join(said["notes"])
    check(source, tmp_path / "out", said)


def test_a_long_recording_is_read_around_its_gap(tiny_models, tmp_path, capsys):
    source = tmp_path / "long.wav"
    block = (loop(channels=2).samples.T[:88_200] * 32767).astype(np.int16)
    with soundfile.SoundFile(source, "w", 44_100, 2, "PCM_16") as file:
        for _ in range(31):
            file.write(block)
    said = repair(capsys, tmp_path / "out", "inpaint", str(source), "--gap", "50:50.05", "--gap", "60:60.05", "-n", "1",
                  "--model", "generator-tiny")  # fmt: skip
    (made,) = check(source, tmp_path / "out", said)
    assert len(made) == 62 * 44_100


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "Say what is to be filled"), (["--gap", "9:10"], "outside"),
        (["--gap", "3:9", "--engine", "ar"], "outside"),
        (["--gap", "1:0.5"], "ends where"), (["--gap", "0:3.99"], "leaves"), (["--gap", "x"], "not a gap"),
        (["--gap", "1:2", "--engine", "ar"], "too long to be filled"),
        (["--gap", "1:1.1", "--engine", "magic"], "not known"),
    ],
)  # fmt: skip
def test_bad_gaps_are_told_in_plain_words(tmp_path, capsys, arguments, why):
    source = tmp_path / "hum.wav"
    soundfile.write(source, 0.1 * np.random.default_rng(0).standard_normal(4 * 44_100), 44_100)
    engine = [] if "--engine" in arguments else ["--engine", "dsp"]
    assert run(["inpaint", str(source), *arguments, *engine, "--out", str(tmp_path / "out")]) != 0
    assert why in capsys.readouterr().err


def test_silence_is_told(tmp_path, capsys):
    source = tmp_path / "silent.wav"
    soundfile.write(source, np.zeros(44_100), 44_100)
    assert run(["inpaint", str(source), "--gap", "0.2:0.21", "--engine", "dsp", "--out", str(tmp_path / "out")]) != 0
    assert "silent" in capsys.readouterr().err


@pytest.mark.parametrize("engine", ["alpha", "dsp"])
def test_a_loop_of_more_bars_has_their_exact_length(tiny_models, tmp_path, capsys, engine):
    source = write(tmp_path / "loop.wav", rate=48_000, channels=2)
    model = ["--model", "generator-tiny"] if engine == "alpha" else []
    said = repair(capsys, tmp_path / "out", "extend", str(source), "--bars", "3", "--bpm", "120", "-n", "1", "--engine",
                  engine, *model)  # fmt: skip
    (made,) = check(source, tmp_path / "out", said)
    assert made.shape == (3 * 96_000, 2) and made[192_000:].any()
    if engine == "dsp":
        assert np.array_equal(made[193_000:287_000], made[1_000:95_000])


def test_a_recording_goes_on(tiny_models, tmp_path, capsys):
    source = tmp_path / "long_pad.wav"
    soundfile.write(source, 0.1 * np.random.default_rng(0).standard_normal(70_000), 44_100, subtype="PCM_24")
    said = repair(capsys, tmp_path / "out", "extend", str(source), "--seconds", "0.5", "-n", "2", "--model",
                  "generator-tiny")  # fmt: skip
    for made in check(source, tmp_path / "out", said):
        assert len(made) == 70_000 + 22_050 and made[70_000:].any() and abs(made[-1, 0]) < 1e-3


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "Say how long"), (["--bars", "3", "--seconds", "1"], "one of them"),
        (["--seconds", "900"], "cannot be added"),
        (["--bars", "2", "--bpm", "120"], "2 bars already"), (["--bars", "64", "--bpm", "120"], "are possible"),
        (["--bars", "4"], "No tempo"),
    ],
)  # fmt: skip
def test_what_cannot_go_on_is_told(tmp_path, capsys, arguments, why):
    source = tmp_path / "hum.wav"
    soundfile.write(source, 0.1 * np.random.default_rng(0).standard_normal(4 * 44_100), 44_100)
    assert run(["extend", str(source), *arguments, "--engine", "dsp", "--out", str(tmp_path / "out")]) != 0
    assert why in capsys.readouterr().err


@pytest.mark.parametrize("engine", ["alpha", "dsp"])
def test_a_transition_keeps_both_ends(tiny_models, tmp_path, capsys, engine):
    first, second = write(tmp_path / "a_120bpm_loop.wav"), write(tmp_path / "b.wav", bpm=150.0, channels=2)
    model = ["--model", "generator-tiny"] if engine == "alpha" else []
    said = repair(capsys, tmp_path / "out", "transition", str(first), str(second), "--bars", "1", "--bpm", "120:150",
                  "-n", "1", "--kind", "drums", "--engine", engine, *model)  # fmt: skip
    values, rate = soundfile.read(tmp_path / "out" / said["files"][0], dtype="int32", always_2d=True)
    gap = round(rate * 120 * 4 / 270)
    a, b = (soundfile.read(path, dtype="int32", always_2d=True)[0] for path in (first, second))
    assert len(values) == 88_200 + gap + 70_560 and values[88_200 : 88_200 + gap].any()
    assert np.array_equal(values[:88_200], np.repeat(a[-88_200:], 2, axis=1))
    assert np.array_equal(values[-70_560:], b[:70_560])
    assert said["engine"].startswith("transition/")


def test_a_transition_needs_tempi(tmp_path, capsys):
    source = tmp_path / "hum.wav"
    soundfile.write(source, 0.1 * np.random.default_rng(0).standard_normal(4 * 44_100), 44_100)
    line = ["transition", str(source), str(source), "--engine", "dsp", "--out", str(tmp_path / "out")]
    assert run(line) != 0 and "Give --bpm" in capsys.readouterr().err
    assert run([*line, "--bpm", "120"]) != 0 and "only loops" in capsys.readouterr().err
