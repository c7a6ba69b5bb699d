import numpy as np
import pytest

from samplegen.audio.source import as_source
from samplegen.audio.types import Audio
from samplegen.engines.on_the_fly import flux as module
from samplegen.engines.on_the_fly.flux import frame_centres, frame_length, hop_length, spectral_flux

RATE = 44_100


def _flux(samples, *, rate=RATE):
    return spectral_flux(as_source(Audio(np.asarray(samples, np.float32), rate)))


def _noise(channels, length, *, seed=1):
    return np.random.default_rng(seed).normal(0.0, 0.1, (channels, length)).astype(np.float32)


@pytest.mark.parametrize(("rate", "size", "hop"), [(44_100, 1103, 441), (48_000, 1200, 480), (8000, 200, 80)])
def test_frames_last_25_ms_and_follow_every_10_ms(rate, size, hop):
    assert (frame_length(rate), hop_length(rate)) == (size, hop)
    assert frame_centres(3, sample_rate=rate).tolist() == [size / 2, size / 2 + hop, size / 2 + 2 * hop]
    assert _flux(_noise(1, size + 9 * hop), rate=rate).shape == (10,)
    assert _flux(_noise(1, size + 9 * hop - 1), rate=rate).shape == (9,)


def test_an_impulse_rises_by_what_the_window_rises_over_it():
    """The spectrum of an impulse under the window value w is flat with magnitude w."""
    place, count = 20 * 441 + 100, 60
    samples = np.zeros((1, 1103 + (count - 1) * 441), np.float32)
    samples[0, place] = 0.5
    offsets = place - 441 * np.arange(count)
    inside = (offsets >= 0) & (offsets < 1103)
    under = np.where(inside, np.hanning(1103)[np.clip(offsets, 0, 1102)], 0.0)
    expected = np.maximum(np.diff(under, prepend=0.0), 0.0)
    flux = _flux(samples)
    bins = flux.sum() / (0.5 * expected.sum())
    assert bins == pytest.approx(round(bins), abs=1e-3)
    assert bins >= 1103 // 2
    np.testing.assert_allclose(flux / flux.sum(), expected / expected.sum(), atol=1e-6)


def test_the_first_frame_and_a_fall_have_no_flux():
    samples = _noise(1, RATE)
    samples[:, RATE // 2 :] = 0.0
    flux = _flux(samples)
    assert flux[0] == 0.0
    assert flux[1] > 0.0
    assert not flux[(RATE // 2) // 441 + 1 :].any()


def test_shorter_than_a_frame_is_one_zero():
    assert _flux(_noise(1, 1000)).tolist() == [0.0]


def test_inverted_channels_do_not_cancel():
    mono = _noise(1, RATE)
    np.testing.assert_allclose(_flux(np.concatenate([mono, -mono])), _flux(mono), rtol=1e-6)


def test_a_silent_channel_halves_the_power():
    mono = _noise(1, RATE)
    np.testing.assert_allclose(_flux(np.concatenate([0 * mono, mono])) * np.sqrt(2.0), _flux(mono), rtol=1e-12)


def test_magnitude_is_the_root_of_the_mean_power_over_channels():
    place = 30 * 441 + 551
    samples = np.zeros((2, RATE), np.float32)
    samples[:, place] = 0.3, 0.4
    mono = np.zeros((1, RATE), np.float32)
    mono[:, place] = np.sqrt((0.3**2 + 0.4**2) / 2)
    np.testing.assert_allclose(_flux(samples), _flux(mono), rtol=1e-6)


@pytest.mark.parametrize(("block", "group"), [(7, 3), (64, 64), (1, 1)])
def test_blocks_leave_no_trace(monkeypatch, block, group):
    samples = _noise(2, 2 * RATE)
    expected = _flux(samples)
    monkeypatch.setattr(module, "_BLOCK_FRAMES", block)
    monkeypatch.setattr(module, "_GROUP_FRAMES", group)
    np.testing.assert_array_equal(_flux(samples), expected)
