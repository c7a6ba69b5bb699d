"""Delta rendering: nothing changes where nothing was edited, more strength changes more, attacks stay alone."""

import numpy as np
import pytest

from samplegen.variations.edits.deltas import colour_db, delta_share, merge_delta, render_edit
from tests.variations.hit_sounds import drum

RNG = np.random.default_rng(5)


@pytest.mark.parametrize(("strength", "share"), [(0.0, 1.0), (0.3, 1.0), (0.35, 0.5), (0.4, 0.0), (1.0, 0.0)])
def test_share_of_the_delta(strength: float, share: float) -> None:
    assert delta_share(strength) == pytest.approx(share)


def test_strength_zero_is_the_source_bit_for_bit() -> None:
    source = drum().samples
    noise = RNG.standard_normal(source.shape).astype(np.float32)
    assert render_edit(source, noise, -noise, strength=0.0) is source
    np.testing.assert_array_equal(render_edit(source, noise, noise, strength=0.2), source)  # nothing was edited
    assert not merge_delta(np.zeros_like(source), source, onset=88).any()


def test_small_edits_add_and_large_ones_replace() -> None:
    source, trip = drum().samples, drum(seed=1).samples
    made = trip + np.float32(0.1) * drum(seed=2).samples
    np.testing.assert_allclose(render_edit(source, made, trip, strength=0.2, gain=2.0), source + 2 * (made - trip))
    assert render_edit(source, made, trip, strength=0.5) is made
    between = render_edit(source, made, trip, strength=0.35)
    np.testing.assert_allclose(between, 0.5 * (source + made - trip) + 0.5 * made, atol=1e-6)


def test_residual_grows_with_the_delta_and_keeps_the_energy() -> None:
    source = drum(seconds=0.4).samples
    delta = drum(seed=9, seconds=0.4, hz=417.0).samples
    residuals, energies = [], []
    for gain in (0.05, 0.1, 0.2, 0.4, 0.8, 1.6):
        added = merge_delta(np.float32(gain) * delta, source, onset=88)
        residuals.append(float(np.square(added).sum()))
        energies.append(float(np.square(source + added).sum()))
    assert residuals == sorted(residuals) and residuals[0] > 0.0
    own = float(np.square(source).sum())
    assert all(abs(10 * np.log10(energy / own)) < 1.5 for energy in energies)


def test_nothing_sounds_before_the_onset_or_where_the_source_is_silent() -> None:
    source = drum(seconds=0.3).samples.copy()
    source[:, 9000:] = 0.0
    added = merge_delta(RNG.standard_normal(source.shape).astype(np.float32), source, onset=88)
    assert not added[:, : 88 - 32].any()
    assert np.abs(added[:, 9600:]).max() < 1e-6


def test_colour_of_a_louder_copy() -> None:
    source = drum().samples
    np.testing.assert_allclose(colour_db(2.0 * source, source)[5:20, :20], 6.02, atol=0.01)
