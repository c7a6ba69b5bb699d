"""Log-mel patches: one vector of fixed size for each event."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from samplegen.audio.source import Source
from samplegen.engines.on_the_fly.events import Event

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

BANDS = 40
LOWEST_HZ = 20.0
ENERGY_FLOOR = 1e-10
STD_FLOOR = 1e-8
FLAT_STD = 1e-6
_LEAST_FFT = 128  # below about 3 kHz of sample rate; fewer bins could not hold 40 bands
_GROUP_FRAMES = 128  # transformed at a time; their spectra stay in the cache
_BATCH_FRAMES = 1 << 16  # their band energies are held at a time: 10 MB


def patch_fft(sample_rate: int) -> int:
    """Samples under the window of a patch, about 23 ms: ``1024 * 2^round(log2(sample_rate / 44100))``."""
    return max(_LEAST_FFT, int(1024 * 2.0 ** round(math.log2(sample_rate / 44100))))


def mel_filters(n_fft: int, sample_rate: int, *, bands: int = BANDS) -> Float32:
    """Triangles of peak 1, equally wide in mel from 20 Hz to half the sample rate, ``[bands, n_fft // 2 + 1]``.

    ``mel = 2595 log10(1 + f / 700)`` and bins ``floor((n_fft + 1) f / sample_rate)``. Where two edges
    would share a bin, the upper one moves up by one, so that no band is empty.
    """
    edges = _band_edges(n_fft, sample_rate, bands)
    bins = np.arange(n_fft // 2 + 1)
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    triangles = np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre))
    return np.maximum(triangles, 0.0).astype(np.float32)


def mel_patches(
    source: Source, events: Sequence[Event], *, frames: int, mode: Literal["central", "pool"] = "central"
) -> Float32:
    """One patch for each event, ``[n, BANDS * frames]``, band by band: ``patch.reshape(BANDS, frames)``.

    Natural logarithms of band energies plus 1e-10; power is averaged over channels before
    (morph chain specification §2). A patch holds the central `frames` of the frames that lie wholly
    within the event, hop a quarter of the window, its edges repeated evenly where there are fewer;
    with ``mode="pool"`` the mean energies of `frames` equal stretches of the event instead.
    """
    spectra = _BandEnergies(source)
    patches = np.empty((len(events), BANDS * frames), np.float32)
    done = 0
    for batch in _batches(events, spectra, frames=frames, central=mode == "central"):
        energies, spans = spectra.of(batch)
        rows = _central_rows(spans, frames) if mode == "central" else None
        chosen = energies[rows] if rows is not None else _pooled(energies, spans, frames)
        chosen += ENERGY_FLOOR
        np.log(chosen, out=chosen)
        patches[done : done + len(batch)] = chosen.transpose(0, 2, 1).reshape(len(batch), -1)
        done += len(batch)
    return patches


@dataclass(frozen=True, eq=False)
class Normalised:
    """Patches with mean 0 and standard deviation 1 in each dimension.

    Parameters
    ----------
    values
        ``[n, D]`` float32; dimensions that do not change are 0.
    mean, std
        ``[D]`` population statistics of the patches.
    """

    values: Float32
    mean: Float64
    std: Float64

    def restore(self, values: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """From normalised ``[..., D]`` back to raw patches."""
        return np.asarray(values * (self.std + STD_FLOOR) + self.mean)


def normalise(patches: Float32) -> Normalised:
    """Each dimension minus its mean, by its population standard deviation + 1e-8; 0 where that is below 1e-6."""
    mean = patches.mean(axis=0, dtype=np.float64)
    values = patches - mean.astype(np.float32)
    std = np.sqrt(np.einsum("nd,nd->d", values, values, dtype=np.float64) / len(patches))
    values *= np.where(std < FLAT_STD, 0.0, 1.0 / (std + STD_FLOOR)).astype(np.float32)
    return Normalised(values, mean, std)


def _band_edges(n_fft: int, sample_rate: int, bands: int) -> Int64:
    """Bins of the lower edges, centres and upper edges of all bands, strictly rising, ``[bands + 2]``."""
    mel = np.linspace(_hz_to_mel(LOWEST_HZ), _hz_to_mel(sample_rate / 2.0), bands + 2)
    hz = 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    hz[-1] = sample_rate / 2.0  # exact, so that the last edge is the last bin
    order = np.arange(bands + 2)
    edges = np.floor((n_fft + 1) * hz / sample_rate).astype(np.int64)
    edges = np.maximum.accumulate(edges - order) + order
    return np.asarray(np.minimum(edges, n_fft // 2 - order[::-1]), dtype=np.int64)


def _hz_to_mel(hz: float) -> float:
    return 2595.0 * math.log10(1.0 + hz / 700.0)


@dataclass(frozen=True)
class _Run:
    """Whole frames of one event: the first sample, how many, and the last sample that may be read."""

    start: int
    frames: int
    end: int


class _BandEnergies:
    """Band energies of frames all over a recording, in buffers made once."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.size = patch_fft(source.sample_rate)
        self.hop = self.size // 4
        # Times the size, since only the transform scaled by its inverse works in float32 throughout (numpy 2).
        self._window = (self.size * np.hanning(self.size)).astype(np.float32)
        # [bins, bands]; the mean over channels is part of it.
        self._filters = np.ascontiguousarray(mel_filters(self.size, source.sample_rate).T) / np.float32(source.channels)
        self._windowed = np.zeros((source.channels, _GROUP_FRAMES, self.size), np.float32)
        self._power = np.zeros((_GROUP_FRAMES, self.size // 2 + 1), np.float32)

    def run(self, event: Event, *, most: int | None) -> _Run:
        """The whole frames within `event`, at least one; only the central `most` if given."""
        frames = max(1, 1 + (event.length - self.size) // self.hop)
        skipped = max(0, frames - most) // 2 if most is not None else 0
        kept = frames if most is None else min(frames, most)
        return _Run(event.start + skipped * self.hop, kept, event.end)

    def of(self, runs: Sequence[_Run]) -> tuple[Float32, Int64]:
        """Energies ``[sum of frames, BANDS]`` and the rows where runs begin and end, ``[runs + 1]``."""
        spans = np.concatenate([[0], np.cumsum([run.frames for run in runs])])
        energies = np.empty((int(spans[-1]), BANDS), np.float32)
        filled = written = 0
        for run in runs:
            taken = 0
            while taken < run.frames:
                count = min(run.frames - taken, _GROUP_FRAMES - filled)
                self._fill(run, taken, count, row=filled)
                taken, filled = taken + count, filled + count
                if filled == _GROUP_FRAMES:
                    self._transform(energies[written : written + filled])
                    written, filled = written + filled, 0
        self._transform(energies[written : written + filled])
        return energies, spans

    def _fill(self, run: _Run, taken: int, count: int, *, row: int) -> None:
        """Windowed frames of `run`, from its frame `taken` on, into the buffer."""
        start = run.start + taken * self.hop
        samples = self._source.read(start, min(start + (count - 1) * self.hop + self.size, run.end))
        if samples.shape[1] < self.size:  # an event shorter than the window: silence behind it
            samples = np.pad(samples, ((0, 0), (0, self.size - samples.shape[1])))
        frames = sliding_window_view(samples, self.size, axis=1)[:, :: self.hop]
        np.multiply(frames, self._window, out=self._windowed[:, row : row + count])

    def _transform(self, energies: Float32) -> None:
        """Band energies of the frames in the buffer, ``[n, BANDS]``."""
        if not len(energies):
            return
        spectra = np.fft.rfft(self._windowed[:, : len(energies)], norm="forward")
        parts = spectra.view(spectra.real.dtype)
        np.square(parts, out=parts)
        for channel in parts[1:]:
            parts[0] += channel
        power = np.add(parts[0, :, 0::2], parts[0, :, 1::2], out=self._power[: len(energies)])
        np.matmul(power, self._filters, out=energies)


def _batches(events: Sequence[Event], spectra: _BandEnergies, *, frames: int, central: bool) -> Iterator[list[_Run]]:
    """Runs of frames, in order, so many that their energies stay small."""
    batch: list[_Run] = []
    held = 0
    for event in events:
        batch.append(spectra.run(event, most=frames if central else None))
        held += batch[-1].frames
        if held >= _BATCH_FRAMES:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def _central_rows(spans: Int64, frames: int) -> Int64:
    """Rows of the frames of each patch, edges repeated evenly, ``[n, frames]``."""
    counts = np.diff(spans)[:, None]
    places = np.arange(frames) - (frames - counts) // 2
    return np.asarray(spans[:-1, None] + np.clip(places, 0, counts - 1))


def _pooled(energies: Float32, spans: Int64, frames: int) -> Float32:
    """Mean energies of `frames` equal stretches of each event, ``[n, frames, BANDS]``."""
    counts = np.diff(spans)[:, None]
    starts = (spans[:-1, None] + np.arange(frames) * counts // frames).ravel()
    sizes = np.maximum(1, np.diff(starts, append=spans[-1])).astype(np.float32)
    sums = np.add.reduceat(energies, starts, axis=0)  # a stretch without a frame of its own takes the one at its start
    return np.asarray(sums / sizes[:, None], np.float32).reshape(len(counts), frames, BANDS)
