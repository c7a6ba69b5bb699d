"""Signals whose properties are known by construction."""

import numpy as np

from samplegen.audio.types import Audio, Samples

RATE = 44_100


def sine(hz: float, *, seconds: float = 1.0, amplitude: float = 0.5, sample_rate: int = RATE) -> Audio:
    """A steady tone that starts at phase zero."""
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    return Audio((amplitude * np.sin(2 * np.pi * hz * time)).astype(np.float32), sample_rate)


def noise(seconds: float, *, seed: int = 0, amplitude: float = 0.1, sample_rate: int = RATE) -> Audio:
    """White Gaussian noise."""
    values = amplitude * np.random.default_rng(seed).standard_normal(round(seconds * sample_rate))
    return Audio(values.astype(np.float32), sample_rate)


def hit(*, hz: float, decay_ms: float, brightness: float, seed: int = 0, sample_rate: int = RATE) -> Samples:
    """A drum-like sound: a decaying tone with some noise, ``[T]``, sudden at its start."""
    time = np.arange(round(6 * decay_ms / 1000 * sample_rate)) / sample_rate
    decay = np.exp(-time / (decay_ms / 1000))
    crackle = np.random.default_rng(seed).standard_normal(time.size)
    tone = np.cos(2 * np.pi * hz * time)
    return (0.5 * decay * ((1 - brightness) * tone + brightness * crackle)).astype(np.float32)


def place(sounds: list[tuple[float, Samples]], *, length: int, sample_rate: int = RATE) -> Audio:
    """Sum `sounds` at their times in seconds on a ring of `length` samples; tails wrap round."""
    ring = np.zeros(length, np.float32)
    for time, sound in sounds:
        start = round(time * sample_rate)
        np.add.at(ring, np.arange(start, start + sound.size) % length, sound)
    return Audio(ring, sample_rate)


def drum_loop(*, bpm: float, bars: int, length: int | None = None, seed: int = 0) -> Audio:
    """Kick on beats, snare on 2 and 4, hats on eighths with some sixteenths, on a ring."""
    rng = np.random.default_rng(seed)
    beat = 60.0 / bpm
    kick, snare = hit(hz=55, decay_ms=90, brightness=0.05), hit(hz=190, decay_ms=60, brightness=0.6, seed=1)
    hat = 0.4 * hit(hz=9000, decay_ms=20, brightness=0.9, seed=2)
    sounds = [(k * beat, kick) for k in range(4 * bars)]
    sounds += [((4 * bar + k) * beat, snare) for bar in range(bars) for k in (1, 3)]
    sounds += [(k * beat / 2, hat) for k in range(8 * bars)]
    sounds += [(k * beat / 4, 0.5 * hat) for k in range(16 * bars) if rng.random() < 0.3]
    return place(sounds, length=round(4 * bars * beat * RATE) if length is None else length)
