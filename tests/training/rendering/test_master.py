"""The end of a chain: loudness that pyloudnorm confirms, below the peak, and without a seam."""

import numpy as np
import pytest

from samplegen.audio.quality import loudness_lufs
from samplegen.audio.types import Audio
from samplegen.training.rendering.master import Master, apply_master, limiting_gain, ring_lufs

RATE = 44_100


def _drums(length: int = 2 * RATE) -> np.ndarray:
    rng = np.random.default_rng(0)
    ring = 0.02 * rng.standard_normal(length)
    for start in range(0, length, length // 8):
        time = np.arange(length // 8) / RATE
        ring[start : start + time.size] += np.sin(2.0 * np.pi * 60.0 * time) * np.exp(-12.0 * time)
    return ring.astype(np.float32)


def test_loudness_and_peak_are_reached() -> None:
    loud = apply_master(_drums(), Master(lufs=-12.0), sample_rate=RATE)
    assert np.max(np.abs(loud)) == pytest.approx(10 ** (-1 / 20), rel=1e-5)
    heard = loudness_lufs(Audio(np.tile(loud, 4)[None], RATE))
    assert heard == pytest.approx(-12.0, abs=0.7)
    assert ring_lufs(np.tile(loud, 4), sample_rate=RATE) == pytest.approx(heard, abs=0.15)


def test_rotation_by_a_beat_rotates_the_result() -> None:
    ring = _drums()
    shift = len(ring) // 8
    master = Master(lufs=-10.0)
    straight = apply_master(ring, master, sample_rate=RATE)
    turned = apply_master(np.roll(ring, shift), master, sample_rate=RATE)
    assert np.max(np.abs(np.roll(straight, shift) - turned)) < 2e-3


def test_the_limiter_keeps_below_its_ceiling_and_leaves_quiet_sounds_alone() -> None:
    ring, master = _drums(), Master(clip_db=3.0)
    gain = limiting_gain(ring, master, sample_rate=RATE, raised_db=18.0, ceiling=0.9)
    assert np.max(np.abs(ring * gain)) <= 0.9 + 1e-6
    quiet = np.full(RATE, 1e-3, np.float32)
    assert np.allclose(limiting_gain(quiet, master, sample_rate=RATE, raised_db=0.0, ceiling=0.9), 1.0, atol=1e-4)


def test_silence_stays_silent_and_short_loops_are_measured_too() -> None:
    assert not apply_master(np.zeros(RATE, np.float32), Master(), sample_rate=RATE).any()
    assert ring_lufs(np.zeros(RATE, np.float32), sample_rate=RATE) is None
    short = _drums()[: RATE // 10]
    assert ring_lufs(short, sample_rate=RATE) == pytest.approx(ring_lufs(np.tile(short, 10), sample_rate=RATE), abs=0.2)
