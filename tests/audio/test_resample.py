"""Exact lengths, exact amplitudes, and a ring that stays a ring."""

import numpy as np
import pytest
from scipy.signal import resample as scipy_resample

from samplegen.audio.resample import resample, resample_blocks, resample_ring
from samplegen.audio.types import Audio
from samplegen.errors import UsageError
from tests.audio.signals import sine


@pytest.mark.parametrize("length", [1, 2, 3, 441, 44_101])
@pytest.mark.parametrize(("old", "new"), [(44_100, 48_000), (48_000, 44_100), (8_000, 192_000), (96_000, 8_000)])
def test_exact_length(length: int, old: int, new: int) -> None:
    audio = Audio(np.zeros((2, length), np.float32), old)
    expected = max(1, (2 * length * new + old) // (2 * old))
    assert resample(audio, sample_rate=new).samples.shape == (2, expected)


def test_a_tone_keeps_pitch_phase_and_level() -> None:
    made = resample(sine(1000, sample_rate=44_100), sample_rate=48_000)
    expected = sine(1000, sample_rate=48_000)
    np.testing.assert_allclose(made.samples[0, 2000:-2000], expected.samples[0, 2000:-2000], atol=1e-4)


def test_what_the_new_rate_cannot_hold_vanishes() -> None:
    made = resample(sine(15_000), sample_rate=22_050)
    assert np.abs(made.samples[0, 1000:-1000]).max() < 1e-4


def test_same_rate_is_the_same_audio() -> None:
    audio = sine(440)
    assert resample(audio, sample_rate=44_100) is audio


def test_a_rate_of_zero_is_refused() -> None:
    with pytest.raises(UsageError, match="not 0"):
        resample(sine(440), sample_rate=0)


def cycles(count: int, *, length: int) -> np.ndarray:
    phase = 2 * np.pi * count * np.arange(length) / length
    return np.stack([np.sin(phase), np.cos(phase)]).astype(np.float32)


@pytest.mark.parametrize(("old", "new"), [(1000, 1013), (1013, 1000), (999, 2000), (4096, 1024), (1000, 1000)])
@pytest.mark.parametrize("count", [0, 1, 7, 400])
def test_cycles_of_a_ring_stay_cycles(old: int, new: int, count: int) -> None:
    made = resample_ring(cycles(count, length=old), length=new)
    np.testing.assert_allclose(made, cycles(count, length=new), atol=2e-6)


@pytest.mark.parametrize(("old", "new"), [(100, 150), (150, 100), (101, 150), (100, 101), (101, 99)])
def test_agrees_with_scipy(old: int, new: int) -> None:
    samples = np.random.default_rng(0).standard_normal((3, old)).astype(np.float32)
    np.testing.assert_allclose(resample_ring(samples, length=new), scipy_resample(samples, new, axis=-1), atol=1e-5)


def test_turning_the_ring_commutes() -> None:
    samples = np.random.default_rng(1).standard_normal((1, 600)).astype(np.float32)
    turned = resample_ring(np.roll(samples, 6, axis=-1), length=700)
    np.testing.assert_allclose(turned, np.roll(resample_ring(samples, length=700), 7, axis=-1), atol=1e-5)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(("from_rate", "to_rate"), [(44_100, 48_000), (48_000, 44_100), (22_050, 44_100), (8, 8)])
def test_blocks_join_to_what_the_whole_becomes(from_rate, to_rate, channels):
    whole = np.random.default_rng(3).uniform(-0.5, 0.5, (channels, 20_011)).astype(np.float32)
    blocks = [whole[:, start : start + 3_000] for start in range(0, 20_011, 3_000)]
    made = list(resample_blocks(iter(blocks), channels=channels, from_rate=from_rate, to_rate=to_rate))
    assert np.array_equal(np.concatenate(made, axis=1), resample(Audio(whole, from_rate), sample_rate=to_rate).samples)


def test_no_blocks_stay_no_samples():
    assert sum(block.shape[1] for block in resample_blocks([], channels=1, from_rate=2, to_rate=3)) == 0
