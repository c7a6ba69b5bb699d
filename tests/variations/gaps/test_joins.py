"""Joins: continued waves, fades inside the gap, levels, width."""

import numpy as np
import pytest

from samplegen.variations.gaps.joins import burg, continued, join_flux, match_level, splice, widen
from samplegen.variations.gaps.places import Gap

RATE = 44_100


def sine(length: int, *, hz: float = 440.0, start: int = 0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hz * (start + np.arange(length)) / RATE).astype(np.float32)[None]


def test_a_decaying_sine_goes_on() -> None:
    time = np.arange(3000)
    wave = (np.exp(-time / 2000) * np.sin(0.07 * time)).astype(np.float32)[None]
    made = continued(wave[:, :2600], count=400, sample_rate=RATE)
    assert np.abs(made - wave[:, 2600:]).max() < 0.02


def test_the_prediction_filter_is_stable() -> None:
    noise = np.random.default_rng(0).standard_normal(500)
    assert np.abs(np.roots(burg(noise, order=20))).max() < 1.0
    assert np.array_equal(burg(np.zeros(50), order=8), [1.0])


def test_the_middle_of_a_filling_is_untouched_and_its_ends_meet_the_known_wave() -> None:
    whole = sine(30_000)
    filling = 0.3 * np.random.default_rng(1).standard_normal((1, 10_000)).astype(np.float32)
    made = splice(filling, before=whole[:, :10_000], after=whole[:, 20_000:], sample_rate=RATE)
    assert np.array_equal(made[:, 441:-441], filling[:, 441:-441])
    joined = np.concatenate([whole[:, :10_000], made, whole[:, 20_000:]], axis=1)[0]
    steps = np.abs(np.diff(joined))
    usual = np.abs(np.diff(whole[0])).max()
    assert steps[9_998:10_003].max() < 1.3 * usual and steps[19_997:20_002].max() < 1.3 * usual


def test_an_attack_at_the_start_is_not_faded_in() -> None:
    filling = np.zeros((1, 8_000), np.float32)
    filling[0, 60:2_000] = 0.8 * np.exp(-np.arange(1_940) / 400)
    quiet = 0.001 * sine(4_000)
    made = splice(filling, before=quiet, after=quiet, sample_rate=RATE)
    assert np.abs(made).max() > 0.79
    loud = splice(filling, before=sine(4_000), after=quiet, sample_rate=RATE)
    assert np.abs(loud[0, 60]) < 0.5  # amid a loud sound it comes in within 10 ms


def test_a_hit_behind_the_gap_is_not_heard_before_it() -> None:
    after = np.zeros((1, 4_000), np.float32)
    after[0] = np.random.default_rng(2).standard_normal(4_000) * np.exp(-np.arange(4_000) / 500)
    made = splice(
        np.zeros((1, 8_000), np.float32), before=np.zeros((1, 4_000), np.float32), after=after, sample_rate=RATE
    )
    assert np.abs(made[0, :-50]).max() == 0.0


def test_levels_meet_on_both_sides() -> None:
    known, made = (sine(5_000), 0.25 * sine(5_000)), (sine(5_000) / 1.5, 0.25 * sine(5_000))
    filling = sine(20_000)
    matched = match_level(filling, known=known, made=made, rate=RATE)
    ratio = np.abs(matched).reshape(1, 20, -1).max(2) / np.abs(filling).reshape(1, 20, -1).max(2)
    assert ratio[0, 0] == pytest.approx(1.5, abs=0.03) and ratio[0, -1] == pytest.approx(1.0, abs=0.03)
    far = match_level(filling, known=known, made=(0.01 * known[0], 0.01 * known[1]), rate=RATE)
    assert np.abs(far).max() <= 2.0 * np.abs(filling).max()
    silent = np.zeros((1, 100), np.float32)
    assert match_level(filling, known=(silent, silent), made=made, rate=RATE) is filling


@pytest.mark.parametrize("width", [0.0, 0.5])
def test_a_filling_is_as_wide_as_what_is_known(width: float) -> None:
    rng = np.random.default_rng(3)
    middle, side = rng.standard_normal((2, RATE))
    known = np.stack([middle + width * side, middle - width * side]).astype(np.float32)
    filling = rng.standard_normal((1, RATE)).astype(np.float32)
    made = widen(filling, known=known, seed=1, rate=RATE)
    assert np.allclose(made.mean(axis=0), filling[0], atol=1e-5)
    got = np.square(made[0] - made[1]).mean() / np.square(made[0] + made[1]).mean()
    assert got == pytest.approx(width**2, rel=0.35, abs=1e-6)
    assert np.array_equal(made, widen(filling, known=known, seed=1, rate=RATE))


def test_a_cut_is_conspicuous_and_a_steady_sound_is_not() -> None:
    rng = np.random.default_rng(4)
    noise = rng.standard_normal((1, 4 * RATE)).astype(np.float32)
    gap = Gap(2 * RATE, 3 * RATE)
    assert join_flux(noise, gap, sample_rate=RATE, ring=True) < 1.4
    cut = noise.copy()
    cut[:, gap.start : gap.stop] *= 0.001
    assert join_flux(cut, gap, sample_rate=RATE, ring=True) > 3.0
