"""Tagged WAV files written block after block, byte for byte those of `samplegen.pack.tags`."""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from samplegen import files
from samplegen.audio.source import read_blocks
from samplegen.audio.wav import encode_pcm, triangular_noise
from samplegen.pack.riff import encode_chunk, riff_header
from samplegen.pack.sound import LongSound
from samplegen.pack.tags import NO_DATE, dither_of, tagged_chunks

_BLOCK: Final = 1 << 18


@dataclass(frozen=True)
class Written:
    """SHA-256 and number of bytes of a whole file."""

    sha256: str
    size: int


class StreamedWav:
    """The tagged WAV file of a long sound, not yet written.

    Parameters
    ----------
    bit_depth, label, date, plain
        As `samplegen.pack.tags.encode_tagged_wav`.

    Raises
    ------
    OutputError
        If the sound is empty or does not fit a WAV file.
    """

    def __init__(
        self, sound: LongSound, *, bit_depth: int = 24, label: str = "", date: str = NO_DATE, plain: bool = False
    ) -> None:
        self._sound, self._bit_depth = sound, bit_depth
        before, after = tagged_chunks(sound, bit_depth=bit_depth, label=label, date=date, plain=plain)
        data_bytes = sound.source.length * sound.source.channels * bit_depth // 8
        padding = b"\0" * (data_bytes % 2)
        head = b"".join(encode_chunk(*chunk) for chunk in before)
        self._tail = padding + b"".join(encode_chunk(*chunk) for chunk in after)
        chunk_bytes = len(head) + 8 + data_bytes + len(self._tail)
        self._head = riff_header(chunk_bytes) + head + struct.pack("<4sI", b"data", data_bytes)
        self.size = len(self._head) + data_bytes + len(self._tail)

    def write(self, path: Path) -> Written:
        """Write it atomically.

        Raises
        ------
        OutputError
            If the file cannot be written; then none is left behind.
        """
        digest = hashlib.sha256()

        def write_pieces(file: BinaryIO) -> None:
            for piece in self._pieces():
                digest.update(piece)
                file.write(piece)

        files.write_atomically(path, write_pieces)
        return Written(digest.hexdigest(), self.size)

    def measure(self) -> Written:
        """What `write` would return, without writing."""
        digest = hashlib.sha256()
        for piece in self._pieces():
            digest.update(piece)
        return Written(digest.hexdigest(), self.size)

    def _pieces(self) -> Iterator[bytes]:
        dither = dither_of(self._sound, bit_depth=self._bit_depth)
        yield self._head
        for block in read_blocks(self._sound.source, length=_BLOCK):
            noise = None if dither is None else triangular_noise(*dither, shape=(block.shape[1], block.shape[0]))
            yield encode_pcm(block, bit_depth=self._bit_depth, noise=noise)
        yield self._tail
