"""Loops of synthetic drums whose every hit is known."""

from collections.abc import Sequence

import numpy as np

from samplegen.audio.types import Audio

SAMPLE_RATE = 44_100
BEATS = ((0.0, "kick"), (1.0, "snare"), (2.0, "kick"), (3.0, "snare"))
ROCK = (*BEATS, *((0.5 + k, "hat_closed") for k in range(4)))


def drum(kind: str, *, rng: np.random.Generator) -> np.ndarray:
    seconds = np.arange(SAMPLE_RATE // 3) / SAMPLE_RATE
    if kind == "kick":
        sweep = 2 * np.pi * np.cumsum(48.0 + 160.0 * np.exp(-seconds / 0.02)) / SAMPLE_RATE
        return 0.8 * np.sin(sweep) * np.exp(-seconds / 0.11)
    noise = rng.standard_normal(seconds.size)
    if kind == "snare":
        body = 0.35 * np.sin(2 * np.pi * 210.0 * seconds) * np.exp(-seconds / 0.04)
        dull = np.convolve(noise, np.hanning(12) / 6.0, mode="same")
        return body + 0.4 * dull * np.exp(-seconds / 0.07)
    sharp = np.diff(np.diff(noise, prepend=0.0), prepend=0.0)
    return 0.08 * sharp * np.exp(-seconds / 0.025)


def loop(
    hits: Sequence[tuple[float, str]] = ROCK,
    *,
    bpm: float = 120.0,
    bars: int = 1,
    late_s: float = 0.0,
    gain: float = 1.0,
) -> Audio:
    """`hits` of every bar (beat, kind) on a ring; tails wrap round."""
    rng = np.random.default_rng(0)
    length = round(bars * 4 * 60 * SAMPLE_RATE / bpm)
    ring = np.zeros(length)
    for bar in range(bars):
        for beat, kind in hits:
            start = round(((bar * 4 + beat) * 60 / bpm + late_s) * SAMPLE_RATE)
            sound = drum(kind, rng=rng)
            np.add.at(ring, (start + np.arange(sound.size)) % length, gain * sound)
    return Audio((ring / max(1.0, np.abs(ring).max())).astype(np.float32), SAMPLE_RATE)
