"""Risers: exact, ending on the downbeat, louder and brighter in every quarter, and what a user may change."""

from typing import Any

import numpy as np
import pytest

from samplegen.audio.quality import click_count, dc_offset
from samplegen.audio.types import Audio
from samplegen.errors import UsageError
from samplegen.variations.riser import ORIGINS, Origin, RiserSettings, make_riser
from samplegen.variations.risers.curves import parse_curve
from samplegen.variations.risers.timeline import Direction, Timeline
from tests.variations.signals import RATE, short_time_levels, stab

STAB = stab()


def make(
    origin: Origin = "noise", *, seed: int = 0, direction: Direction = "up", bpm: float = 180.0, **asked: Any
) -> Any:
    settings = RiserSettings(Timeline(bpm, 1, direction=direction), origin, **asked)
    return make_riser(settings, recording=None if origin == "noise" else STAB, seed=seed)


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("seed", range(10))
def test_every_quarter_is_louder_and_brighter(origin: Origin, seed: int) -> None:
    riser = make(origin, seed=seed)
    assert riser.quarters.gets_louder() and riser.quarters.gets_brighter()
    assert riser.quarters.levels_db[3] - riser.quarters.levels_db[0] == pytest.approx(18.0, abs=3.0)
    assert dc_offset(riser.audio) < 2e-3


@pytest.mark.parametrize(
    ("bpm", "bars", "meter", "rate", "length"),
    [
        (120.0, 1, (4, 4), 44_100, 88_200),
        (128.0, 1, (4, 4), 44_100, 82_688),  # 82687.5
        (174.3, 1, (3, 4), 48_000, 49_570),  # 49569.7
        (150.0, 1, (7, 8), 44_100, 123_480),
    ],
)
def test_length_is_exact(bpm: float, bars: int, meter: tuple[int, int], rate: int, length: int) -> None:
    riser = make_riser(RiserSettings(Timeline(bpm, bars, meter, rate)), seed=0)
    assert riser.audio.samples.shape == (2, length) and riser.audio.sample_rate == rate


@pytest.mark.parametrize("origin", ORIGINS)
def test_the_climax_ends_on_the_downbeat(origin: Origin) -> None:
    """Full level up to 2 ms before the end, then nothing left that could click."""
    riser = make(origin, seed=3)
    samples = riser.audio.samples
    levels = short_time_levels(riser.audio, blocks=32)
    assert levels[-1] > 0.6 * levels.max() and levels[:24].max() < levels[-3:].max()
    body, last = samples[:, -700:-100], samples[:, -88:]
    assert np.abs(body).max() > 0.2 and np.abs(samples[:, -1]).max() < 1e-3
    assert np.sqrt(np.mean(last[:, :30] ** 2)) > 0.3 * np.sqrt(np.mean(body**2))
    assert np.abs(samples).max() == pytest.approx(10 ** (-1 / 20), rel=1e-4)


@pytest.mark.parametrize("origin", ORIGINS)
def test_a_downlifter_is_the_mirror(origin: Origin) -> None:
    up, down = make(origin, seed=5), make(origin, seed=5, direction="down")
    assert down.quarters.gets_louder(falling=True) and down.quarters.gets_brighter(falling=True)
    assert down.quarters.levels_db[::-1] == pytest.approx(up.quarters.levels_db, abs=3.0)
    first = short_time_levels(down.audio, blocks=32)
    assert first[0] > 0.5 * first.max()
    assert np.abs(down.audio.samples[:, :110]).max() > 0.1  # at full within 2.5 ms
    assert np.abs(down.audio.samples[:, -1]).max() < 1e-3


@pytest.mark.parametrize("origin", ORIGINS)
def test_an_impact_hits_at_once_and_falls(origin: Origin) -> None:
    hit = make(origin, seed=2, direction="impact")
    assert hit.quarters.gets_louder(falling=True) and hit.quarters.gets_brighter(falling=True)
    peak = int(np.abs(hit.audio.samples).max(axis=0).argmax())
    assert peak < 0.05 * RATE
    levels = short_time_levels(hit.audio, blocks=32)
    assert levels[0] == levels.max() and levels[-1] < 0.02 * levels[0]


@pytest.mark.parametrize("origin", ORIGINS)
def test_same_seed_same_samples_and_other_seed_other_sound(origin: Origin) -> None:
    first, again, other = make(origin, seed=1), make(origin, seed=1), make(origin, seed=2)
    assert first.audio.samples.tobytes() == again.audio.samples.tobytes()
    assert first.parameters == again.parameters != other.parameters
    likeness = np.corrcoef(first.audio.samples[0], other.audio.samples[0])[0, 1]
    assert abs(likeness) < 0.9


def test_noise_seeds_differ_in_kind() -> None:
    drawn = [make(seed=seed).parameters for seed in range(8)]
    assert len({values["flavour"] for values in drawn}) >= 3
    assert len({values["peaks"][0] for values in drawn}) == 8


def test_no_clicks_in_noise() -> None:
    assert [click_count(make(seed=seed).audio) for seed in range(4)] == [0] * 4


def test_level_range_and_curve() -> None:
    """A step from 0 to 1 in the middle: its halves are as far apart as the range."""
    riser = make(level=parse_curve("0:0,0.49:0,0.51:1,1:1"), level_range_db=18.0)
    levels = riser.quarters.levels_db
    assert levels[3] - levels[0] == pytest.approx(18.0, abs=2.5)
    assert levels[1] == pytest.approx(levels[0], abs=2.0)


@pytest.mark.parametrize("origin", ORIGINS)
def test_pulses_are_heard_on_the_grid(origin: Origin) -> None:
    """Quarter notes all along: at 180 BPM every 14,700 samples it gets louder within 5 ms."""
    riser = make(origin, seed=1, density=parse_curve("0:0,1:0"), level_range_db=0.0)
    power = np.square(riser.audio.samples.astype(np.float64)).mean(axis=0)
    for start in (14_700, 29_400, 44_100):
        assert power[start + 132 : start + 662].mean() > 2.0 * power[start - 662 : start - 132].mean()


def test_brightness_range_moves_the_climax() -> None:
    dark, bright = make(brightness_hz=(200.0, 2_000.0)), make(brightness_hz=(200.0, 15_000.0))
    assert bright.quarters.centroids_hz[3] > 2.0 * dark.quarters.centroids_hz[3]
    narrow = make(brightness_octaves=1.0, brightness_hz=(200.0, 8_000.0))
    assert narrow.parameters["cutoff_hz"] == [4_000.0, 8_000.0]


@pytest.mark.parametrize(
    ("asked", "category"),
    [
        ({}, "riser"),
        ({"level": "power:2"}, "riser"),
        ({"level": "exponential", "brightness": "s-curve"}, "riser"),
        ({"level": "0:0,0.5:1,1:0"}, "sweep"),
        ({"brightness": "0:1,1:0"}, "sweep"),
        ({"level": "power:10"}, "sweep"),
        ({"level_range_db": 0.0}, "sweep"),
    ],
)
def test_only_what_rises_is_called_a_riser(asked: dict[str, Any], category: str) -> None:
    curves = {name: parse_curve(value) if isinstance(value, str) else value for name, value in asked.items()}
    assert RiserSettings(Timeline(120.0, 1), **curves).category == category


def test_falling_brightness_is_made_as_asked() -> None:
    riser = make(brightness=parse_curve("0:1,1:0"))
    assert riser.quarters.gets_louder() and riser.quarters.gets_brighter(falling=True)


def test_pitch_of_noise_partials_and_material_keeps_the_length() -> None:
    for origin in ORIGINS:
        riser = make(origin, semitones=12.0)
        assert riser.audio.length == 58_800
        assert riser.quarters.gets_louder() and riser.quarters.gets_brighter()


def test_mono_and_stereo() -> None:
    assert make(channels=1).audio.channels == 1
    wide = make("phase", seed=4).audio.samples
    assert wide.shape[0] == 2 and np.corrcoef(wide)[0, 1] < 0.98


def test_a_steady_sine_becomes_a_riser_with_help() -> None:
    """Nothing in it can brighten, so noise is laid under it, and the parameters say so."""
    tone = Audio((0.5 * np.sin(2.0 * np.pi * 220.0 * np.arange(RATE) / RATE)).astype(np.float32), RATE)
    riser = make_riser(RiserSettings(Timeline(180.0, 1), "phase"), recording=tone, seed=0)
    assert riser.quarters.gets_louder() and riser.quarters.gets_brighter()
    assert riser.parameters["tilt_strength"] > 0.0


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"origin": "sample"}, "noise, morph, phase"),
        ({"semitones": 40.0}, "-36 to 36"),
        ({"semitones": float("nan")}, "-36 to 36"),
        ({"level_range_db": -1.0}, "0 to 90"),
        ({"channels": 3}, "1 or 2"),
    ],
)
def test_settings_out_of_range(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        RiserSettings(Timeline(120.0, 1), **asked)


def test_recordings_are_needed_at_the_right_rate() -> None:
    with pytest.raises(UsageError, match="needs a recording"):
        make_riser(RiserSettings(Timeline(120.0, 1), "morph"), seed=0)
    with pytest.raises(UsageError, match="48000"):
        make_riser(RiserSettings(Timeline(120.0, 1, sample_rate=48_000), "phase"), recording=STAB, seed=0)
