import numpy as np
import pytest

from samplegen.audio.types import Audio
from samplegen.errors import UsageError
from samplegen.post.loops import middle_repeat


def test_equal_repeats_come_back_unchanged(drum_loop: Audio) -> None:
    three = drum_loop.with_samples(np.tile(drum_loop.samples, 3))
    assert np.array_equal(middle_repeat(three).samples, drum_loop.samples)
    five = drum_loop.with_samples(np.tile(drum_loop.samples, 5))
    assert np.array_equal(middle_repeat(five, repeats=5).samples, drum_loop.samples)


def test_the_loop_begins_as_the_third_repeat_and_goes_on_as_the_middle_one() -> None:
    ramp = np.concatenate([np.full(1000, 9.0), np.full(1000, 0.25), np.full(1000, 0.5)]).astype(np.float32)
    kept = middle_repeat(Audio(ramp, 10_000), blend_ms=5).samples[0]  # 50 samples of blend
    assert kept[0] == 0.5
    assert (kept[50:] == 0.25).all()
    assert (np.diff(kept[:51]) <= 0).all()  # fully correlated: equal gain, so no bump above either


def test_the_seam_continues_as_decoded() -> None:
    """A decoder drift (here a slow swell) makes a step; the blend takes it out."""
    n = np.arange(3000)
    drifting = (np.sin(2 * np.pi * n / 100) * (0.5 + n / 6000)).astype(np.float32)
    kept = middle_repeat(Audio(drifting, 10_000), blend_ms=5).samples[0]
    step = abs(kept[0] - kept[-1])
    assert step == abs(drifting[2000] - drifting[1999])
    assert step <= np.abs(np.diff(kept)).max() * 1.01


@pytest.mark.parametrize(("length", "repeats"), [(2000, 2), (3001, 3), (2000, 0), (2000, -1)])
def test_what_is_no_repeats_is_refused(length: int, repeats: int) -> None:
    with pytest.raises(UsageError, match=f"{length} samples"):
        middle_repeat(Audio(np.zeros(length, np.float32), 10_000), repeats=repeats)


def test_a_loop_shorter_than_the_blend() -> None:
    assert middle_repeat(Audio(np.arange(6, dtype=np.float32), 44100)).length == 2
