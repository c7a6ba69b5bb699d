import math

import numpy as np
import pytest

from samplegen.engines.phase_diffusion.levels import Levels, output_gain


@pytest.mark.parametrize(
    ("rms_out", "peak", "gain"),
    [
        (0.1, 0.4, 1.0),
        (0.05, 0.3, 2.0),
        (0.01, 0.1, 3.0),
        (5.0, 6.0, 0.1),
        (0.05, 0.9, 0.99 / 0.9),
        (0.0, 0.0, 3.0),
    ],
)
def test_gain_follows_the_level_within_limits_and_guards_the_peak(rms_out, peak, gain):
    assert output_gain(rms_in=0.1, rms_out=rms_out, peak=peak, untouched=False) == pytest.approx(gain)


@pytest.mark.parametrize(("peak", "gain"), [(0.5, 1.0), (1.0, 1.0), (2.0, 0.5)])
def test_what_was_not_touched_keeps_its_level(peak, gain):
    assert output_gain(rms_in=0.1, rms_out=0.1, peak=peak, untouched=True) == gain


def test_levels_of_known_signals():
    time = np.arange(1000) * (2.0 * np.pi / 100.0)
    x = np.stack([np.sin(time), np.cos(time)]).astype(np.float32)
    levels = Levels(2)
    for start in range(0, 1000, 300):
        part = x[:, start : start + 300]
        levels.add(part, 0.5 * part[::-1])
    assert levels.rms_in == pytest.approx(math.sqrt(0.5), rel=1e-6)
    assert levels.rms_out == pytest.approx(math.sqrt(0.125), rel=1e-6)
    assert levels.difference_ratio(2.0) == pytest.approx(math.sqrt(2.0), rel=1e-6)
    assert levels.correlation(out=False) == pytest.approx(0.0, abs=1e-6)


def test_the_same_signal_does_not_differ():
    x = np.random.default_rng(0).standard_normal((1, 500)).astype(np.float32)
    levels = Levels(1)
    levels.add(x, x.copy())
    assert levels.difference_ratio(1.0) == 0.0
    assert levels.correlation(out=True) is None


def test_correlation_of_equal_and_silent_channels():
    x = np.random.default_rng(0).standard_normal((1, 500)).astype(np.float32)
    levels = Levels(2)
    levels.add(np.concatenate([x, x]), np.concatenate([x, 0.0 * x]))
    assert levels.correlation(out=False) == pytest.approx(1.0)
    assert levels.correlation(out=True) is None
