import numpy as np
import pytest

from samplegen.engines.phase_diffusion.smear import (
    LARGEST_DECAY,
    Attenuation,
    Persistence,
    Smear,
    attenuation,
    persistence,
    unit_phasors,
)


@pytest.mark.parametrize(
    ("weight", "smear", "gain"), [(0.75, 2.0, 0.96875), (0.75, 0.0, 0.5), (1.0, 2.0, 1.0), (0.0, 1.0, 0.5)]
)
def test_closed_forms_of_the_attenuation(weight, smear, gain):
    assert attenuation([0.5], [weight], smear=smear, floor=0.0)[0, 0] == pytest.approx(gain, abs=1e-7)


def test_the_floor_holds():
    gains = attenuation([1.0], [0.0, 0.5, 0.9], smear=1.0, floor=0.25)
    np.testing.assert_allclose(gains, [[0.25, 0.5, 0.9]], atol=1e-7)
    np.testing.assert_allclose(attenuation([1.0], [0.0], smear=1.0, floor=0.0), 0.0)


def test_attenuated_spectra_have_new_phases_and_silence_stays():
    spectra = np.array([[[1.0 + 1.0j, 2.0, 0.0]]], dtype=np.complex64)
    phasors = np.array([[[1.0j, -1.0, 1.0j]]], dtype=np.complex64)
    Attenuation(np.array([1.0, 0.5, 0.0]), smear=1.0, floor=0.0).apply(
        spectra, first=0, effect=np.ones(1), phasors=phasors
    )
    np.testing.assert_allclose(spectra, [[[-1.0 + 1.0j, -1.0, 0.0]]], atol=1e-7)


@pytest.mark.parametrize("block", [1, 3, 100])
def test_closed_forms_of_the_persistence(block):
    steps = np.arange(24)
    magnitudes = np.stack([np.full(24, 0.4), 0.8**steps, steps % 2 == 0], axis=1).astype(np.float32)
    found = persistence(magnitudes[start : start + block] for start in range(0, 24, block))
    np.testing.assert_allclose(found, [1.0, 0.8, 0.0], atol=1e-6)


def test_growing_magnitudes_are_clipped_and_few_frames_undecided():
    np.testing.assert_array_equal(persistence([np.array([[1.0], [2.0], [4.0]], dtype=np.float32)]), [1.0])
    sums = Persistence(2)
    sums.add(np.ones((2, 2), dtype=np.float32))
    np.testing.assert_array_equal(sums.coefficients(), 0.5)


def test_unit_step():
    """After t frames of ones a state of zero has reached 1 - decay^t."""
    smear = Smear(np.array([0.9, 0.5]))
    magnitudes = np.concatenate([np.zeros((1, 1, 2)), np.ones((1, 12, 2))], axis=1).astype(np.float32)
    out = np.concatenate(
        [smear.follow(part, effect=np.ones(part.shape[1])) for part in (magnitudes[:, :5], magnitudes[:, 5:])], axis=1
    )
    steps = np.arange(13)[:, None]
    np.testing.assert_allclose(out[0], 1.0 - np.array([0.9, 0.5]) ** steps, atol=1e-6)


def test_the_decay_never_exceeds_its_limit():
    smear = Smear(np.array([50.0]))
    magnitudes = np.array([[[1.0], [0.0], [0.0]]], dtype=np.float32)
    np.testing.assert_allclose(
        smear.follow(magnitudes, effect=np.ones(3)).ravel(), [1.0, LARGEST_DECAY, LARGEST_DECAY**2], atol=1e-6
    )


def test_a_bin_that_fell_silent_rings_on():
    spectra = np.array([[[2.0j], [0.0]]], dtype=np.complex64)
    phasors = np.ones((1, 2, 1), dtype=np.complex64)
    Smear(np.array([0.5])).apply(spectra, first=0, effect=np.ones(2), phasors=phasors)
    np.testing.assert_allclose(spectra, [[[2.0j], [1.0]]], atol=1e-6)


def test_unit_phasors():
    spectra = np.array([3.0 + 4.0j, 0.0, -2.0], dtype=np.complex64)
    unit_phasors(spectra, np.abs(spectra))
    np.testing.assert_allclose(spectra, [0.6 + 0.8j, 1.0, -1.0], atol=1e-7)
