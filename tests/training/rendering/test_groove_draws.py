from pathlib import Path

import mido
import numpy as np

from samplegen.training.rendering.groove_draws import draw_groove
from samplegen.training.sources.library import Library, Record


def _midi(path: Path, hits: list[tuple[int, int]], *, meter: tuple[int, int] = (4, 4), bpm: float = 100.0) -> Path:
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


def _beat(path: Path, bars: int = 4) -> Path:
    bar = ((0, 36), (480, 38), (1440, 38), (1680, 46))
    return _midi(path, [(number * 1920 + tick, note) for number in range(bars) for tick, note in bar])


def test_draws_respect_split_and_length(tmp_path: Path) -> None:
    _beat(tmp_path / "hiphop.mid")
    record = Record("hiphop.mid", "groove_midi", "gmd", "CC-BY-4.0", "train", 0.0)
    library = Library(tmp_path, (record,))
    drawn = draw_groove(library, rng=np.random.default_rng(0), bars=2)
    assert drawn is not None and drawn[0].bars == 2 and len(drawn[0].events) == 8 and drawn[0].style == "hiphop"
    assert draw_groove(library, rng=np.random.default_rng(0), bars=8) is None
    assert draw_groove(library, rng=np.random.default_rng(0), bars=2, split="held_out") is None
