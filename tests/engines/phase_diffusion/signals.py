"""Small recordings to diffuse."""

import numpy as np

from samplegen.audio.types import Audio, Samples

RATE = 22_050


def white_noise(seconds: float, *, channels: int = 1, seed: int = 0, level: float = 0.1) -> Samples:
    rng = np.random.default_rng(seed)
    return (level * rng.standard_normal((channels, round(seconds * RATE)))).astype(np.float32)


def tone(seconds: float, *, hz: float = 440.0, channels: int = 1, level: float = 0.3) -> Samples:
    phase = 2.0 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE
    return np.tile((level * np.sin(phase)).astype(np.float32), (channels, 1))


def plucks(seconds: float = 2.0, *, channels: int = 2) -> Audio:
    """Decaying tones over soft noise, every 0.2 s another pitch; the channels differ in level."""
    length = round(seconds * RATE)
    made = 0.1 * white_noise(seconds, channels=channels, seed=1)
    for number, start in enumerate(range(0, length, RATE // 5)):
        time = np.arange(min(RATE // 5, length - start)) / RATE
        hz = 110.0 * 2.0 ** (number % 7 / 3.0)
        made[:, start : start + len(time)] += 0.5 * np.sin(2.0 * np.pi * hz * time) * np.exp(-20.0 * time)
    return Audio((made * np.linspace(1.0, 0.6, channels)[:, None]).astype(np.float32), RATE)
