"""Velocity: levels by the square, layers without gaps, tilts of the slope that is asked for, and causal."""

import numpy as np
import pytest

from samplegen.variations.takes.velocity import hit_at, layer_gain_db, layer_velocities, tilt_spectrum, velocity_gain_db
from tests.variations.hit_sounds import RATE, drum


@pytest.mark.parametrize("layers", [1, 2, 3, 5, 16])
def test_layers_cover_every_velocity_once(layers: int) -> None:
    covered = [
        velocity
        for layer in range(1, layers + 1)
        for velocity in range(layer_velocities(layer, layers=layers)[0], layer_velocities(layer, layers=layers)[1] + 1)
    ]
    assert covered == list(range(1, 128))
    assert layer_gain_db(layers, layers=layers, range_db=12.0) == 0.0


def test_level_goes_with_the_square() -> None:
    assert velocity_gain_db(1.0) == pytest.approx(12.04, abs=0.01)
    assert velocity_gain_db(-2.0) == pytest.approx(velocity_gain_db(-0.95))


@pytest.mark.parametrize("slope", [-1.5, 0.8])
def test_tilts_have_their_slope_and_nothing_comes_earlier(slope: float) -> None:
    impulse = np.zeros((1, 8192), np.float32)
    impulse[0, 100] = 1.0
    tilted = tilt_spectrum(impulse, slope=slope, sample_rate=RATE)
    assert np.abs(tilted[:, :100]).max() < 1e-6
    spectrum = 20 * np.log10(np.abs(np.fft.rfft(tilted[0])))
    hz = np.fft.rfftfreq(8192, 1 / RATE)
    low, high = (int(np.argmin(np.abs(hz - wanted))) for wanted in (500.0, 8000.0))
    assert (spectrum[high] - spectrum[low]) / 4 == pytest.approx(slope, abs=0.1)


def test_harder_hits_are_louder_by_what_is_asked() -> None:
    source = drum().samples
    louder = hit_at(source, gain_db=6.0, tilt=0.2, sample_rate=RATE)
    assert 10 * np.log10(np.square(louder).sum() / np.square(source).sum()) == pytest.approx(6.0, abs=0.01)
