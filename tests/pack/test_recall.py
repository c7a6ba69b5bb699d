"""What a pack holds already is known to the next run as it lies on the disk."""

from pathlib import Path

from samplegen.pack.duplicates import DuplicateIndex
from samplegen.pack.export import PackWriter
from samplegen.pack.recall import recall_kept, remember
from tests.pack.signals import make_loop, make_one_shot


def test_a_later_run_knows_the_same(tmp_path: Path) -> None:
    sounds = [make_loop(seed=1), make_one_shot(seed=2)]
    now = DuplicateIndex()
    with PackWriter(tmp_path / "pack", name="pack", bit_depth=16, sample_rate=48_000) as writer:
        for sound in sounds:
            remember(now, writer, writer.add(sound))
    later = recall_kept(PackWriter(tmp_path / "pack", name="pack", bit_depth=16, sample_rate=48_000))
    for probe in (*sounds, make_loop(seed=3), make_one_shot(seed=4)):
        assert now.nearest(probe) == later.nearest(probe)
    near, far = later.nearest(sounds[0]), later.nearest(make_loop(seed=3))
    assert near is not None and far is not None and near.distance_db < 0.5 < far.distance_db
