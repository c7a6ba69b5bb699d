"""Shaping: levels flattened and drawn, brightness that follows, filters that give back what they get."""

import numpy as np
import pytest

from samplegen.audio.quarters import centroid_hz
from samplegen.audio.types import Samples
from samplegen.variations.risers.curves import Sweep, parse_curve
from samplegen.variations.risers.impacts import Hit, add_impact
from samplegen.variations.risers.material import as_stereo, prolong, sustain, wash
from samplegen.variations.risers.moving_filter import Float32, filter_over_time
from samplegen.variations.risers.shaping import brighten, finish_edges, flatten_level, level_gain, soften_peaks
from samplegen.variations.risers.timeline import Timeline

RATE = 44_100
RATIO = 0.735  # centroid over cutoff: the integral of f / sqrt(1 + f^8) over that of 1 / sqrt(1 + f^8)
LINEAR = parse_curve("linear")


def noise(length: int, *, channels: int = 1, seed: int = 0) -> Samples:
    return np.random.default_rng(seed).standard_normal((channels, length)).astype(np.float32)


@pytest.mark.parametrize("length", [1, 511, 2_048, 5_000, 150_000])
def test_a_response_of_one_gives_the_input_back(length: int) -> None:
    def one(positions: Float32, hz: Float32) -> Float32:
        return np.ones((positions.shape[0], hz.shape[1]), np.float32)

    samples = noise(length, channels=2)
    assert np.abs(filter_over_time(samples, sample_rate=RATE, response=one) - samples).max() < 2e-5


def test_a_response_acts_at_its_place_and_frequency() -> None:
    def late_lows(positions: Float32, hz: Float32) -> Float32:
        return ((positions > 0.5) & (hz < 5_000.0)).astype(np.float32)

    made = filter_over_time(noise(40_000), sample_rate=RATE, response=late_lows)
    assert np.abs(made[:, :18_500]).max() < 1e-4
    assert centroid_hz(made[:, 22_000:], sample_rate=RATE) == pytest.approx(2_500.0, rel=0.05)


def test_flattening_leaves_a_level_of_one() -> None:
    samples = noise(RATE) * np.geomspace(0.02, 1.0, RATE, dtype=np.float32)
    flat = flatten_level(samples, window_s=0.05, sample_rate=RATE)
    blocks = np.sqrt(np.mean(flat.reshape(21, 2_100) ** 2, axis=1))
    assert blocks == pytest.approx(np.ones(21), abs=0.12)
    assert not flatten_level(np.zeros((1, 100), np.float32), window_s=0.05, sample_rate=RATE).any()


def test_silence_between_sounds_is_not_lifted_to_noise() -> None:
    samples = noise(RATE)
    samples[:, 20_000:30_000] *= 1e-4
    flat = flatten_level(samples, window_s=0.05, sample_rate=RATE)
    assert np.abs(flat[:, 24_000:26_000]).max() < 0.05


def test_level_gain_by_hand() -> None:
    up = level_gain(Timeline(120.0, 1), curve=LINEAR, range_db=40.0)
    assert (up[0], up[up.size // 2], up[-1]) == pytest.approx((0.01, 0.1, 1.0), rel=1e-3)
    down = level_gain(Timeline(120.0, 1, direction="down"), curve=LINEAR, range_db=40.0)
    assert np.abs(down / up[::-1] - 1.0).max() < 1e-3


def test_brightness_follows_the_sweep() -> None:
    timeline = Timeline(120.0, 1)
    sweep = Sweep(LINEAR, 500.0, 8_000.0)
    made = brighten(noise(timeline.length), timeline=timeline, sweep=sweep, floor_octaves=8.0)
    for position in (0.25, 0.5, 0.75):
        centre = int(position * timeline.length)
        expected = RATIO * float(sweep.at(position))
        measured = centroid_hz(made[:, centre - 2_000 : centre + 2_000], sample_rate=RATE)
        assert measured == pytest.approx(expected, rel=0.12)


def test_tilting_brightens_what_a_low_pass_leaves_alone() -> None:
    """Two steady tones far below the cutoff: only the tilt can move their centroid."""
    timeline = Timeline(120.0, 1)
    time_s = np.arange(timeline.length) / RATE
    tones = (np.sin(2 * np.pi * 200.0 * time_s) + 0.5 * np.sin(2 * np.pi * 800.0 * time_s)).astype(np.float32)[None]
    sweep = Sweep(LINEAR, 3_000.0, 12_000.0)
    plain = brighten(tones, timeline=timeline, sweep=sweep, floor_octaves=9.0)
    tilted = brighten(tones, timeline=timeline, sweep=sweep, strength=1.0, floor_octaves=9.0)
    first, last = slice(0, 20_000), slice(-20_000, None)
    rise = [centroid_hz(made[:, last], sample_rate=RATE) / centroid_hz(made[:, first], sample_rate=RATE)
            for made in (plain, tilted)]  # fmt: skip
    assert rise[0] < 1.1 and rise[1] > 1.25


def test_edges() -> None:
    ones = np.ones((1, 1_000), np.float32)
    up = finish_edges(ones, timeline=Timeline(120.0, 1))
    assert up[0, 0] == 0.0 and up[0, -1] == 0.0
    assert (up[0, 221:-88] == 1.0).all()  # 5 ms and 2 ms
    down = finish_edges(ones, timeline=Timeline(120.0, 1, direction="down"))
    assert (down[0, 11:-221] == 1.0).all() and down[0, -1] == 0.0  # a quarter of a millisecond


def test_softening_keeps_the_body_and_rounds_the_peaks() -> None:
    timeline = Timeline(120.0, 1)
    samples = 0.1 * noise(timeline.length)
    soft = soften_peaks(samples, timeline=timeline)
    assert np.abs(soft).max() < 0.75 * np.abs(samples).max()
    quiet = np.abs(samples) < 0.05
    assert soft[quiet] == pytest.approx(samples[quiet], rel=0.03)
    assert not soften_peaks(np.zeros((1, 100), np.float32), timeline=timeline).any()


def test_prolonging_keeps_the_grid_and_the_level() -> None:
    samples = noise(10_000)
    made = prolong(samples, length=30_000, start=0, unit=2_000, sample_rate=RATE)
    assert (made[:, :6_000] == samples[:, :6_000]).all()
    assert (made[:, 6_000 + 2_500 : 12_000] == samples[:, 2_500:6_000]).all()  # a period of 3 units
    blocks = np.sqrt(np.mean(made.reshape(30, 1_000) ** 2, axis=1))
    assert blocks == pytest.approx(np.ones(30), abs=0.12)
    assert (prolong(samples, length=4_000, start=5_000, unit=2_000, sample_rate=RATE) == samples[:, 5_000:9_000]).all()
    assert prolong(samples[:, :3], length=50, start=0, unit=22_050, sample_rate=RATE).shape == (1, 50)


def test_sustaining_drops_silence_and_decay() -> None:
    samples = np.zeros((1, 30_000), np.float32)
    samples[:, 5_000:25_000] = noise(20_000) * np.geomspace(1.0, 0.05, 20_000, dtype=np.float32)
    steady = sustain(samples, sample_rate=RATE)
    assert steady.shape[1] == pytest.approx(20_000, abs=100)
    assert np.std(steady[:, :5_000]) == pytest.approx(np.std(steady[:, -5_000:]), rel=0.25)


def test_a_wash_fills_gaps_at_the_level_asked_for() -> None:
    clicks = np.zeros((2, 20_000), np.float32)
    clicks[:, ::5_000] = 1.0
    rng = np.random.default_rng(0)
    made = wash(clicks, decay_s=0.2, level=None, sample_rate=RATE, rng=rng)
    assert np.sqrt(np.mean(made**2)) == pytest.approx(np.sqrt(np.mean(clicks**2)), rel=1e-3)
    assert np.abs(made[:, 1_000:1_200]).max() > 0.0 and abs(np.corrcoef(made)[0, 1]) < 0.2
    held = wash(clicks, decay_s=None, level=0.5, sample_rate=RATE, rng=rng)
    assert np.sqrt(np.mean(held**2)) == pytest.approx(0.5, rel=1e-3)


def test_any_channels_become_two() -> None:
    three = np.array([[1.0, 0.0], [2.0, 0.0], [3.0, 3.0]], np.float32)
    assert as_stereo(three).tolist() == [[2.0, 1.0], [2.0, 1.0]]
    assert as_stereo(three[:2]).tolist() == three[:2].tolist()


def test_a_hit_is_loudest_at_its_start() -> None:
    hit = Hit(punch=2.0, punch_s=0.05, boom=0.0, boom_hz=40.0, boom_from_hz=200.0, boom_s=0.5)
    made = add_impact(np.ones((1, RATE), np.float32), hit, sample_rate=RATE)
    assert made[0, 0] == pytest.approx(3.0) and made[0, -1] == pytest.approx(1.0, abs=1e-6)
    assert made[0, 2_205] == pytest.approx(1.0 + 2.0 / np.e, rel=1e-4)
