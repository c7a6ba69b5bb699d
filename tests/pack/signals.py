"""Small sounds that pass every gate, for tests to spoil."""

import numpy as np

from samplegen import units
from samplegen.audio.types import Audio, Samples
from samplegen.pack.sound import Provenance, Sound, Tags

SAMPLE_RATE = 44_100
PEAK = units.db_to_gain(-1.0)


def _normalise(samples: Samples) -> Samples:
    samples = samples - samples.mean()
    return np.asarray(samples * (PEAK / np.abs(samples).max()), np.float32)


def hit(length: int, *, seed: int, decay_s: float = 0.05, hz: float = 180.0) -> Samples:
    """A decaying tone with noise that is up within half a millisecond, ``[length]``."""
    time_s = np.arange(length) / SAMPLE_RATE
    noise = np.random.default_rng(seed).standard_normal(length)
    body = np.sin(2 * np.pi * hz * time_s + 0.5) + 0.4 * noise
    return np.asarray(body * np.exp(-time_s / decay_s) * np.minimum(1.0, 0.05 + time_s / 5e-4), np.float32)


def make_loop(*, bpm: float = 120.0, played_bpm: float | None = None, bars: int = 2, seed: int = 0) -> Sound:
    """A drum loop, tails wrapped round: four to the floor, backbeat, eighth hats.

    With `played_bpm` its events stand on the grid of another tempo.
    """
    tags = Tags(kind="loop", category="drums", bpm=bpm, bars=bars, title=f"drums {seed}")
    length = tags.length_at(SAMPLE_RATE)
    assert length is not None
    samples = np.zeros(length, np.float32)
    step_s = 30.0 / (played_bpm or bpm)
    for step in range(int(length / SAMPLE_RATE / step_s + 1e-6)):
        position = round(step * step_s * SAMPLE_RATE)
        sounds = [hit(8_000, seed=100 * seed + 2, decay_s=0.02, hz=6_000.0 + 700 * seed) * 0.3]
        if step % 2 == 0:
            sounds.append(hit(20_000, seed=100 * seed, decay_s=0.12, hz=60.0 + 13 * seed))
        if step % 4 == 2:
            sounds.append(hit(16_000, seed=100 * seed + 1, decay_s=0.08, hz=220.0 + 50 * seed) * 0.7)
        for sound in sounds:
            np.add.at(samples, (position + np.arange(sound.size)) % length, sound)
    return Sound(Audio(_normalise(samples), SAMPLE_RATE), tags, Provenance("test", seed=seed))


def make_one_shot(*, seed: int = 0, category: str = "snare") -> Sound:
    """A third of a second of a decaying hit."""
    samples = _normalise(hit(14_000, seed=seed, decay_s=0.04, hz=180.0 + 97 * seed))
    samples[-200:] *= np.linspace(1, 0, 200, dtype=np.float32)
    tags = Tags(kind="one_shot", category=category, title=f"{category} {seed}")
    return Sound(Audio(samples, SAMPLE_RATE), tags, Provenance("test", seed=seed))


def spoil(sound: Sound, samples: Samples) -> Sound:
    """`sound` with other samples."""
    return Sound(Audio(samples, SAMPLE_RATE), sound.tags, sound.provenance)
