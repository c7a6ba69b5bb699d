from pathlib import Path

import pytest

from samplegen.errors import InputError
from samplegen.score.grooves import cut_groove, read_groove
from tests.performances import write_beat, write_hits


def test_a_performance_is_read_in_beats_and_kinds(tmp_path: Path) -> None:
    groove = read_groove(write_beat(tmp_path / "3_funk_100_beat_4-4.mid"))
    assert (groove.bpm, groove.meter, groove.words, groove.whole_bars) == (pytest.approx(100.0), (4, 4), ("funk",), 4)
    first = [(event.start, event.kind) for event in groove.events[:4]]
    assert first == [(0.0, "kick"), (1.0, "snare"), (3.0, "snare"), (3.5, "hat_open")]


def test_eighth_meters_count_eighths(tmp_path: Path) -> None:
    groove = read_groove(write_hits(tmp_path / "a.mid", [(0, 36), (720, 38), (1200, 42)], meter=(6, 8), bpm=70.0))
    assert [event.start for event in groove.events] == [0.0, 3.0, 5.0]
    assert groove.bpm == pytest.approx(140.0)


def test_bars_are_cut_at_bar_lines_and_early_hits_wrap(tmp_path: Path) -> None:
    hits = [(0, 36), (1920 - 20, 36), (2400, 38), (3840 - 20, 49)]
    groove = read_groove(write_hits(tmp_path / "b.mid", hits))
    pattern = cut_groove(groove, first_bar=1, bars=1, style="hiphop")
    assert [(event.kind, round(event.start, 4)) for event in pattern.events] == [
        ("snare", 1.0),
        ("kick", round(4 - 20 / 480, 4)),
    ]


def test_files_that_are_no_midi_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.mid"
    path.write_bytes(b"MThd nonsense")
    with pytest.raises(InputError, match="bad.mid is not a MIDI file|bad.mid as MIDI"):
        read_groove(path)
