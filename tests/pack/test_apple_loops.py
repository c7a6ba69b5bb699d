import ctypes
import json
import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from samplegen.audio.io import read_audio
from samplegen.audio.types import Audio
from samplegen.errors import InputError, OutputError
from samplegen.pack.apple_loops import encode_apple_loop, make_apple_loops
from tests.pack.projects.views import make_entry, make_view, write_sounds


def loop_info(path: Path) -> dict[str, float] | None:
    """``SF_LOOP_INFO`` of libsndfile (its command 0x10E0), which it fills from ``basc``."""
    from soundfile import _ffi, _snd

    class LoopInfo(ctypes.Structure):
        _fields_ = [
            ("numerator", ctypes.c_short), ("denominator", ctypes.c_short), ("mode", ctypes.c_int),
            ("beats", ctypes.c_int), ("bpm", ctypes.c_float), ("root", ctypes.c_int), ("future", ctypes.c_int * 6),
        ]  # fmt: skip

    with soundfile.SoundFile(path) as file:
        buffer = _ffi.new("char[]", ctypes.sizeof(LoopInfo))
        if _snd.sf_command(file._file, 0x10E0, buffer, ctypes.sizeof(LoopInfo)) == 0:
            return None
        info = LoopInfo.from_buffer_copy(bytes(_ffi.buffer(buffer)))
    return {name: getattr(info, name) for name in ("numerator", "denominator", "mode", "beats", "bpm", "root")}


def chunks(data: bytes) -> dict[bytes, bytes]:
    assert data[:4] == b"FORM" and data[8:12] == b"AIFF"
    assert struct.unpack(">I", data[4:8])[0] == len(data) - 8
    found, position = {}, 12
    while position < len(data):
        name, size = struct.unpack_from(">4sI", data, position)
        found[name] = data[position + 8 : position + 8 + size]
        position += 8 + size + size % 2
    assert position == len(data)
    return found


@pytest.mark.parametrize(
    ("bpm", "meter", "bars", "key", "rate", "channels"),
    [
        (120.0, (4, 4), 1, None, 44_100, 1),
        (174.3, (4, 4), 2, "C#", 44_100, 2),
        (180.0, (7, 8), 1, "Am", 48_000, 2),
        (90.0, (3, 4), 1, "Bb", 44_100, 1),
    ],
)
def test_libsndfile_reads_what_the_loop_is(
    tmp_path: Path, bpm: float, meter: tuple[int, int], bars: int, key: str | None, rate: int, channels: int
) -> None:
    entry = make_entry("x", bpm=bpm, meter=meter, bars=bars, key=key, sample_rate=rate, channels=channels)
    view = write_sounds(make_view(tmp_path, [entry]))
    (made,) = make_apple_loops(view)
    assert (made.path, made.kind, made.made_from) == ("Apple_Loops/x.aif", "apple_loop", (entry.path,))
    path = tmp_path / "loop.aif"
    path.write_bytes(made.data)
    with soundfile.SoundFile(path) as file:
        assert (file.format, file.subtype, file.endian) == ("AIFF", "PCM_24", "FILE")
        assert (file.frames, file.samplerate, file.channels) == (entry.length, rate, channels)
    read, original = read_audio(path), read_audio(tmp_path / entry.path)
    assert np.array_equal(read.samples, original.samples)
    info = loop_info(path)
    assert info is not None
    assert (info["numerator"], info["denominator"], info["beats"]) == (*meter, bars * meter[0])
    # libsndfile tells quarters a minute, from the length.
    assert info["bpm"] == pytest.approx(bpm * 4 / meter[1], abs=0.01)
    root, scale = struct.unpack_from(">HH", chunks(made.data)[b"basc"], 8)
    assert (root, scale) == {None: (0, 3), "C#": (49, 2), "Am": (57, 1), "Bb": (58, 2)}[key]
    if key is not None:
        assert info["root"] == root


def test_the_chunks_are_complete_and_the_loop_points_span_all() -> None:
    entry = make_entry("x", length=7)  # an odd number of bytes
    data = encode_apple_loop(Audio(np.zeros((1, 7), np.float32), 44_100), entry, artist="me", comment="CC0-1.0")
    found = chunks(data)
    assert list(found) == [b"COMM", b"basc", b"MARK", b"INST", b"NAME", b"AUTH", b"ANNO", b"SSND"]
    assert len(found[b"basc"]) == 84 and len(found[b"COMM"]) == 18 and len(found[b"INST"]) == 20
    assert len(found[b"SSND"]) == 8 + 7 * 3
    mark = found[b"MARK"]
    assert struct.unpack_from(">HHI", mark) == (2, 1, 0) and struct.unpack_from(">HI", mark, 18) == (2, 7)
    assert mark[8:17] == b"\x08beg loop"
    assert struct.unpack_from(">3h", found[b"INST"], 8) == (1, 1, 2)
    assert data == encode_apple_loop(Audio(np.zeros((1, 7), np.float32), 44_100), entry, artist="me", comment="CC0-1.0")


def test_one_shots_only_where_asked_and_without_beats_or_loop_points(tmp_path: Path) -> None:
    hit = make_entry("hit", "one_shot", "kick", root_note=62, length=4_000)
    view = write_sounds(make_view(tmp_path, [hit, make_entry("x", bars=1)]))
    assert [made.path for made in make_apple_loops(view)] == ["Apple_Loops/x.aif"]
    first, _ = make_apple_loops(view, one_shots=True)
    found = chunks(first.data)
    assert b"INST" not in found and b"MARK" not in found
    assert struct.unpack_from(">IIHHHHH", found[b"basc"]) == (1, 0, 50, 3, 4, 4, 1)


def test_equal_stems_get_different_names(tmp_path: Path) -> None:
    entries = [make_entry(name, bars=1) for name in ("a/x", "b/X", "c/x-2", "d/x")]
    made = make_apple_loops(write_sounds(make_view(tmp_path, entries)))
    assert [one.path for one in made] == [f"Apple_Loops/{name}.aif" for name in ("x", "X-2", "x-2-2", "x-3")]


def test_missing_and_empty_sounds_are_plain_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Sounds/x.wav is not in"):
        make_apple_loops(make_view(tmp_path, [make_entry("x")]))
    with pytest.raises(OutputError, match="without samples"):
        encode_apple_loop(Audio(np.zeros((1, 0), np.float32), 44_100), make_entry("x"))


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="needs exiftool")
def test_exiftool_reads_format_and_texts(tmp_path: Path) -> None:
    view = write_sounds(make_view(tmp_path, [make_entry("x", bars=1)], licence="CC0-1.0", artist="samplegen"))
    path = tmp_path / "x.aif"
    path.write_bytes(make_apple_loops(view)[0].data)
    done = subprocess.run(["exiftool", "-j", "-n", path], capture_output=True, text=True, check=True)
    (read,) = json.loads(done.stdout)
    assert (read["NumChannels"], read["NumSampleFrames"], read["SampleSize"]) == (1, 88_200, 24)
    assert read["SampleRate"] == 44_100 and "Warning" not in read and "Error" not in read
    assert (read["Name"], read["Author"], read["Annotation"]) == ("x", "samplegen", "CC0-1.0")
