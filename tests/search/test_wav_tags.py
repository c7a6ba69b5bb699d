import struct
from pathlib import Path

import pytest

from samplegen.search.wav_tags import read_acid
from tests.search.signals import tone, write


def acid(flags: int, beats: int, bpm: float) -> bytes:
    return struct.pack("<4sIIHHfIHHf", b"acid", 24, flags, 60, 0, 0.0, beats, 4, 4, bpm)


@pytest.mark.parametrize(
    ("chunk", "expected"),
    [
        (acid(4, 16, 174.3), (174.3, True)),
        (acid(1, 0, 120.0), (None, False)),
        (acid(0, 0, 120.0), (120.0, None)),
        (acid(4, 16, float("nan")), (None, None)),
        (acid(4, 16, 128.0)[:20], (None, None)),
        (b"junk", (None, None)),
    ],
)
def test_what_the_chunk_says(tmp_path: Path, chunk: bytes, expected: object) -> None:
    path = write(tmp_path / "a.wav", tone(100.0))
    path.write_bytes(path.read_bytes() + chunk)
    assert read_acid(path) == expected


def test_other_files(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"RI")
    assert read_acid(tmp_path / "a.wav") == (None, None) == read_acid(tmp_path / "missing.wav")
