"""Tempo, meter and length of a project, read from the MIDI file a DAW exports."""

import math
from dataclasses import dataclass
from pathlib import Path

from samplegen.score.midi_files import read_midi
from samplegen.score.music import DEFAULT_TEMPO_US, Music, tempo_us_to_bpm, ticks_per_beat

_SHARE_OF_A_BAR = 0.02  # a file that ends this much behind a bar line ends at it


@dataclass(frozen=True)
class TempoFrom:
    """What a project's MIDI file says.

    Parameters
    ----------
    bpm
        Beats of the meter a minute, rounded to a thousandth (a quarter lasts whole microseconds in MIDI).
    bars
        Whole bars, the last one begun counts; None for an empty file.
    notes
        What was assumed, in plain sentences.
    """

    bpm: float
    meter: tuple[int, int]
    bars: int | None
    notes: tuple[str, ...] = ()


def read_tempo_from(path: Path) -> TempoFrom:
    """Tempo, meter and length of the MIDI file at `path`.

    The first tempo and meter hold; that there are more, or none, is told in `TempoFrom.notes`.

    Raises
    ------
    InputError
        If it cannot be read as a MIDI file.
    """
    music = read_midi(path)
    name = path.name
    told = []
    _, meter = music.meters[0] if music.meters else (0, (4, 4))
    tempo_us = music.tempi_us[0][1] if music.tempi_us else DEFAULT_TEMPO_US
    bpm = round(tempo_us_to_bpm(tempo_us, meter=meter), 3)
    if not music.tempi_us:
        told.append(f"{name} says no tempo; MIDI then means 120 quarters a minute.")
    elif len({tempo for _, tempo in music.tempi_us}) > 1:
        told.append(f"{name} changes its tempo; the first, {bpm:g}, is taken.")
    if not music.meters:
        told.append(f"{name} says no meter; 4/4 is taken.")
    elif len({meter for _, meter in music.meters}) > 1:
        told.append(f"{name} changes its meter; the first, {meter[0]}/{meter[1]}, is taken.")
    return TempoFrom(bpm, meter, _bars(music, meter), tuple(told))


def _bars(music: Music, meter: tuple[int, int]) -> int | None:
    bar = meter[0] * ticks_per_beat(meter, ticks_per_quarter=music.ticks_per_quarter)
    return max(1, math.ceil(music.length / bar - _SHARE_OF_A_BAR)) if music.length else None
