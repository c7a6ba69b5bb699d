"""Fillings without a model."""

import numpy as np
import pytest

from samplegen.errors import InputError
from samplegen.variations.gaps.baselines import copies, crossfade_sides, interpolate_ar
from samplegen.variations.gaps.places import Gap, Time

RATE = 44_100


def test_linear_prediction_restores_sines() -> None:
    time = np.arange(30_000)
    wave = (0.4 * np.sin(0.05 * time) + 0.2 * np.sin(0.21 * time + 1)).astype(np.float32)[None]
    made = interpolate_ar(wave[:, :14_000], wave[:, 14_800:], length=800, sample_rate=RATE)
    error = np.square(made - wave[:, 14_000:14_800]).mean() / np.square(wave).mean()
    assert error < 1e-3


def test_linear_prediction_at_the_end_of_a_sound() -> None:
    wave = 0.4 * np.sin(0.05 * np.arange(20_000)).astype(np.float32)[None]
    made = interpolate_ar(wave[:, :15_000], wave[:, :0], length=300, sample_rate=RATE)
    assert np.abs(made - wave[:, 15_000:15_300]).max() < 0.1
    assert not interpolate_ar(wave[:, :0], wave[:, :0], length=10, sample_rate=RATE).any()


def test_copies_come_from_the_same_place_of_other_bars() -> None:
    samples = np.random.default_rng(0).standard_normal((2, 4000)).astype(np.float32)
    samples[:, 2000:3000] = samples[:, :1000]  # the third bar is like the first
    gap = Gap(300, 500)
    found = copies(samples, [gap], gap, time=Time(120.0, 4, 4), sample_rate=2000)
    assert len(found) == 3 and np.array_equal(found[0], samples[:, 2300:2500])
    assert {one.tobytes() for one in found} == {samples[:, 300 + k : 500 + k].tobytes() for k in (1000, 2000, 3000)}


def test_one_bar_copies_beats_and_gaps_are_no_sources() -> None:
    samples = np.random.default_rng(0).standard_normal((1, 4000)).astype(np.float32)
    gaps = [Gap(300, 500), Gap(1300, 1500)]
    found = copies(samples, gaps, gaps[0], time=Time(120.0, 1, 4), sample_rate=2000)
    assert len(found) == 2 and not any(np.array_equal(one, samples[:, 1300:1500]) for one in found)
    with pytest.raises(InputError, match="nothing can be copied"):
        copies(samples, [Gap(0, 1200)], Gap(0, 1200), time=Time(120.0, 2, 4), sample_rate=2000) and copies(
            samples, [Gap(0, 2500)], Gap(0, 2500), time=Time(120.0, 2, 4), sample_rate=2000
        )


def test_a_crossfade_begins_and_ends_as_its_sides() -> None:
    left, right = np.full((1, 100), 0.5, np.float32), np.full((1, 30), -0.5, np.float32)
    made = crossfade_sides(left, right, length=100)
    assert made[0, 0] == 0.5 and made[0, -1] == -0.5 and made.shape == (1, 100)
    assert crossfade_sides(left[:, :0], right, length=100)[0, 0] == 0.0
