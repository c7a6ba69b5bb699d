import io
import struct
from pathlib import Path

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplegen.errors import InputError
from samplegen.score.midi_files import MAX_BYTES, decode_midi, encode_midi, read_midi, write_midi
from samplegen.score.music import Note, new_music


def chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack(">I", len(data)) + data


def header(*, file_type: int = 0, tracks: int = 1, division: int = 480) -> bytes:
    return chunk(b"MThd", struct.pack(">HHH", file_type, tracks, division))


END = b"\x00\xff\x2f\x00"


def test_running_status_and_velocity_zero() -> None:
    data = b"\x00\x99\x24\x64" + b"\x60\x24\x00" + b"\x00\x26\x50" + b"\x60\x26\x00" + END
    music = decode_midi(header() + chunk(b"MTrk", data))
    assert music.notes == (Note(0, 96, 36, 100), Note(96, 96, 38, 80))
    assert music.length == 192


def test_notes_that_are_never_released_last_to_the_end_and_lone_releases_are_nothing() -> None:
    data = b"\x00\x89\x26\x40" + b"\x10\x99\x24\x64" + b"\x70\xff\x2f\x00"
    assert decode_midi(header() + chunk(b"MTrk", data)).notes == (Note(16, 112, 36, 100),)


def test_several_tracks_share_one_tempo_map() -> None:
    file = mido.MidiFile(type=1, ticks_per_beat=96)
    tempi = mido.MidiTrack(
        [mido.MetaMessage("set_tempo", tempo=600_000), mido.MetaMessage("set_tempo", tempo=400_000, time=96)]
    )
    drums = mido.MidiTrack([mido.Message("note_on", channel=9, note=38, velocity=9, time=48)])
    file.tracks += [tempi, drums]
    data = io.BytesIO()
    file.save(file=data)
    music = decode_midi(data.getvalue())
    assert music.tempi_us == ((0, 600_000), (96, 400_000)) and music.ticks_per_quarter == 96
    assert [music.tempo_us_at(tick) for tick in (0, 95, 96)] == [600_000, 600_000, 400_000]
    assert music.notes == (Note(48, 1, 38, 9),)


def test_type_two_and_chunks_of_other_programs_are_read() -> None:
    track = chunk(b"MTrk", b"\x00\x99\x24\x64\x60\x89\x24\x40" + END)
    music = decode_midi(header(file_type=2, tracks=2) + chunk(b"XFIH", b"odd") + track + track)
    assert music.file_type == 2 and len(music.notes) == 2


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", r"empty \(0 bytes\)"),
        (b"RIFF....WAVE", "is not a MIDI file"),
        (header(), "no tracks"),
        (header(division=0xE728) + chunk(b"MTrk", END), "SMPTE frames"),
        (header(division=0) + chunk(b"MTrk", END), "0 ticks"),
        (header(file_type=7) + chunk(b"MTrk", END), "type 7"),
        ((header() + chunk(b"MTrk", b"\x00\x99\x24\x64\x60\x89\x24\x40" + END))[:-6], "ends too early"),
        (header() + chunk(b"MTrk", b"\x00\x24\x64" + END), "running status"),
        (header() + chunk(b"MTrk", b"\x80" * 100_000), "damaged"),
    ],
)
def test_what_cannot_be_read_is_said_plainly(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "odd name.mid"
    path.write_bytes(data)
    with pytest.raises(InputError, match=message) as raised:
        read_midi(path)
    assert "odd name.mid" in str(raised.value)


def test_missing_folder_and_huge(tmp_path: Path) -> None:
    huge = tmp_path / "huge.mid"
    with huge.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    for path, message in ((tmp_path / "none.mid", "No such file"), (tmp_path, "directory"), (huge, "larger than")):
        with pytest.raises(InputError, match=message):
            read_midi(path)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=80))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    for whole in (header() + chunk(b"MTrk", data), header() + chunk(b"MTrk", data + END), data):
        try:
            music = decode_midi(whole)
        except InputError:
            continue
        again = decode_midi(encode_midi(music))
        assert again.notes == music.notes and again.length == music.length


def test_other_messages_stay_when_a_file_is_written_again(tmp_path: Path) -> None:
    data = b"\x00\xc9\x05" + b"\x00\xb9\x07\x40" + b"\x00\x99\x24\x64" + b"\x60\x89\x24\x40" + b"\x00\xe9\x00\x40" + END
    music = decode_midi(header() + chunk(b"MTrk", data))
    path = tmp_path / "new" / "a.mid"
    write_midi(path, music)
    kinds = [message.type for message in mido.MidiFile(path).tracks[0]]
    assert kinds == ["program_change", "control_change", "note_on", "note_off", "pitchwheel", "end_of_track"]


def test_a_release_stands_before_the_next_note_of_its_tick() -> None:
    music = new_music([Note(0, 480, 36, 100), Note(480, 480, 36, 100)], bpm=120.0, meter=(4, 4), bars=1)
    kinds = [message.type for message in mido.MidiFile(file=io.BytesIO(encode_midi(music))).tracks[0]]
    assert kinds[2:] == ["note_on", "note_off", "note_on", "note_off", "end_of_track"]
