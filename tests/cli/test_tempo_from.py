"""`--tempo-from`: what a DAW's export says, and options that win over it."""

from pathlib import Path

import pytest

from samplegen.cli.options import tempo_from
from samplegen.errors import InputError, UsageError
from samplegen.score.midi_files import write_midi
from samplegen.score.music import new_music


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = tmp_path / "project.mid"
    write_midi(path, new_music([], bpm=174.0, meter=(3, 4), bars=8))
    return path


def test_without_a_file_options_are_as_they_are() -> None:
    assert tempo_from(None, bpm=None, bars=None, meter=None) == (None, None, None, [])
    assert tempo_from(None, bpm=90.0, bars=2, meter="7/8") == (90.0, 2, (7, 8), [])


def test_the_file_fills_what_no_option_says(project: Path) -> None:
    assert tempo_from(project, bpm=None, bars=None, meter=None) == (174.0, 8, (3, 4), [])
    assert tempo_from(project, bpm=None, bars=2, meter="4/4") == (174.0, 2, (4, 4), [])
    assert tempo_from(project, bpm=100.0, bars=None, meter=None) == (100.0, 8, (3, 4), [])


def test_a_whole_song_gives_its_tempo_but_not_its_length(tmp_path: Path) -> None:
    write_midi(tmp_path / "song.mid", new_music([], bpm=120.0, meter=(4, 4), bars=96))
    bpm, bars, _, notes = tempo_from(tmp_path / "song.mid", bpm=None, bars=None, meter=None)
    assert (bpm, bars) == (120.0, None)
    assert notes == ["song.mid lasts 96 bars; at most 64 can be made, so its length is not taken."]


def test_tempi_that_cannot_be_made(tmp_path: Path) -> None:
    write_midi(tmp_path / "fast.mid", new_music([], bpm=280.0, meter=(7, 8), bars=1))
    with pytest.raises(UsageError, match="280 beats of 7/8 a minute"):
        tempo_from(tmp_path / "fast.mid", bpm=None, bars=None, meter=None)
    assert tempo_from(tmp_path / "fast.mid", bpm=140.0, bars=None, meter=None)[0] == 140.0
    with pytest.raises(InputError):
        tempo_from(tmp_path / "none.mid", bpm=None, bars=None, meter=None)
