"""Synthetic tones for codec training: a small library has few pitches, and a codec must play all of them."""

import numpy as np
import numpy.typing as npt
import torch
from torch import Generator, Tensor

from samplegen.training.codecs.segments import SegmentSource

Signal = npt.NDArray[np.float32]

_LOWEST_HZ, _OCTAVES = 30.0, 6.2
_HIGHEST_HZ = 20_000.0
_TABLE = 4096
_INTERVALS = (0, 3, 4, 5, 7, 9, 10, 11, 12, 14, 15, 16, 19, 24)
_RATE = 44100


class WithTones:
    """Another source's segments, a share of which sound synthetic tones instead, or as well.

    Parameters
    ----------
    source
        Gives the other segments.
    share
        Share of segments with a tone; a third of them keep the source's sound too.
    """

    def __init__(self, source: SegmentSource, *, share: float = 0.3) -> None:
        self._source, self._share = source, share

    def draw_batch(self, batch: int, length: int, generator: Generator) -> Tensor:
        """``[B, 1, T]``, peaks spread over 18 dB below full scale."""
        samples = self._source.draw_batch(batch, length, generator)
        rng = np.random.default_rng(int(torch.randint(2**31 - 1, (), generator=generator)))
        for row in samples:
            if rng.random() < self._share:
                tone = draw_tone(length, rng)
                if rng.random() < 0.35:
                    tone = tone * 10.0 ** (-0.9 * rng.random()) + row[0].numpy()
                level = 10.0 ** (-(rng.random() ** 2) * 18.0 / 20.0)
                row[0] = torch.from_numpy((tone * (level / (np.abs(tone).max() + 1e-3))).astype(np.float32))
        return samples


def draw_tone(length: int, rng: np.random.Generator) -> Signal:
    """A note or a chord of band-limited waves with one envelope, ``[length]`` at 44.1 kHz, peak near 1."""
    root = _LOWEST_HZ * 2.0 ** (rng.random() * _OCTAVES)
    chord = [0] if rng.random() < 0.55 else rng.choice(_INTERVALS, size=rng.integers(2, 5), replace=False)
    sound = np.zeros(length)
    for interval in chord:
        voices = 1 if rng.random() < 0.7 else int(rng.integers(2, 4))
        for voice in range(voices):
            detuned = rng.normal() * 0.006 * (voice > 0)
            hertz = root * 2.0 ** (interval / 12.0 + detuned)
            if hertz < 8000.0:
                sound += _wave(_pitch(hertz, length, rng), _table(hertz, rng), rng)
    envelope = _envelope(length, rng)
    sound *= envelope
    if rng.random() < 0.25:
        sound += rng.normal(size=length) * 10.0 ** rng.uniform(-3.0, -1.3) * envelope
    return np.asarray(sound / (np.abs(sound).max() + 1e-6), np.float32)


def _table(hertz: float, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """One period of a wave with a random spectrum below 20 kHz."""
    number = np.arange(1, max(1, min(_TABLE // 4, int(_HIGHEST_HZ / hertz))) + 1)
    amplitude = number ** -rng.uniform(0.0, 2.2)
    if rng.random() < 0.3:
        amplitude = amplitude * (number % 2 == 1)
    if rng.random() < 0.6:
        cutoff = 200.0 * 2.0 ** (6.0 * rng.random())
        amplitude = amplitude / np.sqrt(1.0 + (number * hertz / cutoff) ** (2 * rng.integers(1, 5)))
    if rng.random() < 0.4:
        amplitude = amplitude * np.exp(0.7 * rng.normal(size=len(number)))
    phase = 2.0 * np.pi * rng.random(len(number)) * (rng.random() < 0.7)
    spectrum = np.zeros(_TABLE // 2 + 1, complex)
    spectrum[1 : len(number) + 1] = amplitude * np.exp(1j * phase)
    table = np.fft.irfft(spectrum, _TABLE)
    return np.asarray(np.append(table, table[0]) / (np.abs(table).max() + 1e-12))


def _pitch(hertz: float, length: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Frequency of every sample: steady, with vibrato, or gliding to its place."""
    seconds = np.arange(length) / _RATE
    kind = rng.random()
    if kind < 0.25:
        wobble = np.sin(2.0 * np.pi * rng.uniform(3.0, 8.0) * seconds + 6.0 * rng.random())
        return np.asarray(hertz * 2.0 ** (rng.uniform(0.0, 0.5) / 12.0 * wobble))
    if kind < 0.35:
        glide = np.exp(-seconds / rng.uniform(0.02, 0.3))
        return np.asarray(hertz * 2.0 ** (rng.uniform(-12.0, 12.0) / 12.0 * glide))
    return np.full(length, hertz)


def _wave(
    hertz: npt.NDArray[np.float64], table: npt.NDArray[np.float64], rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    turns = np.cumsum(hertz) / _RATE + rng.random()
    return np.asarray(np.interp((turns % 1.0) * _TABLE, np.arange(_TABLE + 1), table))


def _envelope(length: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Silence, attack, decay and perhaps a release."""
    start = int(rng.random() ** 2 * length * 0.7) if rng.random() < 0.6 else 0
    seconds = np.arange(length - start) / _RATE
    sounding = np.minimum(1.0, seconds / 10.0 ** rng.uniform(-3.0, -0.8))
    if rng.random() < 0.7:
        sounding = sounding * np.exp(-seconds / 10.0 ** rng.uniform(-1.2, 0.7))
    if rng.random() < 0.4:
        held, release = rng.uniform(0.05, 0.7), 10.0 ** rng.uniform(-2.3, -0.5)
        sounding = sounding * np.where(seconds < held, 1.0, np.exp(-(seconds - held).clip(0.0) / release))
    return np.concatenate([np.zeros(start), sounding])
