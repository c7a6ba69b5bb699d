"""What was installed, so that it can be updated and removed without touching anything else."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from samplegen import files
from samplegen.errors import InputError
from samplegen.pack.daws.payload import RECORD_NAME
from samplegen.pack.validation import Reader

_FORMAT: Final = "samplegen-install"
_VERSION: Final = 1
_MAX_BYTES: Final = 64 << 20


@dataclass(frozen=True)
class Record:
    """An installed copy of a pack.

    Parameters
    ----------
    name
        What the pack's manifest calls it.
    source
        The folder that it was copied from.
    hashes
        Path of each file that was written to the SHA-256 it may have; several while an update runs.
    """

    name: str
    source: str
    hashes: Mapping[str, Sequence[str]]

    def owns(self, path: str, sha256: str | None) -> bool:
        """Whether the file at `path`, with this hash, is as it was written."""
        return sha256 is not None and sha256 in self.hashes.get(path, ())


def read_record(target: Path) -> Record | None:
    """The record in the folder `target`; None where samplegen installed nothing there.

    Raises
    ------
    InputError
        If it is damaged.
    """
    path = target / RECORD_NAME
    try:
        if not path.is_file():
            return None
        if path.stat().st_size > _MAX_BYTES:
            raise ValueError("it is too large")
        read = Reader(json.loads(path.read_text("utf-8")), place=str(path))
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is damaged ({error}). Remove that folder by hand, or give another --name.") from error
    if read.text("format") != _FORMAT or read.integer("version") != _VERSION:
        raise InputError(f"{path} is of another version of samplegen. Remove that folder by hand.")
    inner = Reader(read.mapping("files"), place=f"{path}, files")
    hashes = {name: inner.texts(name) for name in read.mapping("files")}
    return Record(read.text("name"), read.text("source"), hashes)


def write_record(target: Path, record: Record) -> None:
    """Write `record` into the folder `target`, atomically."""
    listed = {path: list(record.hashes[path]) for path in sorted(record.hashes)}
    value = {"format": _FORMAT, "version": _VERSION, "name": record.name, "source": record.source, "files": listed}
    files.write_json(target / RECORD_NAME, value)
