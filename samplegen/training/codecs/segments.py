"""Random segments of a library, for codec training: single sounds and mixtures of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import soxr
import torch
from torch import Generator, Tensor

from samplegen.audio.io import read_audio
from samplegen.errors import InputError

_LONGEST_S = 30.0
_SEMITONES = 7.0
_NOMINAL_RATE = 44100.0


class SegmentSource(Protocol):
    """Gives batches of audio to train a codec on."""

    def draw_batch(self, batch: int, length: int, generator: Generator) -> Tensor:
        """``[B, 1, T]`` float32 segments of `length` samples."""
        ...


@dataclass(frozen=True)
class SegmentStore:
    """Many mono sounds in one array: sound i is ``samples[starts[i] : starts[i] + lengths[i]]``."""

    samples: npt.NDArray[np.float16]
    starts: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]
    kinds: tuple[str, ...]

    def __len__(self) -> int:
        """Number of sounds."""
        return len(self.kinds)

    def sound(self, index: int) -> npt.NDArray[np.float16]:
        """Sound `index`, ``[T]``."""
        start = self.starts[index]
        return self.samples[start : start + self.lengths[index]]


def load_sounds(items: Sequence[tuple[Path, str]], *, sample_rate: int) -> SegmentStore:
    """Read (path, kind) pairs into a `SegmentStore`, mono at `sample_rate`, 30 s of each at most.

    Raises
    ------
    InputError
        If there is nothing to read.
    """
    if not items:
        raise InputError("The library holds no sound to train on. Scan another folder or allow more licences.")
    pieces = [
        read_audio(path, sample_rate=sample_rate, mono=True, max_seconds=_LONGEST_S).samples[0].astype(np.float16)
        for path, _ in items
    ]
    lengths = np.array([len(piece) for piece in pieces], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
    return SegmentStore(np.concatenate(pieces), starts, lengths, tuple(kind for _, kind in items))


class MixedSegments:
    """Segments of one to six sounds at random places and levels, so that mixtures are learned as well.

    Parameters
    ----------
    store
        The sounds.
    mix_share
        Share of segments that hold more than one sound.
    speed_share
        Share of sounds played faster or slower by up to seven semitones: a small library
        has few pitches, and a codec that saw only those misses the others.
    """

    def __init__(self, store: SegmentStore, *, mix_share: float = 0.5, speed_share: float = 0.7) -> None:
        self._store = store
        self._mix_share, self._speed_share = mix_share, speed_share
        self._weights = torch.tensor(_balance(store))

    def draw_batch(self, batch: int, length: int, generator: Generator) -> Tensor:
        """``[B, 1, T]``, peaks spread over 24 dB below full scale."""
        rows = [self._draw(length, generator) for _ in range(batch)]
        return torch.from_numpy(np.stack(rows))[:, None]

    def _draw(self, length: int, generator: Generator) -> npt.NDArray[np.float32]:
        mixed = _uniform(generator) < self._mix_share
        count = 2 + int(_uniform(generator) * 5) if mixed else 1
        segment = np.zeros(length, np.float32)
        for index in torch.multinomial(self._weights, count, replacement=True, generator=generator).tolist():
            gain = 10 ** (-18.0 * _uniform(generator) / 20) if mixed else 1.0
            sound = self._vary(self._store.sound(index), 2 * length, generator)
            _add(segment, sound, gain=gain, position=_uniform(generator), scatter=mixed)
        level = 10 ** (-(_uniform(generator) ** 2) * 18.0 / 20)
        return segment * np.float32(level / (np.abs(segment).max() + 1e-3))

    def _vary(self, sound: npt.NDArray[np.float16], most: int, generator: Generator) -> npt.NDArray[np.float32]:
        """A stretch of at most `most` samples, perhaps at another speed, in either polarity."""
        skip = int(_uniform(generator) ** 2 * max(0, len(sound) - most))
        piece = sound[skip : skip + most].astype(np.float32)
        if _uniform(generator) < self._speed_share:
            speed = 2 ** ((2 * _uniform(generator) - 1) * _SEMITONES / 12)
            piece = soxr.resample(piece, _NOMINAL_RATE * speed, _NOMINAL_RATE, quality="HQ")
        return piece if _uniform(generator) < 0.5 else -piece


def fixed_segments(store: SegmentStore, *, count: int, length: int) -> Tensor:
    """The first `length` samples of `count` evenly chosen sounds, ``[B, 1, T]``, zero-padded."""
    chosen = np.unique(np.linspace(0, len(store) - 1, count).astype(int))
    rows = np.zeros((len(chosen), length), np.float32)
    for row, index in zip(rows, chosen, strict=True):
        piece = store.sound(int(index))[:length]
        row[: len(piece)] = piece
    return torch.from_numpy(rows)[:, None]


def _add(
    segment: npt.NDArray[np.float32], sound: npt.NDArray[np.float32], *, gain: float, position: float, scatter: bool
) -> None:
    """Add `sound` from a random place of its own (long) or at a random place of the segment (short)."""
    length = len(segment)
    if len(sound) > length:
        skip = int(position**2 * (len(sound) - length))
        segment += sound[skip : skip + length] * np.float32(gain)
        return
    room = length - min(len(sound), length // 8) if scatter else (length - len(sound)) // 4
    start = int(position * room)
    piece = sound[: length - start]
    segment[start : start + len(piece)] += piece * np.float32(gain)


def _balance(store: SegmentStore) -> npt.NDArray[np.float64]:
    """Weight of each sound: square root of its (capped) length, over the square root of its kind's total."""
    own = np.sqrt(np.minimum(store.lengths, 4 * 44100).astype(np.float64))
    kinds = np.array(store.kinds)
    for kind in set(store.kinds):
        chosen = kinds == kind
        own[chosen] /= np.sqrt(own[chosen].sum())
    weights: npt.NDArray[np.float64] = own / own.sum()
    return weights


def _uniform(generator: Generator) -> float:
    return float(torch.rand((), generator=generator))
