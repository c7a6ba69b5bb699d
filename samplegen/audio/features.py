"""Spectrogram features in plain numpy, so that nothing slow is imported or compiled."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from samplegen.audio.types import Audio
from samplegen.errors import UsageError

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
_BLOCK_FRAMES = 2048
FLOOR_DB = -100.0


def hz_to_mel(hz: Float64 | float) -> Float64:
    """HTK mel of a frequency: ``2595 log10(1 + f / 700)``."""
    return np.asarray(2595.0 * np.log10(1.0 + np.asarray(hz, np.float64) / 700.0))


def mel_to_hz(mel: Float64 | float) -> Float64:
    """Frequency in Hz of an HTK mel."""
    return np.asarray(700.0 * (10.0 ** (np.asarray(mel, np.float64) / 2595.0) - 1.0))


@lru_cache(maxsize=16)
def mel_filterbank(
    *, sample_rate: int, n_fft: int, n_mels: int, low_hz: float = 0.0, high_hz: float | None = None
) -> Float32:
    """Triangular mel filters of unit height, ``[n_mels, n_fft // 2 + 1]``, read-only.

    As ``librosa.filters.mel(..., htk=True, norm=None)``. A band narrower than
    the bin spacing is empty there; here it takes its nearest bin instead.

    Raises
    ------
    UsageError
        If the band edges are not ``0 <= low < high <= Nyquist``.
    """
    high = sample_rate / 2 if high_hz is None else high_hz
    if not 0.0 <= low_hz < high <= sample_rate / 2:
        raise UsageError(f"A mel range needs 0 <= low < high <= {sample_rate / 2} Hz, not {low_hz} to {high} Hz.")
    edges = mel_to_hz(np.linspace(hz_to_mel(low_hz), hz_to_mel(high), n_mels + 2))
    bins = np.fft.rfftfreq(n_fft, 1.0 / sample_rate)
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    filters = np.maximum(0.0, np.minimum(rising, falling))
    empty = np.flatnonzero(filters.max(axis=1) == 0.0)
    filters[empty, np.abs(bins[None] - edges[empty + 1, None]).argmin(axis=1)] = 1.0
    made = filters.astype(np.float32)
    made.flags.writeable = False
    return made


def frame_centres(length: int, *, hop_length: int, ring: bool) -> npt.NDArray[np.int64]:
    """Sample positions of the frames, ``[frames]``.

    A recording has a frame every `hop_length` samples from 0 on; a ring is cut
    into ``round(T / hop)`` equal parts, so that its last frame is as far from
    its first as any other neighbour.
    """
    if not ring:
        return np.arange(0, max(1, length), hop_length, dtype=np.int64)
    frames = max(1, round(length / hop_length))
    return (2 * np.arange(frames, dtype=np.int64) * length + frames) // (2 * frames)


def frame_rate_of(length: int, *, sample_rate: int, hop_length: int, ring: bool) -> float:
    """Frames per second of `frame_centres`; on a ring the exact mean."""
    return max(1, round(length / hop_length)) * sample_rate / length if ring else sample_rate / hop_length


def spectra(samples: Float32, *, n_fft: int, centres: npt.NDArray[np.int64], ring: bool) -> Iterator[Float32]:
    """Blocks ``[n, n_fft // 2 + 1]`` of Hann-windowed magnitude spectra around `centres`.

    Scaled so that a full-scale sine on a bin has magnitude 1. `samples` is
    ``[T]``; outside it a recording is silent and a ring goes on.
    """
    window = np.hanning(n_fft + 1)[:-1].astype(np.float32)
    window *= 2.0 / window.sum()
    half = n_fft // 2
    padded = np.pad(samples, half, mode="wrap" if ring else "constant")
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)
    for start in range(0, len(centres), _BLOCK_FRAMES):
        yield np.abs(np.fft.rfft(frames[centres[start : start + _BLOCK_FRAMES]] * window, axis=-1))


def log_mel_db(
    audio: Audio, *, n_fft: int = 2048, hop_length: int = 512, n_mels: int = 96, ring: bool = False
) -> Float32:
    """Mel power spectrogram of the channel mean in dB, ``[n_mels, frames]``.

    0 dB is a full-scale sine; values stop at `FLOOR_DB`. With `ring` the audio
    is one period of a loop (see `frame_centres`).
    """
    samples = audio.mono().samples[0]
    bank = mel_filterbank(sample_rate=audio.sample_rate, n_fft=n_fft, n_mels=n_mels)
    centres = frame_centres(audio.length, hop_length=hop_length, ring=ring)
    blocks = [np.square(block) @ bank.T for block in spectra(samples, n_fft=n_fft, centres=centres, ring=ring)]
    power = np.concatenate(blocks).T
    decibels: Float32 = 10.0 * np.log10(np.maximum(power, 10.0 ** (FLOOR_DB / 10.0)))
    return decibels.astype(np.float32)
