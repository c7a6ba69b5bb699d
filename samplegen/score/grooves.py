"""Human drum grooves from MIDI files, cut at bar lines into patterns (Groove MIDI Dataset layout)."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from samplegen.score.drum_map import GM_KINDS, TOM_VOICES
from samplegen.score.events import Event, Pattern, sort_events
from samplegen.score.midi_files import read_midi
from samplegen.score.music import DEFAULT_TEMPO_US, Note, tempo_us_to_bpm

_EARLY_BEATS = 0.12  # a hit this early belongs to the bar it leads into


@dataclass(frozen=True)
class Groove:
    """A performance: events in beats of its meter, its tempo, and words from its name."""

    events: tuple[Event, ...]
    bpm: float
    meter: tuple[int, int]
    words: tuple[str, ...] = ()

    @property
    def whole_bars(self) -> int:
        """Bars that are played to their end."""
        return int((max((event.start for event in self.events), default=0.0) + 0.5) // self.meter[0])


@lru_cache(maxsize=256)
def read_groove(path: Path) -> Groove:
    """Read a drum performance; the first tempo and meter of the file hold throughout.

    Raises
    ------
    InputError
        If the file is no readable MIDI file.
    """
    music = read_midi(path)
    first = music.notes[0].start if music.notes else music.length
    meter = ([meter for tick, meter in music.meters if tick <= first] or [(4, 4)])[-1]
    tempo_us = ([tempo for tick, tempo in music.tempi_us if tick <= first] or [DEFAULT_TEMPO_US])[-1]
    beats_per_tick = meter[1] / 4.0 / music.ticks_per_quarter
    events = sort_events(_event(note, beats_per_tick=beats_per_tick) for note in music.notes)
    words = tuple(
        word for word in path.stem.replace("-", "_").split("_") if word.isalpha() and word not in ("beat", "fill")
    )
    return Groove(events, tempo_us_to_bpm(tempo_us, meter=meter), meter, words)


def _event(note: Note, *, beats_per_tick: float) -> Event:
    """Only toms have voices here: a kit has one kick, one snare and one pair of hats."""
    kind = GM_KINDS.get(note.note, "percussion")
    return Event(note.start * beats_per_tick, kind, note.velocity / 127.0, voice=TOM_VOICES.get(note.note, 0))


def cut_groove(groove: Groove, *, first_bar: int, bars: int, style: str) -> Pattern:
    """`bars` bars of `groove` as a ring; a hit just before the first bar line wraps to the end."""
    length = bars * groove.meter[0]
    begin = first_bar * groove.meter[0] - _EARLY_BEATS
    events = [
        Event((event.start - first_bar * groove.meter[0]) % length, event.kind, event.velocity, voice=event.voice)
        for event in groove.events
        if begin <= event.start < begin + length
    ]
    return Pattern(sort_events(events), style, bars, groove.meter, tags=("live", *groove.words))
