"""Distances: zero for the same sound at any level, larger for larger changes, larger still between classes."""

import numpy as np
import pytest

from samplegen.audio.types import Audio
from samplegen.variations.edits.distances import d_env, d_spec, pairwise, picture
from tests.variations.hit_sounds import drum


def test_level_does_not_matter() -> None:
    source = drum()
    assert d_spec(picture(source), picture(source.with_samples(0.3 * source.samples))) < 1e-3
    assert d_env(source, source) == 0.0


def test_a_gain_of_the_envelope_is_measured_in_db() -> None:
    noise = Audio(0.1 * np.random.default_rng(1).standard_normal((1, 22_050)).astype(np.float32), 44_100)
    assert d_env(noise, noise.with_samples(0.5 * noise.samples)) == pytest.approx(6.02, abs=0.01)


def test_distances_rise_with_the_change() -> None:
    source, other = drum(), np.random.default_rng(2).standard_normal(drum().samples.shape)
    found = []
    for gain in (0.001, 0.01, 0.1):
        found.append(d_spec(picture(source), picture(source.with_samples(source.samples + gain * other))))
    assert found == sorted(found) and found[0] > 0.0
    assert d_spec(picture(source), picture(drum(hz=900.0))) > d_spec(picture(source), picture(drum(seed=3)))


def test_every_pair_counts() -> None:
    assert len(pairwise([picture(drum(seed=seed)) for seed in range(4)])) == 6


def test_silence_is_compared_without_error() -> None:
    silence = Audio(np.zeros((1, 4000), np.float32), 44_100)
    assert d_spec(picture(silence), picture(silence)) == 0.0 and d_env(silence, silence) == 0.0
