"""Loops and sounds whose tempo, onsets and kind are known."""

import numpy as np

from samplegen.audio.types import Audio
from samplegen.units import bars_to_samples

SAMPLE_RATE = 22_050


def drum_loop(bpm: float, *, bars: int = 4, beats_per_bar: int = 4, seed: int = 0, late_s: float = 0.0) -> Audio:
    """A kick on every beat and a noise burst on every half beat, on the ring; `late_s` delays the bursts."""
    length = bars_to_samples(bars, bpm=bpm, beats_per_bar=beats_per_bar, sample_rate=SAMPLE_RATE)
    rng = np.random.default_rng(seed)
    samples = np.zeros(length)
    beats = bars * beats_per_bar
    time = np.arange(int(0.12 * SAMPLE_RATE)) / SAMPLE_RATE
    kick = np.sin(2 * np.pi * 60 * time) * np.exp(-25 * time)
    for half in range(2 * beats):
        on_beat = half % 2 == 0
        burst = 0.2 * rng.standard_normal(time.size) * np.exp(-90 * time)
        start = half * length / (2 * beats) + (0.0 if on_beat else late_s * SAMPLE_RATE)
        where = (round(start) + np.arange(time.size)) % length
        samples[where] += kick * (1.0 - 0.2 * (half % 8 > 0)) if on_beat else burst
    return Audio((0.7 * samples).astype(np.float32), SAMPLE_RATE)


def one_shot(kind: str, seed: int) -> Audio:
    """A low, a middle or a high sound that decays, every seed a little different."""
    rng = np.random.default_rng(seed)
    hz = {"kick": 60.0, "tom": 180.0, "hat_closed": 6000.0}[kind] * rng.uniform(0.85, 1.15)
    time = np.arange(int(rng.uniform(0.2, 0.5) * SAMPLE_RATE)) / SAMPLE_RATE
    samples = np.sin(2 * np.pi * hz * time) + 0.05 * rng.standard_normal(time.size)
    return Audio((0.5 * samples * np.exp(-8 * time)).astype(np.float32), SAMPLE_RATE)
