"""Which audio files lie below a folder: links are followed, loops of links are not."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from samplegen.errors import InputError

AUDIO_SUFFIXES: Final = frozenset(
    ".wav .wave .flac .aif .aiff .aifc .ogg .oga .opus .mp3 .caf .w64 .rf64 .au .snd".split()
)
_PASSED_OVER: Final = frozenset({"__MACOSX", "$RECYCLE.BIN", "System Volume Information"})


@dataclass(frozen=True)
class FoundFile:
    """One audio file as the file system describes it; `path` is absolute."""

    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True)
class Skipped:
    """A file or folder that cannot be used, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class Scan:
    """All that lies below a folder, in the order of paths."""

    root: str
    files: tuple[FoundFile, ...]
    skipped: tuple[Skipped, ...]


def scan_folder(folder: str) -> Scan:
    """Find the audio files in and below `folder`, each once, by their suffix.

    Hidden files and folders are passed over. A file that is reached by several paths
    (links) is listed at the first.

    Raises
    ------
    InputError
        If `folder` is no folder, or cannot be opened.
    """
    root = _real_folder(folder)
    skipped: list[Skipped] = []
    found: list[FoundFile] = []
    seen: set[tuple[int, int]] = set()
    for path in sorted(_paths_below(root, skipped)):
        try:
            state = os.stat(path)
        except OSError as error:
            skipped.append(Skipped(path, _cause(error)))
            continue
        identity = (state.st_dev, state.st_ino)
        if identity not in seen or not state.st_ino:
            seen.add(identity)
            found.append(FoundFile(path, state.st_size, state.st_mtime_ns))
    return Scan(root, tuple(found), tuple(skipped))


def _real_folder(folder: str) -> str:
    try:
        root = os.path.realpath(os.path.expanduser(folder))
        if not os.path.exists(root):
            raise InputError(f"There is no folder {folder}. Name the folder that holds your sounds, after the words.")
        if not os.path.isdir(root):
            raise InputError(f"{folder} is a file, not a folder. Name the folder that holds your sounds.")
        os.scandir(root).close()
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        raise InputError(f"The folder {folder} cannot be opened: {cause}.") from error
    return root


def _paths_below(root: str, skipped: list[Skipped]) -> Iterator[str]:
    pending, entered = [root], set()
    while pending:
        folder = pending.pop()
        try:
            state = os.stat(folder)
            if (state.st_dev, state.st_ino) in entered and state.st_ino:
                continue
            entered.add((state.st_dev, state.st_ino))
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.startswith(".") or entry.name in _PASSED_OVER:
                        continue
                    if _is_folder(entry):
                        pending.append(entry.path)
                    elif os.path.splitext(entry.name)[1].lower() in AUDIO_SUFFIXES:
                        yield entry.path
        except OSError as error:
            skipped.append(Skipped(folder, _cause(error)))


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _cause(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
