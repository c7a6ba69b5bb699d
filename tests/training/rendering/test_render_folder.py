import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from samplegen.errors import InputError, UsageError
from samplegen.training.rendering.render import render_item
from samplegen.training.rendering.render_folder import read_index, render_to_folder
from samplegen.training.rendering.sounds import SoundStore
from samplegen.training.sources.library import Library

RATE = 16_000


def test_a_folder_holds_the_series_and_says_what_it_holds(library: Library, tmp_path: Path) -> None:
    heard: list[int] = []
    folder = tmp_path / "loops"
    assert render_to_folder(library, folder, count=3, seed=5, sample_rate=RATE, on_loop=heard.append) == 3
    head, entries = read_index(folder)
    assert heard == [0, 1, 2] and head["seed"] == 5 and head["split"] == "train"
    for number, entry in enumerate(entries):
        loop = render_item(library, index=number, seed=5, store=SoundStore(library, RATE))
        samples, rate = soundfile.read(folder / entry["path"], dtype="float32")
        assert rate == RATE and entry["length"] == len(samples) == loop.audio.length
        assert np.max(np.abs(samples - loop.audio.samples[0])) < 2.0**-22
        assert (entry["bpm"], entry["kind"], entry["caption"]) == (loop.bpm, loop.kind, loop.caption)


def test_processes_change_no_byte(library: Library, tmp_path: Path) -> None:
    heard: list[int] = []
    render_to_folder(library, tmp_path / "one", count=4, seed=4, sample_rate=8_000)
    render_to_folder(library, tmp_path / "two", count=2, seed=4, sample_rate=8_000)
    render_to_folder(library, tmp_path / "two", count=4, seed=4, sample_rate=8_000, processes=2, on_loop=heard.append)
    assert heard == [2, 3]
    for path in (tmp_path / "one").iterdir():
        if path.suffix == ".flac":
            assert (tmp_path / "two" / path.name).read_bytes() == path.read_bytes()
    entries = read_index(tmp_path / "two")[1]
    assert entries == read_index(tmp_path / "one")[1]


def test_an_entry_says_what_it_is(library: Library, tmp_path: Path) -> None:
    render_to_folder(
        library, tmp_path, count=3, seed=1, sample_rate=8_000, weights={"loop_chord": 1.0}, patch_share=1.0
    )
    for entry in read_index(tmp_path)[1]:
        assert entry["role"] in ("chord", "pad", "arp", "lead") and entry["kind"] == "loop_chord"
        assert entry["mode"] == ("minor" if entry["key"].endswith("m") else "major")
        assert entry["scale"] in ("major", "minor", "dorian") and entry["sources"][0].startswith("synth/")
        assert set(entry["effects"]) <= set(entry["tags"])


def test_a_second_run_goes_on_after_a_crash(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "loops"
    render_to_folder(library, folder, count=4, seed=5, sample_rate=RATE)
    _, entries = read_index(folder)
    kept = (folder / entries[0]["path"]).stat().st_mtime_ns
    (folder / entries[1]["path"]).unlink()
    index = folder / "index.jsonl"
    index.write_text(index.read_text()[:-40])  # the last line was being written
    assert render_to_folder(library, folder, count=5, seed=5, sample_rate=RATE) == 3
    _, again = read_index(folder)
    assert sorted(entry["index"] for entry in again) == [0, 1, 2, 3, 4]
    assert (folder / entries[0]["path"]).stat().st_mtime_ns == kept
    assert len(list(folder.iterdir())) == 6


def test_another_series_is_not_mixed_in(library: Library, tmp_path: Path) -> None:
    render_to_folder(library, tmp_path / "loops", count=1, seed=5, sample_rate=RATE)
    with pytest.raises(UsageError, match="seed, split"):
        render_to_folder(library, tmp_path / "loops", count=1, seed=6, split="held_out", sample_rate=RATE)


def test_unknown_formats_and_foreign_folders_are_refused(library: Library, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'mp3'.*flac"):
        render_to_folder(library, tmp_path, count=1, seed=0, file_format="mp3")
    with pytest.raises(InputError, match="No rendered loops"):
        read_index(tmp_path)
    (tmp_path / "index.jsonl").write_text(json.dumps({"format": "else"}) + "\n")
    with pytest.raises(InputError, match="not an index"):
        read_index(tmp_path)
