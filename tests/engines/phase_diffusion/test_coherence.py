import math

import numpy as np
import pytest

from samplegen.engines.on_the_fly.patches import mel_filters
from samplegen.engines.phase_diffusion.coherence import bin_weights, effective_bins, per_noise_variance, trigamma


@pytest.mark.parametrize(
    ("x", "value"),
    [
        (1.0, math.pi**2 / 6.0),
        (0.5, math.pi**2 / 2.0),
        (2.0, math.pi**2 / 6.0 - 1.0),
        (4.0, math.pi**2 / 6.0 - 1.0 - 1.0 / 4.0 - 1.0 / 9.0),
    ],
)
def test_trigamma_at_known_places(x, value):
    assert trigamma(x) == pytest.approx(value, rel=1e-12)


def test_trigamma_follows_its_recurrence_everywhere():
    x = np.geomspace(0.3, 300.0, 50)
    np.testing.assert_allclose(trigamma(x) - trigamma(x + 1.0), 1.0 / x**2, rtol=1e-7)


def test_trigamma_agrees_with_scipy():
    scipy_special = pytest.importorskip("scipy.special")
    x = np.geomspace(0.3, 300.0, 50)
    np.testing.assert_allclose(trigamma(x), scipy_special.polygamma(1, x), rtol=1e-12)


def test_a_single_bin_counts_as_one_and_wide_bands_as_many():
    filters = np.array([[0.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]], dtype=np.float32)
    np.testing.assert_allclose(effective_bins(filters), [1.0, 4.0 / 1.5], rtol=1e-6)


def test_compensation_flattens_what_noise_leaves():
    filters = mel_filters(1024, 44_100)
    of_noise = trigamma(effective_bins(filters))
    np.testing.assert_allclose(per_noise_variance(3.0 * of_noise, filters=filters), 3.0, rtol=1e-12)


def test_weights_reach_from_0_to_1_and_cover_every_bin():
    filters = mel_filters(2048, 44_100)
    errors = np.linspace(0.2, 0.9, 40)
    weights = bin_weights(errors, filters=filters)
    assert weights.shape == (1025,)
    assert (weights.min(), weights.max()) == (0.0, 1.0)
    assert np.all(np.diff(weights) >= -1e-12)
    assert (weights[0], weights[-1]) == pytest.approx((0.0, 1.0))  # uncovered: as their neighbours


def test_bins_without_a_filter_take_their_nearest_neighbour():
    filters = np.array([[0, 0, 1, 0, 0, 0, 0], [0, 0, 0, 0, 0, 1, 0]], dtype=np.float32)
    np.testing.assert_array_equal(bin_weights(np.array([1.0, 3.0]), filters=filters), [0, 0, 0, 0, 1, 1, 1])


def test_a_flat_profile_is_undecided():
    np.testing.assert_array_equal(bin_weights(np.full(40, 0.3), filters=mel_filters(1024, 44_100)), 0.5)
