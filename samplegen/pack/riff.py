"""RIFF containers: splitting a WAV into chunks and joining chunks into a WAV.

Little-endian; a chunk is a four-byte identifier, a 32-bit size and a payload
padded to an even length (the pad byte is not counted in the size).
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from samplegen.errors import AudioReadError, OutputError

MAX_RIFF_BYTES: Final = 0xFFFFFFFF
_MAX_PAYLOAD_BYTES: Final = 16 << 20
_UNKNOWN_SIZE: Final = 0xFFFFFFFF


@dataclass(frozen=True)
class Chunk:
    """One chunk.

    Parameters
    ----------
    name
        Four bytes.
    payload
        Without padding; empty for ``data`` when read with `scan_chunks`.
    size
        Bytes of payload that are present in the file.
    declared_size
        Bytes of payload that the header promises.
    """

    name: bytes
    payload: bytes
    size: int
    declared_size: int

    @property
    def complete(self) -> bool:
        """Whether all the promised bytes are there."""
        return self.size >= self.declared_size


def encode_chunk(name: bytes, payload: bytes) -> bytes:
    """One chunk with its header, padded to an even length."""
    return struct.pack("<4sI", name, len(payload)) + payload + b"\0" * (len(payload) % 2)


def join_chunks(chunks: Sequence[tuple[bytes, bytes]]) -> bytes:
    """A whole ``RIFF``/``WAVE`` file of (name, payload) pairs, in the given order.

    Raises
    ------
    OutputError
        If the result would exceed the 4 GiB of a RIFF file.
    """
    body = b"".join(encode_chunk(name, payload) for name, payload in chunks)
    return riff_header(len(body)) + body


def riff_header(chunk_bytes: int) -> bytes:
    """The first 12 bytes of a WAV file whose chunks have `chunk_bytes` bytes together, headers and padding included.

    Raises
    ------
    OutputError
        If that is more than the 4 GiB of a RIFF file.
    """
    size = len(b"WAVE") + chunk_bytes
    if size > MAX_RIFF_BYTES:
        raise OutputError(f"A WAV file cannot hold {size} bytes (4 GiB at most). Make the sound shorter.")
    return struct.pack("<4sI4s", b"RIFF", size, b"WAVE")


def split_chunks(wav: bytes) -> list[tuple[bytes, bytes]]:
    """The (name, payload) pairs of a complete WAV made by samplegen itself."""
    chunks, position = [], 12
    while position + 8 <= len(wav):
        name, size = struct.unpack_from("<4sI", wav, position)
        chunks.append((name, wav[position + 8 : position + 8 + size]))
        position += 8 + size + size % 2
    return chunks


def scan_chunks(path: Path) -> list[Chunk]:
    """The chunks of any WAV file, without the audio data, as far as they can be followed.

    Raises
    ------
    AudioReadError
        If the file cannot be opened or is not a RIFF or RF64 WAVE file.
    """
    try:
        with path.open("rb") as file:
            header = file.read(12)
            if len(header) < 12 or header[:4] not in (b"RIFF", b"RF64") or header[8:] != b"WAVE":
                raise AudioReadError(f"{path} is not a WAV file. Only WAV files carry the tags that are read here.")
            return list(_walk(file, end=path.stat().st_size))
    except OSError as error:
        raise AudioReadError(f"Cannot read {path}: {error.strerror or error}.") from error


def _walk(file: BinaryIO, *, end: int) -> Iterator[Chunk]:
    data_size: int | None = None
    while file.tell() + 8 <= end:
        name, declared = struct.unpack("<4sI", file.read(8))
        if name == b"data" and declared == _UNKNOWN_SIZE and data_size is not None:
            declared = data_size
        start = file.tell()
        size = min(declared, end - start)
        payload = b"" if name == b"data" else file.read(min(size, _MAX_PAYLOAD_BYTES))
        if name == b"ds64" and len(payload) >= 16:
            data_size = struct.unpack_from("<Q", payload, 8)[0]
        yield Chunk(name, payload, size, declared)
        file.seek(start + declared + declared % 2)
