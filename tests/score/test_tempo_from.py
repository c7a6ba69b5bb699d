from pathlib import Path

import mido
import pytest

from samplegen.errors import InputError
from samplegen.score.tempo_from import TempoFrom, read_tempo_from


def export(path: Path, *messages: mido.MetaMessage, ticks: int = 0) -> Path:
    """A DAW's export: tempo track, and an empty track of `ticks`."""
    file = mido.MidiFile(type=1, ticks_per_beat=960)
    file.tracks.append(mido.MidiTrack(messages))
    file.tracks.append(mido.MidiTrack([mido.MetaMessage("end_of_track", time=ticks)]))
    file.save(path)
    return path


def tempo(bpm: float, *, time: int = 0) -> mido.MetaMessage:
    return mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm), time=time)


def meter(beats: int, unit: int, *, time: int = 0) -> mido.MetaMessage:
    return mido.MetaMessage("time_signature", numerator=beats, denominator=unit, time=time)


def test_tempo_meter_and_bars(tmp_path: Path) -> None:
    path = export(tmp_path / "p.mid", tempo(128), meter(4, 4), ticks=8 * 4 * 960)
    assert read_tempo_from(path) == TempoFrom(128.0, (4, 4), 8)


def test_decimal_tempi_and_eighths(tmp_path: Path) -> None:
    assert read_tempo_from(export(tmp_path / "a.mid", tempo(174.3), meter(3, 4))).bpm == 174.3
    read = read_tempo_from(export(tmp_path / "b.mid", tempo(70), meter(7, 8), ticks=2 * 7 * 480))
    assert (read.bpm, read.meter, read.bars) == (140.0, (7, 8), 2)


@pytest.mark.parametrize(("ticks", "bars"), [(1, 1), (3840, 1), (3850, 1), (4800, 2), (7600, 2)])
def test_a_bar_that_has_begun_counts(tmp_path: Path, ticks: int, bars: int) -> None:
    assert read_tempo_from(export(tmp_path / "p.mid", tempo(120), meter(4, 4), ticks=ticks)).bars == bars


def test_what_is_not_said_is_told(tmp_path: Path) -> None:
    read = read_tempo_from(export(tmp_path / "bare.mid"))
    assert (read.bpm, read.meter, read.bars) == (120.0, (4, 4), None)
    assert read.notes == (
        "bare.mid says no tempo; MIDI then means 120 quarters a minute.", "bare.mid says no meter; 4/4 is taken.",
    )  # fmt: skip


def test_of_several_the_first_holds_and_that_is_told(tmp_path: Path) -> None:
    path = export(tmp_path / "map.mid", tempo(90), meter(4, 4), tempo(140, time=960), meter(3, 4, time=960))
    read = read_tempo_from(path)
    assert (read.bpm, read.meter) == (90.0, (4, 4))
    assert read.notes == (
        "map.mid changes its tempo; the first, 90, is taken.", "map.mid changes its meter; the first, 4/4, is taken.",
    )  # fmt: skip


def test_no_midi_file(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        read_tempo_from(tmp_path / "none.mid")
