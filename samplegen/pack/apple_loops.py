"""Apple Loops: AIFF files with the chunk ``basc``, for Logic and GarageBand.

``basc`` is undocumented by Apple; its members are those that libsndfile reads (src/aiff.c),
which counts beats in the meter's denominator, as samplegen does.
"""

import struct
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Final

import numpy as np

from samplegen.audio.types import Audio
from samplegen.audio.wav import encode_pcm
from samplegen.errors import InputError, OutputError
from samplegen.pack.companions import Companion, PackView
from samplegen.pack.entries import FileEntry
from samplegen.pack.sound import key_to_pitch_class

FOLDER: Final = "Apple_Loops"
MAX_AIFF_BYTES: Final = 0x7FFFFFFF
_BASC: Final = struct.Struct(">IIHHHHH66x")
_MINOR, _MAJOR, _NEITHER = 1, 2, 3
_LOOP, _ONE_SHOT = 0, 1
_FORWARD: Final = 1
_UNITY_NOTE: Final = 60


def make_apple_loops(view: PackView, *, one_shots: bool = False) -> list[Companion]:
    """``Apple_Loops/<name>.aif`` for every loop, and for every one-shot where asked.

    Raises
    ------
    InputError
        If a sound is missing on the disk.
    """
    entries = view.of_kind("loop", "one_shot") if one_shots else view.of_kind("loop")
    return [
        Companion(f"{FOLDER}/{name}.aif", "apple_loop", _read_and_encode(view, entry), (entry.path,))
        for name, entry in zip(_names(entries), entries, strict=True)
    ]


def encode_apple_loop(audio: Audio, entry: FileEntry, *, artist: str = "", comment: str = "") -> bytes:
    """`audio` ``[C, T]`` as 24-bit AIFF with what `entry` says of tempo, meter and key.

    There is no tempo in ``basc``: readers take it from the beats and the length, which is exact.
    A loop has its loop points as markers, too (``INST``), so that samplers repeat it.

    Raises
    ------
    OutputError
        If it is empty or too long for AIFF (2 GiB).
    """
    if audio.length == 0:
        raise OutputError("A sound without samples cannot be written.")
    chunks = [(b"COMM", _comm(audio)), (b"basc", _basc(entry))]
    if entry.kind == "loop":
        chunks += [(b"MARK", _mark(audio.length)), (b"INST", _inst(entry))]
    texts = [(b"NAME", PurePosixPath(entry.path).stem), (b"AUTH", artist), (b"ANNO", comment)]
    chunks += [(name, text.encode("ascii", errors="replace")) for name, text in texts if text]
    # Sound last: whoever reads from the front knows all about it by then.
    chunks.append((b"SSND", bytes(8) + _big_endian(audio)))
    body = b"AIFF" + b"".join(_chunk(*chunk) for chunk in chunks)
    if len(body) > MAX_AIFF_BYTES:
        raise OutputError(f"An AIFF file cannot hold {len(body)} bytes (2 GiB at most). Make shorter loops.")
    return b"FORM" + struct.pack(">I", len(body)) + body


def _read_and_encode(view: PackView, entry: FileEntry) -> bytes:
    if not (view.folder / entry.path).is_file():
        raise InputError(f"{entry.path} is not in {view.folder}, so no Apple Loop can be made of it.")
    return encode_apple_loop(view.audio(entry), entry, artist=view.artist, comment=view.licence)


def _names(entries: Sequence[FileEntry]) -> Iterator[str]:
    """A name for each, different also where upper and lower case are one."""
    taken: set[str] = set()
    for entry in entries:
        stem = PurePosixPath(entry.path).stem
        name, number = stem, 1
        while name.lower() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.lower())
        yield name


def _chunk(name: bytes, payload: bytes) -> bytes:
    return name + struct.pack(">I", len(payload)) + payload + b"\0" * (len(payload) % 2)


def _comm(audio: Audio) -> bytes:
    return struct.pack(">hIh", audio.channels, audio.length, 24) + _extended(audio.sample_rate)


def _extended(number: int) -> bytes:
    """A positive whole number as the 80-bit float of IEEE 754 that AIFF keeps its sample rate in."""
    exponent = number.bit_length() - 1
    return struct.pack(">HQ", 16383 + exponent, number << (63 - exponent))


def _basc(entry: FileEntry) -> bytes:
    numerator, denominator = entry.meter
    one_shot = _LOOP if entry.kind == "loop" else _ONE_SHOT
    beats = entry.beats or 0 if entry.kind == "loop" else 0
    return _BASC.pack(1, beats, _root(entry), _scale(entry), numerator, denominator, one_shot)


def _root(entry: FileEntry) -> int:
    """48 to 59 for C to B, 0 where nothing is said."""
    if entry.key is not None:
        return 48 + key_to_pitch_class(entry.key)
    return 0 if entry.root_note is None else 48 + entry.root_note % 12


def _scale(entry: FileEntry) -> int:
    if entry.key is None:
        return _NEITHER
    return _MINOR if entry.key.endswith("m") else _MAJOR


def _mark(length: int) -> bytes:
    """Markers 1 and 2 at the loop's start and end; AIFF's lie between samples, so the end is the length."""
    return struct.pack(">H", 2) + _marker(1, 0, b"beg loop") + _marker(2, length, b"end loop")


def _marker(number: int, position: int, name: bytes) -> bytes:
    text = bytes([len(name)]) + name
    return struct.pack(">HI", number, position) + text + b"\0" * (len(text) % 2)


def _inst(entry: FileEntry) -> bytes:
    """Unity note, all keys and velocities, no gain, a sustain loop from marker 1 to 2, no release loop."""
    unity = _UNITY_NOTE if entry.root_note is None else entry.root_note
    return struct.pack(">bbbbbbh", unity, 0, 0, 127, 1, 127, 0) + struct.pack(">6h", _FORWARD, 1, 2, 0, 0, 0)


def _big_endian(audio: Audio) -> bytes:
    little = np.frombuffer(encode_pcm(audio.samples, bit_depth=24), np.uint8)
    return little.reshape(-1, 3)[:, ::-1].tobytes()
