"""What the audio tower hears."""

import numpy as np
import pytest

from samplegen.audio.types import Audio
from samplegen.conditioning.clap.features import BANDS, FRAMES, MOST_WINDOWS, SAMPLE_RATE, windows_of


def noise(seconds: float, *, sample_rate: int = SAMPLE_RATE, channels: int = 1) -> Audio:
    rng = np.random.default_rng(0)
    return Audio(rng.standard_normal((channels, int(seconds * sample_rate))).astype(np.float32) * 0.1, sample_rate)


@pytest.mark.parametrize(("seconds", "count"), [(0.01, 1), (1.0, 1), (4.0, 1), (4.5, 2), (30.0, MOST_WINDOWS)])
def test_count_and_shape(seconds, count):
    windows = windows_of(noise(seconds))
    assert len(windows) == count
    for window in windows:
        assert window.mels.shape[0] == BANDS and 1 <= window.mels.shape[1] <= FRAMES
        assert window.mels.min() >= 0.0 and window.mels.max() == 1.0 and np.isfinite(window.extras).all()


def test_level_and_channels_do_not_matter():
    audio = noise(0.5, channels=2)
    (loud,), (quiet,) = windows_of(audio), windows_of(audio.with_samples(audio.samples * 0.01))
    np.testing.assert_allclose(loud.mels, quiet.mels, atol=1e-3)
    np.testing.assert_allclose(loud.extras, quiet.extras, atol=1e-3)


def test_a_tone_lies_where_it_should():
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    low, high = (
        windows_of(Audio(np.sin(2 * np.pi * hz * time).astype(np.float32), SAMPLE_RATE))[0].mels.mean(1).argmax()
        for hz in (100.0, 5000.0)
    )
    assert low < 5 < 30 < high


def test_other_rates_sound_alike():
    time = np.arange(24_000) / 24_000
    one = windows_of(Audio(np.sin(2 * np.pi * 440 * time).astype(np.float32), 24_000))[0]
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    other = windows_of(Audio(np.sin(2 * np.pi * 440 * time).astype(np.float32), SAMPLE_RATE))[0]
    assert one.mels.mean(1).argmax() == other.mels.mean(1).argmax()
