"""Recordings of any length, read piece by piece."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final, Protocol

import numpy as np
import soundfile

from samplegen.audio.io import BLOCK_FRAMES, AudioInfo, Decoder, open_decoder, open_soundfile
from samplegen.audio.spool import Spool
from samplegen.audio.types import Audio, Extent, Samples
from samplegen.errors import AudioReadError

MEMORY_LIMIT_S: Final = 600.0
_MEMORY_VALUES_PER_S: Final = 2 * 48_000
_BLOCK_SAMPLES: Final = 1 << 16

# Where a position in the file can be computed from a position in time (FLAC: searched for, and exact).
_SEEKABLE_FORMATS: Final = frozenset({"AIFF", "AU", "CAF", "FLAC", "RF64", "W64", "WAV", "WAVEX"})
_SEEKABLE_SUBTYPES: Final = frozenset(
    {"ALAW", "DOUBLE", "FLOAT", "PCM_16", "PCM_24", "PCM_32", "PCM_S8", "PCM_U8", "ULAW"}
)


class Source(Extent, Protocol):
    """Random access to a recording of any length."""

    def read(self, start: int, stop: int) -> Samples:
        """``[C, stop - start]`` float32 with ``0 <= start <= stop <= length``; not to be written to."""


@dataclass(frozen=True, eq=False)
class _ArraySource:
    samples: Samples
    sample_rate: int

    @property
    def channels(self) -> int:
        return int(self.samples.shape[0])

    @property
    def length(self) -> int:
        return int(self.samples.shape[1])

    def read(self, start: int, stop: int) -> Samples:
        return self.samples[:, start:stop]


@dataclass(frozen=True, eq=False)
class _ChannelSource:
    source: Source
    index: int
    channels: int = 1

    @property
    def sample_rate(self) -> int:
        return self.source.sample_rate

    @property
    def length(self) -> int:
        return self.source.length

    def read(self, start: int, stop: int) -> Samples:
        return self.source.read(start, stop)[self.index : self.index + 1]


class _FileSource:
    """A file that stays on the disk; one thread reads it at a time."""

    def __init__(self, file: soundfile.SoundFile, *, path: Path) -> None:
        self._file, self._path, self._lock = file, path, Lock()
        self.sample_rate, self.channels = int(file.samplerate), int(file.channels)
        self.length = int(file.frames)

    def read(self, start: int, stop: int) -> Samples:
        try:
            with self._lock:
                self._file.seek(start)
                frames = self._file.read(stop - start, dtype="float32", always_2d=True)
        except (soundfile.SoundFileError, RuntimeError, OSError) as error:
            raise self._damaged(start) from error
        if len(frames) != stop - start:
            raise self._damaged(start + len(frames))
        return np.ascontiguousarray(frames.T)

    def ends_where_it_says(self) -> bool:
        """Whether the last sample that the header promises can be decoded."""
        try:
            return self.length > 0 and self.read(self.length - 1, self.length).shape[1] == 1
        except AudioReadError:
            return False

    def _damaged(self, position: int) -> AudioReadError:
        seconds = position / self.sample_rate
        return AudioReadError(f"{self._path} cannot be read at {seconds:.1f} s: it is damaged. Repair or cut the file.")


def as_source(audio: Audio) -> Source:
    """`audio` as a source."""
    return _ArraySource(audio.samples, audio.sample_rate)


def channel_of(source: Source, index: int) -> Source:
    """Channel `index` of `source` as a mono source."""
    if not 0 <= index < source.channels:
        raise ValueError(f"there is no channel {index} among {source.channels}")
    return _ChannelSource(source, index)


def read_blocks(source: Source, *, length: int) -> Iterator[Samples]:
    """Consecutive blocks ``[C, length]``; the last one may be shorter."""
    for start in range(0, source.length, length):
        yield source.read(start, min(start + length, source.length))


def whole(source: Source) -> Audio:
    """All of `source` in memory.

    Raises
    ------
    InputError
        If it holds NaN or infinite values.
    """
    return Audio(source.read(0, source.length), source.sample_rate)


@contextmanager
def open_source(path: Path, *, memory_limit_s: float = MEMORY_LIMIT_S) -> Iterator[Source]:
    """Open a sound file of any format and length; it can be read until the context ends.

    What would be longer than `memory_limit_s` of stereo at 48 kHz stays on the disk: in the file itself
    where its format can be read from any sample on, else decoded in a temporary file.
    A truncated file ends where decoding ends. Values that are not finite are passed on.

    Raises
    ------
    AudioReadError
        If the file is missing, unreadable, not audio or empty, or has too many channels.
    OutputError
        If the temporary file does not fit on the disk.
    """
    limit_values = int(memory_limit_s * _MEMORY_VALUES_PER_S)
    with open_decoder(path) as decoder:
        info = decoder.info
        with _open_seekable(path, info, limit_values=limit_values) as file:
            if file is not None:
                yield file
                return
        with Spool(channels=info.channels, sample_rate=info.sample_rate, memory_limit=4 * limit_values) as spool:
            _decode(decoder, into=spool, block_samples=_BLOCK_SAMPLES)
            if spool.length < info.frames:
                # A damaged block is lost whole. Begin again where the large block with the damage began.
                _decode_rest(path, into=spool)
            if spool.length == 0:
                raise AudioReadError(f"{path} holds no audio: nothing could be decoded. It may be empty or damaged.")
            yield spool


def _decode(decoder: Decoder, *, into: Spool, block_samples: int) -> None:
    while (block := decoder.read_block(block_samples)).shape[1]:
        into.append(block)


def _decode_rest(path: Path, *, into: Spool) -> None:
    """Append what small blocks still find behind the samples that `into` holds already."""
    left = into.length
    with open_decoder(path) as decoder:
        while (block := decoder.read_block(BLOCK_FRAMES)).shape[1]:
            into.append(block[:, min(left, block.shape[1]) :])
            left = max(0, left - block.shape[1])


@contextmanager
def _open_seekable(path: Path, info: AudioInfo, *, limit_values: int) -> Iterator[_FileSource | None]:
    if info.frames * info.channels <= limit_values:
        yield None
        return
    try:
        file = open_soundfile(path)
    except (soundfile.SoundFileError, RuntimeError, OSError):
        yield None
        return
    with file:
        source = _FileSource(file, path=path)
        exact = file.format in _SEEKABLE_FORMATS and file.subtype in _SEEKABLE_SUBTYPES
        yield source if exact and source.ends_where_it_says() else None
