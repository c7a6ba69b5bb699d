"""Gaps in sounds: how users name them, and the samples that they are."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from samplegen.errors import UsageError
from samplegen.units import bars_to_samples, seconds_to_samples

CONTEXT_S: Final = 0.1
SHORTEST_S: Final = 0.001
_PLACE: Final = re.compile(r"\s*(\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})\s*(s|b|beats?|bars?)?\s*", re.ASCII)


@dataclass(frozen=True)
class Place:
    """A time: a number of seconds, of beats or of bars from the start, which is 0."""

    value: float
    unit: str


@dataclass(frozen=True)
class AskedGap:
    """A gap as it was asked for."""

    start: Place
    stop: Place
    text: str


@dataclass(frozen=True, order=True)
class Gap:
    """Samples ``start <= n < stop`` of a sound; `stop` beyond the end of a loop goes on at its start."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        """In samples."""
        return self.stop - self.start

    def moved(self, by: int) -> "Gap":
        """The same gap where sample 0 is elsewhere."""
        return Gap(self.start + by, self.stop + by)


@dataclass(frozen=True)
class Time:
    """Tempo of a loop; `bpm` counts the meter's own beat."""

    bpm: float
    bars: int
    beats_per_bar: int = 4


def parse_gap(text: str) -> AskedGap:
    """``1.20:1.45`` (seconds), ``2b:3b`` (beats) or ``1bar:2bar``, counted from 0.

    Raises
    ------
    UsageError
        If it is none of these.
    """
    first, colon, second = text.partition(":")
    places = [_PLACE.fullmatch(part) for part in (first, second)]
    if not colon or places[0] is None or places[1] is None:
        raise UsageError(
            f"--gap {text!r} is not a gap. Give start and end in seconds such as 1.20:1.45, in beats such as 2b:3b, "
            "or in bars such as 1bar:2bar; all count from 0."
        )
    start, stop = (Place(float(match[1]), _unit(match[2])) for match in places if match)
    return AskedGap(start, stop, text)


def _unit(text: str | None) -> str:
    return "s" if text in (None, "s") else "bar" if str(text).startswith("bar") else "b"


def place_gaps(
    asked: Sequence[AskedGap], *, length: int, sample_rate: int, time: Time | None, name: str
) -> tuple[Gap, ...]:
    """The samples of gaps in a sound of `length`, in order, those that touch as one.

    In a loop a gap whose end lies before its start, or beyond the loop's end, goes over the seam.

    Raises
    ------
    UsageError
        If a gap lies outside the sound, is reversed or empty, needs a tempo that is not known, or if
        too little of the sound is left.
    """
    gaps = sorted(_place(one, length=length, sample_rate=sample_rate, time=time, name=name) for one in asked)
    merged: list[Gap] = []
    for gap in gaps:
        if merged and gap.start <= merged[-1].stop:
            merged[-1] = Gap(merged[-1].start, max(merged[-1].stop, gap.stop))
        else:
            merged.append(gap)
    while len(merged) > 1 and merged[-1].stop - length >= merged[0].start:  # what goes over the seam meets the first
        first = merged.pop(0)
        merged[-1] = Gap(merged[-1].start, max(merged[-1].stop, first.stop + length))
    left_s = (length - sum(gap.length for gap in merged)) / sample_rate
    if left_s < CONTEXT_S:
        raise UsageError(
            f"{name} lasts {length / sample_rate:.3f} s, of which the gap leaves {max(0.0, left_s):.3f} s. "
            f"Leave {CONTEXT_S:g} s or more to go by."
        )
    return tuple(merged)


def _place(asked: AskedGap, *, length: int, sample_rate: int, time: Time | None, name: str) -> Gap:
    start, stop = (
        _sample(place, length=length, sample_rate=sample_rate, time=time, asked=asked, name=name)
        for place in (asked.start, asked.stop)
    )
    if start >= length or (stop > length and time is None) or stop > 2 * length:
        raise UsageError(
            f"--gap {asked.text} lies outside {name}, which lasts {length / sample_rate:.3f} s. Give a gap inside it."
        )
    if time is not None and stop < start:
        stop += length
    if stop - start < SHORTEST_S * sample_rate:
        raise UsageError(f"--gap {asked.text} ends where it starts or before. Give the earlier time first.")
    return Gap(start, stop)


def _sample(
    place: Place, *, length: int, sample_rate: int, time: Time | None, asked: AskedGap, name: str
) -> int:  # fmt: skip
    if place.unit == "s":
        return seconds_to_samples(place.value, sample_rate=sample_rate)
    if time is None:
        raise UsageError(
            f"--gap {asked.text} counts beats, but no tempo of {name} is known. Give --bpm, or the gap in seconds."
        )
    beats = place.value * (time.beats_per_bar if place.unit == "bar" else 1)
    return round(beats * length / (time.bars * time.beats_per_bar))


def loop_length(time: Time, *, sample_rate: int) -> int:
    """Exact samples of a loop."""
    return bars_to_samples(time.bars, bpm=time.bpm, beats_per_bar=time.beats_per_bar, sample_rate=sample_rate)
