"""Standard MIDI files: strangers' files are read safely, ours are written to the tick (formats.md)."""

import io
import re
import struct
from collections import defaultdict, deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from samplegen.errors import InputError
from samplegen.files import write_bytes
from samplegen.score.music import Music, Note, Track

MAX_BYTES: Final = 8 << 20
_MAX_TRACKS: Final = 1_000
# A number of a MIDI file has at most four bytes; an endless one would keep the reader busy for hours.
_ENDLESS: Final = re.compile(rb"[\x80-\xff]{4096}")


def read_midi(path: Path) -> Music:
    """Read a MIDI file of type 0, 1 or 2.

    Raises
    ------
    InputError
        If it is missing, empty, too large, damaged, no MIDI file, or counts time in SMPTE frames.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise InputError(f"Cannot read {path}: {getattr(error, 'strerror', None) or error}.") from error
    if len(data) > MAX_BYTES:
        raise InputError(f"{path} is larger than {MAX_BYTES >> 20} MiB. That is no MIDI file of notes.")
    return decode_midi(data, place=str(path))


def decode_midi(data: bytes, *, place: str = "The data") -> Music:
    """As `read_midi`, from bytes; `place` begins messages."""
    import mido
    from mido.midifiles.meta import KeySignatureError

    try:
        file = mido.MidiFile(file=io.BytesIO(_tracks_only(data, place=place)), clip=True)
    except (OSError, EOFError, ValueError, LookupError, TypeError, struct.error, KeySignatureError) as error:
        raise InputError(f"Cannot read {place} as MIDI: {str(error) or 'it ends too early'}.") from error
    return Music(tuple(map(_read_track, file.tracks)), file.ticks_per_beat, file.type)


def _tracks_only(data: bytes, *, place: str) -> bytes:
    """The file with a plain header and no chunks of other programs, which mido would stumble over."""
    if not data:
        raise InputError(f"{place} is empty (0 bytes). Export the MIDI file again.")
    if data[:4] == b"RIFF" and data[8:12] == b"RMID":  # a MIDI file in a RIFF jacket
        data = data[20:]
    if data[:4] != b"MThd" or len(data) < 14:
        raise InputError(f"{place} is not a MIDI file: it does not begin with an MThd chunk.")
    size, file_type, _, division = struct.unpack(">IHHH", data[4:14])
    if division & 0x8000:
        raise InputError(f"{place} counts time in SMPTE frames, not in beats. Export it with ticks per quarter note.")
    if division == 0 or file_type > 2:
        raise InputError(f"Cannot read {place} as MIDI: type {file_type} with {division} ticks per quarter is none.")
    if _ENDLESS.search(data):
        raise InputError(f"Cannot read {place} as MIDI: it is damaged.")
    tracks: list[bytes] = []
    position = 8 + size
    while position + 8 <= len(data) and len(tracks) <= _MAX_TRACKS:
        name, length = struct.unpack(">4sI", data[position : position + 8])
        if name == b"MTrk":
            tracks.append(data[position : position + 8 + length])
        position += 8 + length
    if not tracks or len(tracks) > _MAX_TRACKS:
        raise InputError(f"Cannot read {place} as MIDI: it holds {'no' if not tracks else 'too many'} tracks.")
    return struct.pack(">4sIHHH", b"MThd", 6, file_type, len(tracks), division) + b"".join(tracks)


def _read_track(messages: Iterable[Any]) -> Track:
    """Notes paired first in, first out; one that is never released lasts to the end."""
    now = 0
    sounding: dict[tuple[int, int], deque[tuple[int, int, int]]] = defaultdict(deque)
    notes: list[tuple[int, Note]] = []
    others: list[tuple[int, Any]] = []
    count = 0
    for message in messages:
        now += message.time
        if message.type == "note_on" and message.velocity > 0:
            sounding[(message.channel, message.note)].append((count, now, message.velocity))
            count += 1
        elif message.type in ("note_on", "note_off"):
            if waiting := sounding[(message.channel, message.note)]:
                notes.append(_ended(waiting.popleft(), message.channel, message.note, now))
        elif message.type != "end_of_track" and not message.is_realtime:
            others.append((now, message))
    for (channel, note), waiting in sounding.items():
        notes += [_ended(begun, channel, note, now) for begun in waiting]
    ordered = tuple(note for _, note in sorted(notes, key=lambda item: item[0]))
    return Track(ordered, tuple(others), max(now, *(note.end for note in ordered)) if ordered else now)


def _ended(begun: tuple[int, int, int], channel: int, note: int, now: int) -> tuple[int, Note]:
    number, start, velocity = begun
    return number, Note(start, max(1, now - start), note, velocity, channel)


def encode_midi(music: Music) -> bytes:
    """The bytes of a MIDI file; every track ends exactly at its length. Equal music, equal bytes."""
    import mido

    file = mido.MidiFile(type=music.file_type, ticks_per_beat=music.ticks_per_quarter)
    for track in music.tracks:
        file.tracks.append(_encode_track(track))
    data = io.BytesIO()
    file.save(file=data)
    return data.getvalue()


def write_midi(path: Path, music: Music) -> None:
    """Write `music` atomically."""
    write_bytes(path, encode_midi(music))


def _encode_track(track: Track) -> Any:
    """Releases first, then everything else, then new notes, where several things share a tick."""
    import mido

    timed = [(tick, 1, message) for tick, message in track.others]
    for note in track.notes:
        pitch = {"channel": note.channel, "note": note.note}
        timed.append((note.end, 0, mido.Message("note_off", velocity=64, **pitch)))
        timed.append((note.start, 2, mido.Message("note_on", velocity=note.velocity, **pitch)))
    made, now = mido.MidiTrack(), 0
    for tick, _, message in sorted(timed, key=lambda item: item[:2]):
        made.append(message.copy(time=tick - now))
        now = tick
    made.append(mido.MetaMessage("end_of_track", time=max(0, track.length - now)))
    return made
