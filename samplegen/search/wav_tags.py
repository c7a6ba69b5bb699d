"""Tempo and sort of a WAV file by its ``acid`` chunk, reading a few bytes only."""

import struct
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

_ONE_SHOT: Final = 1
_ACID: Final = struct.Struct("<IHHfIHHf")
_MOST_CHUNKS: Final = 200


def read_acid(path: Path) -> tuple[float | None, bool | None]:
    """(tempo in BPM, whether it is a loop); None where the file does not say."""
    try:
        with path.open("rb") as file:
            payload = _find_acid(file)
        if payload is None:
            return None, None
        flags, _, _, _, beats, _, _, bpm = _ACID.unpack(payload)
    except (OSError, ValueError, struct.error):
        return None, None
    if flags & _ONE_SHOT or not 0.0 < bpm < 1000.0:
        return None, False if flags & _ONE_SHOT else None
    # 174.3 comes back from 32 bits as 174.30000305: take the shortest decimal that means the same.
    return float(str(np.float32(bpm))), True if beats else None


def _find_acid(file: BinaryIO) -> bytes | None:
    head = file.read(12)
    if head[:4] not in (b"RIFF", b"RF64") or head[8:] != b"WAVE":
        return None
    for _ in range(_MOST_CHUNKS):
        header = file.read(8)
        if len(header) < 8:
            return None
        name, size = struct.unpack("<4sI", header)
        if name == b"acid":
            return file.read(_ACID.size)
        file.seek(size + size % 2, 1)
    return None
