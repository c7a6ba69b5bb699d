"""Atomic writes, content hashes and paths that stay inside a folder."""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from samplegen.errors import OutputError

_CHUNK = 1 << 20


def write_atomically(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """Call `write` on a temporary file beside `path`, sync it, rename it into place.

    Whatever goes wrong (also Ctrl-C) the temporary file is removed and an older
    file at `path` stays as it was.

    Raises
    ------
    OutputError
        If the folder cannot be made or the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".part")
    except (OSError, ValueError) as error:  # a null byte in the name is a ValueError
        cause = getattr(error, "strerror", None) or error
        raise OutputError(f"Cannot write {path}: {cause}. Choose another folder with --out.") from error
    try:
        with os.fdopen(descriptor, "w+b") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except OSError as error:
        raise OutputError(f"Cannot write {path}: {error.strerror or error}.") from error
    finally:
        Path(name).unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data` to `path` atomically."""
    write_atomically(path, lambda file: _write_all(file, data))


def _write_all(file: BinaryIO, data: bytes) -> None:
    file.write(data)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 `text` to `path` atomically."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON with a final newline, atomically."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes, as hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def hash_bytes(data: bytes) -> str:
    """SHA-256 of `data`, as hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def resolve_inside(folder: Path, relative: str) -> Path:
    """`folder / relative`, refused when it would leave `folder`.

    Raises
    ------
    OutputError
        If the resolved path lies outside `folder`.
    """
    target = (folder / relative).resolve()
    if not target.is_relative_to(folder.resolve()):
        raise OutputError(f"The path {relative!r} leaves the folder {folder}. Use a path inside it.")
    return target
