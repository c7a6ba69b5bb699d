"""Sources: any piece of a recording is the same piece of the whole, from memory, a file or a spool."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from samplegen.audio.io import read_audio
from samplegen.audio.source import Source, as_source, channel_of, open_source, read_blocks, whole
from samplegen.audio.spool import Spool
from samplegen.audio.types import Audio
from samplegen.errors import AudioReadError, InputError
from tests.audio.signals import noise

RATE = 44_100
SHORT_S = 0.5  # a memory limit that the files here exceed
FORMATS = [
    ("wav", "PCM_16"), ("wav", "PCM_24"), ("wav", "FLOAT"), ("wav", "IMA_ADPCM"), ("aiff", "PCM_16"),
    ("flac", "PCM_24"), ("caf", "PCM_16"), ("mp3", "MPEG_LAYER_III"), ("ogg", "VORBIS"),
]  # fmt: skip


def write(folder: Path, suffix: str, subtype: str, *, seconds: float = 3.0) -> Path:
    path = folder / f"recording.{suffix}"
    samples = np.stack([noise(seconds, seed=1).samples[0], noise(seconds, seed=2).samples[0]], axis=1)
    soundfile.write(os.fspath(path), samples, RATE, subtype=subtype)
    return path


def pieces(length: int) -> list[tuple[int, int]]:
    rng = np.random.default_rng(5)
    drawn = [sorted(int(edge) for edge in rng.integers(0, length + 1, 2)) for _ in range(12)]
    return [(0, length), (length - 1, length), (length, length), (0, 1), *((start, stop) for start, stop in drawn)]


def is_same(source: Source, audio: Audio) -> bool:
    assert (source.sample_rate, source.channels, source.length) == (audio.sample_rate, audio.channels, audio.length)
    return all(
        np.array_equal(source.read(start, stop), audio.samples[:, start:stop]) for start, stop in pieces(audio.length)
    )


@pytest.mark.parametrize("limit_s", [600.0, SHORT_S], ids=["short", "long"])
@pytest.mark.parametrize(("suffix", "subtype"), FORMATS)
def test_random_reads_equal_the_whole(suffix, subtype, limit_s, tmp_path):
    path = write(tmp_path, suffix, subtype)
    with open_source(path, memory_limit_s=limit_s) as source:
        assert is_same(source, read_audio(path))


@pytest.mark.parametrize(("suffix", "subtype"), FORMATS)
def test_only_inexact_formats_are_decoded_to_a_temporary_file(suffix, subtype, tmp_path):
    with open_source(write(tmp_path, suffix, subtype), memory_limit_s=SHORT_S) as source:
        assert isinstance(source, Spool) == (suffix in ("mp3", "ogg") or subtype == "IMA_ADPCM")


@pytest.mark.parametrize("limit_s", [600.0, SHORT_S], ids=["short", "long"])
@pytest.mark.parametrize(("suffix", "subtype"), [pair for pair in FORMATS if pair[0] != "caf"])
def test_a_truncated_file_ends_where_decoding_ends(suffix, subtype, limit_s, tmp_path):
    path = write(tmp_path, suffix, subtype)
    path.write_bytes(path.read_bytes()[: int(0.6 * path.stat().st_size)])
    with open_source(path, memory_limit_s=limit_s) as source:
        assert RATE < source.length < 2.5 * RATE
        assert is_same(source, read_audio(path))


def test_damage_inside_a_long_file_is_named_with_its_time(tmp_path):
    path = write(tmp_path, "flac", "PCM_16")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 4_000] = bytes(4_000)
    path.write_bytes(data)
    with open_source(path, memory_limit_s=SHORT_S) as source:
        if isinstance(source, Spool):
            pytest.skip("this libsndfile gives up at the damage")
        with pytest.raises(AudioReadError, match=r"recording.flac cannot be read at \d\.\d s"):
            list(read_blocks(source, length=source.length))


def test_values_that_are_not_finite_are_left_to_the_engines(tmp_path):
    path = tmp_path / "broken.wav"
    soundfile.write(os.fspath(path), np.array([0.0, np.nan, 0.1]), RATE, subtype="FLOAT")
    with open_source(path) as source:
        assert np.isnan(source.read(0, 3)[0]).tolist() == [False, True, False]
        with pytest.raises(InputError, match="NaN"):
            whole(source)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "does not exist"),
        (lambda path: path.write_bytes(b""), "empty"),
        (lambda path: path.write_bytes(b"no audio at all"), "cannot be read as audio"),
        (lambda path: soundfile.write(os.fspath(path), np.zeros((0, 2)), RATE), "holds no audio"),
        (lambda path: path.mkdir(), "is a folder"),
    ],
)
def test_bad_files_are_refused_by_name(make, message, tmp_path):
    path = tmp_path / "bad.wav"
    make(path)
    with pytest.raises(AudioReadError, match=f"bad.wav.*{message}"), open_source(path):
        pass


def test_audio_as_a_source():
    audio = Audio(np.arange(20, dtype=np.float32).reshape(2, 10), RATE)
    source = as_source(audio)
    assert is_same(source, audio)
    assert np.array_equal(whole(source).samples, audio.samples)


def test_one_channel():
    audio = Audio(np.arange(20, dtype=np.float32).reshape(2, 10), RATE)
    right = channel_of(as_source(audio), 1)
    assert is_same(right, Audio(audio.samples[1:], RATE))
    with pytest.raises(ValueError, match="no channel 2"):
        channel_of(as_source(audio), 2)


def test_blocks_join_to_the_whole():
    audio = noise(0.1)
    blocks = list(read_blocks(as_source(audio), length=1_000))
    assert [block.shape[1] for block in blocks] == [1_000] * 4 + [410]
    assert np.array_equal(np.concatenate(blocks, axis=1), audio.samples)
    assert list(read_blocks(as_source(Audio(np.zeros((1, 0), np.float32), RATE)), length=5)) == []
