"""Quarters: levels and centroids of signals whose answer is known."""

import numpy as np
import pytest

from samplegen.audio.quarters import Quarters, centroid_hz, measure_quarters
from samplegen.audio.types import Audio, Samples

RATE = 44_100


def tone(hz: float, length: int, *, level: float = 0.5) -> Samples:
    return (level * np.sin(2.0 * np.pi * hz * np.arange(length) / RATE)).astype(np.float32)


def test_levels_and_centroids_of_four_tones() -> None:
    parts = [tone(500.0 * 2**k, 22_050, level=0.1 * 2**k) for k in range(4)]
    quarters = measure_quarters(Audio(np.concatenate(parts), RATE))
    assert quarters.levels_db == pytest.approx([-23.01, -16.99, -10.97, -4.95], abs=0.02)
    assert quarters.centroids_hz == pytest.approx([500.0, 1000.0, 2000.0, 4000.0], rel=0.05)
    assert quarters.gets_louder() and quarters.gets_brighter()
    assert not quarters.gets_louder(falling=True) and not quarters.gets_brighter(falling=True)


def test_white_noise_is_centred_at_half_of_nyquist() -> None:
    noise = np.random.default_rng(0).standard_normal((2, RATE)).astype(np.float32)
    assert centroid_hz(noise, sample_rate=RATE) == pytest.approx(RATE / 4, rel=0.01)


def test_dither_does_not_make_a_quiet_tone_bright() -> None:
    rng = np.random.default_rng(0)
    quiet = tone(200.0, RATE, level=0.001)
    dithered = np.round(quiet * 2**15 + rng.uniform(-0.5, 0.5, RATE) + rng.uniform(-0.5, 0.5, RATE)) / 2**15
    assert centroid_hz(dithered[None].astype(np.float32), sample_rate=RATE) == pytest.approx(200.0, rel=0.05)


def test_silence_and_few_samples() -> None:
    assert measure_quarters(Audio(np.zeros(4, np.float32), RATE)) == Quarters((-200.0,) * 4, (0.0,) * 4)


@pytest.mark.parametrize(
    ("levels", "louder"),
    [((-20.0, -15.0, -10.0, -5.0), True), ((-20.0, -15.0, -15.1, -5.0), False), ((-20.0, -19.9, -10.0, -5.0), False)],
)
def test_every_quarter_counts(levels: tuple[float, ...], louder: bool) -> None:
    assert Quarters(levels, (1.0,) * 4).gets_louder() is louder
    assert Quarters(levels[::-1], (1.0,) * 4).gets_louder(falling=True) is louder
