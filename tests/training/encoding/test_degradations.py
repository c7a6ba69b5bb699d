"""What is taken from a sound when it is made worse, and what is left."""

import numpy as np
import pytest

from samplegen.audio.types import Audio
from samplegen.training.encoding.degradations import Degradation, degrade, draw_degradation

RATE = 44_100


def noise(seconds: float = 1.0) -> Audio:
    samples = 0.1 * np.random.default_rng(0).standard_normal((1, round(seconds * RATE)))
    return Audio(samples.astype(np.float32), RATE)


def band_energy_db(audio: Audio, low_hz: float, high_hz: float) -> float:
    power = np.abs(np.fft.rfft(audio.samples[0])) ** 2
    frequencies = np.fft.rfftfreq(audio.length, 1 / RATE)
    return float(10 * np.log10(power[(frequencies >= low_hz) & (frequencies < high_hz)].sum() + 1e-20))


@pytest.mark.parametrize("means", ["resampling", "butterworth", "chebyshev"])
@pytest.mark.parametrize("loop", [False, True])
def test_what_lies_above_the_cutoff_goes(means, loop):
    worse = degrade(noise(), Degradation(4000.0, means, order=8), loop=loop)
    assert worse.length == noise().length
    assert abs(band_energy_db(worse, 100, 3000) - band_energy_db(noise(), 100, 3000)) < 1.0
    assert band_energy_db(worse, 8000, 20000) < band_energy_db(noise(), 8000, 20000) - 40


def test_no_delay():
    samples = np.zeros((1, 8192), np.float32)
    samples[0, 4096] = 0.5
    click = Audio(samples, RATE)
    for means in ("resampling", "butterworth", "chebyshev"):
        assert np.argmax(degrade(click, Degradation(8000.0, means), loop=False).samples[0]) == 4096


def test_a_loop_stays_a_ring():
    tone = Audio(np.sin(2 * np.pi * 20 * np.arange(RATE // 10) / (RATE // 10)).astype(np.float32)[None] / 2, RATE)
    worse = degrade(tone, Degradation(8000.0, "butterworth"), loop=True).samples[0]
    jump = abs(worse[0] - worse[-1])
    assert jump <= 1.1 * np.abs(np.diff(worse)).max()


def test_bits_are_steps():
    worse = degrade(noise(0.1), Degradation(16000.0, "butterworth", bits=8), loop=False)
    steps = worse.samples * 128
    assert np.allclose(steps, np.round(steps), atol=1e-3) and len(np.unique(np.round(steps))) > 4


def test_lossy_keeps_time():
    beat = noise(0.5)
    worse = degrade(beat, Degradation(16000.0, "butterworth", lossy=0.5), loop=False)
    assert worse.length == beat.length and not np.array_equal(worse.samples, beat.samples)
    lag = np.argmax(np.correlate(worse.samples[0], beat.samples[0], "full")) - (beat.length - 1)
    assert lag == 0


def test_draws_are_in_range_and_depend_on_the_generator():
    drawn = [draw_degradation(np.random.default_rng([1, number])) for number in range(200)]
    assert all(2000 <= one.cutoff_hz <= 16000 and 2 <= one.order <= 8 for one in drawn)
    assert {one.means for one in drawn} == {"resampling", "butterworth", "chebyshev"}
    assert any(one.bits for one in drawn) and any(one.lossy for one in drawn)
    assert drawn[3] == draw_degradation(np.random.default_rng([1, 3])) != drawn[4]
