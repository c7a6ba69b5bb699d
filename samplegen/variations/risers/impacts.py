"""What makes a hit of a falling sound: a punch at its first samples, and a boom below."""

from dataclasses import dataclass

import numpy as np

from samplegen.audio.types import Samples


@dataclass(frozen=True)
class Hit:
    """The drawn values of an impact.

    Parameters
    ----------
    punch
        How much higher the level begins, as a factor above 1.
    punch_s
        Time in which the punch decays.
    boom
        Peak of the boom relative to the climax.
    boom_hz, boom_from_hz
        Pitch on which the boom settles, and from which it falls.
    boom_s
        Time in which the boom decays (by 8.7 dB); at most a fifth of the sound.
    """

    punch: float
    punch_s: float
    boom: float
    boom_hz: float
    boom_from_hz: float
    boom_s: float


def draw_hit(rng: np.random.Generator) -> Hit:
    """Draw the values of an impact."""
    return Hit(
        punch=float(rng.uniform(1.0, 2.5)),
        punch_s=float(rng.uniform(0.02, 0.08)),
        boom=float(rng.uniform(0.6, 1.2)),
        boom_hz=float(rng.uniform(32.0, 55.0)),
        boom_from_hz=float(rng.uniform(120.0, 320.0)),
        boom_s=float(rng.uniform(0.3, 0.8)),
    )


def add_impact(samples: Samples, hit: Hit, *, sample_rate: int) -> Samples:
    """Punch and boom at the start of ``[C, T]``, whose climax is at sample 0."""
    time_s = np.arange(samples.shape[-1]) / sample_rate
    punched = samples * (1.0 + hit.punch * np.exp(-time_s / hit.punch_s)).astype(np.float32)
    hz = hit.boom_hz + (hit.boom_from_hz - hit.boom_hz) * np.exp(-time_s / 0.03)
    boom = np.sin(2.0 * np.pi * np.cumsum(hz) / sample_rate) * np.exp(-time_s / min(hit.boom_s, time_s[-1] / 5.0))
    level = hit.boom * float(np.abs(samples).max(initial=0.0))
    return np.asarray(punched + level * boom, np.float32)
