"""Take found sounds along: as copies, or as a playlist. Nothing that exists is overwritten."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from samplegen.errors import OutputError, UsageError
from samplegen.files import hash_file, write_bytes
from samplegen.search.query import FoundSound

LIST_SUFFIXES: Final = (".m3u8", ".m3u", ".txt")


def copy_sounds(sounds: Sequence[FoundSound], folder: Path) -> list[Path]:
    """Copy sounds into `folder`, in order, under their own names; a second of a name gets a number.

    A sound that lies there already, byte for byte, is not copied again.

    Returns
    -------
    list of Path
        Where each sound lies now.

    Raises
    ------
    OutputError
        If the folder cannot be made, or a file neither read nor written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [_copy(sound, folder) for sound in sounds]
    except OSError as error:
        raise OutputError(f"Cannot copy to {folder}: {error.strerror or error} ({error.filename}).") from error


def _copy(sound: FoundSound, folder: Path) -> Path:
    stem, suffix = os.path.splitext(os.path.basename(sound.path))
    number = 1
    while True:
        target = folder / (f"{stem}{suffix}" if number == 1 else f"{stem}_{number}{suffix}")
        try:
            with target.open("xb") as made:
                _fill(made.name, sound.path)
            return target
        except FileExistsError:
            if target.is_file() and hash_file(target) == sound.hash.hex():
                return target
            number += 1


def _fill(target: str, source: str) -> None:
    try:
        shutil.copy2(source, target)
    except BaseException:
        os.unlink(target)
        raise


def require_list(path: Path, *, force: bool) -> None:
    """Refuse a list that `write_list` would not write; asked before a long search, too.

    Raises
    ------
    UsageError, OutputError
        As `write_list`.
    """
    if path.suffix.lower() not in LIST_SUFFIXES:
        raise UsageError(f"--list {path} must end in {', '.join(LIST_SUFFIXES)}.")
    if path.exists() and not force:
        raise OutputError(f"{path} exists. Choose another name, or replace it with --force.")


def write_list(sounds: Sequence[FoundSound], path: Path, *, force: bool = False) -> list[str]:
    """Write the paths of sounds, one on a line: a playlist (``.m3u8``, ``.m3u``) or plain text (``.txt``).

    Returns
    -------
    list of str
        Paths that no list can hold, for their names contain a line break.

    Raises
    ------
    UsageError
        If the suffix is another.
    OutputError
        If the file exists (without `force`) or cannot be written.
    """
    require_list(path, force=force)
    playlist = path.suffix.lower() != ".txt"
    left_out = [sound.path for sound in sounds if set(sound.path) & set("\r\n")]
    lines = [b"#EXTM3U"] if playlist else []
    for sound in sounds:
        if sound.path in left_out:
            continue
        if playlist:
            title = os.fsencode(os.path.splitext(os.path.basename(sound.path))[0])
            lines.append(b"#EXTINF:%d,%s" % (round(sound.duration_s), title))
        lines.append(os.fsencode(sound.path))
    write_bytes(path, b"".join(line + b"\n" for line in lines))
    return left_out
