import io

import mido
import pytest

from samplegen.score.events import Event, Pattern
from samplegen.score.midi_files import encode_midi
from samplegen.score.music import (
    Note,
    bpm_to_tempo_us,
    music_to_events,
    new_music,
    pattern_to_music,
    tempo_us_to_bpm,
    ticks_per_beat,
    without_overlaps,
)


@pytest.mark.parametrize(
    ("bpm", "bars", "meter", "seconds"),
    [(120.0, 2, (4, 4), 4.0), (128.0, 4, (4, 4), 7.5), (140.0, 1, (7, 8), 3.0), (90.0, 8, (3, 4), 16.0)],
)
def test_mido_reads_the_exact_length(bpm: float, bars: int, meter: tuple[int, int], seconds: float) -> None:
    """A beat of 7/8 is an eighth: seven at 140 last three seconds, as in the loops."""
    music = pattern_to_music(Pattern((Event(0.0, "kick", 1.0),), "techno", bars, meter), bpm=bpm)
    file = mido.MidiFile(file=io.BytesIO(encode_midi(music)))
    assert (file.type, file.ticks_per_beat) == (0, 480)
    assert sum(message.time for message in file.tracks[0]) == bars * meter[0] * 480 * 4 // meter[1]
    assert file.tracks[0][-1].type == "end_of_track"
    assert file.length == pytest.approx(seconds, rel=1e-5)
    signature = next(message for message in file.tracks[0] if message.type == "time_signature")
    assert (signature.numerator, signature.denominator) == meter
    assert (signature.clocks_per_click, signature.notated_32nd_notes_per_beat) == (24, 8)


def test_patterns_become_drums_on_channel_ten_and_notes_on_one() -> None:
    events = (Event(0.0, "kick", 1.0), Event(1.5, "hat_open", 0.5), Event(2.0, "bass", 0.8, 1.0, midi=40))
    kick, hat, bass = pattern_to_music(Pattern(events, "house", 1, (4, 4)), bpm=120.0).notes
    assert (kick.start, kick.note, kick.velocity, kick.channel) == (0, 36, 127, 9)
    assert (hat.start, hat.note, hat.velocity, hat.channel) == (720, 46, 64, 9)
    assert (bass.start, bass.length, bass.note, bass.channel) == (960, 480, 40, 0)


def test_a_hit_that_rounds_to_the_end_is_at_the_start_of_the_ring() -> None:
    events = (Event(3.9999, "kick", 1.0), Event(1.0, "snare", 1.0))
    assert [note.start for note in pattern_to_music(Pattern(events, "house", 1, (4, 4)), bpm=120.0).notes] == [0, 480]


def test_notes_of_one_pitch_never_overlap_and_doubles_become_the_louder() -> None:
    notes = [Note(0, 100, 36, 80), Note(50, 100, 36, 90), Note(50, 10, 36, 60), Note(460, 100, 38, 70)]
    assert without_overlaps(notes, length=480) == (
        Note(0, 50, 36, 80), Note(50, 100, 36, 90), Note(460, 20, 38, 70),
    )  # fmt: skip


def test_tempi_count_beats_of_the_meter() -> None:
    assert tempo_us_to_bpm(500_000, meter=(4, 4)) == 120.0
    assert tempo_us_to_bpm(500_000, meter=(7, 8)) == 240.0
    assert bpm_to_tempo_us(240.0, meter=(7, 8)) == 500_000
    assert (ticks_per_beat((4, 4)), ticks_per_beat((6, 8))) == (480.0, 240.0)


def test_events_come_back() -> None:
    events = (Event(0.0, "kick", 1.0), Event(2.5, "tom", 1.0, voice=2))
    music = new_music(
        [Note(0, 10, 36, 127), Note(1200, 10, 41, 127)], bpm=120.0, meter=(4, 4), bars=1, name="Groove\N{SNOWMAN}"
    )
    assert music_to_events(music, meter=(4, 4)) == events
    assert encode_midi(music) == encode_midi(music)
