"""`samplegen search`: whole command lines on a small library, and plain sentences for what cannot be searched."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from samplegen.cli.app import run
from samplegen.search.store import index_path
from samplegen.search.text_tower import load_text_tower
from tests.search.signals import TINY, build_library, build_tiny_clap, tone, write
from tests.test_layout import loaded_after


@pytest.fixture(autouse=True)
def _tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build_tiny_clap(tmp_path / "models")
    monkeypatch.setenv("SAMPLEGEN_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    return build_library(tmp_path / "sounds")


def search(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> dict[str, Any]:
    assert run(["search", *map(str, arguments), "--embedder", TINY, "--json"]) == code
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    return printed


def names(printed: dict[str, Any]) -> list[str]:
    return [os.path.basename(sound["path"]) for sound in printed["sounds"]]


def index() -> Path:
    tower = load_text_tower(TINY)
    assert tower is not None
    return index_path(tower.hash)


def test_words_find_names_first(sounds: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed = search(capsys, "dusty snare", sounds)
    best = printed["sounds"][0]
    assert os.path.basename(best["path"]) == "DustySnare.wav" and best["kind"] == "one-shot"
    assert best["seconds"] == pytest.approx(0.2) and 0.0 < best["score"] <= 1.0
    assert printed["index"] == {"files": 6, "heard": 5, "recognised": 1, "forgotten": 0}
    assert search(capsys, "dusty", "snare", sounds)["sounds"] == printed["sounds"]
    assert names(search(capsys, "kick", sounds, "-n", "1")) in (["Kick_01.wav"], ["copy of kick.wav"])


def test_lines_for_people(sounds: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (sounds / "bad.wav").write_bytes(b"no audio")
    assert run(["search", "kick xqzzy", str(sounds), "--embedder", TINY, "-n", "1"]) == 0
    told = capsys.readouterr()
    line = told.out.strip()
    assert line.endswith("(and 1 equal)") and " 0.20 s  " in line and str(sounds.resolve()) in line
    assert "does not know: xqzzy" in told.err and "1 file cannot be used" in told.err
    assert run(["search", "kick", str(sounds), "--embedder", TINY, "--verbose"]) == 0
    assert "bad.wav: cannot be read as audio" in capsys.readouterr().err


def test_like_a_sound_inside_or_outside(sounds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed = search(capsys, sounds, "--like", sounds / "Kicks" / "Kick_01.wav")
    assert {"Kick_01.wav", "copy of kick.wav"}.isdisjoint(names(printed))
    outside = write(tmp_path / "mine.wav", tone(200.0, noise=0.5))
    again = Path(shutil.copy(outside, tmp_path / "again.wav"))
    again.write_bytes(again.read_bytes() + b"junk")
    printed = search(capsys, sounds, "--like", outside, "--like", again)
    assert printed["found"] > 0
    assert "DustySnare.wav" in names(search(capsys, "dusty", sounds, "--like", again))


def test_filters(sounds: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert set(names(search(capsys, "loop", sounds, "--kind", "loop"))) == {"dark_loop_128bpm.wav", "loop 174.wav"}
    assert names(search(capsys, "loop", sounds, "--bpm", "120-130")) == ["dark_loop_128bpm.wav"]
    assert names(search(capsys, "loop", sounds, "--bpm", "174")) == ["loop 174.wav"]
    short = search(capsys, "808", sounds, "--max-seconds", "0.15", "--kind", "one shot")
    assert names(short) == ["rs808.wav"]
    assert search(capsys, "kick", sounds, "--min-seconds", "60")["sounds"] == []


def test_copies_and_lists(sounds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, listed = tmp_path / "out", tmp_path / "found.m3u8"
    printed = search(capsys, "kick", sounds, "-n", "2", "--copy-to", out, "--list", listed)
    assert len(list(out.iterdir())) == 2 and listed.read_text().count("#EXTINF") == 2
    assert len(printed["made"]) == 3
    refused = search(capsys, "kick", sounds, "--list", listed, code=3)
    assert "--force" in refused["error"]["message"]


def test_duplicates(sounds: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quiet = tone(200.0, noise=0.5)
    write(sounds / "quiet.wav", quiet.with_samples(quiet.samples * 0.3))
    groups = search(capsys, "--duplicates", sounds)["groups"]
    found = [({os.path.basename(one["path"]) for one in group["sounds"]}, group["exact"]) for group in groups]
    assert ({"Kick_01.wav", "copy of kick.wav"}, True) in found
    assert ({"DustySnare.wav", "quiet.wav"}, False) in found
    assert run(["search", "--duplicates", str(sounds), "--embedder", TINY]) == 0
    assert "2 groups, 2 files to spare." in capsys.readouterr().out


@pytest.mark.skipif(os.name != "posix", reason="names hold no line breaks there")
def test_names_with_line_breaks_take_one_line(sounds: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(sounds / "Rims" / "rs808.wav", sounds / "two\nlines.wav")
    (sounds / "no\naudio.wav").write_bytes(b"")
    assert run(["search", "--duplicates", str(sounds), "--embedder", TINY, "--verbose"]) == 0
    printed = capsys.readouterr()
    assert "two?lines.wav" in printed.out and "no?audio.wav" in printed.err.replace("\n", "")


def test_the_index(sounds: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert search(capsys, "kick", sounds, "--no-index")["index"]["heard"] == 5
    assert not index().exists()
    assert search(capsys, "kick", sounds)["index"]["heard"] == 5
    assert search(capsys, "kick", sounds)["index"]["heard"] == 0
    assert search(capsys, "kick", sounds, "--reindex")["index"]["heard"] == 5
    index().write_bytes(b"damaged " * 1000)
    printed = search(capsys, "kick", sounds)
    assert printed["index"]["heard"] == 5 and "built anew" in printed["notes"][0]


def test_a_cache_that_cannot_be_written(sounds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "cache").write_text("a file, no folder")
    printed = search(capsys, "kick", sounds)
    assert printed["index"]["heard"] == 5 and "memory only" in printed["notes"][0]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "what to look for and where"),
        (["LIB"], 2, "what to look for and where"),
        (["", "LIB"], 2, "words are empty"),
        (["🥁🥁", "LIB"], 2, "holds no word"),
        (["kick", "missing"], 3, "There is no folder missing"),
        (["kick", "LIB/Kicks/Kick_01.wav"], 3, "is a file, not a folder"),
        (["kick", "EMPTY"], 3, "no audio file"),
        (["LIB", "--like", "missing.wav"], 3, "does not exist"),
        (["LIB", "--like", "LIB"], 3, "is a folder"),
        (["LIB", "--like", "SILENCE"], 3, "is silent"),
        (["kick", "LIB", "--kind", "pad"], 2, "loop, one-shot"),
        (["kick", "LIB", "--bpm", "fast"], 2, "120-130"),
        (["kick", "LIB", "--bpm", "130-120"], 2, "120-130"),
        (["kick", "LIB", "--min-seconds", "-1"], 2, "duration"),
        (["kick", "LIB", "-n", "0"], 2, "1 to"),
        (["kick", "LIB", "--duplicates"], 2, "Leave words"),
        (["LIB", "--duplicates", "--copy-to", "x"], 2, "only shows"),
        (["kick", "LIB", "--list", "x.doc"], 2, ".m3u8"),
    ],
)
def test_what_cannot_be_searched(
    sounds: Path, tmp_path: Path, arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    silence = write(tmp_path / "silence.wav", tone(60.0).with_samples(tone(60.0).samples * 0.0))
    places = {"LIB": str(sounds), "EMPTY": str(tmp_path / "empty"), "SILENCE": str(silence)}
    filled = [places.get(part) or part.replace("LIB/", f"{sounds}/") for part in arguments]
    assert said in search(capsys, *filled, code=code)["error"]["message"]


def test_a_missing_embedder(sounds: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["search", "kick", str(sounds), "--embedder", "no-such-clap"]) == 4
    assert "no-such-clap" in capsys.readouterr().err
    assert run(["search", "kick", str(sounds), "--embedder", "laion-clap-music"]) == 4
    assert "models pull laion-clap-music" in capsys.readouterr().err


def test_very_many_words_and_other_scripts(sounds: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "first 48 words" in search(capsys, "kick " * 10_000, sounds)["notes"][0]
    (sounds / "Rims" / "rs808.wav").rename(sounds / "Rims" / "барабан.wav")
    assert names(search(capsys, "барабан", sounds)) == ["барабан.wav"]


def test_a_second_query_needs_no_torch(sounds: Path, capsys: pytest.CaptureFixture[str]) -> None:
    search(capsys, "kick", sounds)
    like = str(sounds / "Kicks" / "Kick_01.wav")
    commands = [
        ["search", *rest, "--embedder", TINY] for rest in (["kick", str(sounds)], [str(sounds), "--like", like])
    ]
    code = f"from samplegen.cli.app import run\nimport sys\nsys.stdout = sys.stderr\nfor words in {commands!r}:\n"
    code += "    assert run(words) == 0\nsys.stdout = sys.__stdout__"
    assert not loaded_after(code) & {"torch", "librosa", "scipy"}
