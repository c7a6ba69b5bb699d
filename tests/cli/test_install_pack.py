"""`samplegen install-pack` and `samplegen daw-script`: what they ask, refuse, write and print."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer

from samplegen.cli.app import run
from samplegen.pack.daws import libraries
from tests.pack.daws.packs import make_pack, tree


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Mac with Ableton Live and Logic."""
    home = tmp_path / "home"
    for folder in ("Music/Ableton/User Library", "Library/Audio/Apple Loops/User Loops"):
        (home / folder).mkdir(parents=True)
    machine = libraries.Machine("macos", home, {})
    monkeypatch.setattr("samplegen.pack.daws.this_machine", lambda: machine)
    return home


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return make_pack(tmp_path / "my pack", "a")


def answer(monkeypatch: pytest.MonkeyPatch, yes: bool) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr(typer, "confirm", lambda *_, **__: yes)


def test_installs_into_all_that_is_found_lists_and_removes(
    home: Path, pack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    live = home / "Music/Ableton/User Library/Samples/my pack"
    logic = home / "Library/Audio/Apple Loops/User Loops/my pack"
    assert run(["install-pack", str(pack), "--yes"]) == 0
    assert capsys.readouterr().out == f"Installed: {live}\nInstalled: {logic}\n"
    assert (live / "Sounds/a.wav").is_file() and (logic / "a.aif").is_file() and not (logic / "Sounds").exists()
    assert run(["install-pack", "--list"]) == 0
    shown = f"Ableton Live: {live.parent}\n  my pack\nLogic and GarageBand: {logic.parent}\n  my pack\n"
    assert capsys.readouterr().out == shown
    assert run(["install-pack", str(pack), "--yes"]) == 0
    assert capsys.readouterr().out == "Nothing to do.\n"
    (live / "mine.asd").write_text("x")
    assert run(["install-pack", str(pack), "--remove", "--yes"]) == 0
    assert capsys.readouterr().out == f"Removed: {live}\nRemoved: {logic}\nStill there: {live}\n"
    assert list(tree(live)) == ["mine.asd"] and not logic.exists()


def test_nobody_to_ask_is_an_error_that_says_so(home: Path, pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for more in ([], ["--json"], ["--quiet"]):
        assert run(["install-pack", str(pack), *more]) == 2
        captured = capsys.readouterr()
        assert "Nobody can be asked here. Look with --dry-run, then do it with --yes." in captured.out + captured.err
    assert tree(home) == {}


def test_a_dry_run_says_all_and_does_nothing(home: Path, pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["install-pack", str(pack), "--dry-run", "--daw", "ableton"]) == 0
    captured = capsys.readouterr()
    assert "Ableton Live: copies 4 files" in captured.err and "Samples/my pack" in captured.err
    assert captured.out == "Nothing was done; that was a dry run.\n"
    assert run(["install-pack", str(pack), "--dry-run", "--json", "--link"]) == 0
    value: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (value["done"], value["dry_run"]) == (False, True)
    assert [plan["action"] for plan in value["plans"]] == ["link", "copy"]
    assert tree(home) == {}


def test_the_answer_decides(
    home: Path, pack: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, False)
    assert run(["install-pack", str(pack), "--daw", "ableton"]) == 0
    assert capsys.readouterr().out == "Nothing was done.\n" and tree(home) == {}
    answer(monkeypatch, True)
    assert run(["install-pack", str(pack), "--daw", "ableton", "--name", "Night"]) == 0
    assert (home / "Music/Ableton/User Library/Samples/Night/manifest.json").is_file()


def test_another_folder_by_name(home: Path, pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    disk = tmp_path / "Other Disk"
    assert run(["install-pack", str(pack), "--yes", "--into", str(disk)]) == 3
    assert "is not a folder. Make it first" in capsys.readouterr().err
    disk.mkdir()
    assert run(["install-pack", str(pack), "--yes", "--into", str(disk), "--link"]) == 0
    assert (disk / "my pack").is_symlink() and tree(home) == {}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "Name the folder of a pack"),
        (["no-such-folder"], 3, "is not a folder"),
        (["."], 3, "has no manifest.json"),
        (["PACK", "--daw", "bitwig"], 3, "No library of Bitwig Studio is where it usually is"),
        (["PACK", "--daw", "cubase"], 2, "'cubase' is not known"),
        (["PACK", "--name", "../x"], 3, "'../x' is not a name for a folder"),
    ],
)
def test_bad_questions(
    home: Path, pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    arguments: list[str], code: int, message: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert run(["install-pack", *(str(pack) if word == "PACK" else word for word in arguments), "--yes"]) == code
    assert message in capsys.readouterr().err
    assert tree(home) == {}


def test_no_daw_at_all(
    pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = libraries.Machine("linux", tmp_path / "nobody", {})
    monkeypatch.setattr("samplegen.pack.daws.this_machine", lambda: machine)
    assert run(["install-pack", str(pack), "--yes"]) == 3
    assert "No library of a DAW is where it usually is. Name a folder with --into." in capsys.readouterr().err
    assert run(["install-pack", "--list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"libraries": []}


def test_the_script_of_reaper_is_written_and_never_over_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new folder"
    assert run(["daw-script", "reaper", "--out", str(out)]) == 0
    assert "Load ReaScript" in capsys.readouterr().out
    script = out / "samplegen_loops.lua"
    assert '"-P", "-m", "samplegen" }' in script.read_text()
    assert run(["daw-script", "reaper", "--out", str(out), "--json"]) == 0  # the same again
    assert json.loads(capsys.readouterr().out) == {"script": str(script), "daw": "reaper"}
    assert run(["daw-script", "reaper", "--out", str(out), "--program", 'C:\\my "x"\\samplegen.exe']) == 3
    assert "--force" in capsys.readouterr().err
    assert run(["daw-script", "reaper", "--out", str(out), "--program", 'C:\\x "y"\\s.exe', "--force"]) == 0
    assert 'local PROGRAM = { "C:\\092x \\034y\\034\\092s.exe" }\n' in script.read_text()
    assert run(["daw-script", "cubase", "--out", str(out)]) == 2
    assert "'cubase' is not known. Choose one of reaper" in capsys.readouterr().err
