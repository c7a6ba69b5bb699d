"""Reading whatever a stranger brings, and what the WAV writer promises."""

import os
import struct
import wave
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import soundfile

from samplegen.audio.io import encode_wav, read_audio, read_info, write_wav
from samplegen.audio.types import Audio
from samplegen.errors import AudioReadError, OutputError, UsageError
from tests.audio.signals import noise, sine


def write(path: Path, samples: np.ndarray, *, rate: int = 44_100, subtype: str = "PCM_16", form: str = "WAV") -> None:
    soundfile.write(os.fspath(path), samples, rate, subtype=subtype, format=form)


def header_only(path: Path) -> None:
    path.write_bytes(encode_wav(sine(440))[:20])


def no_frames(path: Path) -> None:
    write(path, np.zeros((0, 1)))


def nan_values(path: Path) -> None:
    write(path, np.array([0.0, np.nan, 0.1]), subtype="FLOAT")


def infinite_values(path: Path) -> None:
    write(path, np.array([0.0, np.inf, 0.1]), subtype="FLOAT")


def too_loud_for_float32(path: Path) -> None:
    write(path, np.array([0.0, 1e300]), subtype="DOUBLE")


def too_many_channels(path: Path) -> None:
    write(path, np.zeros((4, 65)))


def absurd_rate(path: Path) -> None:
    data = bytearray(encode_wav(sine(440)))
    data[24:28] = struct.pack("<I", 2_000_000_000)
    path.write_bytes(bytes(data))


def unreadable(path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    header_only(path)
    path.chmod(0)


BAD_INPUTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda path: None, "does not exist"),
    "folder": (lambda path: path.mkdir(), "folder"),
    "empty": (lambda path: path.write_bytes(b""), "empty"),
    "fifo": (lambda path: os.mkfifo(path), "regular file"),
    "renamed text": (lambda path: path.write_text("These are words.\n" * 500), "cannot be read as audio"),
    "random bytes": (lambda path: path.write_bytes(np.random.default_rng(0).bytes(9999)), "cannot be read as audio"),
    "header only": (header_only, "cannot be read as audio"),
    "no frames": (no_frames, "no audio"),
    "NaN": (nan_values, "NaN"),
    "infinite": (infinite_values, "infinite"),
    "beyond float32": (too_loud_for_float32, "infinite"),
    "65 channels": (too_many_channels, "65 channels"),
    "absurd rate": (absurd_rate, "2000000000 Hz"),
    "unreadable": (unreadable, "permission"),
}


@pytest.mark.parametrize("name", BAD_INPUTS)
@pytest.mark.filterwarnings("ignore:overflow encountered")
def test_bad_input_is_a_plain_error(tmp_path: Path, name: str) -> None:
    make, cause = BAD_INPUTS[name]
    path = tmp_path / "bad.wav"
    make(path)
    with pytest.raises(AudioReadError, match=cause) as caught:
        read_audio(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    assert message.count(str(path)) == 1


@pytest.mark.parametrize("suffix", [".mp3", ".flac", ".ogg", ".raw", ".m4a", ".aiff", ".txt", ""])
def test_renamed_text_under_any_name(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"words{suffix}"
    path.write_text("Take me to the river, drop me in the water.\n" * 300)
    with pytest.raises(AudioReadError):
        read_audio(path)


def test_name_with_a_null_byte() -> None:
    with pytest.raises(AudioReadError):
        read_audio(Path("a\0b.wav"))


GOOD_INPUTS = [
    ("WAV", "PCM_U8", 1, 8_000, 1 / 128),
    ("WAV", "PCM_16", 1, 44_100, 1 / 32768),
    ("WAV", "PCM_24", 2, 48_000, 2**-23),
    ("WAV", "PCM_32", 8, 44_100, 2**-23),
    ("WAV", "FLOAT", 6, 192_000, 0.0),
    ("WAV", "DOUBLE", 1, 96_000, 2**-24),
    ("WAV", "ULAW", 1, 8_000, 0.05),
    ("AIFF", "PCM_S8", 1, 22_050, 1 / 128),
    ("FLAC", "PCM_24", 2, 44_100, 2**-23),
    ("OGG", "VORBIS", 2, 44_100, 0.9),
    ("MP3", "MPEG_LAYER_III", 1, 44_100, None),
    ("CAF", "PCM_16", 1, 44_100, 1 / 32768),
    ("W64", "PCM_16", 1, 44_100, 1 / 32768),
    ("RF64", "PCM_16", 64, 44_100, 1 / 32768),
]


@pytest.mark.parametrize(("form", "subtype", "channels", "rate", "tolerance"), GOOD_INPUTS)
def test_formats(tmp_path: Path, form: str, subtype: str, channels: int, rate: int, tolerance: float | None) -> None:
    given = np.random.default_rng(1).uniform(-0.5, 0.5, (2000, channels))
    path = tmp_path / f"sound.{form.lower()}"
    write(path, given, rate=rate, subtype=subtype, form=form)
    audio = read_audio(path)
    assert (audio.sample_rate, audio.channels) == (rate, channels)
    assert read_info(path).channels == channels
    if tolerance is not None:
        np.testing.assert_allclose(audio.samples, given.T, atol=tolerance)
        assert read_info(path).frames == audio.length == 2000


def test_pedalboard_reads_what_libsndfile_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "sound.wav"
    write(path, np.full((1000, 2), 0.25))

    def refuse(name: str) -> None:
        raise soundfile.LibsndfileError(1)

    monkeypatch.setattr("samplegen.audio.io.soundfile.SoundFile", refuse)
    assert read_audio(path).samples.shape == (2, 1000)
    np.testing.assert_allclose(read_audio(path).samples, 0.25, atol=1e-4)


@pytest.mark.parametrize("form", ["WAV", "FLAC", "OGG", "AIFF"])
def test_truncated_file_yields_what_is_left(tmp_path: Path, form: str) -> None:
    path = tmp_path / "cut"
    given = noise(2.0).samples[0]
    write(path, given, subtype="VORBIS" if form == "OGG" else "PCM_16", form=form)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    audio = read_audio(path)
    assert 20_000 < audio.length < 60_000
    error = audio.samples[0] - given[: audio.length]
    assert error.std() < (0.7 * given.std() if form == "OGG" else 1e-4)


def test_header_that_promises_too_much(tmp_path: Path) -> None:
    path = tmp_path / "promise.wav"
    data = bytearray(encode_wav(sine(440, seconds=0.1)))
    data[40:44] = struct.pack("<I", 0xFFFFFFF0)
    path.write_bytes(bytes(data))
    assert read_audio(path).length == 4410


@pytest.mark.parametrize("name", ["-rf.wav", "häti kick ♯1.wav", " two  spaces .wav", "日本語.wav", "a'b\"c%s{}.wav"])
def test_odd_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    write_wav(Path(name), sine(440, seconds=0.01))
    assert read_audio(Path(name)).length == 441


@pytest.mark.skipif(os.name != "posix", reason="names are bytes on POSIX alone")
def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.wav"))
    plain = tmp_path / "plain.wav"
    write(plain, np.linspace(-0.5, 0.5, 300))
    try:
        plain.rename(path)
    except OSError:
        pytest.skip("this file system takes names in UTF-8 alone")
    assert read_audio(path).length == read_info(path).frames == 300


def test_mono_rate_and_length_limits(tmp_path: Path) -> None:
    path = tmp_path / "stereo.wav"
    write_wav(path, Audio(np.stack([np.full(44_100, 0.5), np.full(44_100, -0.25)]).astype(np.float32), 44_100))
    audio = read_audio(path, mono=True, max_seconds=0.5, sample_rate=22_050)
    assert audio.samples.shape == (1, 11_025)
    np.testing.assert_allclose(audio.samples[0, 100:-100], 0.125, atol=1e-4)


def test_one_sample(tmp_path: Path) -> None:
    path = tmp_path / "one.wav"
    write(path, np.array([0.5]))
    assert read_audio(path).samples.tolist() == [[0.5]]
    assert read_audio(path, sample_rate=48_000).length == 1


@pytest.mark.parametrize("bit_depth", [16, 24])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_wav_layout_and_exact_values(bit_depth: int, channels: int) -> None:
    audio = Audio(np.random.default_rng(2).uniform(-1, 1, (channels, 101)).astype(np.float32), 48_000)
    data = encode_wav(audio, bit_depth=bit_depth)
    assert data[12:22] == b"fmt " + struct.pack("<IH", 16, 1)
    assert struct.unpack("<I", data[4:8])[0] == len(data) - 8
    assert len(data) % 2 == 0
    with wave.open(BytesIO(data)) as reader:
        assert reader.getparams()[:4] == (channels, bit_depth // 8, 48_000, 101)
    values, rate = soundfile.read(BytesIO(data), dtype="float64", always_2d=True)
    full_scale = 2 ** (bit_depth - 1)
    expected = np.clip(np.rint(audio.samples.astype(np.float64) * full_scale), -full_scale, full_scale - 1)
    np.testing.assert_array_equal(values.T * full_scale, expected)
    again = encode_wav(Audio(values.T.astype(np.float32), rate), bit_depth=bit_depth)
    assert again == data


@pytest.mark.parametrize(("bit_depth", "highest"), [(16, 32767), (24, 8388607)])
def test_clipping_at_full_scale(bit_depth: int, highest: int) -> None:
    data = encode_wav(Audio(np.array([1.0, 1.5, -1.0, -9.0], np.float32), 44_100), bit_depth=bit_depth)
    values, _ = soundfile.read(BytesIO(data), dtype="float64")
    full_scale = 2 ** (bit_depth - 1)
    assert (values * full_scale).tolist() == [highest, highest, -full_scale, -full_scale]


def test_dither_is_reproducible_and_triangular() -> None:
    silence = Audio(np.zeros(40_000, np.float32), 44_100)
    data = encode_wav(silence, bit_depth=16, dither=np.random.default_rng(7))
    assert data == encode_wav(silence, bit_depth=16, dither=np.random.default_rng(7))
    steps = np.frombuffer(data[44:], "<i2")
    assert set(np.unique(steps)) == {-1, 0, 1}
    assert abs(np.mean(steps == 0) - 0.75) < 0.02  # a triangle of ±1 step lies within ±0.5 three times in four


def test_further_chunks_follow_the_data() -> None:
    data = encode_wav(sine(440, seconds=0.01), chunks=[(b"acid", b"abc")])
    assert data.endswith(b"acid" + struct.pack("<I", 3) + b"abc\0")
    assert soundfile.info(BytesIO(data)).frames == 441


def test_bit_depth_is_checked() -> None:
    with pytest.raises(UsageError, match="not 12"):
        encode_wav(sine(440), bit_depth=12)


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "occupied").write_text("a file where a folder is needed")
    with pytest.raises(OutputError):
        write_wav(tmp_path / "occupied" / "sound.wav", sine(440))
    assert [path.name for path in tmp_path.iterdir()] == ["occupied"]
