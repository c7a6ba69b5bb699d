"""Pictures of sounds for the memorisation guard: level over time and frequency, aligned and independent of level.

A one-shot is cut into slices that grow with time, from its onset on; a loop's bar into `BAR_SLICES`
slices centred on the grid, so that a hit moved by milliseconds stays in its slice. A cell is the mean
power of a slice and a band in dB above `-RANGE_DB` below the loudest cell, so silence is 0.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from samplegen.audio.features import frame_centres, hz_to_mel, mel_to_hz, spectra
from samplegen.audio.resample import resample
from samplegen.audio.types import Audio

SAMPLE_RATE: Final = 44_100
RANGE_DB: Final = 48.0
LOW_HZ: Final = 40.0
HIGH_HZ: Final = 14_000.0
BAR_SLICES: Final = 16
LOOP_BANDS: Final = 24
ONE_SHOT_BANDS: Final = 32
# Ends of a one-shot's slices in seconds after its onset.
SLICE_ENDS_S: Final = (
    0.008, 0.016, 0.026, 0.038, 0.054, 0.074, 0.1, 0.135, 0.18, 0.235, 0.3, 0.38, 0.48, 0.6, 0.75, 0.95, 1.2, 1.5
)  # fmt: skip
LOOP_CELLS: Final = BAR_SLICES * LOOP_BANDS
ONE_SHOT_CELLS: Final = len(SLICE_ENDS_S) * ONE_SHOT_BANDS
_ONSET: Final = 0.05
_LOOP_FFT, _LOOP_HOP = 2048, 1024
_ONE_SHOT_FFT, _ONE_SHOT_HOP = 1024, 256
_MAX_SPEED: Final = 1.2
_TINY: Final = 1e-20

Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True)
class OneShotSpectrum:
    """Power ``[frames, bins]`` of a one-shot from its onset on, of which pictures at several speeds are made."""

    power: Float32

    def picture(self, *, speed: float = 1.0) -> Float32:
        """``[ONE_SHOT_CELLS]`` of the sound brought back from having been played at `speed`."""
        bank = _bank(n_fft=_ONE_SHOT_FFT, bands=ONE_SHOT_BANDS, speed=speed)
        ends = np.array((0.0, *SLICE_ENDS_S)) * (SAMPLE_RATE / _ONE_SHOT_HOP / speed)
        cells = _slice_means(_totals(self.power @ bank), ends[:-1], ends[1:])
        return _above_floor(cells).ravel()


def hear_one_shot(audio: Audio) -> OneShotSpectrum:
    """The spectrum of what follows the onset, long enough for every speed."""
    samples = _mono(audio)
    level = np.abs(samples)
    loud = np.flatnonzero(level > _ONSET * level.max()) if level.size else level
    length = int(_MAX_SPEED * SLICE_ENDS_S[-1] * SAMPLE_RATE) + _ONE_SHOT_HOP
    heard = samples[int(loud[0]) :][:length] if loud.size else samples[:0]
    kept = np.zeros(length, np.float32)
    kept[: heard.size] = heard
    frames = np.arange(0, length, _ONE_SHOT_HOP)
    used = max(1, np.searchsorted(frames, heard.size + _ONE_SHOT_FFT))
    power = np.zeros((len(frames), _ONE_SHOT_FFT // 2 + 1), np.float32)
    power[:used] = _power(kept, n_fft=_ONE_SHOT_FFT, centres=frames[:used], ring=False)
    return OneShotSpectrum(power)


def picture_loop(audio: Audio, *, bars: int, beats: int) -> Float32:
    """``[beats, bars, LOOP_CELLS]``: each bar, of the loop begun at each beat of its first bar.

    Parameters
    ----------
    audio
        One period.
    beats
        Of one bar.
    """
    samples = _mono(audio)
    if samples.size < _LOOP_FFT:
        samples = np.resize(samples, _LOOP_FFT) if samples.size else np.zeros(_LOOP_FFT, np.float32)
    centres = frame_centres(samples.size, hop_length=_LOOP_HOP, ring=True)
    power = _power(samples, n_fft=_LOOP_FFT, centres=centres, ring=True)
    totals = _totals(power @ _bank(n_fft=_LOOP_FFT, bands=LOOP_BANDS, speed=1.0))
    frames, slices = len(centres), bars * BAR_SLICES
    grid = np.arange(slices)[None] / slices + np.arange(beats)[:, None] / (beats * bars)
    starts = (grid - 0.5 / slices).ravel() * frames
    cells = _slice_means(totals, starts, starts + frames / slices)
    pictures: Float32 = _above_floor(cells).reshape(beats, bars, LOOP_CELLS)
    return pictures


def _mono(audio: Audio) -> Float32:
    samples: Float32 = resample(audio.mono(), sample_rate=SAMPLE_RATE).samples[0]
    return samples


def _power(samples: Float32, *, n_fft: int, centres: npt.NDArray[np.int64], ring: bool) -> Float32:
    blocks = list(spectra(samples, n_fft=n_fft, centres=centres, ring=ring))
    return np.square(np.concatenate(blocks), dtype=np.float32)


@lru_cache(maxsize=8)
def _bank(*, n_fft: int, bands: int, speed: float) -> Float32:
    """Triangles on the mel scale ``[bins, bands]``, their frequencies times `speed`."""
    edges = mel_to_hz(np.linspace(hz_to_mel(LOW_HZ), hz_to_mel(HIGH_HZ), bands + 2)) * speed
    bins = np.fft.rfftfreq(n_fft, 1.0 / SAMPLE_RATE)[:, None]
    rising, falling = (bins - edges[:-2]) / np.diff(edges)[:-1], (edges[2:] - bins) / np.diff(edges)[1:]
    triangles: Float32 = np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)
    return triangles


def _totals(power: Float32) -> npt.NDArray[np.float64]:
    """Running sums of ``[frames, bands]``, ``[frames + 1, bands]``."""
    return np.concatenate([np.zeros((1, power.shape[1])), np.cumsum(power, axis=0, dtype=np.float64)])


def _slice_means(
    totals: npt.NDArray[np.float64], starts: npt.NDArray[np.float64], ends: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Means between fractional frames ``[slices, bands]``; positions outside wrap round."""
    return (_total_at(totals, ends) - _total_at(totals, starts)) / (ends - starts)[:, None]


def _total_at(totals: npt.NDArray[np.float64], positions: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    frames = len(totals) - 1
    turns, inside = np.divmod(positions, frames)
    whole = np.minimum(inside.astype(np.int64), frames - 1)
    part = (inside - whole)[:, None]
    reached: npt.NDArray[np.float64] = turns[:, None] * totals[-1] + (
        totals[whole] * (1.0 - part) + totals[whole + 1] * part
    )
    return reached


def _above_floor(power: npt.NDArray[np.float64]) -> Float32:
    """Levels in dB above `RANGE_DB` below the loudest cell; all 0 where nothing sounds."""
    loudest = float(power.max())
    if loudest <= _TINY:
        return np.zeros(power.shape, np.float32)
    levels = 10.0 * np.log10(np.maximum(power / loudest, _TINY)) + RANGE_DB
    return np.maximum(levels, 0.0).astype(np.float32)
