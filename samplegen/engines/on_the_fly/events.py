"""Cutting a recording into events at its onsets."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from samplegen.audio.source import Source
from samplegen.engines.on_the_fly.flux import frame_centres, spectral_flux
from samplegen.errors import InputError, UsageError
from samplegen.units import seconds_to_samples

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

MIN_EQUAL_FRAME_S = 0.10
_LOCAL_FRAMES = 41
_LOCAL_DEVIATIONS = 1.0
_QUIET_REACH_S = 0.020
_QUIET_S = 0.002
_READ_S = 10


@dataclass(frozen=True)
class Event:
    """Samples `start` to `end` (not included) of a recording."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """Samples per channel."""
        return self.end - self.start


@dataclass(frozen=True)
class Segmentation:
    """Events that tile a recording, the minimum they were cut with, and whether equal frames replaced onsets."""

    events: tuple[Event, ...]
    min_event_s: float
    equal_frames: bool


def segment(
    source: Source,
    *,
    flux: Float64 | None = None,
    min_event_s: float = 0.20,
    max_event_s: float = 3.0,
    retry_s: Sequence[float] = (0.15, 0.10),
    wanted: int = 0,
    fewest: int = 4,
    equal_frame_s: float | None = None,
) -> Segmentation:
    """Cut `source` at its onsets (morph chain specification §2); the events tile it.

    Parameters
    ----------
    flux
        `spectral_flux` of the source, ``[frames]``, where it is known already.
    min_event_s, max_event_s
        Shortest and longest event; longer stretches become equal parts.
    retry_s
        Smaller minima, tried in turn while there are fewer than `wanted` events.
    fewest
        With fewer events than this, equal frames of `equal_frame_s`
        (default: an eighth of the duration, 0.1 to 0.5 s) take their place.

    Raises
    ------
    UsageError
        A minimum that is not positive, or a maximum below it.
    """
    if not 0.0 < min_event_s <= max_event_s:
        raise UsageError(f"Events of {min_event_s} to {max_event_s} s make no sense: use 0 < minimum <= maximum.")
    onsets = _onsets(source, spectral_flux(source) if flux is None else flux)
    longest = max(1, seconds_to_samples(max_event_s, sample_rate=source.sample_rate))
    for minimum_s in (min_event_s, *(retry for retry in retry_s if retry < min_event_s)):
        shortest = max(1, seconds_to_samples(minimum_s, sample_rate=source.sample_rate))
        events = _tile(_spaced(onsets, shortest), length=source.length, shortest=shortest, longest=longest)
        if len(events) >= wanted:
            break
    if len(events) >= fewest:
        return Segmentation(events, minimum_s, equal_frames=False)
    return Segmentation(_equal_frames(source, equal_frame_s), minimum_s, equal_frames=True)


def check_events(events: Iterable[Event], *, length: int) -> tuple[Event, ...]:
    """The user's own events, as they are, if all lie within a recording of `length` samples.

    Raises
    ------
    InputError
        No event at all, an event without samples, or one outside the recording.
    """
    checked = tuple(events)
    if not checked:
        raise InputError("The list of events is empty. Give at least one event, or none to find them in the recording.")
    for number, event in enumerate(checked, 1):
        if event.end <= event.start:
            raise InputError(f"Event {number} ends at sample {event.end}, not behind its start at {event.start}.")
        if event.start < 0 or event.end > length:
            raise InputError(
                f"Event {number} (samples {event.start} to {event.end}) lies outside the recording, "
                f"which has samples 0 to {length}."
            )
    return checked


def _onsets(source: Source, flux: Float64) -> Int64:
    """All cuts that onsets ask for, in samples and rising order, whatever their distance."""
    frames = _peaks_above_surroundings(flux)
    centres = np.floor(frame_centres(flux.size, sample_rate=source.sample_rate)[frames]).astype(np.int64)
    return _quietest_before(source, centres)


def _peaks_above_surroundings(flux: Float64) -> Int64:
    """Frames whose flux is a local maximum above the local mean plus 1.0 standard deviations."""
    around = np.pad(flux, _LOCAL_FRAMES // 2, mode="edge")
    mean = _moving_sum(around, _LOCAL_FRAMES) / _LOCAL_FRAMES
    variance = np.maximum(_moving_sum(np.square(around), _LOCAL_FRAMES) / _LOCAL_FRAMES - np.square(mean), 0.0)
    above = flux > mean + _LOCAL_DEVIATIONS * np.sqrt(variance)
    above[1:] &= flux[1:] > flux[:-1]
    above[:-1] &= flux[:-1] >= flux[1:]
    return np.flatnonzero(above[1:]) + 1  # the first frame has no predecessor, so no onset


def _moving_sum(values: Float64, width: int) -> Float64:
    """Sums of `width` neighbours along the last axis, ``[..., n - width + 1]``."""
    total = np.zeros((*values.shape[:-1], values.shape[-1] + 1))
    np.cumsum(values, axis=-1, out=total[..., 1:])
    return np.asarray(total[..., width:] - total[..., :-width])


def _quietest_before(source: Source, places: Int64) -> Int64:
    """The middle of the quietest 2 ms in the 20 ms before each place; of several, the latest."""
    reach = max(1, seconds_to_samples(_QUIET_REACH_S, sample_rate=source.sample_rate))
    width = min(reach, max(1, seconds_to_samples(_QUIET_S, sample_rate=source.sample_rate)))
    starts = np.clip(places, reach, max(reach, source.length)) - reach
    found = [np.zeros(0, np.int64)]
    block = starts // (_READ_S * source.sample_rate)
    for group in np.split(starts, np.flatnonzero(np.diff(block)) + 1) if starts.size else []:
        samples = source.read(int(group[0]), int(group[-1]) + reach)
        clips = sliding_window_view(samples, reach, axis=1)[:, group - group[0]]
        power = np.square(clips, dtype=np.float64).sum(axis=0)
        quiet = _moving_sum(power, width)
        found.append(group + (reach - width - quiet[:, ::-1].argmin(axis=1)) + width // 2)
    return np.concatenate(found)


def _spaced(onsets: Int64, shortest: int) -> list[int]:
    """Onsets in time order, each at least `shortest` behind the last one kept."""
    kept: list[int] = []
    for onset in onsets.tolist():
        if not kept or onset - kept[-1] >= shortest:
            kept.append(onset)
    return kept


def _tile(onsets: list[int], *, length: int, shortest: int, longest: int) -> tuple[Event, ...]:
    inner = [onset for onset in onsets if shortest <= onset <= length - shortest]
    edges = [0, *inner, length]
    parts = [part for start, end in zip(edges[:-1], edges[1:], strict=True) for part in _split(start, end, longest)]
    return tuple(parts)


def _split(start: int, end: int, longest: int) -> list[Event]:
    """Equal parts of at most `longest`, as few as will do."""
    return _equal_parts(start, end, math.ceil((end - start) / longest))


def _equal_parts(start: int, end: int, parts: int) -> list[Event]:
    edges = [start + part * (end - start) // parts for part in range(parts + 1)]
    return [Event(first, last) for first, last in zip(edges[:-1], edges[1:], strict=True)]


def _equal_frames(source: Source, frame_s: float | None) -> tuple[Event, ...]:
    duration_s = source.length / source.sample_rate
    frame_s = min(0.5, duration_s / 8.0) if frame_s is None else frame_s
    parts = math.floor(duration_s / max(frame_s, MIN_EQUAL_FRAME_S) + 0.5)
    fitting = source.length // seconds_to_samples(MIN_EQUAL_FRAME_S, sample_rate=source.sample_rate)
    return tuple(_equal_parts(0, source.length, max(1, min(parts, fitting))))
