"""What a pack holds already is known to the next run as it lies on the disk."""

from pathlib import Path

import pytest

from samplegen.pack import recall as recall_module
from samplegen.pack.export import PackWriter
from samplegen.pack.recall import Recall
from tests.pack.signals import make_loop, make_one_shot


def open_pack(folder: Path) -> PackWriter:
    return PackWriter(folder, name="pack", bit_depth=16, sample_rate=48_000)


def test_a_later_run_knows_the_same(tmp_path: Path) -> None:
    sounds = [make_loop(seed=1), make_one_shot(seed=2)]
    with open_pack(tmp_path / "pack") as writer:
        recall = Recall(writer)
        for sound in sounds:
            assert recall.index().nearest(sound) is None
            writer.add(sound)
        now = recall.index()
    later = Recall(open_pack(tmp_path / "pack")).index()
    for probe in (*sounds, make_loop(seed=3), make_one_shot(seed=4)):
        assert now.nearest(probe) == later.nearest(probe)
    near, far = later.nearest(sounds[0]), later.nearest(make_loop(seed=3))
    assert near is not None and far is not None and near.distance_db < 0.5 < far.distance_db


def test_nothing_is_read_until_it_is_asked_for_and_then_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []
    read_audio = recall_module.read_audio
    monkeypatch.setattr(
        recall_module, "read_audio", lambda path, **more: (read.append(path), read_audio(path, **more))[1]
    )
    with open_pack(tmp_path / "pack") as writer:
        recall = Recall(writer)
        writer.add(make_loop(seed=1))
        assert read == []
        recall.index()
        recall.index()
        assert len(read) == 1


def test_what_is_made_again_is_not_compared_with_itself(tmp_path: Path) -> None:
    mine, other = make_loop(seed=1), make_loop(seed=2)
    with open_pack(tmp_path / "pack") as writer:
        writer.add(mine, job="mine")
        writer.add(other, job="other")
    forced = PackWriter(tmp_path / "pack", name="pack", bit_depth=16, sample_rate=48_000, force=True)
    recall = Recall(forced, again=["mine"])
    near = recall.index().nearest(mine)
    assert near is not None and near.distance_db > 0.5  # the other one
    forced.add(mine, job="mine")
    again = recall.index().nearest(mine)
    assert again is not None and again.distance_db < 0.5
