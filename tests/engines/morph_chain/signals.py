"""Recordings with known events."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from samplegen.audio.source import Source, as_source
from samplegen.audio.types import Audio
from samplegen.engines.on_the_fly.events import Event

RATE = 22_050


def plucks(count: int = 40, *, every_s: float = 0.25, channels: int = 2, seed: int = 5) -> Source:
    """Decaying tones of three registers with noisy attacks, one every `every_s`; channels differ in level."""
    rng = np.random.default_rng(seed)
    length = round(every_s * RATE)
    time = np.arange(length) / RATE
    parts = []
    for number in range(count):
        hz = (150.0, 700.0, 2500.0)[number % 3] * 2.0 ** rng.uniform(-0.3, 0.3)
        tone = np.sin(2 * np.pi * hz * time) * np.exp(-time * rng.uniform(6.0, 15.0))
        noise = rng.standard_normal(length) * np.exp(-time * 150.0) * rng.uniform(0.1, 0.6)
        parts.append(0.4 * (tone + noise))
    mono = np.concatenate(parts)
    gains = np.linspace(1.0, 0.6, channels)[:, None]
    return source_of(gains * mono)


def click_train(count: int, *, every: int, attack: int) -> Source:
    """Decaying clicks, the first at sample `attack` of every stretch of `every` samples, mono."""
    click = np.zeros(every)
    click[attack:] = 0.8 * np.exp(-np.arange(every - attack) / 40.0)
    return source_of(np.tile(click, count)[None])


def equal_events(source: Source, length: int) -> tuple[Event, ...]:
    """Events that tile the source, each of `length` samples."""
    return tuple(Event(start, start + length) for start in range(0, source.length - length + 1, length))


def source_of(samples: npt.NDArray[np.floating] | Sequence[Sequence[float]]) -> Source:
    """A source of ``[C, T]`` samples."""
    return as_source(Audio(np.asarray(samples, np.float32), RATE))
