"""The benchmark scripts run: on packs and processes of their own, and all of them explain themselves."""

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import soundfile

from samplegen.audio.types import Audio
from samplegen.errors import SamplegenError
from samplegen.pack import riff
from samplegen.pack.export import PackWriter
from samplegen.pack.manifest import job_key, read_manifest
from samplegen.pack.sound import Provenance, Sound, Tags

FOLDER = Path(__file__).parents[2] / "benchmarks"
SCRIPTS = sorted(path.stem for path in FOLDER.glob("*.py"))


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", FOLDER / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def make_pack(folder: Path) -> None:
    rng = np.random.default_rng(0)
    every = [
        Tags(kind="loop", category="drums", bpm=128, bars=2),
        Tags(kind="loop", category="bass", bpm=174.3, bars=1, meter=(7, 8), key="Am"),
        Tags(kind="one_shot", category="kick"),
        Tags(kind="one_shot", category="tom", root_note=43),
    ]
    writer = PackWriter(folder, name="Test")
    for number, tags in enumerate(every):
        length = tags.length_at(44_100) or 4_410
        samples = rng.uniform(-0.5, 0.5, (1, length)).astype(np.float32)
        key = job_key(engine="test", model_hash="", seed=number, parameters={})
        writer.add(Sound(Audio(samples, 44_100), tags, Provenance("test", seed=number)), job=key)
    writer.finish()


@pytest.mark.parametrize("name", SCRIPTS)
def test_script_explains_itself(name, capsys):
    with pytest.raises(SystemExit) as exit_of:
        load(name).main(["--help"])
    assert exit_of.value.code == 0
    assert f"benchmarks/{name}.py" in capsys.readouterr().out


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
def test_tags_of_a_pack_agree(tmp_path, capsys):
    make_pack(tmp_path / "pack")
    with pytest.raises(SystemExit) as exit_of:
        load("tags").main([str(tmp_path / "pack")])
    out = capsys.readouterr().out
    assert exit_of.value.code == 0, out
    for reader in ("exiftool", "libsndfile", "wavinfo"):
        assert f"| {reader} | 4 | 100.0 % |" in out


def test_tags_finds_a_wrong_tempo(tmp_path, capsys):
    make_pack(tmp_path / "pack")
    manifest = read_manifest(tmp_path / "pack")
    assert manifest is not None
    entry = next(entry for entry in manifest.files if entry.bpm == 128)
    path = tmp_path / "pack" / entry.path
    pairs = riff.split_chunks(path.read_bytes())
    other = dict(pairs)[b"acid"][:-4] + np.float32(129).tobytes()
    path.write_bytes(riff.join_chunks([(name, other if name == b"acid" else data) for name, data in pairs]))
    with pytest.raises(SystemExit) as exit_of:
        load("tags").main([str(tmp_path / "pack")])
    out = capsys.readouterr().out
    assert exit_of.value.code == 1
    assert (
        "libsndfile reads bpm 129" in out
        and "| libsndfile | 4 | 75.0 % |" in out
        and "| wavinfo | 4 | 100.0 % |" in out
    )


def test_tags_refuses_a_folder_without_a_pack(tmp_path):
    with pytest.raises(SystemExit, match="holds no pack"):
        load("tags").main([str(tmp_path)])


def test_a_process_is_measured_with_its_memory():
    # From a small process of its own, as the script runs: torch in this one would count to its children.
    code = """
import sys
sys.path.insert(0, sys.argv[1])
import generate
small = generate.measure([sys.executable, "-c", "pass"])
large = generate.measure([sys.executable, "-c", "x = bytearray(200_000_000)"])
assert small.wall_s > 0.0
assert generate.median([small, small, large]).peak_mb == large.peak_mb
print(large.peak_mb - small.peak_mb)
"""
    done = subprocess.run([sys.executable, "-c", code, str(FOLDER)], capture_output=True, text=True, check=True)
    assert 100 < float(done.stdout) < 220


def test_generation_is_timed_against_the_baseline(tmp_path, monkeypatch, capsys):
    generate = load("generate")
    monkeypatch.setattr(generate, "samplegen_command", lambda: [sys.executable, "-c", "pass"])
    monkeypatch.setattr(generate, "BASELINE", [sys.executable, "-c", "pass"])
    generate.main(["--bpm", "120", "--bars", "2", "-n", "3", "--runs", "1", "--out", str(tmp_path / "x.json")])
    assert "12 s of audio" in capsys.readouterr().out
    written = json.loads((tmp_path / "x.json").read_text())
    assert written["command"].startswith("samplegen loops --bpm 120 --bars 2 -n 3")
    assert written["figures"]["real_time_factor"] == pytest.approx(12 / written["runs"]["loops"][0]["wall_s"])


def test_a_failing_process_stops_the_benchmark():
    with pytest.raises(SamplegenError, match="no such thing"):
        load("generate").measure([sys.executable, "-c", "raise SystemExit('no such thing')"])


def test_picture_of_a_pack_file(tmp_path):
    make_pack(tmp_path / "pack")
    manifest = read_manifest(tmp_path / "pack")
    assert manifest is not None
    loop = next(entry for entry in manifest.files if entry.bpm == 128)
    load("picture").main([str(tmp_path / "pack" / loop.path), str(tmp_path / "loop.png")])
    assert (tmp_path / "loop.png").stat().st_size > 10_000


def test_growth_with_duration():
    script = load("on_the_fly")
    assert script.exponent((60, 2.0), (480, 16.0)) == pytest.approx(1.0)
    assert script.exponent((10, 1.0), (480, 1.0)) == 0.0


@pytest.mark.parametrize("with_audio", [True, False])
def test_recordings_on_the_fly_have_exact_lengths(with_audio, tmp_path):
    folders = []
    if with_audio:
        folders = [tmp_path / "audio"]
        folders[0].mkdir()
        (folders[0] / "broken.wav").write_bytes(b"no audio")
        soundfile.write(folders[0] / "mono.wav", np.full(11_025, 0.25), 22_050)
    load("on_the_fly").make_recording(tmp_path / "made.wav", seconds=0.8, folders=folders)
    samples, rate = soundfile.read(tmp_path / "made.wav")
    assert (rate, samples.shape) == (44_100, (35_280, 2))
    assert 0.01 < np.abs(samples).mean() < 0.5
    if with_audio:
        assert np.allclose(samples[5_000:15_000], 0.25, atol=0.01)


def test_engines_on_the_fly_are_timed(tmp_path, monkeypatch, capsys):
    script = load("on_the_fly")
    monkeypatch.setattr(script.generate, "samplegen_command", lambda: [sys.executable, "-c", "pass"])
    monkeypatch.setattr(script, "BASELINE", [sys.executable, "-c", "pass"])
    monkeypatch.setattr(script, "HOUR_S", 2)
    monkeypatch.setattr(script, "default_folders", list)
    script.main(["--seconds", "1", "60", "--runs", "1", "--hour", "--out", str(tmp_path / "x.json")])
    out = capsys.readouterr().out
    assert "| `samplegen phase --preset spectral-fog` | 60 |" in out and "One hour of stereo" in out
    written = json.loads((tmp_path / "x.json").read_text())
    assert set(written["growth"]["morph slow-diffusion"]) == {"1 to 60 s"}
    assert written["runs"]["baseline"]["0"][0]["peak_mb"] > 0
