"""Where bands end: cut noise and tones, gentle and dark sounds; complementary filters; ends without smear."""

import numpy as np
import pytest
from scipy import signal

from samplegen.audio.types import Audio, Samples
from samplegen.training.encoding.degradations import Degradation, degrade
from samplegen.variations.edits.bands import (
    Crossover,
    band_pass,
    estimate_cutoff,
    high_pass,
    level_between,
    settle_ends,
    spectrum_of,
)

RATE = 44_100


def noise(seconds: float = 0.5, *, seed: int = 0, slope_db: float = 0.0, channels: int = 1) -> Audio:
    """Noise whose level falls by `slope_db` an octave above 500 Hz."""
    size = round(seconds * RATE)
    bins = np.fft.rfft(np.random.default_rng(seed).standard_normal((channels, size)))
    hz = np.maximum(np.fft.rfftfreq(size, 1 / RATE), 500.0)
    made = np.fft.irfft(bins * (hz / 500.0) ** (-slope_db / 6.02), size)
    return Audio((0.3 * made / np.abs(made).max()).astype(np.float32), RATE)


def tone(hz: float, seconds: float = 0.5) -> Audio:
    return Audio((0.3 * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32), RATE)


@pytest.mark.parametrize("cutoff_hz", [3000.0, 4000.0, 8000.0, 11_000.0, 16_000.0])
@pytest.mark.parametrize("means", ["resampling", "chebyshev"])
def test_cut_bands_are_found(cutoff_hz: float, means: str) -> None:
    worse = degrade(noise(slope_db=6.0), Degradation(cutoff_hz, means, order=8), loop=False)  # type: ignore[arg-type]
    found = estimate_cutoff(worse)
    assert found is not None and found == pytest.approx(cutoff_hz, rel=0.08)


def test_few_bits_do_not_hide_the_edge() -> None:
    found = estimate_cutoff(degrade(noise(), Degradation(8000.0, "resampling", bits=10), loop=False))
    assert found == pytest.approx(8000.0, rel=0.08)


@pytest.mark.parametrize(
    "audio",
    [noise(), noise(slope_db=12.0), noise(slope_db=24.0), tone(60.0), tone(3000.0), noise(seconds=0.02),
     Audio(np.eye(1, 4000, 100, dtype=np.float32), RATE)],
)  # fmt: skip
def test_full_dark_and_tonal_sounds_have_no_edge(audio: Audio) -> None:
    assert estimate_cutoff(audio) is None


@pytest.mark.parametrize("ring", [False, True])
def test_what_is_trusted_is_not_in_the_high_pass(ring: bool) -> None:
    crossover, audio = Crossover(8000.0), noise(channels=2)
    top = high_pass(audio.samples, crossover, rate=RATE, ring=ring)
    assert top.shape == audio.samples.shape
    hz, power = signal.welch(top[:, 4000:-4000], RATE, "blackmanharris", 4096, detrend=False)
    whole = signal.welch(audio.samples[:, 4000:-4000], RATE, "blackmanharris", 4096, detrend=False)[1]
    decibels = 10.0 * np.log10(power.sum(axis=0) / whole.sum(axis=0))
    assert decibels[hz < crossover.trusted_hz - 50.0].max() < -85.0
    assert np.abs(decibels[hz > crossover.cutoff_hz + 50.0]).max() < 0.1
    if ring:
        turned = high_pass(np.roll(audio.samples, 777, axis=1), crossover, rate=RATE, ring=True)
        np.testing.assert_allclose(turned, np.roll(top, 777, axis=1), atol=1e-6)


def test_cut_ends_leave_the_trusted_band() -> None:
    crossover = Crossover(8000.0)
    top = high_pass(noise(seconds=0.3).samples, crossover, rate=RATE, ring=False)

    def low_db(samples: Samples) -> float:
        return level_between(*spectrum_of(samples, rate=RATE), 100.0, crossover.trusted_hz - 50.0)

    settled = settle_ends(top, crossover, rate=RATE)
    assert low_db(settled) < low_db(top) - 10.0
    assert np.square(settled).sum() == pytest.approx(np.square(top).sum(), rel=0.02)
    np.testing.assert_array_equal(settled[:, 5000:-5000], top[:, 5000:-5000])


def test_band_pass() -> None:
    made = band_pass(tone(3000.0).samples + tone(9000.0).samples, 2500.0, 3500.0, rate=RATE, ring=True)
    np.testing.assert_allclose(made, tone(3000.0).samples, atol=2e-3)
