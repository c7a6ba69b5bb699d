"""ID3v2 text frames: the little that sample browsers read from a WAV's ``id3`` chunk.

Written as ID3v2.3 (https://id3.org/id3v2.3.0), whose sizes and UTF-16 texts every
reader knows; read as 2.3 or 2.4.
"""

import struct
from collections.abc import Iterator, Mapping
from typing import Final

_HEADER: Final = struct.Struct(">3sBBB4s")
_FRAME: Final = struct.Struct(">4sIH")
_ENCODINGS: Final = ("latin-1", "utf-16", "utf-16-be", "utf-8")


def _text(value: str) -> tuple[bytes, bytes, bytes]:
    """Encoding byte, encoded text and terminator."""
    if value.isascii():
        return b"\0", value.encode("ascii"), b"\0"
    return b"\1", b"\xff\xfe" + value.encode("utf-16-le"), b"\0\0"


def _encode_frame(name: str, value: str) -> bytes:
    encoding, text, end = _text(value)
    if name == "COMM":
        empty = end if encoding == b"\0" else b"\xff\xfe" + end
        payload = encoding + b"eng" + empty + text
    else:
        payload = encoding + text
    return _FRAME.pack(name.encode("ascii"), len(payload), 0) + payload


def encode_id3(frames: Mapping[str, str]) -> bytes:
    """An ID3v2.3 tag of text frames (``TBPM``, ``TKEY`` …) and ``COMM``; empty values are left out."""
    body = b"".join(_encode_frame(name, value) for name, value in frames.items() if value)
    size = bytes((len(body) >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return _HEADER.pack(b"ID3", 3, 0, 0, size) + body


def _synchsafe(digits: bytes) -> int:
    return (digits[0] & 0x7F) << 21 | (digits[1] & 0x7F) << 14 | (digits[2] & 0x7F) << 7 | digits[3] & 0x7F


def _frames(tag: bytes) -> Iterator[tuple[str, bytes]]:
    _, version, _, _, size = _HEADER.unpack_from(tag)
    end = min(len(tag), 10 + _synchsafe(size))
    position = 10
    while version in (3, 4) and position + 10 <= end:
        name, length, _ = _FRAME.unpack_from(tag, position)
        if not name.isalnum():
            return
        length = _synchsafe(tag[position + 4 : position + 8]) if version == 4 else length
        yield name.decode("ascii"), tag[position + 10 : min(end, position + 10 + length)]
        position += 10 + length


def _decode_text(payload: bytes, *, comment: bool) -> str:
    if not payload or payload[0] >= len(_ENCODINGS):
        return ""
    skip = 4 if comment else 1
    text = payload[skip:].decode(_ENCODINGS[payload[0]], errors="replace")
    if comment:
        text = text.partition("\0")[2].lstrip("\ufeff")
    return text.rstrip("\0").replace("\0", "; ")


def decode_id3(tag: bytes) -> dict[str, str]:
    """The text frames of an ID3v2.3 or 2.4 tag; what is broken or foreign is left out."""
    if len(tag) < 10 or tag[:3] != b"ID3":
        return {}
    return {
        name: _decode_text(payload, comment=name == "COMM")
        for name, payload in _frames(tag)
        if (name.startswith("T") and name != "TXXX") or name == "COMM"
    }
