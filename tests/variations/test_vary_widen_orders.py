"""Orders and commands of `vary` and `widen`: which engine ran, same bytes, bad inputs in plain sentences."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from samplegen.audio.io import write_wav
from samplegen.audio.types import Audio
from samplegen.cli.app import run
from samplegen.errors import UsageError
from samplegen.variations.orders.vary import VaryRequest
from samplegen.variations.orders.widen import WidenRequest
from tests.models import GENERATOR
from tests.variations.hit_sounds import RATE, drum
from tests.variations.test_vary import loop


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    write_wav(folder / "snare.wav", drum(seconds=0.3, channels=2))
    write_wav(folder / "drums_loop_120.wav", loop().audio)
    return folder


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> dict[str, Any]:
    assert run([*arguments, "--json"]) == code
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    return printed


@pytest.mark.parametrize("verb", ["vary", "widen"])
def test_with_a_tiny_model(
    verb: str, tiny_models: Path, sounds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = said(capsys, verb, str(sounds / "snare.wav"), "-n", "2", "--seed", "1", "--model", GENERATOR,
                   "--out", str(tmp_path / verb))  # fmt: skip
    assert printed["engine"] == f"{verb}/alpha_blend" and 0.0 < printed["acceptance"] <= 1.0
    manifest = json.loads((tmp_path / verb / "manifest.json").read_text("utf-8"))
    for name, entry in zip(printed["files"], manifest["files"], strict=True):
        samples, rate = soundfile.read(tmp_path / verb / name)
        assert (samples.shape, rate) == ((drum(seconds=0.3).length, 2), RATE)
        assert entry["engine"] == f"{verb}/alpha_blend" and entry["parameters"]["source_sha256"]
    first, second = (soundfile.read(tmp_path / verb / name)[0] for name in printed["files"])
    assert np.abs(first - second).max() > 0.0


@pytest.mark.parametrize(("verb", "engine"), [("vary", "dsp"), ("widen", "phase")])
def test_the_fallback_says_so_and_repeats(
    verb: str, engine: str, sounds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from samplegen.errors import ModelMissingError

    def missing(name: str, **_: object) -> None:
        raise ModelMissingError(f"No model {name}.")

    monkeypatch.setattr("samplegen.engines.alpha_blend.load_generator", missing)
    line = (verb, str(sounds / "snare.wav"), str(sounds / "drums_loop_120.wav"), "--bpm", "120", "-n", "1",
            "--seed", "5")  # fmt: skip
    printed = said(capsys, verb, str(sounds / "drums_loop_120.wav"), *line[3:], "--out", str(tmp_path / "a"))
    assert printed["engine"] == f"{verb}/{engine}"
    assert any(f"fallback '{engine}'" in note for note in printed["notes"])
    again = said(capsys, verb, str(sounds / "drums_loop_120.wav"), *line[3:], "--out", str(tmp_path / "b"))
    (name,), (same,) = printed["files"], again["files"]
    samples, _ = soundfile.read(tmp_path / "a" / name)
    assert len(samples) == loop().audio.length
    assert np.array_equal(samples, soundfile.read(tmp_path / "b" / same)[0])


def test_the_file_folds_down_to_the_mid_of_the_recording(
    sounds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = said(capsys, "widen", str(sounds / "snare.wav"), "--engine", "phase", "--seed", "1",
                   "--out", str(tmp_path / "w"))  # fmt: skip
    stereo = soundfile.read(tmp_path / "w" / printed["files"][0])[0]
    middle = soundfile.read(sounds / "snare.wav")[0].mean(axis=1)
    error = stereo.mean(axis=1) - middle
    assert 10 * np.log10(np.square(error).sum() / np.square(middle).sum()) < -90.0
    assert any("own side is replaced" in note for note in printed["notes"])


def test_other_rates_keep_their_fold_down(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_wav(tmp_path / "video.wav", drum(seconds=0.3, rate=48_000))
    printed = said(capsys, "widen", str(tmp_path / "video.wav"), "--engine", "phase", "--seed", "1",
                   "--out", str(tmp_path / "w"))  # fmt: skip
    stereo, rate = soundfile.read(tmp_path / "w" / printed["files"][0])
    middle = soundfile.read(tmp_path / "video.wav")[0]
    assert rate == 48_000 and np.abs(stereo.mean(axis=1) - middle).max() < 1e-7


@pytest.mark.parametrize("verb", ["vary", "widen"])
def test_silence_is_refused(verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_wav(tmp_path / "silent.wav", Audio(np.zeros((1, RATE), np.float32), RATE))
    engine = {"vary": "dsp", "widen": "phase"}[verb]
    printed = said(capsys, verb, str(tmp_path / "silent.wav"), "--engine", engine, "--out", str(tmp_path / "o"), code=3)
    assert "silent" in json.dumps(printed)


def test_channels_that_cancel_out_have_no_mid(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = drum(seconds=0.3).samples
    write_wav(tmp_path / "anti.wav", Audio(np.concatenate([own, -own]), RATE))
    printed = said(capsys, "widen", str(tmp_path / "anti.wav"), "--engine", "phase", "--out", str(tmp_path / "o"),
                   code=3)  # fmt: skip
    assert "cancel out" in json.dumps(printed)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["vary", "--strength", "2"], "--strength"), (["widen", "--width", "-1"], "--width"),
     (["widen", "--low-mono", "5"], "--low-mono"), (["vary", "--engine", "magic"], "--engine"),
     (["vary", "--engine", "dsp", "--prompt", "dark"], "--prompt")],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(
    arguments: list[str], words: str, sounds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    verb, *options = arguments
    printed = said(capsys, verb, str(sounds / "snare.wav"), *options, "--out", str(tmp_path / "o"), code=2)
    assert words in json.dumps(printed)


def test_requests_out_of_range(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--strength"):
        VaryRequest(inputs=(tmp_path,), count=1, out=tmp_path, strength=-0.1)
    with pytest.raises(UsageError, match="--width"):
        WidenRequest(inputs=(tmp_path,), count=1, out=tmp_path, width=1.1)
