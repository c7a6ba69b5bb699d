"""Manifests survive a round trip and refuse what is not one."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from samplegen.audio.types import Audio
from samplegen.errors import InputError, SamplegenError
from samplegen.pack.licence import licence_text, write_licence
from samplegen.pack.manifest import (
    MANIFEST_NAME,
    CompanionEntry,
    FileEntry,
    Missing,
    entry_of,
    job_key,
    manifest_to_json,
    new_manifest,
    read_manifest,
    write_manifest,
)
from samplegen.pack.pass_rates import GateRate
from samplegen.pack.sound import Provenance, Sound, Tags


def make_entry(path: str = "Loops/Drums/a.wav", **parameters: object) -> FileEntry:
    """The entry of a silent loop."""
    tags = Tags(kind="loop", category="drums", bpm=120, bars=1, meter=(3, 4), key="Am")
    origin = Provenance(engine="alpha_blend", seed=3, parameters={"steps": 16, "scale": (1.5, None)} | parameters)
    sound = Sound(Audio(np.zeros((1, 66_150), np.float32), 44_100), tags, origin)
    return entry_of(
        sound, path=path, sha256="ab" * 32, size=4, bit_depth=24, measures={"peak_db": -1.0, "lufs": float("-inf")},
        gates=["length", "peak"], redraws=2, job="j", word="moss",
    )  # fmt: skip


def test_round_trip(tmp_path: Path) -> None:
    manifest = new_manifest(
        name="Tést", licence="CC0-1.0", entries=[make_entry("b.wav"), make_entry("a.wav")], attributions=["A", "A", "B"]
    )
    write_manifest(tmp_path, manifest)
    found = read_manifest(tmp_path)
    assert found is not None
    assert [entry.path for entry in found.files] == ["a.wav", "b.wav"]
    assert found.files[0] == make_entry("a.wav")
    assert found.attributions == ("A", "B")
    entry = found.files[0]
    assert (entry.beats, entry.root_note, entry.length, entry.redraws) == (3, 57, 66_150, 2)
    assert entry.measures == {"lufs": None, "peak_db": -1.0}


def test_equal_manifests_are_equal_bytes_in_any_order(tmp_path: Path) -> None:
    entries = [make_entry("a.wav"), make_entry("b.wav")]
    first = write_manifest(tmp_path / "1", new_manifest(name="x", licence="y", entries=entries))
    second = write_manifest(tmp_path / "2", new_manifest(name="x", licence="y", entries=entries[::-1]))
    assert first.read_bytes() == second.read_bytes()


def test_a_folder_without_manifest(tmp_path: Path) -> None:
    assert read_manifest(tmp_path) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": "other"}', "\ufeff{}", "[" * 100_000, "NaN"])
def test_what_is_not_a_manifest_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / MANIFEST_NAME).write_text(text, "utf-8")
    with pytest.raises(InputError, match=MANIFEST_NAME):
        read_manifest(tmp_path)


def test_bytes_that_are_not_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / MANIFEST_NAME).write_bytes(b"\xff\xfe\x00{")
    with pytest.raises(InputError, match="not valid JSON"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    ("member", "value", "message"),
    [
        ("path", "../x.wav", "not a path inside"), ("path", "/x.wav", "not a path inside"),
        ("path", "C:\\x", "not a path inside"), ("path", "", "not a path inside"), ("sha256", 5, "a text"),
        ("size", "1", "whole number"), ("size", True, "whole number"), ("bpm", "fast", "a number or null"),
        ("bpm", float("nan"), "a number or null"), ("meter", [4], "two whole numbers"), ("gates", [1], "list of texts"),
        ("measures", {"a": "b"}, "object of numbers"), ("parameters", [], "an object"), ("key", 1, "a text or null"),
    ],
)  # fmt: skip
def test_a_member_of_the_wrong_type_is_named(tmp_path: Path, member: str, value: object, message: str) -> None:
    content: dict[str, Any] = manifest_to_json(new_manifest(name="x", licence="y", entries=[make_entry()]))
    content["files"][0][member] = value
    (tmp_path / MANIFEST_NAME).write_text(json.dumps(content))
    with pytest.raises(InputError, match=f"file 1 has {member!r}.*{message}"):
        read_manifest(tmp_path)


def test_what_came_later_may_be_missing(tmp_path: Path) -> None:
    content: dict[str, Any] = manifest_to_json(new_manifest(name="x", licence="y", entries=[make_entry()]))
    for name in ("companions", "missing", "pass_rates", "rejected"):
        del content[name]
    for name in ("refused", "section", "tagged", "written_as"):
        del content["files"][0][name]
    (tmp_path / MANIFEST_NAME).write_text(json.dumps(content))
    found = read_manifest(tmp_path)
    assert found is not None and found.files == (make_entry(),) and found.files[0].tagged
    assert (found.companions, found.missing, found.pass_rates) == ((), (), None)


def test_companions_and_missing_sounds_survive(tmp_path: Path) -> None:
    made = CompanionEntry("MIDI/a.mid", "midi", "cd" * 32, 3, ("a.wav",))
    lost = Missing("sound 2", "It is dull.", "loops", "k", 3, ("dull", "seam"), {"dull": 3})
    entry = replace(make_entry(), refused={"seam": 1})
    write_manifest(
        tmp_path,
        new_manifest(name="x", licence="y", entries=[entry], companions=[made], missing=[lost], rejected=["b", "a"]),
    )
    found = read_manifest(tmp_path)
    assert found is not None
    assert (found.companions, found.missing, found.rejected) == ((made,), (lost,), ("a", "b"))
    # Three draws of the sound that is there (two redraws) and three of the one that is not.
    assert found.pass_rates == {
        "all": GateRate(6, 1), "dull": GateRate(3, 0), "length": GateRate(3, 3), "peak": GateRate(3, 3),
        "seam": GateRate(6, 5),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("member", "value", "message"),
    [("companions", [{"path": "../x"}], "companion 1"), ("missing", [{}], "missing sound 1 has no 'label'"),
     ("pass_rates", {"seam": {}}, "pass rate seam has no 'judged'")],
)  # fmt: skip
def test_later_members_are_read_strictly(tmp_path: Path, member: str, value: object, message: str) -> None:
    content: dict[str, Any] = manifest_to_json(new_manifest(name="x", licence="y", entries=[]))
    (tmp_path / MANIFEST_NAME).write_text(json.dumps(content | {member: value}))
    with pytest.raises(InputError, match=message):
        read_manifest(tmp_path)


def test_a_missing_member_is_named(tmp_path: Path) -> None:
    content = manifest_to_json(new_manifest(name="x", licence="y", entries=[make_entry()]))
    del content["files"][0]["seed"]
    (tmp_path / MANIFEST_NAME).write_text(json.dumps(content))
    with pytest.raises(InputError, match="file 1 has no 'seed'"):
        read_manifest(tmp_path)


def test_another_version_is_refused(tmp_path: Path) -> None:
    content = manifest_to_json(new_manifest(name="x", licence="y", entries=[])) | {"version": 2}
    (tmp_path / MANIFEST_NAME).write_text(json.dumps(content))
    with pytest.raises(InputError, match="version 1"):
        read_manifest(tmp_path)


def test_job_keys_depend_on_every_part_and_not_on_order() -> None:
    base: dict[str, Any] = {"engine": "a", "model_hash": "h", "seed": 1, "parameters": {"x": 1, "y": [2]}}
    same = job_key(**(base | {"parameters": {"y": (2,), "x": 1}}))
    assert same == job_key(**base)
    changes: list[dict[str, Any]] = [{"engine": "b"}, {"model_hash": "i"}, {"seed": 2}, {"parameters": {"x": 2}}]
    assert len({same, *(job_key(**(base | change)) for change in changes)}) == 5


def test_parameters_that_are_not_json_are_a_defect() -> None:
    with pytest.raises(SamplegenError, match="do not fit JSON"):
        Provenance(engine="x", parameters={"a": np.float32(1)})


def test_the_licence_names_each_source_once(tmp_path: Path) -> None:
    lines = ["Groove MIDI Dataset, CC BY 4.0", " Groove MIDI Dataset, CC BY 4.0 ", ""]
    path = write_licence(tmp_path, name="Test Pack", attributions=lines)
    text = path.read_text("utf-8")
    assert text.count("Groove MIDI") == 1 and "royalties" in text and text.startswith("Test Pack\n=========\n")
    assert "authors" not in licence_text(name="x")
