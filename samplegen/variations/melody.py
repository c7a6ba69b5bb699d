"""Melodies for loops: drawn or read from MIDI, laid where an instrument sounds well, and played by it."""

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from samplegen.audio.key import NOTES, rank_keys
from samplegen.audio.loop_key import MAJOR_PROFILE, MINOR_PROFILE
from samplegen.audio.types import Audio
from samplegen.errors import InputError, UsageError
from samplegen.pack.keys import Key
from samplegen.post.loudness import normalise_peak, remove_dc
from samplegen.score.drum_map import DRUM_CHANNEL
from samplegen.score.events import Event, Pattern, sort_events
from samplegen.score.lines import KIND, LineSettings, draw_line
from samplegen.score.midi_files import read_midi
from samplegen.score.music import ticks_per_beat
from samplegen.score.scales import Scale, scale_name
from samplegen.score.tempo_from import read_tempo_from
from samplegen.units import bars_to_samples, slice_to_sample
from samplegen.variations.melodies.sampler import Instrument, PlayedNote, play

PEAK_DB: Final = -1.0
MAX_BARS: Final = 64
_MIN_KEY: Final = 0.5
_LOW, _HIGH = 24, 100
_TICKS: Final = 1920  # of a beat, for exact places


@dataclass(frozen=True)
class Given:
    """A melody that was read: its notes, tempo, and what people should know."""

    pattern: Pattern
    bpm: float
    notes: tuple[str, ...] = ()


def scale_of(key: Key, name: str | None) -> Scale:
    """The scale of a key, or another one on its tonic.

    Raises
    ------
    UsageError
        If the scale has a major third and the key says minor.
    """
    scale = Scale(key.tonic, scale_name(name) if name else key.mode)
    if key.mode == "minor" and not scale.is_minor and scale.name != "chromatic":
        raise UsageError(f"--key {key.name} is minor, but --scale {scale.name} is not. Write --key {key.name[:-1]}.")
    return scale


def lowest_note(scale: Scale, *, span: int, centre: float, octave: int | None) -> int:
    """Where a line of `span` semitones begins: on the tonic of an octave (4 is middle C's), or half below `centre`."""
    if octave is not None:
        return int(np.clip(12 * (octave + 1) + scale.tonic, 0, 127 - span))
    return round(float(np.clip(centre, _LOW + span / 2, _HIGH - span / 2)) - span / 2.0)


def draw_melody(settings: LineSettings, *, seed: int, centre: float, octave: int | None) -> Pattern:
    """A line of its own for every seed."""
    lowest = lowest_note(settings.scale, span=settings.span, centre=centre, octave=octave)
    return draw_line(settings, rng=np.random.default_rng(seed), lowest=lowest)


def read_melody(path: Path, *, bpm: float | None, bars: int | None, meter: tuple[int, int] | None) -> Given:
    """The notes of a MIDI file that are no drums; its tempo, meter and whole bars where nothing else is asked.

    Raises
    ------
    InputError
        If it cannot be read or holds no note.
    UsageError
        If it is too long.
    """
    music, read = read_midi(path), read_tempo_from(path)
    beats = meter or read.meter
    beat = ticks_per_beat(beats, ticks_per_quarter=music.ticks_per_quarter)
    events = [
        Event(note.start / beat, KIND, note.velocity / 127.0, note.length / beat, note.note)
        for note in music.notes
        if note.channel != DRUM_CHANNEL
    ]
    if not events:
        raise InputError(f"{path} holds no notes but drums. Export it again with its melody.")
    length = bars or read.bars or 1
    if length > MAX_BARS:
        raise UsageError(f"{path} lasts {length} bars; at most {MAX_BARS} can be made. Give --bars for its beginning.")
    kept = [event for event in events if event.start < length * beats[0]]
    if not kept:
        raise InputError(f"{path} holds no note in its first {length} bars. Give more --bars.")
    told = [note for note in read.notes if bpm is None or "tempo" not in note]
    if len(kept) < len(events):
        told.append(f"{path.name}: {len(events) - len(kept)} notes after bar {length} are left out.")
    return Given(Pattern(sort_events(kept), "", length, beats), read.bpm if bpm is None else bpm, tuple(told))


def key_of(pattern: Pattern) -> str | None:
    """The key that a melody's notes tell by their lengths; None where it is not clear."""
    shares = np.zeros(12)
    for event in pattern.events:
        shares[(event.midi or 0) % 12] += event.duration_beats
    heard = rank_keys(shares / max(float(shares.sum()), 1e-9), major=MAJOR_PROFILE, minor=MINOR_PROFILE)
    if heard.confidence < _MIN_KEY or heard.mode is None:
        return None
    return NOTES[heard.tonic] + ("m" if heard.mode == "minor" else "")


def within_reach(pattern: Pattern, instrument: Instrument, *, reach: float) -> tuple[Pattern, int]:
    """`pattern` moved by the octaves that bring its notes near the sources, and how many; 0 where they are."""
    notes = [event.midi or 0 for event in pattern.events]
    if instrument.farthest(notes) <= reach:
        return pattern, 0
    octaves = min(range(-5, 6), key=lambda by: (instrument.farthest([note + 12 * by for note in notes]), abs(by)))
    moved = [event if event.midi is None else _at(event, event.midi + 12 * octaves) for event in pattern.events]
    return replace(pattern, events=tuple(moved)), octaves


def _at(event: Event, midi: int) -> Event:
    return replace(event, midi=min(max(midi, 0), 127))


def place_notes(pattern: Pattern, *, bpm: float, sample_rate: int) -> tuple[list[PlayedNote], int]:
    """The notes in samples, each placed by itself, and the exact length of the loop."""
    length = bars_to_samples(pattern.bars, bpm=bpm, beats_per_bar=pattern.meter[0], sample_rate=sample_rate)
    placed = []
    for event in pattern.events:
        start, end = (
            slice_to_sample(round(beat * _TICKS), slices=pattern.beats * _TICKS, length=length)
            for beat in (event.start, event.start + event.duration_beats)
        )
        velocity = min(max(round(event.velocity * 127.0), 1), 127)
        placed.append(PlayedNote(start % length, max(1, end - start), event.midi or 60, velocity))
    return placed, length


def render_melody(
    pattern: Pattern, instrument: Instrument, *, bpm: float, sample_rate: int, seed: int, release_s: float
) -> Audio:
    """A pattern played as a loop of exact length, its peak at `PEAK_DB`."""
    notes, length = place_notes(pattern, bpm=bpm, sample_rate=sample_rate)
    audio = play(notes, instrument, length=length, sample_rate=sample_rate, seed=seed, release_s=release_s)
    return normalise_peak(remove_dc(audio, ring=True), peak_db=PEAK_DB)


def describe(pattern: Pattern, instrument: Instrument) -> dict[str, Any]:
    """For the manifest: every note, and how far the sources were shifted."""
    notes = [event.midi or 0 for event in pattern.events]
    used = Counter(instrument.voices[instrument.voice_for(note)].name for note in notes)
    return {
        "notes": [
            [round(event.start, 4), round(event.duration_beats, 4), event.midi, round(event.velocity * 127.0)]
            for event in pattern.events
        ],
        "sources": dict(sorted(used.items())), "farthest_shift_semitones": round(instrument.farthest(notes), 2),
        "contour": pattern.tags[0] if pattern.tags else None,
    }  # fmt: skip
