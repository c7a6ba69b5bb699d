"""Stereo width: exact fold-down, the closed form of the correlation, bass and attacks in the centre."""

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from samplegen.audio.types import Audio
from samplegen.variations.edits.alignment import onset_sample
from samplegen.variations.edits.widen_deltas import phase_delta
from samplegen.variations.widen import correlation_of, duck_curve, half_octaves, make_side, ratio_of, to_stereo
from tests.variations.hit_sounds import RATE, drum


def noise(seed: int, length: int = RATE) -> Audio:
    return Audio(0.2 * np.random.default_rng(seed).standard_normal((1, length)).astype(np.float32), RATE)


def correlation(stereo: np.ndarray) -> float:
    left, right = stereo.astype(np.float64)
    return float(left @ right / np.sqrt((left @ left) * (right @ right)))


@pytest.mark.parametrize(("side_db", "expected"), [(-9.0, 0.78), (-6.0, 0.60), (-3.0, 0.33)])
def test_correlation_of_orthogonal_noise(side_db: float, expected: float) -> None:
    ratio = 10.0 ** (side_db / 10.0)
    assert (1 - ratio) / (1 + ratio) == pytest.approx(expected, abs=0.005)
    assert ratio_of((1 - ratio) / (1 + ratio)) == pytest.approx(ratio)
    own, other = noise(1).samples[0].astype(np.float64), noise(2).samples[0].astype(np.float64)
    other -= own * (other @ own) / (own @ own)
    other *= np.sqrt(ratio * (own @ own) / (other @ other))
    assert correlation(np.stack([own + other, own - other])) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("ring", [False, True])
@pytest.mark.parametrize("width", [0.2, 0.4, 0.8])
def test_the_width_that_was_asked_for(width: float, ring: bool) -> None:
    middle = noise(1)
    side, reached = make_side(middle, noise(2).samples, width=width, ring=ring)
    stereo, _ = to_stereo(middle.samples, side)
    assert reached == pytest.approx(correlation_of(width))
    assert correlation(stereo) == pytest.approx(reached, abs=0.01)
    powers = np.square(stereo.astype(np.float64)).sum(axis=1)
    assert abs(10 * np.log10(powers[0] / powers[1])) < 0.01
    low = sosfiltfilt(butter(4, 150.0, fs=RATE, output="sos"), stereo, axis=1)
    assert correlation(low) > 0.95


@pytest.mark.parametrize("bit_depth", [16, 24])
def test_the_fold_down_is_exact_in_whole_steps(bit_depth: int) -> None:
    middle, side = 4.0 * noise(1).samples, 4.0 * noise(2).samples
    stereo, gain = to_stereo(middle, side, bit_depth=bit_depth)
    steps = stereo.astype(np.float64) * 2 ** (bit_depth - 1)
    assert np.array_equal(steps, np.rint(steps)) and np.abs(stereo).max() < 1.0 and gain < 1.0
    assert np.array_equal(steps.sum(axis=0), 2 * np.rint(middle[0].astype(np.float64) * gain * 2 ** (bit_depth - 1)))


def test_without_clipping_the_file_folds_down_to_the_sound_itself() -> None:
    middle = (np.round(noise(1).samples * 2**20) / 2**23).astype(np.float32)
    stereo, gain = to_stereo(middle, 0.1 * middle[:, ::-1])
    assert gain == 1.0
    assert np.array_equal(0.5 * (stereo[0].astype(np.float64) + stereo[1]), middle[0])


def test_bass_alone_stays_mono() -> None:
    time = np.arange(RATE) / RATE
    middle = Audio((0.5 * np.sin(2 * np.pi * 55 * time))[None].astype(np.float32), RATE)
    side, reached = make_side(middle, noise(2).samples, width=0.6)
    assert reached > 0.99
    assert np.square(side).sum() < 0.01 * np.square(middle.samples).sum()


def test_attacks_stay_in_the_centre() -> None:
    middle = drum(seconds=0.4)
    side, _ = make_side(middle, noise(3, middle.length).samples, width=0.6)
    attack = slice(88, 88 + 180)  # 4 ms from the onset on
    ducked = np.square(side[0, attack]).sum() / np.square(middle.samples[0, attack]).sum()
    later = slice(1500, 6000)
    assert ducked < 0.1 * np.square(side[0, later]).sum() / np.square(middle.samples[0, later]).sum()
    stereo, _ = to_stereo(middle.samples, side)
    starts = [onset_sample(Audio(channel[None], RATE)) for channel in stereo]
    assert starts[0] == starts[1]


def test_no_width_and_no_difference_are_mono() -> None:
    middle = noise(1)
    for side, reached in (
        make_side(middle, noise(2).samples, width=0.0), make_side(middle, np.zeros_like(middle.samples), width=0.5)
    ):  # fmt: skip
        assert not side.any() and reached == 1.0


def test_bands_sum_to_one_above_the_bass() -> None:
    whole = np.zeros(2049)
    for band in half_octaves(2049, step_hz=RATE / 4096, low_hz=150.0):
        whole[band.where] += band.values
    frequencies = np.arange(2049) * RATE / 4096
    np.testing.assert_allclose(whole[frequencies > 150.0 * 2**0.5], 1.0, atol=1e-9)
    assert not whole[frequencies < 150.0].any()


def test_ducking_goes_round_a_ring() -> None:
    samples = np.zeros((1, RATE), np.float32)
    samples[0, :8000] = drum(seconds=0.2, hz=300.0).samples[0, 88:8088]
    curve = duck_curve(Audio(samples, RATE), ring=True)
    assert curve[-1] < 0.3 and curve[30] == 0.0 and curve[5000] == 1.0


def test_phase_deltas_of_short_sounds() -> None:
    middle = drum(seconds=0.1)
    delta = phase_delta(middle, seed=1, ring=False)
    assert delta.shape == middle.samples.shape and delta.any()
    assert np.array_equal(delta, phase_delta(middle, seed=1, ring=False))
