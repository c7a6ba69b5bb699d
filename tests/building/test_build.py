"""Whole packs of recipes that need no model: what stays, what is made anew, what goes."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from samplegen.audio.io import write_wav
from samplegen.audio.types import Audio
from samplegen.errors import InputError, OutputError
from samplegen.pack.check import check_pack
from samplegen.pack.manifest import read_manifest
from samplegen.pack.recipes.reading import read_recipe
from samplegen.pipeline import build_pack

HEAD = """
[pack]
name = "Noise"
prefix = "NO"
bpm = 180
seed = 5
demo = false
artwork = false
audition = false
"""
RISES = """
[[risers]]
name = "rises"
count = {count}
bars = 1
pitch = {pitch}
"""
FALLS = """
[[risers]]
name = "falls"
direction = "down"
count = 2
bars = 1
"""


def recipe(folder: Path, text: str, **inputs: Path):
    path = folder / "noise.toml"
    path.write_text(text)
    return read_recipe(path, inputs=inputs)


def hashes(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def sounds(folder: Path) -> dict[str, str]:
    return {path: digest for path, digest in hashes(folder).items() if path.endswith(".wav")}


def plain(*, count: int = 2, pitch: int = 0) -> str:
    return HEAD + RISES.format(count=count, pitch=pitch) + FALLS


def test_a_pack_is_whole_and_building_again_changes_nothing(tmp_path):
    made = build_pack(recipe(tmp_path, plain()), out=tmp_path / "pack")
    assert made.sounds == {"rises": 2, "falls": 2} and len(made.files) == 4 and not made.missing
    report = check_pack(tmp_path / "pack")
    assert report.passed, report.problems
    before = hashes(tmp_path / "pack")
    again = build_pack(recipe(tmp_path, plain()), out=tmp_path / "pack")
    assert again.redraws == 0 and hashes(tmp_path / "pack") == before


def test_a_changed_line_remakes_what_depends_on_it(tmp_path):
    build_pack(recipe(tmp_path, plain()), out=tmp_path / "pack")
    before = sounds(tmp_path / "pack")
    build_pack(recipe(tmp_path, plain(pitch=12)), out=tmp_path / "pack")
    after = sounds(tmp_path / "pack")
    falls = {path: digest for path, digest in before.items() if "downlifter" in path}
    assert len(falls) == 2 and falls.items() <= after.items()
    assert len(after) == 4 and not (set(before.values()) - set(falls.values())) & set(after.values())
    build_pack(recipe(tmp_path, plain(pitch=12)), out=tmp_path / "fresh")
    assert sounds(tmp_path / "fresh") == after


def test_more_sounds_leave_those_that_are_there_and_fewer_take_some_away(tmp_path):
    build_pack(recipe(tmp_path, plain(count=2)), out=tmp_path / "pack")
    before = sounds(tmp_path / "pack")
    build_pack(recipe(tmp_path, plain(count=3)), out=tmp_path / "pack")
    more = sounds(tmp_path / "pack")
    assert set(before.values()) <= set(more.values()) and len(more) == 5
    build_pack(recipe(tmp_path, plain(count=1)), out=tmp_path / "pack")
    assert len(sounds(tmp_path / "pack")) == 3 and check_pack(tmp_path / "pack").passed


def vote(folder: Path, path: Path, *, reject: list[str]) -> Path:
    manifest = read_manifest(folder)
    assert manifest is not None
    chosen = {entry.path: {"path": entry.path, "sha256": entry.sha256, "job": entry.job} for entry in manifest.files}
    keep = [value for name, value in chosen.items() if name not in reject]
    votes = {"format": "samplegen-votes", "version": 1, "pack": manifest.name, "keep": keep}
    path.write_text(json.dumps(votes | {"reject": [chosen[name] for name in reject]}))
    return path


def test_rejected_sounds_are_replaced_and_stay_replaced(tmp_path):
    build_pack(recipe(tmp_path, plain()), out=tmp_path / "pack")
    before = sounds(tmp_path / "pack")
    bad = next(path for path in before if "riser" in path)
    votes = vote(tmp_path / "pack", tmp_path / "votes.json", reject=[bad])
    build_pack(recipe(tmp_path, plain()), out=tmp_path / "pack", feedback=votes)
    after = sounds(tmp_path / "pack")
    kept = {path: digest for path, digest in before.items() if path != bad}
    assert kept.items() <= after.items() and before[bad] not in after.values() and len(after) == 4
    build_pack(recipe(tmp_path, plain()), out=tmp_path / "pack", feedback=votes)  # once more: nothing new to do
    build_pack(recipe(tmp_path, plain()), out=tmp_path / "pack")
    assert sounds(tmp_path / "pack") == after


def test_textures_of_a_recording_go_through_a_chain(tmp_path):
    samples = 0.3 * np.random.default_rng(0).standard_normal((1, 3 * 44_100)).astype(np.float32)
    samples *= np.tile(np.exp(-np.arange(11_025) / 2000.0), 12)[: samples.shape[1]].astype(np.float32)
    write_wav(tmp_path / "beat.wav", Audio(samples, 44_100))
    text = HEAD + '[[textures]]\nname = "air"\nsource = "@beat"\npreset = "spectral-fog"\n'
    dry = build_pack(recipe(tmp_path, text, beat=tmp_path / "beat.wav"), out=tmp_path / "dry")
    wet = build_pack(recipe(tmp_path, text + 'fx = "crush"\n', beat=tmp_path / "beat.wav"), out=tmp_path / "wet")
    (first,), (second,) = (sounds(tmp_path / name).values() for name in ("dry", "wet"))
    assert first != second and len(dry.files) == len(wet.files) == 1
    manifest = read_manifest(tmp_path / "wet")
    assert manifest is not None and manifest.files[0].parameters["fx"] == "crush"
    assert manifest.files[0].length == 3 * 44_100


def test_nothing_made_is_an_error_and_leaves_no_pack(tmp_path):
    write_wav(tmp_path / "silence.wav", Audio(np.zeros((1, 44_100), np.float32), 44_100))
    text = HEAD + '[[textures]]\nsource = "@quiet"\npreset = "spectral-fog"\n'
    with pytest.raises(InputError, match="No sound of Noise could be made"):
        build_pack(recipe(tmp_path, text, quiet=tmp_path / "silence.wav"), out=tmp_path / "pack")
    assert not (tmp_path / "pack" / "manifest.json").exists()


def test_force_makes_the_same_sounds_anew_and_replaces_what_was_changed(tmp_path):
    text = plain() + '[[midi]]\nkind = "pattern"\n'
    build_pack(recipe(tmp_path, text), out=tmp_path / "pack")
    before = hashes(tmp_path / "pack")
    for changed in (next(path for path in before if path.endswith(ending)) for ending in (".mid", ".wav")):
        (tmp_path / "pack" / changed).write_bytes(b"changed")
    made = build_pack(recipe(tmp_path, text), out=tmp_path / "pack", force=True)
    assert hashes(tmp_path / "pack") == before and made.redraws == 0


def test_the_folder_of_another_pack_is_refused(tmp_path):
    build_pack(recipe(tmp_path, plain()), out=tmp_path / "pack")
    before = hashes(tmp_path / "pack")
    other = (HEAD + FALLS).replace('name = "Noise"', 'name = "Other"').replace("seed = 5", "seed = 6")
    with pytest.raises(OutputError, match="holds the pack 'Noise'"):
        build_pack(recipe(tmp_path, other), out=tmp_path / "pack")
    assert hashes(tmp_path / "pack") == before
    build_pack(recipe(tmp_path, other), out=tmp_path / "pack", force=True)
    assert len(sounds(tmp_path / "pack")) == 2
