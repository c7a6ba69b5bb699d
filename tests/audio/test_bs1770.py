"""Loudness beside an independent implementation of the standard."""

import numpy as np
import pytest

from samplegen.audio.bs1770 import integrated_lufs

pyloudnorm = pytest.importorskip("pyloudnorm")


@pytest.mark.parametrize(
    "rate, channels, seconds", [(44_100, 1, 3.1), (48_000, 2, 0.4), (22_050, 5, 1.0), (96_000, 1, 13.0)]
)
def test_as_loud_as_pyloudnorm_says(rate: int, channels: int, seconds: float) -> None:
    rng = np.random.default_rng(rate)
    samples = rng.standard_normal((channels, round(seconds * rate))) * np.linspace(0.4, 1e-4, round(seconds * rate))
    samples[:, : rate // 10] += 0.3  # an offset, which the high-pass takes away
    expected = pyloudnorm.Meter(rate).integrated_loudness(samples.T)
    assert integrated_lufs(samples, sample_rate=rate) == pytest.approx(expected, abs=1e-9)


def test_quiet_blocks_do_not_count() -> None:
    tone = 0.1 * np.sin(2 * np.pi * 997 * np.arange(96_000) / 48_000)
    gap = np.concatenate([tone, np.zeros(480_000), tone])[None]
    assert integrated_lufs(gap, sample_rate=48_000) == pytest.approx(-23.0, abs=0.5)


def test_silence_has_no_loudness() -> None:
    assert not np.isfinite(integrated_lufs(np.zeros((2, 44_100)), sample_rate=44_100))
