"""Notes in ticks: what a MIDI file holds, and the renderer's patterns as such notes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from samplegen.score.drum_map import DRUM_CHANNEL, kind_to_note, note_to_kind, note_to_voice
from samplegen.score.events import Event, Pattern, sort_events

TICKS_PER_QUARTER: Final = 480
DEFAULT_TEMPO_US: Final = 500_000  # of a quarter, where a file says nothing: 120 BPM
HIT_BEATS: Final = 0.125  # how long a drum's note is held, in quarters
TUNED_CHANNEL: Final = 0


@dataclass(frozen=True)
class Note:
    """A note; `start` and `length` in ticks, `velocity` 1 to 127, `channel` 0 to 15 (9 holds drums)."""

    start: int
    length: int
    note: int
    velocity: int
    channel: int = DRUM_CHANNEL

    @property
    def end(self) -> int:
        """Tick at which it is released."""
        return self.start + self.length


@dataclass(frozen=True)
class Track:
    """Notes of one track in order, everything else as (tick, mido message), and its length in ticks."""

    notes: tuple[Note, ...]
    others: tuple[tuple[int, Any], ...] = ()
    length: int = 0


@dataclass(frozen=True)
class Music:
    """A MIDI file.

    Parameters
    ----------
    file_type
        0 one track, 1 tracks that play together, 2 tracks that stand alone.
    """

    tracks: tuple[Track, ...]
    ticks_per_quarter: int = TICKS_PER_QUARTER
    file_type: int = 0

    @cached_property
    def notes(self) -> tuple[Note, ...]:
        """Of all tracks, by start."""
        return tuple(sorted((note for track in self.tracks for note in track.notes), key=lambda note: note.start))

    @property
    def length(self) -> int:
        """Ticks until the last track ends."""
        return max((track.length for track in self.tracks), default=0)

    @cached_property
    def tempi_us(self) -> tuple[tuple[int, int], ...]:
        """(tick, microseconds of a quarter) of every tempo, in order."""
        return tuple((tick, message.tempo) for tick, message in self._all("set_tempo") if message.tempo > 0)

    @cached_property
    def meters(self) -> tuple[tuple[int, tuple[int, int]], ...]:
        """(tick, meter) of every time signature, in order."""
        return tuple(
            (tick, (message.numerator, message.denominator))
            for tick, message in self._all("time_signature")
            if message.numerator > 0
        )

    def _all(self, message_type: str) -> list[tuple[int, Any]]:
        found = [(tick, m) for track in self.tracks for tick, m in track.others if m.type == message_type]
        return sorted(found, key=lambda item: item[0])

    def tempo_us_at(self, tick: int) -> int:
        """Microseconds of a quarter at `tick`; the first tempo also holds before it."""
        now = self.tempi_us[0][1] if self.tempi_us else DEFAULT_TEMPO_US
        for start, tempo_us in self.tempi_us:
            if start > tick:
                break
            now = tempo_us
        return now

    def meter_at(self, tick: int) -> tuple[int, tuple[int, int]]:
        """(tick from which bars are counted, meter) at `tick`; 4/4 where nothing is said."""
        now = (0, (4, 4))
        for start, meter in self.meters:
            if start > tick:
                break
            now = (start, meter)
        return now


def ticks_per_beat(meter: tuple[int, int], *, ticks_per_quarter: int = TICKS_PER_QUARTER) -> float:
    """Ticks of one beat, which is the meter's denominator."""
    return ticks_per_quarter * 4.0 / meter[1]


def tempo_us_to_bpm(tempo_us: int, *, meter: tuple[int, int]) -> float:
    """Tempo in beats of `meter` a minute; MIDI counts quarters."""
    return 60e6 / tempo_us * meter[1] / 4.0


def bpm_to_tempo_us(bpm: float, *, meter: tuple[int, int]) -> int:
    """Microseconds of a quarter, as MIDI writes a tempo."""
    return round(60e6 / bpm * meter[1] / 4.0)


def new_music(notes: Sequence[Note], *, bpm: float, meter: tuple[int, int], bars: int, name: str = "") -> Music:
    """One track that lasts exactly `bars` bars; notes are cut at its end."""
    import mido

    length = round(bars * meter[0] * ticks_per_beat(meter))
    tempo = mido.MetaMessage("set_tempo", tempo=bpm_to_tempo_us(bpm, meter=meter))
    time_signature = mido.MetaMessage(
        "time_signature", numerator=meter[0], denominator=meter[1], clocks_per_click=24, notated_32nd_notes_per_beat=8
    )
    title = [(0, mido.MetaMessage("track_name", name=name.encode("latin-1", "replace").decode("latin-1")))]
    others = (*(title if name else ()), (0, tempo), (0, time_signature))
    return Music((Track(without_overlaps(notes, length=length), others, length),))


def without_overlaps(notes: Sequence[Note], *, length: int) -> tuple[Note, ...]:
    """`notes` by start, each released before the next of its pitch and at the end; doubles become one."""
    kept: list[Note] = []
    following: dict[tuple[int, int], int] = {}
    for note in sorted(notes, key=lambda note: (note.start, note.note, note.velocity), reverse=True):
        end = following.get((note.channel, note.note), length)
        if note.start < end:
            kept.append(Note(note.start, max(1, min(note.length, end - note.start)), *_rest(note)))
            following[(note.channel, note.note)] = note.start
    return tuple(kept[::-1])


def _rest(note: Note) -> tuple[int, int, int]:
    return note.note, note.velocity, note.channel


def pattern_to_music(pattern: Pattern, *, bpm: float, name: str = "") -> Music:
    """A pattern as one bar-exact track: drums on channel index 9, pitched events on `TUNED_CHANNEL`."""
    beat = ticks_per_beat(pattern.meter)
    length = round(pattern.beats * beat)
    notes = [_event_to_note(event, beat=beat, length=length) for event in pattern.events]
    return new_music(notes, bpm=bpm, meter=pattern.meter, bars=pattern.bars, name=name)


def _event_to_note(event: Event, *, beat: float, length: int) -> Note:
    start = round(event.start * beat) % length
    velocity = min(max(round(event.velocity * 127.0), 1), 127)
    if event.midi is not None:
        return Note(start, max(1, round(event.duration_beats * beat)), event.midi, velocity, TUNED_CHANNEL)
    held = round(HIT_BEATS * TICKS_PER_QUARTER)
    return Note(start, held, kind_to_note(event.kind, voice=event.voice), velocity)


def music_to_events(music: Music, *, meter: tuple[int, int]) -> tuple[Event, ...]:
    """Every note as a drum hit, in beats of `meter` from the start."""
    beat = ticks_per_beat(meter, ticks_per_quarter=music.ticks_per_quarter)
    return sort_events(
        Event(note.start / beat, note_to_kind(note.note), note.velocity / 127.0, voice=note_to_voice(note.note))
        for note in music.notes
    )
