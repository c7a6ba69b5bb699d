"""Recordings for tests: made here, so that what they hold is known."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

RATE = 22_050


def hits(*, seconds: float = 3.0, rate: int = RATE, channels: int = 1, seed: int = 0) -> npt.NDArray[np.float32]:
    """Decaying hits of three pitches and noise, one every quarter of a second, ``[T, C]``."""
    rng = np.random.default_rng(seed)
    length, step = int(seconds * rate), rate // 4
    out = np.zeros((length, channels))
    time = np.arange(step) / rate
    for number, start in enumerate(range(0, length, step)):
        pitch = (110.0, 330.0, 880.0)[number % 3] * 2 ** (rng.integers(-3, 4) / 12)
        noise = rng.standard_normal((step, channels)) * np.exp(-time * 60)[:, None]
        tone = np.sin(2 * np.pi * pitch * time) * np.exp(-time * 12)
        part = out[start : start + step]
        part += (0.5 * tone[:, None] + 0.2 * noise)[: len(part)] * rng.uniform(0.5, 1.0)
    return np.asarray(0.8 * out / np.abs(out).max(), np.float32)


def write_hits(path: Path, *, subtype: str = "PCM_16", rate: int = RATE, gain: float = 1.0, **shape: float) -> Path:
    """`hits` as a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, gain * hits(rate=rate, **shape), rate, subtype=subtype)  # type: ignore[arg-type]
    return path
