"""Augmented log-mels stay log-mels."""

import numpy as np

from samplegen.conditioning.clap.features import BANDS, FRAMES, Heard
from samplegen.training.clap.augmented_mels import augmented

HEARD = Heard(np.random.default_rng(0).random((BANDS, 40), dtype=np.float32), np.ones(4, np.float32))


def test_forms_and_ranges():
    lengths = set()
    for seed in range(60):
        made = augmented(HEARD, rng=np.random.default_rng(seed))
        assert made.mels.shape[0] == BANDS and 8 <= made.mels.shape[1] <= FRAMES and made.mels.dtype == np.float32
        assert made.mels.min() >= 0.0 and made.mels.max() <= 1.0 and np.abs(made.extras - 1.0).max() < 0.2
        lengths.add(made.mels.shape[1])
    assert min(lengths) < 40 < max(lengths)


def test_drawn_from_the_generator_only():
    one, same, other = (augmented(HEARD, rng=np.random.default_rng(seed)) for seed in (4, 4, 5))
    np.testing.assert_array_equal(one.mels, same.mels)
    assert one.mels.shape != other.mels.shape or (one.mels != other.mels).any()


def test_the_given_window_is_left_alone():
    before = HEARD.mels.copy()
    for seed in range(10):
        augmented(HEARD, rng=np.random.default_rng(seed))
    np.testing.assert_array_equal(HEARD.mels, before)


def test_half_precision_and_a_few_frames_are_taken():
    short = Heard(HEARD.mels[:, :1].astype(np.float16), HEARD.extras)
    assert all(augmented(short, rng=np.random.default_rng(seed)).mels.shape[1] >= 1 for seed in range(20))
