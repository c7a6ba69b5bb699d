import csv
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

from samplegen.errors import InputError
from samplegen.training.sources.library import DEFAULT_LICENCES, load_library, save_library
from samplegen.training.sources.scan import scan_library

RATE = 22_050


def _wav(path: Path, seconds: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.1 * np.sin(np.arange(int(seconds * RATE)) * 0.3), RATE)


def test_an_index_is_read_and_every_other_file_is_listed_with_its_reason(library_folder: Path) -> None:
    (library_folder / "stray.wav").write_bytes(b"x")
    with (library_folder / "index.csv").open("a", newline="") as file:
        csv.writer(file).writerows(
            [["gone.wav", "kick", "maker/one", "CC0-1.0", ""], ["stray2.wav", "spoon", "maker/one", "CC0-1.0", ""]]
        )
    result = scan_library(library_folder)
    assert len(result.records) == 24
    assert {item.path: item.reason for item in result.dropped} == {
        "ccby/kick.wav": "licence CC-BY-4.0 is not allowed",
        "gone.wav": "listed in index.csv but missing",
        "stray.wav": "not listed in index.csv",
        "stray2.wav": "unknown class 'spoon'",
    }
    assert {r.source: r.split for r in result.records} == {
        "maker/one": "train", "maker/two": "train", "oramics/sampled": "held_out",
    }  # fmt: skip


def test_more_licences_let_more_in(library_folder: Path) -> None:
    result = scan_library(library_folder, licences=DEFAULT_LICENCES | {"CC-BY-4.0"})
    assert "ccby/kick.wav" in {record.path for record in result.records}


def test_plain_folders_are_read_from_names_and_headers(tmp_path: Path) -> None:
    _wav(tmp_path / "Pack A/Kick_01.wav", 0.4)
    _wav(tmp_path / "Pack A/SG_120_loop_Am.wav", 4.0)
    _wav(tmp_path / "Pack B/strange.wav", 1.0)
    _wav(tmp_path / "Pack B/long strange.wav", 16.0)
    _wav(tmp_path / "Pack B/tick_kick.wav", 0.002)
    (tmp_path / "Pack B/broken snare.wav").write_bytes(b"RIFF not really")
    (tmp_path / "readme.txt").write_text("hello")
    result = scan_library(tmp_path, measure=False)
    records = {record.path: record for record in result.records}
    assert {path: record.kind for path, record in records.items()} == {
        "Pack A/Kick_01.wav": "kick", "Pack A/SG_120_loop_Am.wav": "loop_full", "Pack B/strange.wav": "fx",
    }  # fmt: skip
    loop = records["Pack A/SG_120_loop_Am.wav"]
    assert (loop.bpm, loop.bars, loop.key, loop.source, loop.sample_rate) == (120.0, 2.0, "Am", "Pack A", RATE)
    assert {item.path: item.reason for item in result.dropped} == {
        "Pack B/broken snare.wav": "cannot be read as audio",
        "Pack B/long strange.wav": "no kind in its name and 16 s is too long for a one-shot",
        "Pack B/tick_kick.wav": "too short (2.0 ms, at least 10 ms)",
        "readme.txt": "not an audio or MIDI file (.txt)",
    }


@pytest.mark.parametrize("top", ["Kicks Snares Claps Hats Toms Bass", "Mine"])
def test_folders_of_kinds_hold_out_sounds_of_each_kind_with_all_their_takes(tmp_path: Path, top: str) -> None:
    for folder in top.split():
        for number in range(20):
            for take in (1, 2):
                _wav(tmp_path / folder / f"kick {number:02}_rr{take}.wav", 0.05)
    records = scan_library(tmp_path, measure=False).records
    held_out = {record.path for record in records if record.split == "held_out"}
    assert 0 < len(held_out) < 0.3 * len(records)
    assert held_out == {path.replace("_rr1", "_rr2") for path in held_out} | {
        path.replace("_rr2", "_rr1") for path in held_out
    }
    for folder in top.split():
        assert any(r.path.startswith(folder) and r.split == "train" for r in records)


def test_folders_of_sources_are_held_out_as_a_whole(tmp_path: Path) -> None:
    for maker in ("Acme", "Birch", "Cedar", "Dune", "Elm", "Fern"):
        for number in range(8):
            _wav(tmp_path / maker / "Kicks" / f"kick {number:02}.wav", 0.05)
    splits = {(record.source, record.split) for record in scan_library(tmp_path, measure=False).records}
    assert len(splits) == 6 and 0 < sum(split == "held_out" for _, split in splits) < 4


def test_what_names_do_not_say_is_measured(tmp_path: Path) -> None:
    clicks = np.zeros(4 * 44_100, dtype=np.float32)
    for beat in range(8):
        clicks[beat * 22_050 : beat * 22_050 + 400] = np.hanning(400) * np.cos(np.arange(400))
    soundfile.write(tmp_path / "drum loop.wav", clicks, 44_100)
    time = np.arange(44_100) / 44_100
    soundfile.write(tmp_path / "bass warm.wav", 0.4 * np.sin(2 * np.pi * 55.0 * time) * np.exp(-2 * time), 44_100)
    bass, loop = scan_library(tmp_path).records
    assert loop.bpm == pytest.approx(120.0, abs=0.5) and loop.bars == 2.0
    assert bass.midi_pitch == pytest.approx(33.0, abs=0.3)


def test_grooves_of_plain_folders_are_read_and_empty_or_damaged_ones_dropped(tmp_path: Path) -> None:
    for name, count in (("funk.mid", 16), ("empty.mid", 0)):
        track = mido.MidiTrack(mido.Message("note_on", channel=9, note=36, velocity=90, time=480) for _ in range(count))
        mido.MidiFile(type=0, ticks_per_beat=480, tracks=[track]).save(tmp_path / name)
    (tmp_path / "bad.mid").write_bytes(b"MThd nonsense")
    result = scan_library(tmp_path)
    (record,) = result.records
    assert (record.path, record.kind, record.bpm, record.bars, record.duration_s) == (
        "funk.mid", "groove_midi", 120.0, 4.0, 8.0,
    )  # fmt: skip
    assert {item.path: item.reason for item in result.dropped} == {
        "bad.mid": "cannot be read as MIDI",
        "empty.mid": "holds no whole bar of hits",
    }


def test_folders_without_sounds_say_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder"):
        scan_library(tmp_path / "missing")
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(InputError, match="No usable sound.*notes.txt"):
        scan_library(tmp_path)
    (tmp_path / "index.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="no column class, licence, path"):
        scan_library(tmp_path)


def test_a_library_survives_its_file(library_folder: Path, tmp_path: Path) -> None:
    result = scan_library(library_folder)
    save_library(tmp_path / "library.jsonl", result)
    loaded = load_library(tmp_path / "library.jsonl")
    assert (loaded.records, loaded.dropped, loaded.folder) == (result.records, result.dropped, library_folder.resolve())
    assert load_library(tmp_path / "library.jsonl", folder=tmp_path).folder == tmp_path


@pytest.mark.parametrize("text", ["", "[1]\n", '{"format": "samplegen-library", "version": 99}\n', "not json\n"])
def test_other_files_are_no_library(tmp_path: Path, text: str) -> None:
    path = tmp_path / "library.jsonl"
    path.write_text(text)
    with pytest.raises(InputError, match=r"library.jsonl"):
        load_library(path)


def test_a_damaged_record_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "library.jsonl"
    path.write_text('{"format": "samplegen-library", "version": 1, "folder": "."}\n{"path": "a", "colour": 3}\n')
    with pytest.raises(InputError, match="damaged"):
        load_library(path)
