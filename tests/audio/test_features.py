"""Mel features against librosa's formula, and on tones of known level."""

import numpy as np
import pytest

from samplegen.audio.features import FLOOR_DB, frame_centres, log_mel_db, mel_filterbank, mel_to_hz
from samplegen.audio.types import Audio
from samplegen.errors import UsageError
from tests.audio.signals import noise, sine


def test_filterbank_agrees_with_librosa() -> None:
    filters = pytest.importorskip("librosa.filters")
    expected = filters.mel(sr=44_100, n_fft=2048, n_mels=64, fmin=30.0, fmax=16_000.0, htk=True, norm=None)
    made = mel_filterbank(sample_rate=44_100, n_fft=2048, n_mels=64, low_hz=30.0, high_hz=16_000.0)
    filled = expected.max(axis=1) > 0
    np.testing.assert_allclose(made[filled], expected[filled], atol=1e-5)
    assert (made.max(axis=1) > 0).all()


@pytest.mark.parametrize(("low", "high"), [(-1.0, 1000.0), (1000.0, 1000.0), (0.0, 30_000.0)])
def test_filterbank_refuses_odd_ranges(low: float, high: float) -> None:
    with pytest.raises(UsageError, match="mel range"):
        mel_filterbank(sample_rate=44_100, n_fft=512, n_mels=8, low_hz=low, high_hz=high)


def test_a_tone_lies_in_its_band_at_its_level() -> None:
    edges = mel_to_hz(np.linspace(0, 2595 * np.log10(1 + 22_050 / 700), 98))
    hz = round(float(edges[41]) / (44_100 / 2048)) * 44_100 / 2048  # centre of band 40, moved to a bin
    made = log_mel_db(sine(hz, amplitude=0.5))
    middle = made[:, 20]
    assert middle.argmax() == 40
    assert middle.max() == pytest.approx(-6.0, abs=2.0)


def test_shape_and_floor() -> None:
    made = log_mel_db(Audio(np.zeros((2, 5000), np.float32), 44_100), n_mels=20)
    assert made.shape == (20, 10)
    assert made.dtype == np.float32
    np.testing.assert_allclose(made, FLOOR_DB, atol=1e-4)


def test_a_turned_ring_gives_turned_features() -> None:
    samples = noise(0.5).samples[:, : 512 * 40]
    straight = log_mel_db(Audio(samples, 44_100), ring=True)
    turned = log_mel_db(Audio(np.roll(samples, 512 * 3, axis=-1), 44_100), ring=True)
    np.testing.assert_allclose(turned, np.roll(straight, 3, axis=-1), atol=1e-2)


@pytest.mark.parametrize("length", [1, 100, 511, 512, 44_100, 44_101])
def test_ring_frames_are_spread_evenly(length: int) -> None:
    centres = frame_centres(length, hop_length=512, ring=True)
    steps = np.diff(np.append(centres, length))
    assert centres[0] == 0
    assert steps.max() - steps.min() <= 1


@pytest.mark.parametrize("ring", [False, True])
def test_one_sample(ring: bool) -> None:
    assert log_mel_db(Audio(np.ones(1, np.float32), 44_100), ring=ring).shape == (96, 1)
