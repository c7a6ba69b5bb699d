"""Hits to make takes of."""

import numpy as np

from samplegen.audio.types import Audio
from samplegen.variations.takes.hits import Hit, make_hit

RATE = 44_100


def drum(*, seed: int = 0, seconds: float = 0.25, hz: float = 180.0, channels: int = 1, rate: int = RATE) -> Audio:
    """A decaying tone with a noisy attack, from 2 ms on."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate - 0.002
    ahead = np.maximum(time, 0.0)
    noise = rng.standard_normal((channels, time.size)) * np.exp(-ahead / 0.03)
    made = np.where(time >= 0.0, 0.6 * np.sin(2 * np.pi * hz * ahead) * np.exp(-ahead / 0.06) + 0.2 * noise, 0.0)
    fade = np.minimum(1.0, np.arange(time.size)[::-1] / (0.01 * rate))
    return Audio((0.5 * made * fade / np.abs(made).max()).astype(np.float32), rate)


def hit(kind: str = "snare", **wanted: int) -> Hit:
    """`drum` as a hit."""
    return make_hit(drum(**wanted), name="hit.wav", kind=kind, headroom_db=3.0)  # type: ignore[arg-type]
