"""Only sounds with one steady pitch may play in a key."""

import numpy as np
import pytest

from samplegen.training.rendering.pitches import apart, steady_pitch

RATE = 44_100
TIME = np.arange(RATE) / RATE


def _tone(*hz: float) -> np.ndarray:
    return (0.1 * sum(np.sin(2.0 * np.pi * f * k * TIME) / k for f in hz for k in range(1, 9))).astype(np.float32)


def test_a_steady_tone_has_its_pitch() -> None:
    assert steady_pitch(_tone(220.0), sample_rate=RATE) == pytest.approx(57.0, abs=0.03)


def test_noise_glides_chords_clicks_and_silence_have_none() -> None:
    noise = np.random.default_rng(0).standard_normal(RATE).astype(np.float32)
    glide = np.sin(2.0 * np.pi * (110.0 * TIME + 110.0 * TIME**2)).astype(np.float32)
    for sound in (noise, glide, _tone(220.0, 311.1, 370.0), noise[:2000], np.zeros(RATE, np.float32)):
        assert steady_pitch(sound, sample_rate=RATE) is None


def test_octaves_are_not_apart() -> None:
    assert apart(60.0, 36.0) == 0.0 and apart(59.9, 72.1) == pytest.approx(0.2)
