"""What a figure shows of one recording, gathered in a single pass over blocks.

Whatever the duration, a survey holds about 1600 columns: an hour is never in memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from samplegen.audio.source import Source
from samplegen.audio.types import Samples

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

COLUMNS = 1600
TOP_HZ = 5000.0
_BLOCK_S = 10.0
_CELL_S = 0.010
# Beyond this many frames in one column the picture does not change: they are spread out instead.
_FRAMES_PER_COLUMN = 8
# Praat's intensity: a value of 1 is one pascal, and 0 dB is 20 µPa.
_REFERENCE_DB = float(20 * np.log10(1 / 2e-5))
_FLOOR = 1e-20


@dataclass(frozen=True, eq=False)
class Survey:
    """One recording, reduced to columns.

    Parameters
    ----------
    duration_s
        Of the recording.
    low, high
        Lowest and highest sample of any channel in each column, ``[N]``.
    levels_db
        Spectrogram up to `top_hz`, ``[bins, M]``; power averaged over channels and over a column's frames.
    intensity_db
        Level as Praat states it (a sine of full scale has 91 dB), ``[P]``.
    """

    duration_s: float
    low: Floats
    high: Floats
    levels_db: Floats
    top_hz: float
    intensity_db: Floats


def survey(source: Source, *, window_s: float, hop_s: float, columns: int = COLUMNS) -> Survey:
    """Read `source` once, in blocks of 10 s, and reduce it to at most `columns` columns.

    Frames of `window_s` (Hann) are centred on multiples of `hop_s`; a recording with
    more than eight frames for each column gets a longer hop.
    """
    outline = _Outline(source, columns)
    spectrum = _Spectrum(source, window_s=window_s, hop_s=hop_s, columns=columns)
    block = max(1, round(_BLOCK_S * source.sample_rate))
    for start in range(0, source.length, block):
        stop = min(start + block, source.length)
        first, last = max(0, start - spectrum.lead), min(source.length, stop + spectrum.lead)
        samples = source.read(first, last)
        outline.add(samples[:, start - first : stop - first], start)
        missing = (spectrum.lead - (start - first), spectrum.lead - (last - stop))
        spectrum.add(np.pad(samples, ((0, 0), missing)), start, stop)
    return Survey(
        duration_s=source.length / source.sample_rate,
        low=outline.low, high=outline.high, intensity_db=outline.intensity_db(),
        levels_db=spectrum.levels_db(), top_hz=spectrum.top_hz,
    )  # fmt: skip


class _Outline:
    """Envelope and energy of columns and cells, filled block by block."""

    def __init__(self, source: Source, columns: int) -> None:
        self._length, self._channels = source.length, source.channels
        count = max(1, min(columns, source.length))
        cells = int(np.clip(round(source.length / source.sample_rate / _CELL_S), 1, count))
        self.low, self.high = np.full(count, np.inf), np.full(count, -np.inf)
        self._energy = np.zeros(cells)

    def add(self, samples: Samples, start: int) -> None:
        lowest, highest = samples.min(axis=0), samples.max(axis=0)
        at, cuts = _cuts(self.low.size, self._length, start, start + lowest.size)
        self.low[at] = np.minimum(self.low[at], np.minimum.reduceat(lowest, cuts))
        self.high[at] = np.maximum(self.high[at], np.maximum.reduceat(highest, cuts))
        at, cuts = _cuts(self._energy.size, self._length, start, start + lowest.size)
        energy = np.square(samples, dtype=np.float64).sum(axis=0)
        self._energy[at] += np.add.reduceat(energy, cuts)

    def intensity_db(self) -> Floats:
        """Mean square of each cell, smoothed over about 30 ms, in dB re 20 µPa."""
        sizes = np.diff(_edges(self._energy.size, self._length)) * self._channels
        padded = np.pad(self._energy / sizes, 1, mode="edge")
        smooth = 0.25 * padded[:-2] + 0.5 * padded[1:-1] + 0.25 * padded[2:]
        levels: Floats = 10 * np.log10(np.maximum(smooth, _FLOOR)) + _REFERENCE_DB
        return levels


class _Spectrum:
    """Power of frames averaged into columns, filled block by block."""

    def __init__(self, source: Source, *, window_s: float, hop_s: float, columns: int) -> None:
        rate, length = source.sample_rate, source.length
        size = max(2, round(window_s * rate))
        self.lead = size // 2
        self._window = np.hanning(size + 2)[1:-1].astype(np.float32)
        # Short windows are padded, so that rows stay finer than 50 Hz.
        self._n_fft = 1 << int(np.ceil(np.log2(max(size, rate / 50))))
        self._hop = max(1, round(hop_s * rate), length // (columns * _FRAMES_PER_COLUMN))
        self._frames = max(1, -(-length // self._hop))
        self._rows = min(self._n_fft // 2, int(TOP_HZ * self._n_fft / rate)) + 1
        self.top_hz = self._rows * rate / self._n_fft
        count = min(columns, self._frames)
        self._power, self._count = np.zeros((count, self._rows)), np.zeros(count)

    def add(self, padded: Samples, start: int, stop: int) -> None:
        """Take the frames whose centres lie in ``[start, stop)``; `padded` has the lead on both sides."""
        frames = np.arange(-(-start // self._hop), -(-stop // self._hop))
        column = frames * self._count.size // self._frames
        for batch in _batches(frames.size, 256):
            power = self._power_of(padded, frames[batch] * self._hop - start)
            into, first = np.unique(column[batch], return_index=True)
            self._power[into] += np.add.reduceat(power, first, axis=0)
            self._count[into] += np.diff(np.append(first, power.shape[0]))

    def _power_of(self, padded: Samples, starts: Integers) -> Floats:
        """Power ``[n, rows]`` of the frames at `starts`, averaged over channels."""
        strided = np.lib.stride_tricks.sliding_window_view(padded, self._window.size, axis=1)[:, starts]
        spectra = np.fft.rfft(strided * self._window, self._n_fft)[..., : self._rows]
        power: Floats = (spectra.real**2 + spectra.imag**2).mean(axis=0, dtype=np.float64)
        return power

    def levels_db(self) -> Floats:
        """Levels ``[rows, columns]`` in dB re a sine of full scale."""
        full_scale = (float(self._window.sum()) / 2) ** 2
        mean = self._power / np.maximum(self._count, 1)[:, None]
        levels: Floats = 10 * np.log10(np.maximum(mean.T / full_scale, _FLOOR))
        return levels


def _edges(count: int, length: int) -> Integers:
    """Samples at which `count` equal parts of `length` begin and end, ``[count + 1]``."""
    return np.arange(count + 1, dtype=np.int64) * length // count


def _cuts(count: int, length: int, start: int, stop: int) -> tuple[slice, Integers]:
    """Parts touched by the samples ``[start, stop)``, and where each begins within them."""
    edges = _edges(count, length)
    first = int(np.searchsorted(edges, start, side="right")) - 1
    last = int(np.searchsorted(edges, stop, side="left"))
    return slice(first, last), np.maximum(edges[first:last] - start, 0)


def _batches(count: int, size: int) -> Iterator[slice]:
    return (slice(start, min(start + size, count)) for start in range(0, count, size))
