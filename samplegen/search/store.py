"""The index of all searched libraries for one embedder: an SQLite file in the user's cache.

Sounds are keyed by the SHA-256 of their file's bytes, files by their path; so a file that
was moved, renamed or copied is known by its content. Every write is one transaction: what a
kill interrupts is the file at hand.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from samplegen.checkpoints.locations import user_cache_folder
from samplegen.errors import OutputError
from samplegen.search.scan import FoundFile

VERSION: Final = 1  # of what is stored and how it is measured; another one is built anew
IN_MEMORY: Final = ":memory:"
_BUSY_S: Final = 60.0
_DAMAGED: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_MISMATCH)
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS sounds (
    hash BLOB PRIMARY KEY, vector BLOB, picture BLOB, duration_s REAL, bpm REAL, looped INTEGER, problem TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (
    path BLOB PRIMARY KEY, size INTEGER, mtime_ns INTEGER, hash BLOB
) WITHOUT ROWID;
"""


class DamagedIndexError(Exception):
    """The index file is damaged; never leaves this package, which then builds it anew."""


@dataclass(frozen=True)
class Analysis:
    """What is kept of one sound.

    Parameters
    ----------
    hash
        SHA-256 of the file, 32 bytes.
    vector
        ``[D]`` float16, a unit vector, or zeros for silence; empty with a problem.
    picture
        As `samplegen.search.picture.picture_of`; empty with a problem.
    bpm, looped
        Tempo, and whether it is a loop, where the file's tags say.
    problem
        Why the file cannot be used; empty where it can.
    """

    hash: bytes
    vector: bytes = b""
    picture: bytes = b""
    duration_s: float = 0.0
    bpm: float | None = None
    looped: bool | None = None
    problem: str = ""


@dataclass(frozen=True)
class Entry:
    """One indexed file; as `Analysis`, without the picture."""

    path: str
    hash: bytes
    vector: bytes
    duration_s: float
    bpm: float | None
    looped: bool | None
    problem: str


def index_path(embedder_hash: str) -> Path:
    """Where the index of an embedder lies."""
    return user_cache_folder().parent / "search" / f"{embedder_hash[:16]}.sqlite3"


class Store:
    """An open index.

    Parameters
    ----------
    path
        The file, made where missing, or `IN_MEMORY`.

    Raises
    ------
    OutputError
        If it cannot be opened or written.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = path
        try:
            if path != IN_MEMORY:
                Path(path).parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise OutputError(f"The search index {path} cannot be opened: {error}.") from error
        with self._guard():
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")
            (version,) = self._database.execute("PRAGMA user_version").fetchone()
            if version not in (0, VERSION):
                self.close()
                raise DamagedIndexError(f"version {version}")
            self._database.executescript(_SCHEMA)
            self._database.execute(f"PRAGMA user_version={VERSION}")

    def close(self) -> None:
        """Close the file; the index stays."""
        self._database.close()

    def known_files(self, root: str) -> dict[str, tuple[int, int, bytes]]:
        """Size, time and hash of every indexed file below `root` by path; not of those whose sound was forgotten."""
        query = "SELECT path, size, mtime_ns, hash FROM files JOIN sounds USING (hash) WHERE path >= ? AND path < ?"
        with self._guard():
            rows = self._database.execute(query, _below(root)).fetchall()
        return {os.fsdecode(path): (size, mtime_ns, hash) for path, size, mtime_ns, hash in rows}

    def knows(self, hash: bytes) -> bool:
        """Whether a sound of that hash was analysed."""
        with self._guard():
            return self._database.execute("SELECT 1 FROM sounds WHERE hash = ?", (hash,)).fetchone() is not None

    def vector_of(self, hash: bytes) -> bytes | None:
        """The vector of an analysed sound, or None."""
        with self._guard():
            row = self._database.execute("SELECT vector FROM sounds WHERE hash = ?", (hash,)).fetchone()
        return bytes(row[0]) if row and row[0] else None

    def add_sound(self, analysis: Analysis) -> None:
        """Keep what a sound's analysis gave."""
        values = (analysis.hash, analysis.vector, analysis.picture, analysis.duration_s, analysis.bpm, analysis.looped,
                  analysis.problem)  # fmt: skip
        with self._guard():
            self._database.execute("INSERT OR REPLACE INTO sounds VALUES (?, ?, ?, ?, ?, ?, ?)", values)

    def add_files(self, files: Sequence[tuple[FoundFile, bytes]]) -> None:
        """Keep which content lies at which path."""
        rows = [(os.fsencode(file.path), file.size, file.mtime_ns, hash) for file, hash in files]
        with self._guard(), self._transaction():
            self._database.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", rows)

    def remove_files(self, paths: Sequence[str]) -> None:
        """Forget files that are gone. Their sounds stay, so that they are known where they turn up again."""
        with self._guard(), self._transaction():
            self._database.executemany("DELETE FROM files WHERE path = ?", [(os.fsencode(path),) for path in paths])

    def forget(self, root: str) -> None:
        """Forget all files below `root` and what was heard in them."""
        with self._guard(), self._transaction():
            below = "SELECT hash FROM files WHERE path >= ? AND path < ?"
            self._database.execute(f"DELETE FROM sounds WHERE hash IN ({below})", _below(root))
            self._database.execute("DELETE FROM files WHERE path >= ? AND path < ?", _below(root))

    def entries(self, root: str) -> list[Entry]:
        """Every indexed file below `root`, by path."""
        query = (
            "SELECT path, hash, vector, duration_s, bpm, looped, problem FROM files JOIN sounds USING (hash) "
            "WHERE path >= ? AND path < ? ORDER BY path"
        )
        with self._guard():
            rows = self._database.execute(query, _below(root)).fetchall()
        return [
            Entry(os.fsdecode(path), hash, vector, duration_s, bpm, None if looped is None else bool(looped), problem)
            for path, hash, vector, duration_s, bpm, looped, problem in rows
        ]

    def pictures(self, hashes: Sequence[bytes]) -> list[bytes]:
        """The pictures of sounds, in the order of `hashes`."""
        with self._guard():
            ask = "SELECT picture FROM sounds WHERE hash = ?"
            return [self._database.execute(ask, (hash,)).fetchone()[0] for hash in hashes]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    @contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", None)
            if (code is not None and code & 0xFF in _DAMAGED) or "no such column" in str(error):
                self.close()
                raise DamagedIndexError(str(error)) from error
            raise OutputError(f"The search index {self.path} cannot be used: {error}. Try --no-index.") from error


def remove_index(path: Path) -> None:
    """Delete an index file and what SQLite keeps beside it.

    Raises
    ------
    OutputError
        If it cannot be deleted.
    """
    try:
        for name in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
            name.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"The damaged search index {path} cannot be deleted: {error.strerror}.") from error


def _below(root: str) -> tuple[bytes, bytes]:
    """The first path below a folder, and the first behind them."""
    start = os.fsencode(root.rstrip(os.sep)) + os.fsencode(os.sep)
    return start, start[:-1] + bytes([start[-1] + 1])
