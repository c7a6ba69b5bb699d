"""Edits lie over their source: shifts are found to the sample, levels match, ends are the source's."""

import numpy as np
import pytest

from samplegen.audio.types import Audio
from samplegen.variations.edits.alignment import align, find_shift, keep_end, match_level, onset_sample, shift
from tests.variations.hit_sounds import RATE, drum


@pytest.mark.parametrize("later", [-60, -1, 0, 1, 37, 700])
def test_shifts_are_found(later: int) -> None:
    source = Audio(np.pad(drum().samples, ((0, 0), (900, 900))), RATE)
    moved = source.with_samples(0.5 * shift(source.samples, later=later))
    assert find_shift(moved, source) == later
    np.testing.assert_allclose(align(moved, source).samples, source.samples, atol=2e-7)


def test_onset_is_where_the_sound_begins() -> None:
    assert onset_sample(drum()) == pytest.approx(88, abs=12)  # 2 ms


def test_levels_match_and_silence_stays() -> None:
    source = drum().samples
    assert np.square(match_level(0.1 * source, source)).sum() == pytest.approx(np.square(source).sum(), rel=1e-5)
    assert not match_level(np.zeros_like(source), source).any()


def test_ends_are_the_sources() -> None:
    source = drum().samples
    ended = keep_end(source + np.float32(0.3), source, sample_rate=RATE)
    assert ended[0, -1] == source[0, -1]
    np.testing.assert_array_equal(ended[:, :-221], (source + np.float32(0.3))[:, :-221])
