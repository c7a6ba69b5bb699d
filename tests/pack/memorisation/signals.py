"""Drum-like sounds of numbers, and what may be done to a copy of one."""

import numpy as np
import soxr

from samplegen.audio.types import Audio
from samplegen.pack.sound import Provenance, Sound, Tags

RATE = 44_100
BEATS, BARS, BPM = 4, 2, 120.0
LOOP_LENGTH = round(BEATS * BARS * 60.0 / BPM * RATE)


def hit(seed: int, *, seconds: float = 0.5) -> np.ndarray:
    """A decaying tone with a falling pitch and band noise, ``[T]``, drawn by `seed`."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * RATE)) / RATE
    hz, fall, decay = 60.0 * 80.0 ** rng.random(), rng.random() * 2.0, 5.0 + 40.0 * rng.random()
    phase = 2.0 * np.pi * hz * (time + fall * (1.0 - np.exp(-20.0 * time)) / 20.0)
    noise = np.convolve(rng.standard_normal(time.size), np.hanning(3 + 2 * int(40 * rng.random())), "same")
    noise /= np.abs(noise).max()
    loud = rng.random()
    return (0.5 * np.exp(-decay * time) * ((1.0 - loud) * np.sin(phase) + loud * noise)).astype(np.float32)


def loop(seed: int) -> np.ndarray:
    """Two bars of four hits on a random grid of sixteenths, ``[LOOP_LENGTH]``."""
    rng = np.random.default_rng(1000 + seed)
    samples, step = np.zeros(LOOP_LENGTH, np.float32), LOOP_LENGTH / (16 * BARS)
    for voice in range(4):
        sound = hit(10_000 + 4 * seed + voice, seconds=0.2) * (0.3 + 0.7 * rng.random())
        for position in np.flatnonzero(rng.random(16 * BARS) < 0.3):
            places = (round(position * step) + np.arange(sound.size)) % LOOP_LENGTH
            samples[places] += sound
    return samples


def at_pitch(samples: np.ndarray, *, cents: float) -> np.ndarray:
    """Played slower or faster."""
    return soxr.resample(samples, RATE, RATE / 2.0 ** (cents / 1200.0), quality="HQ").astype(np.float32)


def later(samples: np.ndarray, *, ms: float) -> np.ndarray:
    """With silence before it."""
    return np.concatenate([np.zeros(round(ms * RATE / 1e3), np.float32), samples])


def as_one_shot(samples: np.ndarray) -> Sound:
    """A sound as the gates judge it."""
    return Sound(Audio(samples, RATE), Tags("one_shot", "kick"), Provenance("alpha_blend", "", "", "", 0, {}))


def as_loop(samples: np.ndarray) -> Sound:
    """A sound as the gates judge it."""
    tags = Tags("loop", "loop_drums", bpm=BPM, bars=BARS, meter=(BEATS, 4))
    return Sound(Audio(samples, RATE), tags, Provenance("alpha_blend", "", "", "", 0, {}))
