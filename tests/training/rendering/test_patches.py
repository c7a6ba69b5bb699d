"""Synthesised notes: in tune, without aliases, released, and named by family and number."""

import numpy as np
import pytest

from samplegen.audio.key import estimate_pitch
from samplegen.audio.types import Audio
from samplegen.training.rendering.patches import FAMILIES, FAMILY_WORDS, ROLE_FAMILIES, draw_patch, patch_of, play_patch

RATE = 44_100


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_is_in_tune_ends_and_has_words(family: str) -> None:
    for seed in (2, 3):
        patch = patch_of(family, seed)
        note = play_patch(patch, 45, held_s=0.8, sample_rate=RATE)
        assert len(note) == pytest.approx((0.8 + patch.release_s) * RATE, abs=2)
        assert np.max(np.abs(note)) > 0.05 and abs(note[-1]) < 1e-3 and abs(note[0]) < 0.05
        heard = estimate_pitch(Audio(note[None], RATE)).midi
        assert heard is not None and abs((heard - 45 + 6) % 12 - 6) < 0.12
    assert FAMILY_WORDS[family]


def test_high_notes_do_not_alias() -> None:
    note = play_patch(patch_of("saw_lead", 8), 96, held_s=0.5, sample_rate=RATE)
    spectrum = np.abs(np.fft.rfft(note[: RATE // 4] * np.hanning(RATE // 4)))
    below = spectrum[: int(1_900 / 4)]
    assert below.max() < 0.02 * spectrum.max()


def test_patches_of_the_splits_never_meet_and_a_seed_gives_one_note() -> None:
    for role in ROLE_FAMILIES:
        for seed in range(5):
            train = draw_patch(role, rng=np.random.default_rng(seed))
            held_out = draw_patch(role, rng=np.random.default_rng(seed), split="held_out")
            assert (train.split, held_out.split) == ("train", "held_out") and train.name != held_out.name
            family, number = train.name.split("/")[1:]
            assert patch_of(family, int(number)) == train
    first, again = (play_patch(train, 60, held_s=0.2, sample_rate=RATE) for _ in range(2))
    assert first.tobytes() == again.tobytes()
