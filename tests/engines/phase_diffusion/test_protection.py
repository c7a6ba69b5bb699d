import numpy as np
import pytest

from samplegen.engines.phase_diffusion.protection import amount_track, dryness, quantile


def test_quantile_agrees_with_numpy():
    values = np.random.default_rng(3).standard_normal(101)
    for share in (0.0, 0.3, 0.5, 0.75, 1.0):
        assert quantile(values, share) == pytest.approx(np.quantile(values, share))
    assert quantile(np.array([1.0, 2.0]), 0.5) == 1.5


def test_four_times_the_threshold_leaves_a_quarter_for_20_ms():
    flux = np.ones(41)
    flux[20] = 4.0
    kept = dryness(flux, hop_s=0.010)
    np.testing.assert_array_equal(kept[18:23], 0.25)
    np.testing.assert_array_equal(kept[:18], 1.0)
    np.testing.assert_array_equal(kept[23:], 1.0)


@pytest.mark.parametrize("flux", [np.zeros(20), np.zeros(1), np.r_[np.zeros(19), 5.0]])
def test_without_a_threshold_nothing_is_protected(flux):
    np.testing.assert_array_equal(dryness(flux, hop_s=0.010), 1.0)


def test_track_without_protection_is_the_amount():
    track = amount_track(0.7, length=1000, at=np.arange(50.0, 1000.0, 100.0), protection=None)
    assert track.constant
    np.testing.assert_allclose(track.between(10, 20), 0.7)
    np.testing.assert_allclose(track.mean_over(np.array([-500, 300, 900]), 256.0), 0.7)
    assert track.mean == pytest.approx(0.7)


def test_means_are_those_of_the_samples():
    rng = np.random.default_rng(5)
    at = np.arange(125.0, 10_000.0, 100.0)
    track = amount_track(0.8, length=10_000, at=at, protection=rng.uniform(0.1, 1.0, len(at)))
    values = track.between(0, 10_000).astype(np.float64)
    for start, width in ((0, 1000), (137, 2048), (9000, 1000)):
        mean = float(track.mean_over(np.array([start]), float(width))[0])
        assert mean == pytest.approx(values[start : start + width].mean(), abs=1e-3)
    assert track.mean == pytest.approx(values.mean(), abs=1e-4)


def test_outside_of_the_recording_the_ends_go_on():
    track = amount_track(1.0, length=100, at=np.array([50.0]), protection=np.array([1.0]), curve=lambda x: x)
    means = track.mean_over(np.array([-100, -50, 50, 100]), 100.0)
    np.testing.assert_allclose(means, [0.0, 0.125, 0.875, 1.0])


def test_a_curve_scales_the_amount_and_stays_within_0_to_1():
    track = amount_track(0.5, length=200, at=np.array([100.0]), protection=np.array([0.5]), curve=lambda x: 8.0 * x)
    np.testing.assert_allclose(track.between(0, 201)[[0, 100, 200]], [0.0, 1.0, 1.0], atol=1e-6)
