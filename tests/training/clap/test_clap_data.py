"""Sounds of a library and of rendered loops, heard once."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from samplegen.errors import InputError
from samplegen.training.clap.clap_data import ClapData, listen_to
from samplegen.training.rendering.render_folder import render_to_folder
from samplegen.training.sources.library import Library


@pytest.fixture(scope="module")
def loops(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("loops")
    render_to_folder(library, folder, count=3, seed=1, weights={"loop_drums": 1.0}, file_format="wav")
    return folder


@pytest.fixture(scope="module")
def data(library: Library, loops: Path) -> ClapData:
    return listen_to(library, loops=[loops])


def test_all_are_heard(data: ClapData, library: Library):
    assert len(data.sounds) == len(library.records) + 3
    kinds = {sound.facts.kind for sound in data.sounds}
    assert {"kick", "bass", "loop_drums"} <= kinds
    assert all(window.mels.dtype == np.float16 for sound in data.sounds for window in sound.windows)
    assert {len(sound.windows) for sound in data.sounds} == {1, 2}


def test_splits_and_chances(data: ClapData):
    trained, held_out = data.places("train"), data.places("held_out")
    assert sorted([*trained, *held_out]) == list(range(len(data.sounds))) and held_out
    chances = data.weights(trained)
    assert chances.sum() == pytest.approx(1.0)
    by_kind = {data.sounds[place].facts.kind: chance for place, chance in zip(trained, chances, strict=True)}
    assert by_kind["loop_drums"] < by_kind["kick"]  # three against two


def test_attributes_as_ones(data: ClapData):
    told = data.told()
    assert told.shape == (len(data.sounds), len(data.attributes)) and set(told.unique().tolist()) == {0.0, 1.0}
    held = {data.attributes[axis] for axis in torch.nonzero(told[0]).flatten().tolist()}
    assert held == data.sounds[0].facts.attributes & set(data.attributes)


@pytest.mark.slow
def test_two_processes_hear_the_same(data: ClapData, library: Library):
    told: list[float] = []
    small = Library(library.folder, library.records[:4])
    both = listen_to(small, processes=2, progress=lambda done, total: told.append(done))
    assert told == [1, 2, 3, 4]
    for one, other in zip(both.sounds, data.sounds, strict=False):
        np.testing.assert_array_equal(one.windows[0].mels, other.windows[0].mels)


def test_without_training_sounds(library: Library):
    held_out = Library(library.folder, library.select(split="held_out"))
    with pytest.raises(InputError, match="no training sounds"):
        listen_to(held_out)


def test_a_damaged_index_is_said(library: Library, loops: Path, tmp_path: Path):
    lines = (loops / "index.jsonl").read_text().splitlines()
    entry = json.loads(lines[1])
    del entry["swing"]
    (tmp_path / "index.jsonl").write_text("\n".join([lines[0], json.dumps(entry)]) + "\n")
    with pytest.raises(InputError, match="index in .* is damaged"):
        listen_to(library, loops=[tmp_path])
