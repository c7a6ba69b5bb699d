"""The recordings that a user names: files and folders, each looked at once."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from samplegen.audio.io import read_info
from samplegen.errors import AudioReadError, InputError, UsageError
from samplegen.files import hash_file

AUDIO_SUFFIXES: Final = frozenset({".wav", ".flac", ".aif", ".aiff", ".ogg", ".mp3", ".opus", ".caf", ".w64"})
PACK_RATE: Final = 44_100
VIDEO_RATE: Final = 48_000


@dataclass(frozen=True)
class Recording:
    """One file that sounds are made of."""

    path: Path

    @property
    def name(self) -> str:
        """The file name as text that any file can hold: bytes that are no characters become ``?``."""
        return os.fsencode(self.path.name).decode("utf-8", errors="replace").replace("\ufffd", "?")

    @cached_property
    def sha256(self) -> str:
        """Of the file's bytes; empty where it cannot be read, which opening it will explain."""
        try:
            return hash_file(self.path) if self.path.is_file() else ""
        except (OSError, ValueError):
            return ""

    @cached_property
    def sample_rate(self) -> int:
        """In Hz, from the header; 0 where there is none."""
        try:
            return read_info(self.path).sample_rate
        except AudioReadError:
            return 0


def find_recordings(inputs: Sequence[Path]) -> tuple[Recording, ...]:
    """The files among `inputs`, and the audio files in and below its folders, each once, in order.

    Files that are named are taken as they are; in folders hidden files, and all that
    do not look like audio by their suffix, are passed over.

    Raises
    ------
    UsageError
        If nothing is named.
    InputError
        If a folder cannot be read or holds no audio file.
    """
    if not inputs:
        raise UsageError("Name at least one recording, or a folder of recordings.")
    found: dict[str, Path] = {}
    for given in inputs:
        for path in _files_of(given):
            found.setdefault(os.path.realpath(path), path)
    return tuple(Recording(path) for path in found.values())


def pack_rate(recordings: Sequence[Recording]) -> int:
    """48000 where every readable recording has a multiple of it, else 44100."""
    rates = [recording.sample_rate for recording in recordings if recording.sample_rate]
    return VIDEO_RATE if rates and all(rate % VIDEO_RATE == 0 for rate in rates) else PACK_RATE


def _files_of(given: Path) -> list[Path]:
    try:
        if not given.is_dir():
            return [given]
        inside = list(_audio_below(given))
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        raise InputError(f"Cannot read {given}: {cause}.") from error
    if not inside:
        known = ", ".join(sorted(suffix.removeprefix(".") for suffix in AUDIO_SUFFIXES))
        raise InputError(f"The folder {given} holds no audio file ({known}). Name another, or a file.")
    return inside


def _audio_below(folder: Path) -> Iterator[Path]:
    for base, folders, names in os.walk(folder, onerror=_raise):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and Path(name).suffix.lower() in AUDIO_SUFFIXES:
                yield Path(base) / name


def _raise(error: OSError) -> None:
    raise error
