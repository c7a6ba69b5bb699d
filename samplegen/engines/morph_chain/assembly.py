"""Chains of clips as one sound: overlaps, fades, gaps, click repair (specs/morph_chain.md §5)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from samplegen.audio.types import Samples
from samplegen.engines.morph_chain.clips import Clips
from samplegen.units import seconds_to_samples

FADE_IN_S = 0.001
FADE_OUT_S = 0.008
PEAK_LIMIT = 0.95
_REPAIR_REACH_S = 0.008
_REPAIR_STEP = 4.5  # times the RMS of what sounds
_REPAIR_FLOOR = 0.001
_MEDIAN = 5

Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Laid:
    """A clip in the output: samples ``start:end``, its first `overlap` shared with its predecessor."""

    event: int
    start: int
    end: int
    overlap: int


def lay_chains(
    chains: Iterable[Sequence[int]], *, clips: Clips, xfade_s: float, gap_s: float
) -> tuple[tuple[tuple[Laid, ...], ...], int]:
    """Where every clip of every chain goes, and the length of all: Σ clips − Σ overlaps + gaps."""
    xfade = seconds_to_samples(xfade_s, sample_rate=clips.sample_rate)
    gap = seconds_to_samples(gap_s, sample_rate=clips.sample_rate)
    laid: list[tuple[Laid, ...]] = []
    end = -gap
    for sequence in chains:
        laid.append(tuple(_lay_chain(sequence, clips=clips, xfade=xfade, start=end + gap)))
        end = laid[-1][-1].end
    return tuple(laid), end


def _lay_chain(sequence: Sequence[int], *, clips: Clips, xfade: int, start: int) -> Iterator[Laid]:
    end, previous = start, 0
    for event in sequence:
        length = clips.length(event)
        overlap = min(xfade, min(previous, length) // 3)
        start = end - overlap
        end, previous = start + length, length
        yield Laid(event, start, end, overlap)


def assemble(chains: Sequence[Sequence[Laid]], *, length: int, clips: Clips) -> Samples:
    """The sound ``[C, length]`` of chains laid by `lay_chains`, clicks at its splices repaired."""
    out = np.zeros((clips.channels, length), np.float32)
    for chain in chains:
        for before, laid in zip((None, *chain), chain, strict=False):
            _add(out, laid, clips=clips, linear=before is not None and before.event == laid.event)
        _fade_ends(out[:, chain[0].start : chain[-1].end], chain, sample_rate=clips.sample_rate)
    splices = [(laid.start, laid.start + laid.overlap) for chain in chains for laid in chain[1:]]
    repair_clicks(out, splices, sample_rate=clips.sample_rate)
    return out


def _add(out: Samples, laid: Laid, *, clips: Clips, linear: bool) -> None:
    clip = clips.read(laid.event)
    middle = laid.start + laid.overlap
    if laid.overlap:
        rising, falling = fade_curves(laid.overlap, linear=linear)
        shared = out[:, laid.start : middle]
        shared *= falling
        shared += clip[:, : laid.overlap] * rising
    out[:, middle : laid.end] = clip[:, laid.overlap :]


def _fade_ends(chain: Samples, laid: Sequence[Laid], *, sample_rate: int) -> None:
    """1 ms up, so that the noisy onset stays, and 8 ms down; each at most a third of its clip."""
    rising = min(seconds_to_samples(FADE_IN_S, sample_rate=sample_rate), (laid[0].end - laid[0].start) // 3)
    falling = min(seconds_to_samples(FADE_OUT_S, sample_rate=sample_rate), (laid[-1].end - laid[-1].start) // 3)
    chain[:, :rising] *= fade_curves(rising)[0]
    chain[:, chain.shape[1] - falling :] *= fade_curves(falling)[1]


@lru_cache(maxsize=256)
def fade_curves(length: int, *, linear: bool = False) -> tuple[Float32, Float32]:
    """Rising and falling gains ``[length]``: equal power, or linear for clips that are alike."""
    position = (np.arange(length) + 0.5) / max(1, length)
    rising = position if linear else np.sin(0.5 * np.pi * position)
    curve = rising.astype(np.float32)
    return curve, curve[::-1]


def repair_clicks(samples: Samples, splices: Iterable[tuple[int, int]], *, sample_rate: int, ring: bool = False) -> int:
    """Replace samples before a step of more than 4.5 × RMS by their median of five, near splices only.

    Parameters
    ----------
    samples
        ``[C, T]``, changed in place.
    splices
        Spans of samples; 8 ms around each are searched.
    ring
        Whether the end goes on at the start.

    Returns
    -------
    int
        Number of values replaced.
    """
    reach = seconds_to_samples(_REPAIR_REACH_S, sample_rate=sample_rate)
    limit = _REPAIR_STEP * max(_REPAIR_FLOOR, sounding_rms(samples))
    return sum(_repair(samples, start - reach, end + reach, limit=limit, ring=ring) for start, end in splices)


def sounding_rms(samples: Samples) -> float:
    """RMS over the values that are not zero."""
    sounding = np.count_nonzero(samples)
    return float(np.sqrt(sum(float(np.dot(row, row)) for row in samples) / sounding)) if sounding else 0.0


def _repair(samples: Samples, start: int, end: int, *, limit: float, ring: bool) -> int:
    half = _MEDIAN // 2
    length = samples.shape[1]
    if ring:
        index = np.arange(start - half, end + half + 1) % length
        around = samples[:, index]
    else:
        start, end = max(half, start), min(length - half - 1, end)
        around = samples[:, start - half : max(start, end) + half + 1]
    steps = np.abs(np.diff(around, axis=1))[:, half : around.shape[1] - half - 1]
    if steps.size == 0 or steps.max() <= limit:
        return 0
    channel, place = np.nonzero(steps > limit)
    medians = np.sort(sliding_window_view(around, _MEDIAN, axis=1)[channel, place], axis=1)[:, _MEDIAN // 2]
    samples[channel, (start + place) % length] = medians
    return len(place)


def limit_peak(samples: Samples) -> None:
    """Scale ``[C, T]`` in place to a peak of 0.95 if it is above."""
    peak = max(float(samples.max()), -float(samples.min())) if samples.size else 0.0
    if peak > PEAK_LIMIT:
        samples *= np.float32(PEAK_LIMIT / peak)
