"""The ReaScript under a real Lua, with a stand-in for REAPER that runs what it is told to run."""

import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from samplegen.errors import UsageError
from samplegen.pack.daws.scripts import lua_string, reaper_script

lupa = pytest.importorskip("lupa", reason="needs lupa (PyPI), a Lua to run the script with")

HOSTILE = 'it\'s "dub", $(touch pwned) `touch pwned` ; touch pwned & %PATH% \\ --force \\" 808 ♪ \''
FAKE = """
import json, sys
from pathlib import Path
here = Path(__file__).parent
(here / "argv.json").write_text(json.dumps(sys.argv[1:]))
reply = json.loads((here / "reply.json").read_text())
print("a library says {hello}", file=sys.stderr)
print(reply["text"])
sys.exit(reply["code"])
"""
MADE = {"folder": "x", "files": ["Loops/Drums/SG_a.wav", "Loops/Drums/SG_{b}.wav"], "seed": 7, "missing": []}


class Reaper:
    """What the script may call, and what it called."""

    def __init__(self, folder: Path, *, system: str = "Other", answers: str | None = "4,drums,1,dark") -> None:
        self.folder, self.system, self.answers = folder, system, answers
        self.quarter_bpm, self.meter, self.cursor = 128.0, (4, 4), 1.5
        self.selected: str | None = "selected"
        self.state: dict[str, str] = {}
        self.output: str | None = None  # of the process; run for real where None
        self.unreadable = False
        self.button, self.file = 2, ""
        self.calls: list[tuple[Any, ...]] = []
        self.messages: list[str] = []
        self.commands: list[str] = []
        (folder / "Application Support").mkdir(exist_ok=True)
        (folder / "fake.py").write_text(FAKE)
        self.reply(json.dumps(MADE))

    def reply(self, text: str, code: int = 0) -> None:
        (self.folder / "reply.json").write_text(json.dumps({"text": text, "code": code}))

    @property
    def argv(self) -> list[str]:
        return list(json.loads((self.folder / "argv.json").read_text()))

    def names(self) -> list[str]:
        return [call[0] for call in self.calls]

    def run(self, program: tuple[str, ...] | None = None) -> None:
        lua = lupa.LuaRuntime(unpack_returned_tuples=True, register_eval=False)
        table = lua.table()
        for name in dir(self):
            if name[0].isupper():
                table[name] = getattr(self, name)
        for name in RECORDED:
            table[name] = self._recorder(name)
        lua.globals().reaper = table
        lua.execute(reaper_script(program or (sys.executable, str(self.folder / "fake.py"))))

    def _recorder(self, name: str) -> Any:
        def record(*arguments: Any) -> Any:
            self.calls.append((name, *arguments))
            return RECORDED[name]

        return record

    def GetOS(self) -> str:
        return self.system

    def GetCursorPosition(self) -> float:
        return self.cursor

    def TimeMap_GetTimeSigAtTime(self, project: int, time: float) -> tuple[int, int, float]:
        assert (project, time) == (0, self.cursor)
        return (*self.meter, self.quarter_bpm)

    def TimeMap2_timeToQN(self, project: int, time: float) -> float:
        return time * self.quarter_bpm / 60

    def TimeMap2_QNToTime(self, project: int, quarter: float) -> float:
        return quarter * 60 / self.quarter_bpm

    def GetExtState(self, section: str, key: str) -> str:
        return self.state.get(f"{section}/{key}", "")

    def SetExtState(self, section: str, key: str, value: str, keep: bool) -> None:
        assert keep
        self.state[f"{section}/{key}"] = value

    def GetUserInputs(self, title: str, count: int, captions: str, defaults: str) -> tuple[bool, str]:
        self.calls.append(("GetUserInputs", title, defaults))
        assert captions.count(",") == count and defaults.count(",") == count - 1
        return self.answers is not None, self.answers or ""

    def GetUserFileNameForRead(self, *_: str) -> tuple[bool, str]:
        return bool(self.file), self.file

    def ShowMessageBox(self, text: str, title: str, kind: int) -> int:
        self.messages.append(text)
        return self.button if kind else 1

    def GetResourcePath(self) -> str:
        return str(self.folder / "Application Support")

    def GetProjectPath(self) -> str:
        return "C:\\My Media" if self.system.startswith("Win") else str(self.folder / "My 'Media'")

    def ExecProcess(self, line: str, timeout: int) -> str | None:
        self.commands.append(line)
        assert timeout == 0
        if self.output is not None:
            return self.output or None
        shell, script = shlex.split(line)
        done = subprocess.run([shell, script], capture_output=True, text=True, cwd=self.folder, timeout=60)
        return f"{done.returncode}\n{done.stdout}"

    def GetSelectedTrack(self, *_: int) -> str | None:
        return self.selected

    def PCM_Source_CreateFromFile(self, path: str) -> str | None:
        return None if self.unreadable else f"source of {path}"


RECORDED: dict[str, Any] = {
    "CountTracks": 3, "InsertTrackAtIndex": None, "GetTrack": "new", "GetSetMediaTrackInfo_String": True,
    "AddMediaItemToTrack": "item", "SetMediaItemInfo_Value": True, "AddTakeToMediaItem": "take",
    "SetMediaItemTake_Source": True, "GetSetMediaItemTakeInfo_String": True, "SetActiveTake": None,
    "Undo_BeginBlock": None, "Undo_EndBlock": None, "PreventUIRefresh": None, "UpdateArrange": None,
    "Main_OnCommand": None,
}  # fmt: skip


@pytest.fixture
def reaper(tmp_path: Path) -> Reaper:
    return Reaper(tmp_path)


def test_every_word_of_a_hostile_prompt_arrives(reaper: Reaper, tmp_path: Path) -> None:
    reaper.answers = f" 8,drums , 2,  {HOSTILE} "
    reaper.run()
    assert reaper.argv == [
        "loops", "--bpm", "128", "--bars", "8", "--meter", "4/4", "-n", "2", "--kind", "drums",
        f"--prompt={HOSTILE}", "--out", f"{tmp_path}/My 'Media'/samplegen", "--json",
    ]  # fmt: skip
    assert reaper.messages == []
    assert not list(tmp_path.rglob("pwned"))
    assert list((tmp_path / "Application Support").iterdir()) == []  # the job's file is gone


def test_loops_are_placed_as_takes_of_one_item_in_one_step(reaper: Reaper, tmp_path: Path) -> None:
    reaper.answers = "4,drums,2,"
    reaper.run()
    names = reaper.names()
    assert names[0] == "GetUserInputs" and names[1:3] == ["Undo_BeginBlock", "PreventUIRefresh"]
    assert ("AddMediaItemToTrack", "selected") in reaper.calls
    values = {call[2]: call[3] for call in reaper.calls if call[0] == "SetMediaItemInfo_Value"}
    assert values == {
        "D_POSITION": 1.5, "D_LENGTH": 16 * 60 / 128, "B_LOOPSRC": 1, "D_FADEINLEN": 0, "D_FADEOUTLEN": 0,
    }  # fmt: skip
    folder = f"{tmp_path}/My 'Media'/samplegen/"
    sources = [call[2] for call in reaper.calls if call[0] == "SetMediaItemTake_Source"]
    assert sources == [f"source of {folder}{path}" for path in MADE["files"]]  # type: ignore[attr-defined]
    titles = [call[3] for call in reaper.calls if call[0] == "GetSetMediaItemTakeInfo_String"]
    assert titles == ["SG_a", "SG_{b}"]
    assert names.count("Undo_EndBlock") == 1 and names.index("Undo_EndBlock") > names.index("SetActiveTake")
    assert ("Main_OnCommand", 40047, 0) in reaper.calls


def test_without_a_selected_track_a_new_one_is_made(reaper: Reaper) -> None:
    reaper.selected = None
    reaper.run()
    assert ("InsertTrackAtIndex", 3, True) in reaper.calls and ("AddMediaItemToTrack", "new") in reaper.calls


@pytest.mark.parametrize(
    ("quarter_bpm", "meter", "bpm", "length"),
    [(90.0, (7, 8), "180", 7 * 60 / 180), (174.3, (3, 4), "174.3", 3 * 60 / 174.3), (140.0, (2, 2), "70", 2 * 60 / 70)],
)
def test_quarters_become_beats_of_the_meter(
    reaper: Reaper, quarter_bpm: float, meter: tuple[int, int], bpm: str, length: float
) -> None:
    reaper.quarter_bpm, reaper.meter, reaper.answers = quarter_bpm, meter, "1,,1,"
    reaper.run()
    assert reaper.argv[1:9] == ["--bpm", bpm, "--bars", "1", "--meter", f"{meter[0]}/{meter[1]}", "-n", "1"]
    assert "--kind" not in reaper.argv and not any(word.startswith("--prompt") for word in reaper.argv)
    (placed,) = [call[3] for call in reaper.calls if call[:3] == ("SetMediaItemInfo_Value", "item", "D_LENGTH")]
    assert placed == pytest.approx(length, rel=1e-6)


def parse_windows(line: str) -> list[str]:
    """The words as Microsoft's C runtime splits them ("Parsing C command-line arguments")."""
    words, word, quoted, at, begun = [], "", False, 0, False
    while at < len(line):
        slashes = len(line) - at - len(line[at:].lstrip("\\"))
        at += slashes
        if at < len(line) and line[at] == '"':
            word += "\\" * (slashes // 2)
            if slashes % 2:
                word += '"'
            else:
                quoted = not quoted
            begun, at = True, at + 1
        elif slashes:
            word, begun = word + "\\" * slashes, True
        elif line[at] in " \t" and not quoted:
            words += [word] if begun else []
            word, begun, at = "", False, at + 1
        else:
            word, begun, at = word + line[at], True, at + 1
    return words + ([word] if begun else [])


def test_windows_gets_one_line_that_its_runtime_splits_as_meant(tmp_path: Path) -> None:
    reaper = Reaper(tmp_path, system="Win64", answers=f"2,bass,1,{HOSTILE} \\")
    reaper.output = "0\r\n" + json.dumps(MADE) + "\r\n"
    reaper.run(("C:\\Program Files\\Python\\python.exe", "-P", "-m", "samplegen"))
    (line,) = reaper.commands
    words = ["C:\\Program Files\\Python\\python.exe", "-P", "-m", "samplegen", "loops", "--bpm", "128", "--bars", "2",
             "--meter", "4/4", "-n", "1", "--kind", "bass", f"--prompt={HOSTILE} \\", "--out",
             "C:\\My Media\\samplegen", "--json"]  # fmt: skip
    assert parse_windows(line) == words
    assert line == subprocess.list2cmdline(words)
    sources = [call[2] for call in reaper.calls if call[0] == "SetMediaItemTake_Source"]
    assert sources[0] == "source of C:\\My Media\\samplegen\\Loops/Drums/SG_a.wav"


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ("0,drums,1,", "1 to 64, not '0'"),
        ("two,drums,1,", "not 'two'"),
        ("4,drums,99,", "1 to 16, not '99'"),
        ("4,dr.ms,1,", "'dr.ms' is not known. Choose one of drums, tops"),
        ("4,drums", "cannot be read: 4,drums"),
    ],
)
def test_odd_answers_are_told_and_nothing_runs(reaper: Reaper, answers: str, message: str) -> None:
    reaper.answers = answers
    reaper.run()
    assert reaper.commands == [] and message in reaper.messages[0] and reaper.names() == ["GetUserInputs"]


def test_cancel_does_nothing_and_answers_are_kept_but_the_prompt(reaper: Reaper) -> None:
    reaper.answers = None
    reaper.run()
    assert reaper.commands == [] and reaper.messages == []
    reaper.answers = "8,bass,3,a, b"
    reaper.run()
    reaper.run()
    asked = [call[1:] for call in reaper.calls if call[0] == "GetUserInputs"]
    assert asked[0] == ("samplegen loops: 128 BPM, 4/4", "4,drums,1,") and asked[2][1] == "8,bass,3,"


def test_errors_of_samplegen_are_shown_as_they_are(reaper: Reaper) -> None:
    message = 'The folder "ä\\ö" {x} is full.\nFree some space.'
    for escaped in (True, False):
        reaper.reply(json.dumps({"error": {"kind": "x", "message": message + " 😀"}}, ensure_ascii=escaped), 3)
        reaper.run()
        assert reaper.messages.pop() == message + " 😀"
    reaper.reply(json.dumps({**MADE, "files": [], "missing": ["sound 1: too quiet"]}))
    reaper.run()
    assert reaper.messages.pop() == "No loop passed samplegen's own checks. sound 1: too quiet"
    reaper.reply('{"files": [1, 2', 1)
    reaper.run()
    assert "ended with code 1" in reaper.messages.pop()
    assert "AddMediaItemToTrack" not in reaper.names()


def test_a_missing_samplegen_can_be_chosen_and_is_remembered(reaper: Reaper, tmp_path: Path) -> None:
    reaper.run(("no-such-samplegen-anywhere",))
    assert reaper.messages[0].startswith("samplegen was not found (no-such-samplegen-anywhere).")
    assert reaper.state.keys() == {"samplegen/answers"}
    reaper.button, reaper.file = 1, str(tmp_path / "my samplegen")
    reaper.run(("no-such-samplegen-anywhere",))
    assert reaper.state["samplegen/path"] == reaper.file
    Path(reaper.file).write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "{tmp_path}/fake.py" "$@"\n')
    Path(reaper.file).chmod(0o755)
    reaper.run(("no-such-samplegen-anywhere",))
    assert reaper.argv[0] == "loops" and "SetActiveTake" in reaper.names()


def test_a_file_that_cannot_be_opened_ends_the_undo_block(reaper: Reaper) -> None:
    reaper.unreadable = True
    reaper.run()
    assert "REAPER cannot open" in reaper.messages[0]
    assert reaper.names()[-3:] == ["PreventUIRefresh", "Undo_EndBlock", "UpdateArrange"]


def test_lua_strings_hold_anything() -> None:
    text = 'C:\\new\\"x"\n\0 é'
    assert lupa.LuaRuntime().eval(lua_string(text)) == text
    with pytest.raises(UsageError, match="--program"):
        reaper_script(())


@pytest.mark.skipif(shutil.which("luacheck") is None, reason="needs luacheck")
def test_luacheck_finds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "script.lua"
    path.write_text(reaper_script(("a b", "c")))
    for standard in ("lua53", "lua54"):  # REAPER 6 and 7
        words = ["luacheck", "--std", standard, "--globals", "reaper", "--max-line-length", "120", path]
        done = subprocess.run(words, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
