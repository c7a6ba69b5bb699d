"""`samplegen morph` and `phase`: exit codes, what is printed, and the files that are written."""

import json
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import soundfile

from samplegen import pipeline
from samplegen.cli.app import run
from samplegen.pipeline import MorphRequest, PackResult, PhaseRequest
from samplegen.units import bars_to_samples
from tests.recordings import write_hits

RESULT = PackResult(
    Path("my-pack"),
    (Path("Textures/a.wav"),),
    seed=7,
    redraws=2,
    seconds=1.25,
    missing=("bad.wav is empty (0 bytes).",),
    notes=("x.wav: It was quiet.",),
)
QUICK = ["--set", "learning_steps=10", "--steps", "6", "--clusters", "2"]


@pytest.fixture
def morphs(monkeypatch: pytest.MonkeyPatch) -> list[MorphRequest]:
    requests: list[MorphRequest] = []
    monkeypatch.setattr(pipeline, "make_morphs", lambda request: (requests.append(request), RESULT)[1])
    return requests


@pytest.fixture
def phases(monkeypatch: pytest.MonkeyPatch) -> list[PhaseRequest]:
    requests: list[PhaseRequest] = []
    monkeypatch.setattr(pipeline, "make_phases", lambda request: (requests.append(request), RESULT)[1])
    return requests


@pytest.fixture
def drums(tmp_path: Path) -> str:
    return str(write_hits(tmp_path / "in" / "drums.wav"))


def test_morph_with_every_option(morphs: list[MorphRequest]) -> None:
    line = (
        "morph a.wav drums --preset deep_freeze --set guidance=0 --set temperatures=3,1,0.2 --set annealing=custom "
        "--clusters 5 --steps 9 --temperature-start 3 --temperature-end 0.2 --strength 0.4 --latent-size 6 "
        "--learning-steps 20 --bpm 128 --grid 1/16 --bars 2 --meter 7/8 --events cuts.csv --export-events -n 3 "
        "--seed -4 --out o --plot "
        "--palette colour-blind --template {bpm}_{word} --hardware --force --quiet"
    )
    assert run(line.split()) == 0
    (request,) = morphs
    used = request.settings
    assert request.inputs == (Path("a.wav"), Path("drums")) and request.preset == "deep-freeze"
    assert (used.guidance, used.temperatures, used.annealing) == (0.0, (3.0, 1.0, 0.2), "custom")
    assert (used.number_of_clusters, used.diffusion_steps, used.latent_size, used.learning_steps) == (5, 9, 6, 20)
    assert (used.temperature_start, used.temperature_end, used.denoising_strength) == (3.0, 0.2, 0.4)
    grid = request.grid
    assert grid is not None and (grid.bpm, grid.step, grid.bars) == (128.0, Fraction(1, 16), 2)
    assert (grid.beats_per_bar, grid.beat_unit) == (7, 8)
    assert (request.count, request.seed, request.out, request.export_events) == (3, -4, Path("o"), True)
    assert (request.plot, request.palette, request.hardware, request.force) == (True, "colour-blind", True, True)
    assert request.events == Path("cuts.csv")


def test_morph_with_nothing_but_an_input(morphs: list[MorphRequest]) -> None:
    assert run(["morph", "a.wav"]) == 0
    (request,) = morphs
    assert (request.preset, request.seed, request.count, request.grid, request.events) == ("custom", 42, 1, None, None)
    assert (request.settings.number_of_clusters, request.settings.diffusion_steps) == (3, 30)


def test_bpm_alone_means_eighths(morphs: list[MorphRequest]) -> None:
    assert run(["morph", "a.wav", "--bpm", "128"]) == 0
    assert morphs[0].grid is not None and morphs[0].grid.step == Fraction(1, 8) and morphs[0].grid.bars is None


def test_explicit_options_come_over_the_preset(phases: list[PhaseRequest]) -> None:
    line = (
        "phase a.wav --preset Void --model latent --amount 0.5 --temperature 3 --smear 0.7 --steps 12 --clusters 3 "
        "--latent-size 5 --learning-steps 60 --no-transients --window 4096"
    )
    assert run(line.split()) == 0
    used = phases[0].settings
    assert (used.model, used.diffusion_amount, used.temperature, used.mag_smear) == ("latent", 0.5, 3.0, 0.7)
    assert (used.diffusion_steps, used.n_clusters, used.latent_size, used.train_steps) == (12, 3, 5, 60)
    assert (used.preserve_transients, used.window_size, used.hop) == (False, 4096, 1024)
    assert run("phase a.wav --preset void --set window-size=1024 --hop 128 --transients".split()) == 0
    used = phases[1].settings
    assert (used.model, used.window_size, used.hop, used.preserve_transients) == ("ar_smear", 1024, 128, True)


def test_result_for_people(morphs: list[MorphRequest], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["morph", "a.wav"]) == 0
    captured = capsys.readouterr()
    assert captured.out == "Textures/a.wav\n1 sound in my-pack (seed 7, 2 redrawn, 1.2 s)\n"
    assert captured.err == "Note: x.wav: It was quiet.\nLeft out: bad.wav is empty (0 bytes).\n"


def test_result_as_json(phases: list[PhaseRequest], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["phase", "a.wav", "--json"]) == 0
    captured = capsys.readouterr()
    assert captured.err == "" and json.loads(captured.out) == {
        "folder": "my-pack",
        "files": ["Textures/a.wav"],
        "seed": 7,
        "redraws": 2,
        "missing": ["bad.wav is empty (0 bytes)."],
        "notes": ["x.wav: It was quiet."],
        "seconds": 1.25,
    }


@pytest.mark.parametrize(
    ("command", "presets", "rows"),
    [
        ("morph", 7, ["plasma-burst            8        80         4         15          2          4"]),
        ("phase", 12, ["drone-cloud    ar_smear     0.95", "latent-deep    latent       1  "]),
    ],
)
def test_presets_as_a_table_and_as_an_object(
    command: str, presets: int, rows: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([command, "--preset", "list"]) == 0
    table = capsys.readouterr().out
    assert all(row in table for row in rows) and max(map(len, table.splitlines())) <= 130
    assert run([command, "--preset", "list", "--json"]) == 0
    listed: dict[str, dict[str, Any]] = json.loads(capsys.readouterr().out)["presets"]
    assert len(listed) == presets and "custom" in listed
    assert all({"latent_size", "seed", "annealing", "stereo"} <= set(values) for values in listed.values())


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("morph", "Name at least one recording"),
        ("phase", "Name at least one recording"),
        ("morph x.wav --preset plasma", "There is no morph preset 'plasma'"),
        ("phase x.wav --preset fog", "There is no phase preset 'fog'"),
        ("morph x.wav --set cluster=3", "Did you mean number_of_clusters?"),
        ("phase x.wav --set windowsize=3", "Did you mean window_size?"),
        ("phase x.wav --set window_size=big", "'big' is not a whole number"),
        ("phase x.wav --window 1023", "window_size must be an even number from 256"),
        ("phase x.wav --model fft", "There is no phase model 'fft'"),
        ("morph x.wav --set noise=loud", "'loud' is not equilibrium or documented"),
        ("morph x.wav --set annealing=custom", "temperatures is empty"),
        ("morph x.wav --steps 9 --set diffusion_steps=9", "diffusion_steps is given twice"),
        ("morph x.wav --grid 1/8", "--grid needs a tempo. Give --bpm, too."),
        ("morph x.wav --bars 4", "--bars needs a tempo"),
        ("morph x.wav --bpm 128 --grid eighth", "--grid 'eighth' is not a note length"),
        ("morph x.wav --bpm 128 --grid 1/0", "--grid '1/0' is not a note length"),
        ("morph x.wav --bpm 128 --grid 3/7", "do not divide a bar of 4/4"),
        ("morph x.wav --bpm 12", "--bpm 12 is outside"),
        ("morph x.wav --seed much", "--seed 'much' is not a whole number"),
        ("morph x.wav --plot --palette pink", "There is no palette 'pink'"),
        ("morph x.wav --template {x}", "unknown field {x}"),
    ],
)
def test_usage_errors(line: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = line.replace("x.wav", str(write_hits(tmp_path / "x.wav", seconds=0.5))).split()
    assert run([*arguments, "--out", str(tmp_path / "pack")]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and message in captured.err and captured.err.count("\n") == 1
    assert not (tmp_path / "pack").exists()


def test_a_texture_from_end_to_end(tmp_path: Path, drums: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["morph", drums, "--preset", "plasma-burst", *QUICK, "--out", str(tmp_path / "pack")]
    assert run(command) == 0
    first = capsys.readouterr()
    name = first.out.splitlines()[0]
    assert name.startswith("Textures/SG_morph_texture_") and soundfile.info(tmp_path / "pack" / name).frames > 22_050
    assert sorted(path.name for path in (tmp_path / "pack").iterdir()) == [
        "LICENSE.txt", "Reports", "Textures", "manifest.json",
    ]  # fmt: skip
    assert run([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["files"] == [name]
    assert run(["pack", "check", str(tmp_path / "pack")]) == 0
    assert "1 files checked" in capsys.readouterr().out


def test_a_loop_from_end_to_end(tmp_path: Path, drums: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["morph", drums, *QUICK, "--bpm", "128", "--grid", "1/8", "--bars", "4", "--out", str(tmp_path / "pack")]
    assert run([*command, "--json"]) == 0
    (name,) = json.loads(capsys.readouterr().out)["files"]
    assert soundfile.info(tmp_path / "pack" / name).frames == bars_to_samples(4, bpm=128, sample_rate=44_100)


def test_a_folder_with_one_bad_file(tmp_path: Path, drums: str, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(drums).parent
    (folder / "broken.wav").write_bytes(b"RIFF of nothing")
    assert (
        run(["phase", str(folder), "--learning-steps", "10", "--window", "1024", "--out", str(tmp_path / "pack")]) == 0
    )
    captured = capsys.readouterr()
    assert captured.out.count("Textures/") == 1
    assert captured.err.startswith("Left out: ") and "broken.wav cannot be read" in captured.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gone.wav"], "gone.wav does not exist"),
        (["bad.wav"], "bad.wav cannot be read as audio"),
        (["bad.wav", "gone.wav"], "Nothing could be made of 2 recordings. bad.wav cannot be read as audio"),
        (["empty"], "The folder empty holds no audio file"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("command", ["morph", "phase"])
def test_bad_inputs(
    command: str,
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.wav").write_bytes(b"no audio at all")
    (tmp_path / "empty").mkdir()
    assert run([command, *arguments]) == 3
    captured = capsys.readouterr()
    assert captured.err.startswith(f"Error: {message}") and captured.err.count("\n") == 1 and captured.out == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.wav", "empty"]


@pytest.mark.parametrize("command", ["morph", "phase"])
def test_textures_load_nothing_heavy(command: str, tmp_path: Path, drums: str) -> None:
    code = (
        "import sys\nfrom samplegen.cli.app import run\nassert run(sys.argv[1:]) == 0\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    arguments = [sys.executable, "-c", code, command, drums, "--out", str(tmp_path / "pack")]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stderr.split())
    assert "numpy" in loaded and not loaded & {"torch", "librosa", "scipy", "matplotlib", "pyloudnorm", "rich"}
