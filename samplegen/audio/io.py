"""Reading every audio file a stranger may bring; writing stands in `samplegen.audio.wav`.

libsndfile reads first, pedalboard takes what it refuses. Whatever goes wrong
ends in one `AudioReadError` that names the file and the cause.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import soundfile

from samplegen.audio.resample import resample
from samplegen.audio.types import Audio, Samples
from samplegen.audio.wav import encode_wav, write_wav
from samplegen.errors import AudioReadError
from samplegen.units import seconds_to_samples

__all__ = [
    "AudioInfo",
    "Decoder",
    "encode_wav",
    "open_decoder",
    "open_soundfile",
    "read_audio",
    "read_info",
    "write_wav",
]

MAX_CHANNELS = 64
MIN_SAMPLE_RATE = 1_000
MAX_SAMPLE_RATE = 1_000_000
BLOCK_FRAMES = 4096  # a damaged block is lost whole; FLAC packs 4096 samples


@dataclass(frozen=True)
class AudioInfo:
    """What a file's header says.

    Parameters
    ----------
    sample_rate
        In Hz.
    channels
        Number of channels C.
    frames
        Samples per channel the header promises; a truncated file holds fewer.
    """

    sample_rate: int
    channels: int
    frames: int

    @property
    def duration_s(self) -> float:
        """Duration in seconds."""
        return self.frames / self.sample_rate


class Decoder(Protocol):
    """An open decoder: its header, and the next block ``[C, n]`` (n = 0 at the end)."""

    info: AudioInfo

    def read_block(self, frames: int) -> Samples:
        """The next at most `frames` samples of every channel."""


def read_audio(
    path: Path, *, sample_rate: int | None = None, mono: bool = False, max_seconds: float | None = None
) -> Audio:
    """Read a sound file of any format, rate, bit depth and channel count.

    Parameters
    ----------
    path
        A file libsndfile or pedalboard can decode.
    sample_rate
        Resample to this rate in Hz; None keeps the file's.
    mono
        Mix all channels to their mean.
    max_seconds
        Read no more than this from the start.

    Returns
    -------
    Audio
        ``[C, T]`` with the frames that were really decoded: a truncated file
        yields what is left of it.

    Raises
    ------
    AudioReadError
        If the file is missing, unreadable, not audio, empty, holds NaN or
        infinite values, or has more than `MAX_CHANNELS` channels.
    """
    with open_decoder(path) as source:
        samples = _read_samples(source, path=path, mono=mono, max_seconds=max_seconds)
        rate = source.info.sample_rate
    if not np.isfinite(samples).all():
        raise AudioReadError(f"{path} holds NaN or infinite values. Repair the file and try again.")
    audio = Audio(samples, rate)
    return audio if sample_rate is None else resample(audio, sample_rate=sample_rate)


def read_info(path: Path) -> AudioInfo:
    """Rate, channels and frames from the header, without decoding.

    Raises
    ------
    AudioReadError
        As `read_audio`, for what the header shows.
    """
    with open_decoder(path) as source:
        return source.info


def _read_samples(source: Decoder, *, path: Path, mono: bool, max_seconds: float | None) -> Samples:
    left = np.inf
    if max_seconds is not None:
        left = max(1, seconds_to_samples(max_seconds, sample_rate=source.info.sample_rate))
    blocks: list[Samples] = []
    while left > 0:
        block = source.read_block(int(min(left, BLOCK_FRAMES)))
        if block.shape[1] == 0:
            break
        blocks.append(block.mean(axis=0, keepdims=True) if mono else block)
        left -= block.shape[1]
    if not blocks:
        raise AudioReadError(f"{path} holds no audio: nothing could be decoded. It may be empty or damaged.")
    return np.concatenate(blocks, axis=1)


@contextmanager
def open_decoder(path: Path) -> Iterator[Decoder]:
    """Open a sound file for reading from its start, block after block.

    Raises
    ------
    AudioReadError
        As `read_audio`, for what the header shows.
    """
    _require_readable(path)
    reasons: list[str] = []
    for opener in (_open_soundfile, _open_pedalboard):
        try:
            source, close = opener(path)
        except (OSError, ValueError, TypeError, RuntimeError, ImportError) as error:
            reasons.append(str(error))
            continue
        try:
            _require_sane(source.info, path=path)
            yield source
        finally:
            close()
        return
    cause = _short(reasons[0], path=path)
    raise AudioReadError(f"{path} cannot be read as audio ({cause}). Convert it to WAV or FLAC.")


def _short(reason: str, *, path: Path) -> str:
    """The library's own words without the file name that the message quotes already."""
    return reason.removeprefix(f"Error opening {os.fspath(path)!r}: ").strip().rstrip(".")


def _require_readable(path: Path) -> None:
    try:
        if path.is_dir():
            raise AudioReadError(f"{path} is a folder, not an audio file. Name a file inside it.")
        if not path.exists():
            raise AudioReadError(f"{path} does not exist. Check the name.")
        if not path.is_file():
            raise AudioReadError(f"{path} is not a regular file. Name an audio file.")
        with path.open("rb") as file:
            if not file.read(1):
                raise AudioReadError(f"{path} is empty (0 bytes).")
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        raise AudioReadError(f"{path} cannot be opened: {cause}. Check its permissions and name.") from error


def _require_sane(info: AudioInfo, *, path: Path) -> None:
    if not 1 <= info.channels <= MAX_CHANNELS:
        raise AudioReadError(f"{path} has {info.channels} channels; 1 to {MAX_CHANNELS} can be read.")
    if not MIN_SAMPLE_RATE <= info.sample_rate <= MAX_SAMPLE_RATE:
        raise AudioReadError(
            f"{path} says its sample rate is {info.sample_rate} Hz; {MIN_SAMPLE_RATE} to {MAX_SAMPLE_RATE} can be read."
        )


class _SoundfileSource:
    def __init__(self, file: soundfile.SoundFile) -> None:
        self._file = file
        self.info = AudioInfo(int(file.samplerate), int(file.channels), int(file.frames))

    def read_block(self, frames: int) -> Samples:
        try:
            block = self._file.read(frames, dtype="float32", always_2d=True)
        except (soundfile.SoundFileError, RuntimeError):  # a damaged tail: keep what came before
            block = np.zeros((0, self.info.channels), np.float32)
        return np.asarray(block, np.float32).T


class _PedalboardSource:
    def __init__(self, file: Any) -> None:
        self._file = file
        self.info = AudioInfo(round(file.samplerate), int(file.num_channels), int(file.frames))

    def read_block(self, frames: int) -> Samples:
        try:
            block = self._file.read(frames)
        except (OSError, ValueError, RuntimeError):
            block = np.zeros((self.info.channels, 0), np.float32)
        return np.asarray(block, np.float32)


def open_soundfile(path: Path) -> soundfile.SoundFile:
    """`path` through libsndfile, also where its name holds bytes that are no text, as Linux allows."""
    name = os.fspath(path)
    undecoded = any("\udc80" <= character <= "\udcff" for character in name)
    return soundfile.SoundFile(os.fsencode(name) if undecoded else name)


def _open_soundfile(path: Path) -> tuple[Decoder, Callable[[], None]]:
    file = open_soundfile(path)
    return _SoundfileSource(file), file.close


def _open_pedalboard(path: Path) -> tuple[Decoder, Callable[[], None]]:
    from pedalboard.io import AudioFile

    file = AudioFile(os.fspath(path))
    return _PedalboardSource(file), file.close
