import numpy as np
import pytest

from samplegen.audio.source import as_source
from samplegen.audio.types import Audio
from samplegen.engines.on_the_fly import patches as module
from samplegen.engines.on_the_fly.events import Event
from samplegen.engines.on_the_fly.patches import BANDS, mel_filters, mel_patches, normalise, patch_fft

RATE = 44_100
RATES = (100, 3000, 8000, 11_025, 12_000, 15_590, 16_000, 22_050, 32_000, 44_100, 48_000, 62_000, 96_000, 192_000)


def _patches(samples, events, *, rate=RATE, **options):
    return mel_patches(as_source(Audio(np.atleast_2d(np.asarray(samples, np.float32)), rate)), events, **options)


def _picture(samples, event, *, frames=32, **options):
    return _patches(samples, [event], frames=frames, **options)[0].reshape(BANDS, frames)


def _noise(length, *, seed=3):
    return np.random.default_rng(seed).normal(0.0, 0.1, (1, length)).astype(np.float32)


@pytest.mark.parametrize(
    ("rate", "n_fft"),
    [(8000, 256), (16_000, 512), (22_050, 512), (44_100, 1024), (48_000, 1024), (96_000, 2048), (192_000, 4096)],
)
def test_the_window_follows_the_sample_rate(rate, n_fft):
    assert patch_fft(rate) == n_fft


@pytest.mark.parametrize("rate", RATES)
def test_every_band_has_a_bin_of_weight_one(rate):
    filters = mel_filters(patch_fft(rate), rate)
    assert filters.shape == (BANDS, patch_fft(rate) // 2 + 1)
    assert filters.dtype == np.float32
    assert (filters.max(axis=1) == 1.0).all()
    assert (filters >= 0.0).all()


@pytest.mark.parametrize("n_fft", [256, 1024, 131_072])
def test_neighbouring_bands_share_each_bin(n_fft):
    filters = mel_filters(n_fft, RATE)
    centres = filters.argmax(axis=1)
    assert (np.diff(centres) > 0).all()
    np.testing.assert_allclose(filters[:, centres[0] : centres[-1] + 1].sum(axis=0), 1.0, atol=1e-6)


def test_bands_are_equally_wide_in_mel():
    """Centres at bin floor(1025 f / 44100), f = 700 (10^(mel / 2595) - 1), 41 equal steps from 20 Hz to 22.05 kHz."""
    low, high = 2595 * np.log10(1 + 20 / 700), 2595 * np.log10(1 + 22_050 / 700)
    hz = [700 * (10 ** ((low + (band + 1) * (high - low) / 41) / 2595) - 1) for band in range(BANDS)]
    assert mel_filters(1024, RATE).argmax(axis=1).tolist() == [int(1025 * f / RATE) for f in hz]


@pytest.mark.parametrize("rate", [22_050, 44_100, 96_000])
@pytest.mark.parametrize("hz", [250.0, 1000.0, 4000.0, 9000.0])
def test_a_sine_is_loudest_in_the_band_around_it(rate, hz):
    sine = 0.5 * np.sin(2 * np.pi * hz * np.arange(rate) / rate)
    mels = 2595 * np.log10(1 + np.array([20.0, hz, rate / 2]) / 700)
    place = (mels[1] - mels[0]) / (mels[2] - mels[0]) * 41 - 1
    loudest = _picture(sine, Event(0, rate), rate=rate).argmax(axis=0)
    assert (np.abs(loudest - place) <= 1.0).all()


def test_energy_of_a_sine_in_the_middle_of_a_bin():
    """Under a Hann window its amplitude is sum(w) / 2, and half of that in the two bins beside."""
    sine = 0.5 * np.sin(2 * np.pi * 100 / 1024 * np.arange(RATE))
    peak = (0.5 * np.hanning(1024).sum() / 2) ** 2
    expected = np.log(mel_filters(1024, RATE)[:, 99:102] @ np.array([peak / 4, peak, peak / 4]) + 1e-10)
    found = _picture(sine, Event(0, RATE))
    loud = expected > expected.max() - 3.0
    np.testing.assert_allclose(found[loud], np.repeat(expected[loud][:, None], 32, axis=1), atol=0.01)


def test_silence_is_the_logarithm_of_the_floor():
    np.testing.assert_allclose(_picture(np.zeros(RATE), Event(0, RATE)), np.log(1e-10), rtol=1e-6)


def test_only_the_central_frames_are_looked_at():
    """169 frames, 68 left out in front: samples 68*256 to 68*256 + 31*256 + 1024."""
    samples = _noise(RATE + 500)
    event = Event(500, RATE + 500)
    outside = samples.copy()
    outside[:, : 500 + 17_408] = outside[:, 500 + 26_368 :] = 0.7
    np.testing.assert_array_equal(_picture(samples, event), _picture(outside, event))
    outside[:, 500 + 17_408 + 2] = 0.7
    assert (_picture(samples, event)[:, 0] != _picture(outside, event)[:, 0]).any()


def test_a_patch_runs_band_by_band_and_in_time():
    samples = _noise(RATE)
    samples[:, RATE // 2 :] = 0.0
    picture = _picture(samples, Event(0, RATE))
    assert picture[:, :10].min() > picture[:, 22:].max()


def test_short_events_repeat_their_edge_frames_evenly():
    samples = _noise(RATE)
    picture = _picture(samples, Event(100, 100 + 1024 + 2 * 256))
    three = _picture(samples, Event(100, 100 + 1024 + 2 * 256), frames=3)
    np.testing.assert_array_equal(picture, three[:, [0] * 15 + [1] + [2] * 16])
    assert (three[:, 0] != three[:, 2]).all()


def test_an_event_shorter_than_the_window_is_padded_with_silence():
    samples = _noise(RATE)
    alone = np.zeros_like(samples)
    alone[:, 700:1000] = samples[:, 700:1000]
    picture = _picture(samples, Event(700, 1000))
    np.testing.assert_array_equal(picture, _picture(alone, Event(700, 700 + 1024)))
    assert (np.ptp(picture, axis=1) == 0.0).all()


def test_pooling_averages_equal_stretches_of_the_whole_event():
    samples = _noise(RATE)
    event = Event(0, 1024 + 63 * 256)
    every = _picture(samples, event, frames=64).astype(np.float64)
    expected = np.log(np.exp(every).reshape(BANDS, 32, 2).mean(axis=2))
    np.testing.assert_allclose(_picture(samples, event, mode="pool"), expected, rtol=1e-5)


def test_pooling_a_short_event_repeats_its_frames_in_turn():
    samples = _noise(RATE)
    event = Event(0, 1024 + 2 * 256)
    three = _picture(samples, event, frames=3)
    expected = three[:, [column * 3 // 16 for column in range(16)]]
    np.testing.assert_allclose(_picture(samples, event, frames=16, mode="pool"), expected, rtol=1e-6)


def test_pooling_keeps_quiet_events_behind_loud_ones():
    samples = _noise(RATE) * np.float32(1e-4)
    samples[:, : RATE // 2] *= np.float32(1e5)
    quiet = Event(RATE // 2, RATE)
    both = _patches(samples, [Event(0, RATE // 2), quiet], frames=16, mode="pool")[1]
    np.testing.assert_allclose(both, _patches(samples, [quiet], frames=16, mode="pool")[0], rtol=1e-5)


@pytest.mark.parametrize("mode", ["central", "pool"])
def test_a_silent_channel_only_halves_the_energy(mode):
    mono = _noise(RATE)
    events = [Event(0, 20_000), Event(20_000, 30_000), Event(30_000, RATE)]
    found = _patches(np.concatenate([0 * mono, mono]), events, frames=16, mode=mode)
    np.testing.assert_allclose(found, _patches(mono, events, frames=16, mode=mode) - np.log(2.0), atol=1e-4)


def test_inverted_channels_do_not_cancel():
    mono = _noise(RATE)
    both = _picture(np.concatenate([mono, -mono]), Event(0, RATE))
    np.testing.assert_allclose(both, _picture(mono, Event(0, RATE)), atol=1e-4)


@pytest.mark.parametrize("mode", ["central", "pool"])
def test_groups_leave_no_trace(monkeypatch, mode):
    samples = np.concatenate([_noise(RATE, seed=1), _noise(RATE, seed=2)])
    events = [Event(0, 500), Event(500, 9000), Event(9000, 35_000), Event(35_000, RATE)]
    expected = _patches(samples, events, frames=16, mode=mode)
    monkeypatch.setattr(module, "_GROUP_FRAMES", 7)
    monkeypatch.setattr(module, "_BATCH_FRAMES", 20)
    np.testing.assert_allclose(_patches(samples, events, frames=16, mode=mode), expected, atol=1e-4)
    one_by_one = [_patches(samples, [event], frames=16, mode=mode)[0] for event in events]
    np.testing.assert_allclose(one_by_one, expected, atol=1e-4)


@pytest.mark.parametrize("rate", RATES)
def test_patches_are_finite_at_any_sample_rate(rate):
    samples = _noise(max(rate, 40))
    found = _patches(samples, [Event(0, samples.shape[1])], rate=rate, frames=32)
    assert found.shape == (1, 1280)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()


def test_normalised_patches_have_mean_0_and_deviation_1():
    patches = np.random.default_rng(5).normal(-8.0, 3.0, (50, 12)).astype(np.float32)
    patches[:, 4] = 1.2345
    patches[:, 7] = np.where(np.arange(50) % 2, 1e-7, -1e-7)
    found = normalise(patches)
    steady = np.isin(np.arange(12), [4, 7])
    assert not found.values[:, steady].any()
    assert found.values.dtype == np.float32
    np.testing.assert_allclose(found.values.mean(axis=0), 0.0, atol=1e-6)
    np.testing.assert_allclose(found.values[:, ~steady].std(axis=0), 1.0, atol=1e-6)
    np.testing.assert_allclose(found.std, patches.std(axis=0, dtype=np.float64), atol=1e-6)
    np.testing.assert_allclose(found.restore(found.values), patches, atol=2e-6)


def test_two_values_by_hand():
    """1 and 5: mean 3, population deviation 2."""
    found = normalise(np.array([[1.0], [5.0]], np.float32))
    assert (found.mean.item(), found.std.item()) == (3.0, 2.0)
    np.testing.assert_allclose(found.values[:, 0], [-1.0, 1.0])
    np.testing.assert_allclose(found.restore(np.array([2.0])), [7.0])


def test_a_single_patch_is_zero_everywhere():
    found = normalise(np.full((1, 3), 7.5, np.float32))
    assert not found.values.any()
    np.testing.assert_array_equal(found.restore(found.values), [[7.5] * 3])
