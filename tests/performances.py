"""Performances as MIDI files, for tests."""

from pathlib import Path

import mido


def write_hits(path: Path, hits: list[tuple[int, int]], *, meter: tuple[int, int] = (4, 4), bpm: float = 100.0) -> Path:
    """Write (tick, note) hits at 480 ticks a quarter."""
    file = mido.MidiFile(type=0, ticks_per_beat=480)
    track = mido.MidiTrack()
    track.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm)))
    track.append(mido.MetaMessage("time_signature", numerator=meter[0], denominator=meter[1]))
    now = 0
    for tick, note in sorted(hits):
        track.append(mido.Message("note_on", channel=9, note=note, velocity=100, time=tick - now))
        now = tick
    file.tracks.append(track)
    file.save(path)
    return path


def write_beat(path: Path, bars: int = 4) -> Path:
    """Kick, snare, snare and open hat in each bar of 4/4."""
    bar = ((0, 36), (480, 38), (1440, 38), (1680, 46))
    return write_hits(path, [(number * 1920 + tick, note) for number in range(bars) for tick, note in bar])
