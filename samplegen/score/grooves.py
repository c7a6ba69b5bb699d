"""Human drum grooves from MIDI files, cut at bar lines into patterns (Groove MIDI Dataset layout)."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from samplegen.errors import InputError
from samplegen.score.events import Event, Pattern, sort_events

# General MIDI percussion, with the extra notes of the electronic kit the data set was played on.
GM_KINDS = {
    35: "kick", 36: "kick", 37: "rim", 38: "snare", 39: "clap", 40: "snare", 22: "hat_closed", 42: "hat_closed",
    44: "hat_closed", 26: "hat_open", 46: "hat_open", 49: "cymbal", 51: "cymbal", 52: "cymbal", 53: "cymbal",
    55: "cymbal", 57: "cymbal", 59: "cymbal",
    41: "tom", 43: "tom", 58: "tom", 45: "tom", 47: "tom", 48: "tom", 50: "tom",
}  # fmt: skip
_TOM_VOICES = {41: 2, 43: 2, 58: 2, 45: 1, 47: 1, 48: 0, 50: 0}
_EARLY_BEATS = 0.12  # a hit this early belongs to the bar it leads into
_MIN_HITS_PER_BAR = 3
_STYLES = ("hiphop", "house", "techno", "dnb", "breakbeat", "trap", "dub")


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
    import mido

    try:
        file = mido.MidiFile(str(path))
    except (OSError, EOFError, ValueError, KeyError, IndexError) as error:
        raise InputError(f"Cannot read {path} as MIDI: {error or 'it ends too early'}.") from error
    tempo_us, meter, ticks = 500_000, (4, 4), 0
    hits: list[tuple[int, int, int]] = []
    for message in mido.merge_tracks(file.tracks):
        ticks += message.time
        if message.type == "set_tempo" and not hits:
            tempo_us = message.tempo
        elif message.type == "time_signature" and not hits:
            meter = (message.numerator, message.denominator)
        elif message.type == "note_on" and message.velocity > 0:
            hits.append((ticks, message.note, message.velocity))
    beats_per_tick = meter[1] / 4.0 / max(file.ticks_per_beat, 1)
    events = [
        Event(tick * beats_per_tick, GM_KINDS.get(note, "percussion"), velocity / 127.0, voice=_TOM_VOICES.get(note, 0))
        for tick, note, velocity in hits
    ]
    bpm = 60e6 / max(tempo_us, 1) * meter[1] / 4.0
    words = tuple(
        word for word in path.stem.replace("-", "_").split("_") if word.isalpha() and word not in ("beat", "fill")
    )
    return Groove(sort_events(events), bpm, meter, words)


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
