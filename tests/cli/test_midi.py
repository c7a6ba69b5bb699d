"""`samplegen midi`: files in, files out, nothing replaced unasked, plain sentences for the rest."""

import json
from pathlib import Path

import mido
import pytest

from samplegen.audio.io import write_wav
from samplegen.cli.app import run
from samplegen.pack.midi.from_files import read_loop
from samplegen.pack.sound import Provenance, Sound, Tags
from samplegen.pack.tags import write_sound
from samplegen.score.midi_files import read_midi, write_midi
from samplegen.score.music import Note, new_music
from tests.pack.midi.loops import loop


@pytest.fixture
def beat(tmp_path: Path) -> Path:
    path = tmp_path / "my beat.wav"
    write_wav(path, loop(bars=2, late_s=0.01))
    return path


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "song.mid"
    write_midi(path, new_music([Note(120 * k, 60, 42, 80) for k in range(32)], bpm=120.0, meter=(4, 4), bars=2))
    return path


def ticks(path: Path) -> int:
    return sum(message.time for message in mido.MidiFile(path).tracks[0])


def test_transcribe_writes_whole_bars(beat: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out" / "x.mid"
    assert run(["midi", "transcribe", str(beat), "--bpm", "120", "--out", str(out)]) == 0
    assert "120 BPM (as given), 2 bars: 8 hat_closed, 4 kick, 4 snare" in capsys.readouterr().out
    assert ticks(out) == 8 * 480
    assert any(note.start % 120 for note in read_midi(out).notes)


def test_quantised_hits_stand_on_the_grid_and_measured_tempi_are_told(
    beat: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["midi", "transcribe", str(beat), "--quantise", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"file": "my beat.mid", "bpm": 120.0, "bars": 2}
    assert not any(note.start % 120 for note in read_midi(tmp_path / "my beat.mid").notes)


def test_nothing_is_replaced_without_force(beat: Path, song: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = song.read_bytes()
    for words in (["transcribe", str(beat)], ["groove", str(beat)], ["humanize", str(song)]):
        assert run(["midi", *words, "--out", str(song)]) == 3
        assert "song.mid exists already" in capsys.readouterr().err
    assert song.read_bytes() == before
    assert run(["midi", "humanize", str(song), "--out", str(song), "--force"]) == 0
    assert song.read_bytes() != before


def test_groove_of_a_loop_and_a_file_played_with_it(beat: Path, song: Path, tmp_path: Path) -> None:
    own, played = tmp_path / "own.mid", tmp_path / "played.mid"
    assert run(["midi", "groove", str(beat), "--bpm", "120", "--out", str(own)]) == 0
    assert len(read_midi(own).notes) == 16 and ticks(own) == 8 * 480
    assert run(["midi", "groove", str(beat), "--bpm", "120", "--apply", str(song), "--out", str(played)]) == 0
    late = [note.start - 120 * k for k, note in enumerate(read_midi(played).notes)]
    assert all(abs(late[k] - 9.6) <= 4 for k in range(0, 32, 2))  # 10 ms at 120 BPM
    assert all(late[k] == 0 for k in range(1, 32, 2)) and ticks(played) == ticks(song)


def test_humanize_has_a_seed_and_an_exact_end(song: Path, tmp_path: Path) -> None:
    files = [tmp_path / f"{k}.mid" for k in range(3)]
    for path, seed in zip(files, ("1", "1", "2"), strict=True):
        line = ["midi", "humanize", str(song), "--amount", "0.5", "--style", "electronic", "--swing", "0.6"]
        assert run([*line, "--seed", seed, "--out", str(path)]) == 0
    first, again, other = (path.read_bytes() for path in files)
    assert first == again != other and ticks(files[0]) == ticks(song)


def test_patterns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["midi", "patterns", "--style", "techno", "--bars", "2", "-n", "3", "--bpm", "132", "--out", str(tmp_path)]
    assert run([*line, "--json"]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert [Path(name).name for name in files] == [f"techno_132_{k:02d}.mid" for k in (1, 2, 3)]
    assert {ticks(Path(name)) for name in files} == {8 * 480}
    assert run(line) == 3 and run([*line, "--force", "--quiet"]) == 0
    assert run([*line, "--style", "polka"]) == 2 and "polka" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [["--amount", "-1"], ["--amount", "nan"], ["--style", "jazz"], ["--swing", "0.4"], ["--seed", "x"]],
)
def test_values_that_make_no_sense(song: Path, tmp_path: Path, words: list[str]) -> None:
    assert run(["midi", "humanize", str(song), *words, "--out", str(tmp_path / "o.mid")]) == 2
    assert not (tmp_path / "o.mid").exists()


def test_strangers_files_end_in_plain_sentences(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty, text = tmp_path / "empty.mid", tmp_path / "text.wav"
    empty.write_bytes(b"")
    text.write_text("no audio")
    for words, message in (
        (["humanize", str(empty)], "empty.mid is empty"),
        (["humanize", str(text)], "text.wav is not a MIDI file"),
        (["humanize", str(tmp_path)], "Cannot read"),
        (["transcribe", str(text)], "text.wav"),
        (["groove", str(tmp_path / "none.wav")], "none.wav"),
    ):
        assert run(["midi", *words, "--out", str(tmp_path / "o.mid")]) == 3
        assert message in capsys.readouterr().err
    assert not (tmp_path / "o.mid").exists()


def test_a_tag_says_the_tempo(tmp_path: Path) -> None:
    path = tmp_path / "tagged.wav"
    sound = Sound(loop(bpm=90.0), Tags(kind="loop", category="loop_drums", bpm=90.0, bars=1), Provenance("test"))
    write_sound(path, sound)
    told = read_loop(path)
    assert told.tempo_from == "from its tag" and told.transcription.bpm == 90.0 and told.transcription.pattern.bars == 1
