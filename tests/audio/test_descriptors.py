"""Descriptors move the way their words say."""

import numpy as np
import pytest

from samplegen.audio.descriptors import NAMES, Descriptors, describe_audio
from samplegen.audio.types import Audio

RATE = 44_100
TIME = np.arange(RATE) / RATE


def audio(samples: np.ndarray) -> Audio:
    return Audio(samples.astype(np.float32), RATE)


def tone(hz: float, *, decay: float = 8.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hz * TIME) * np.exp(-decay * TIME)


def noise(*, decay: float = 8.0) -> np.ndarray:
    return 0.1 * np.random.default_rng(0).standard_normal(RATE) * np.exp(-decay * TIME)


def test_silence_is_zero():
    assert describe_audio(audio(np.zeros(1000))) == Descriptors(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("name", "less", "more"),
    [
        ("brightness", tone(200.0), tone(6000.0)),
        ("height", tone(60.0), tone(600.0)),
        ("length_s", tone(300.0, decay=40.0), tone(300.0, decay=6.0)),
        ("wetness", tone(300.0, decay=40.0), tone(300.0, decay=10.0)),
        ("noisiness", tone(300.0), noise()),
        ("punch", tone(300.0) * np.minimum(1.0, TIME * 5.0), tone(300.0, decay=20.0)),
    ],
)
def test_measures_are_ordered(name, less, more):
    low, high = (getattr(describe_audio(audio(samples)), name) for samples in (less, more))
    assert low < high


def test_by_hand():
    found = describe_audio(audio(tone(440.0, decay=10.0)))
    # exp(-10 t) is 30 dB down at 0.345 s, and falls from 15 to 45 dB in 0.345 s.
    assert found.length_s == pytest.approx(0.345, abs=0.02)
    assert found.wetness == pytest.approx(0.345, abs=0.02)
    assert found.height == pytest.approx(np.log2(440.0), abs=0.1)
    assert found.noisiness < -30.0
    white = describe_audio(audio(0.1 * np.random.default_rng(0).standard_normal(RATE)))
    assert -4.0 < white.noisiness <= 0.0  # -2.5 dB: the flatness of a single frame of noise
    assert abs(white.punch) < 1.0


def test_level_does_not_matter():
    one, other = describe_audio(audio(noise())), describe_audio(audio(0.1 * noise()))
    for name in NAMES:
        assert getattr(one, name) == pytest.approx(getattr(other, name), abs=0.02)


@pytest.mark.parametrize("length", [1, 2, 100])
def test_shortest_sounds(length):
    assert np.isfinite([getattr(describe_audio(audio(np.ones(length))), name) for name in NAMES]).all()
