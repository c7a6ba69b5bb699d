"""Tags are read back by readers that samplegen did not write."""

import ctypes
import json
import shutil
import struct
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import wavinfo

from samplegen.audio.types import Audio
from samplegen.errors import AudioReadError, OutputError, UsageError
from samplegen.pack import riff
from samplegen.pack.chunks import bar_markers
from samplegen.pack.readtags import read_tags
from samplegen.pack.sound import Provenance, Sound, Tags, key_to_pitch_class
from samplegen.pack.tags import encode_tagged_wav, write_sound

SAMPLE_RATE = 44_100
ORIGIN = Provenance(
    engine="alpha_blend",
    model="generator-drums-1",
    model_hash="ab" * 32,
    codec_hash="cd" * 32,
    seed=7,
    parameters={"steps": 16, "prompt": 'dark & "minimal" <techno>'},
    licence="CC0-1.0",
    version="0.1.0",
)


def noise(length: int, *, channels: int = 1, seed: int = 0) -> Audio:
    """Noise of a given length, peak 0.5."""
    rng = np.random.default_rng(seed)
    return Audio(rng.uniform(-0.5, 0.5, (channels, length)).astype(np.float32), SAMPLE_RATE)


def make_loop(**changes: object) -> Sound:
    """A loop of noise with the right length for its tags."""
    values: dict[str, object] = {
        "kind": "loop", "category": "bass", "bpm": 174.3, "bars": 2, "key": "Am", "title": "SG anvil",
        "genre": "Drum & Bass", "comment": "made für a test", "keywords": ("dark", "dnb"), "artist": "samplegen",
    }  # fmt: skip
    tags = Tags(**(values | changes))  # type: ignore[arg-type]
    length = tags.length_at(SAMPLE_RATE)
    assert length is not None
    return Sound(noise(length, channels=2), tags, ORIGIN)


def make_one_shot(**changes: object) -> Sound:
    """A one-shot of noise."""
    return Sound(noise(4_411), Tags(**({"kind": "one_shot", "category": "kick"} | changes)), ORIGIN)  # type: ignore[arg-type]


def write(folder: Path, sound: Sound, **options: object) -> Path:
    """Write a sound, return where."""
    path = folder / "sound.wav"
    write_sound(path, sound, label="Test Pack", **options)  # type: ignore[arg-type]
    return path


def libsndfile_loop_info(path: Path) -> dict[str, float] | None:
    """``SF_LOOP_INFO`` of libsndfile (its command 0x10E0), which it fills from ``acid``."""
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
    return {name: getattr(info, name) for name in ("numerator", "denominator", "beats", "bpm", "root")}


def test_chunks_stand_in_the_order_that_readers_need(tmp_path: Path) -> None:
    names = [chunk.name for chunk in riff.scan_chunks(write(tmp_path, make_loop()))]
    assert names == [b"fmt ", b"bext", b"acid", b"inst", b"smpl", b"cue ", b"LIST", b"data", b"LIST", b"iXML", b"id3 "]


@pytest.mark.parametrize("bit_depth", [16, 24])
@pytest.mark.parametrize("length", [4_411, 4_412])
def test_every_chunk_is_padded_and_the_size_is_exact(length: int, bit_depth: int) -> None:
    sound = Sound(noise(length), Tags(kind="one_shot", category="rim", title="odd"), ORIGIN)
    wav = encode_tagged_wav(sound, bit_depth=bit_depth)
    assert len(wav) % 2 == 0
    assert struct.unpack_from("<I", wav, 4)[0] == len(wav) - 8
    position = 12
    while position < len(wav):
        (size,) = struct.unpack_from("<I", wav, position + 4)
        assert size % 2 == 0 or wav[position + 8 + size] == 0
        position += 8 + size + size % 2
    assert position == len(wav)


def test_equal_sounds_are_equal_files() -> None:
    assert encode_tagged_wav(make_loop()) == encode_tagged_wav(make_loop())
    assert encode_tagged_wav(make_loop()) != encode_tagged_wav(make_loop(key="Bm"))


@pytest.mark.parametrize(("meter", "key", "root"), [((4, 4), "Am", 57), ((7, 8), "C#", 49), ((3, 4), None, -1)])
def test_libsndfile_reads_tempo_meter_and_root(
    tmp_path: Path, meter: tuple[int, int], key: str | None, root: int
) -> None:
    sound = make_loop(meter=meter, key=key, bars=3)
    info = libsndfile_loop_info(write(tmp_path, sound))
    expected = {"numerator": meter[0], "denominator": meter[1], "beats": 3 * meter[0], "root": root}
    assert info is not None
    assert info.pop("bpm") == pytest.approx(174.3, rel=1e-6)
    assert info == expected


def test_audio_survives_the_tags(tmp_path: Path) -> None:
    sound = make_loop()
    samples, sample_rate = soundfile.read(write(tmp_path, sound), dtype="float32", always_2d=True)
    assert sample_rate == SAMPLE_RATE
    assert samples.shape == (sound.audio.length, 2)
    np.testing.assert_allclose(samples.T, sound.audio.samples, atol=2.0**-23)


def test_wavinfo_reads_loop_markers_and_description(tmp_path: Path) -> None:
    sound = make_loop(bars=4)
    info = wavinfo.WavInfoReader(str(write(tmp_path, sound)))
    (loop,) = info.smpl.sample_loops
    assert (loop.start, loop.end) == (0, sound.audio.length - 1)
    assert [cue.position for cue in info.cues.cues] == [
        position for position, _ in bar_markers(sound.tags, length=sound.audio.length)
    ]
    assert [info.cues.label_and_note(cue.name)[0] for cue in info.cues.cues] == ["bar 1", "bar 2", "bar 3", "bar 4"]
    assert info.bext.originator == "samplegen"
    assert "174.3 BPM" in info.bext.description
    assert info.info.title == "SG anvil"
    assert [track.channel_index for track in info.ixml.track_list] == ["1", "2"]


def test_one_shots_never_loop(tmp_path: Path) -> None:
    path = write(tmp_path, make_one_shot(root_note=38))
    info, tags = wavinfo.WavInfoReader(str(path)), read_tags(path)
    assert list(info.smpl.sample_loops) == []
    assert info.smpl.midi_note == 38
    assert tags.acid is not None and tags.acid.one_shot and tags.acid.beats == 0
    assert tags.acid.root_note == 50
    assert tags.cues == ()


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
def test_exiftool_agrees(tmp_path: Path) -> None:
    sound = make_loop()
    path = write(tmp_path, sound, date="2026-11-05")
    command = ["exiftool", "-j", "-n", "-G1", str(path)]
    (found,) = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    by_name = {name.rpartition(":")[2]: value for name, value in found.items()}
    assert not {name for name in by_name if name in ("Warning", "Error")}
    assert by_name["Tempo"] == pytest.approx(174.3, abs=1e-3)
    assert by_name["BeatsPerMinute"] == 174.3
    assert by_name["Beats"] == 8 and by_name["Meter"] == "4 4"
    assert by_name["RootNote"] == 57 and by_name["MIDIUnityNote"] == 57
    assert by_name["NumSampleLoops"] == 1
    assert by_name["Originator"] == "samplegen"
    assert by_name["Title"] == "SG anvil" and by_name["Genre"] == "Drum & Bass"
    assert by_name["Comment"] == "made für a test"
    assert by_name["InitialKey"] == "Am"


@pytest.mark.skipif(shutil.which("mediainfo") is None, reason="mediainfo is not installed")
def test_mediainfo_agrees(tmp_path: Path) -> None:
    command = ["mediainfo", "--Output=JSON", str(write(tmp_path, make_loop()))]
    general = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["media"]["track"][0]
    assert (general["BPM"], general["extra"]["Initial_key"]) == ("174.3", "Am")


def test_our_reader_reads_everything_back(tmp_path: Path) -> None:
    sound = make_loop()
    tags = read_tags(write(tmp_path, sound))
    assert tags.problems == ()
    assert (tags.sample_rate, tags.channels, tags.bit_depth, tags.length) == (44_100, 2, 24, sound.audio.length)
    assert tags.acid is not None and not tags.acid.one_shot
    assert (tags.acid.beats, tags.acid.meter, tags.acid.root_note) == (8, (4, 4), 57)
    assert tags.sampler is not None and tags.sampler.loops == ((0, sound.audio.length - 1),)
    assert [label for _, label in tags.cues] == ["bar 1", "bar 2"]
    assert tags.info["INAM"] == "SG anvil" and tags.info["IKEY"] == "dark; dnb" and tags.info["IPRD"] == "Test Pack"
    assert tags.id3["TBPM"] == "174.3" and tags.key == "Am" and tags.id3["COMM"] == "made für a test"
    assert tags.broadcast is not None and tags.broadcast.reference == "alpha_blend seed 7"
    user = json.loads(tags.ixml["USER"])
    assert user["model_hash"] == ORIGIN.model_hash and user["parameters"] == dict(ORIGIN.parameters)


def test_broken_chunks_are_reported_not_raised(tmp_path: Path) -> None:
    pairs = riff.split_chunks(encode_tagged_wav(make_loop()))
    broken = {
        b"acid": b"\1\0",
        b"smpl": struct.pack("<9I", 0, 0, 1, 60, 0, 0, 0, 4_000_000_000, 0),
        b"cue ": struct.pack("<I", 4_000_000_000),
        b"iXML": b'<!DOCTYPE x [<!ENTITY a "aa">]><x>&a;</x>',
        b"id3 ": b"ID3\x03\0\0\x7f\x7f\x7f\x7fTBPM\xff\xff\xff\xff\0\0",
        b"bext": b"short",
    }
    path = tmp_path / "broken.wav"
    path.write_bytes(riff.join_chunks([(name, broken.get(name, payload)) for name, payload in pairs]))
    tags = read_tags(path)
    assert tags.acid is None and tags.sampler is None and tags.bpm is None
    for name in ("acid", "smpl", "cue", "iXML", "bext"):
        assert any(name in problem for problem in tags.problems), name


def test_a_truncated_file_says_so(tmp_path: Path) -> None:
    path = write(tmp_path, make_loop())
    path.write_bytes(path.read_bytes()[:5_000])
    tags = read_tags(path)
    assert 0 < tags.length < 1_000
    assert any("'data' is cut off" in problem for problem in tags.problems)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"hello, this is text", b"RIFF\0\0\0\0AIFF"])
def test_what_is_not_wav_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(content)
    with pytest.raises(AudioReadError, match="x.wav"):
        read_tags(path)


@pytest.mark.parametrize("size", range(12, 120, 7))
def test_any_truncation_is_survived(tmp_path: Path, size: int) -> None:
    path = tmp_path / "cut.wav"
    path.write_bytes(encode_tagged_wav(make_one_shot())[:size])
    assert read_tags(path).problems


def test_a_wav_of_another_program_is_read(tmp_path: Path) -> None:
    path = tmp_path / "other.wav"
    soundfile.write(path, np.zeros((10, 2)), 48_000, subtype="PCM_16")
    tags = read_tags(path)
    assert (tags.sample_rate, tags.channels, tags.bit_depth, tags.length) == (48_000, 2, 16, 10)
    assert tags.acid is None and tags.bpm is None and tags.key is None and tags.problems == ()


def test_an_empty_sound_is_refused() -> None:
    sound = replace(make_one_shot(), audio=Audio(np.zeros((1, 0), np.float32), SAMPLE_RATE))
    with pytest.raises(OutputError, match="without samples"):
        encode_tagged_wav(sound)


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(data: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        write(tmp_path, make_one_shot())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("key", "pitch_class"), [("C", 0), ("C#", 1), ("Bb", 10), ("Cb", 11), ("Am", 9), ("F#m", 6)])
def test_keys_have_a_pitch_class(key: str, pitch_class: int) -> None:
    assert key_to_pitch_class(key) == pitch_class


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "song"}, {"bpm": 0.0}, {"bpm": float("nan")}, {"bars": 0}, {"meter": (4, 0)}, {"meter": (0, 4)},
        {"key": "H"}, {"key": "am"}, {"root_note": 128}, {"bpm": None},
    ],
)  # fmt: skip
def test_impossible_tags_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Tags(**({"kind": "loop", "category": "drums", "bpm": 120.0, "bars": 1} | changes))  # type: ignore[arg-type]
