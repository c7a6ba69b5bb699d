"""Recordings to make risers of, and what tests ask of the results."""

import numpy as np

from samplegen.audio.types import Audio

RATE = 44_100


def stab(*, seconds: float = 1.2, channels: int = 1, seed: int = 0) -> Audio:
    """Decaying chords of three pitches with noisy attacks."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(seconds * RATE)) / RATE
    made = np.zeros((channels, time_s.size))
    for note, hz in enumerate((110.0, 164.8, 220.0)):
        ahead = np.maximum(time_s - note * seconds / 3, 0.0)
        tone = sum(np.sin(2.0 * np.pi * hz * k * ahead) / k for k in range(1, 12))
        noise = 0.3 * rng.standard_normal((channels, time_s.size)) * np.exp(-ahead / 0.02)
        made += np.where(time_s >= note * seconds / 3, (0.2 * tone + noise) * np.exp(-ahead / 0.3), 0.0)
    return Audio((0.5 * made / np.abs(made).max()).astype(np.float32), RATE)


def short_time_levels(audio: Audio, *, blocks: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    """RMS of each of `blocks` equal parts, ``[blocks]``."""
    edges = np.linspace(0, audio.length, blocks + 1).astype(int)
    power = np.square(audio.samples.astype(np.float64)).mean(axis=0)
    return np.sqrt([power[start:stop].mean() for start, stop in zip(edges[:-1], edges[1:], strict=True)])
