"""`samplegen data` on a folder of made sounds."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from samplegen.cli.app import run
from samplegen.training.encoding.encode import CaptionResult, EncodeResult
from samplegen.training.sources.library import Library
from samplegen.training.sources.memory import FormFacts, MemoryResult


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    folder = tmp_path / "sounds"
    (folder / "Kicks").mkdir(parents=True)
    samples = np.sin(np.arange(8000) * 0.05).astype(np.float32) * np.linspace(0.9, 0.0, 8000, dtype=np.float32)
    soundfile.write(folder / "Kicks" / "Kick 01.wav", samples, 44_100)
    (folder / "Kicks" / "Kick 02.wav").write_bytes(b"no audio at all")
    return folder


def test_scan(sounds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "library.jsonl"
    assert run(["data", "scan", str(sounds), "--out", str(out), "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert value["library"] == str(out) and value["sounds"] == 1 and value["kinds"] == {"kick": 1}
    assert [Path(item["path"]).name for item in value["dropped"]] == ["Kick 02.wav"]
    assert out.is_file()


def test_scan_tells_people_what_was_dropped(sounds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "scan", str(sounds), "--out", str(tmp_path / "library.jsonl")]) == 0
    out = capsys.readouterr().out
    assert "Kick 02.wav: " in out and "1 sounds kept, 1 files dropped" in out


def test_render_passes_plain_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sounds: Path) -> None:
    asked: dict[str, object] = {}
    library = tmp_path / "library.jsonl"
    assert run(["data", "scan", str(sounds), "--out", str(library), "--quiet"]) == 0

    def stand_in(library: Library, folder: Path, **options: object) -> int:
        asked.update(options, folder=folder, sounds=len(library.records))
        return 3

    monkeypatch.setattr("samplegen.training.rendering.render_folder.render_to_folder", stand_in)
    line = ["data", "render", str(library), "--out", "loops", "-n", "5", "--seed", "9", "--split", "held_out"]
    assert run([*line, "--format", "wav", "--synth", "0.25", "--processes", "3"]) == 0
    assert asked.pop("on_loop") is not None
    assert asked == {
        "folder": Path("loops"),
        "sounds": 1,
        "count": 5,
        "seed": 9,
        "split": "held_out",
        "file_format": "wav",
        "processes": 3,
        "patch_share": 0.25,
    }


def test_card_counts_sounds_without_loops_too(sounds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library, out = tmp_path / "library.jsonl", tmp_path / "docs" / "data.md"
    assert run(["data", "scan", str(sounds), "--out", str(library), "--quiet"]) == 0
    assert run(["data", "card", str(library), "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"card": str(out), "sounds": 1, "loops": {}}
    assert "| kick | 1 | 0 | 1 |" in out.read_text()


def test_render_refuses_an_unknown_split(
    tmp_path: Path, sounds: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    library = tmp_path / "library.jsonl"
    assert run(["data", "scan", str(sounds), "--out", str(library), "--quiet"]) == 0
    assert run(["data", "render", str(library), "--out", str(tmp_path / "loops"), "--split", "test"]) == 2
    assert "train, held_out" in capsys.readouterr().err
    assert not (tmp_path / "loops").exists()


def test_render_without_a_library(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "render", str(tmp_path / "none.jsonl")]) == 3
    assert "samplegen data scan" in capsys.readouterr().err


def test_encode_passes_plain_values(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked: dict[str, object] = {}

    def stand_in(library: Path, **options: object) -> EncodeResult:
        asked.update(options, library=library)
        return EncodeResult(Path("latents"), one_shots=4, loops=2, frames=900, left_out=("odd 120bpm.wav",))

    monkeypatch.setattr("samplegen.training.encoding.encode.encode_library", stand_in)
    line = "data encode library.jsonl --codec c --out latents --loops a --loops b --clap listener --ray auto --json"
    assert run(line.split()) == 0
    assert json.loads(capsys.readouterr().out) == {
        "folder": "latents", "one_shots": 4, "loops": 2, "frames": 900, "left_out": ["odd 120bpm.wav"],
    }  # fmt: skip
    assert run([word for word in line.split() if word != "--json"]) == 0
    told = capsys.readouterr().out
    assert "left out odd 120bpm.wav: no tempo from 60 to 200 BPM" in told and "4 one-shots and 2 loops" in told
    assert asked.pop("progress") is not None
    assert asked == {
        "library": Path("library.jsonl"),
        "codec": "c",
        "out": Path("latents"),
        "loops": [Path("a"), Path("b")],
        "ray": "auto",
        "clap": "listener",
    }


def test_caption_passes_plain_values(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked: dict[str, object] = {}

    def stand_in(folder: Path, **options: object) -> CaptionResult:
        asked.update(options, folder=folder)
        return CaptionResult(folder, sounds=6, clap="listener")

    monkeypatch.setattr("samplegen.training.encoding.encode.caption_latents", stand_in)
    assert run("data caption latents --library l.jsonl --loops a --json".split()) == 0
    assert json.loads(capsys.readouterr().out) == {"folder": "latents", "sounds": 6, "clap": "listener"}
    assert asked.pop("progress") is not None
    assert asked == {
        "folder": Path("latents"), "library": Path("l.jsonl"), "loops": [Path("a")], "clap": "clap-small-44k",
    }  # fmt: skip


def test_caption_needs_the_library(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "caption", "latents"]) == 2
    assert "--library" in capsys.readouterr().err


def test_remember_passes_plain_values(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked: dict[str, object] = {}

    def stand_in(library: Path, **options: object) -> MemoryResult:
        asked.update(options, library=library)
        return MemoryResult(Path("m/memory.safetensors"), 2_000_000, {"loop": FormFacts(40, 2, 0.14, 0.4, ())})

    monkeypatch.setattr("samplegen.training.sources.memory.remember", stand_in)
    assert run("data remember l.jsonl --loops a --loops b --model m".split()) == 0
    assert capsys.readouterr().out == "loop: 40 sounds, limit 0.140\n2.0 MB: m/memory.safetensors\n"
    assert asked.pop("progress") is not None
    assert asked == {"library": Path("l.jsonl"), "loops": (Path("a"), Path("b")), "model": "m"}
