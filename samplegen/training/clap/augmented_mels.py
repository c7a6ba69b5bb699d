"""Log-mels of one sound as other microphones, tapes and rooms would have heard it."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from samplegen.conditioning.clap.features import BANDS, FRAMES, Heard

Float32 = npt.NDArray[np.float32]


def augmented(heard: Heard, *, rng: np.random.Generator) -> Heard:
    """A new window: level, tilt, pitch, speed, contrast, noise and masked frames vary, each at its own chance."""
    mels = heard.mels.astype(np.float32)
    if rng.random() < 0.5:
        mels = mels + np.float32(rng.uniform(-0.03, 0.03))
    if rng.random() < 0.5:
        mels = _masked(mels, rng)
    if rng.random() < 0.5:
        mels = np.roll(mels, int(rng.integers(-2, 3)), axis=0)
    if rng.random() < 0.6:
        mels = np.where(mels > 0, mels + _equaliser(rng)[:, None], mels)
    if rng.random() < 0.4:
        mels = _at_speed(mels, float(rng.uniform(0.8, 1.2)))
    if rng.random() < 0.3:
        mels = mels * np.float32(rng.uniform(0.85, 1.15))
    if rng.random() < 0.3:
        mels = np.maximum(mels, rng.random(mels.shape, dtype=np.float32) * np.float32(0.35 * rng.random()))
    extras = heard.extras + rng.normal(0.0, 0.03, heard.extras.shape).astype(np.float32)
    return replace(heard, mels=np.clip(mels, 0.0, 1.0).astype(np.float32), extras=extras)


def _masked(mels: Float32, rng: np.random.Generator) -> Float32:
    """A few neighbouring bands at the lowest level (SpecAugment, Park et al. 2019, arXiv:1904.08779)."""
    size = int(rng.integers(1, 12))
    first = int(rng.integers(0, BANDS - size))
    masked = mels.copy()
    masked[first : first + size] = mels.min()
    return masked


def _equaliser(rng: np.random.Generator) -> Float32:
    """A smooth random curve over the bands, ±5 dB or so."""
    return np.interp(np.linspace(0.0, 5.0, BANDS), np.arange(6), rng.normal(0.0, 0.07, 6)).astype(np.float32)


def _at_speed(mels: Float32, speed: float) -> Float32:
    """Frames spread or squeezed in time, pitch unchanged."""
    frames = mels.shape[1]
    count = min(FRAMES, max(8, int(frames * speed)))
    places = np.clip((np.arange(count) + 0.5) * frames / count - 0.5, 0.0, frames - 1.0)
    low = places.astype(int)
    high = np.minimum(low + 1, frames - 1)
    share = (places - low).astype(np.float32)
    return np.asarray(mels[:, low] * (1.0 - share) + mels[:, high] * share)
