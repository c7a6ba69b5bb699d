import os
import sqlite3
from pathlib import Path

import pytest

from samplegen.errors import OutputError
from samplegen.search.scan import FoundFile
from samplegen.search.store import IN_MEMORY, Analysis, DamagedIndexError, Store, index_path, remove_index

ROOT = os.path.join(os.sep, "lib")


def file(name: str, *, size: int = 1) -> FoundFile:
    return FoundFile(os.path.join(ROOT, name), size, 2)


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    store = Store(tmp_path / "i.sqlite3")
    store.add_sound(Analysis(b"h", b"vv", b"pp", 1.5, 128.0, True))
    store.add_files([(file("b.wav"), b"h"), (file(os.fsdecode(b"\xff.wav")), b"h")])
    store.close()
    store = Store(tmp_path / "i.sqlite3")
    assert store.known_files(ROOT)[file("b.wav").path] == (1, 2, b"h")
    entry = store.entries(ROOT)[0]
    assert (entry.vector, entry.duration_s, entry.bpm, entry.looped, entry.problem) == (b"vv", 1.5, 128.0, True, "")
    assert store.entries(ROOT)[1].path == file(os.fsdecode(b"\xff.wav")).path
    assert store.knows(b"h") and store.vector_of(b"h") == b"vv" and store.pictures([b"h"]) == [b"pp"]
    assert store.vector_of(b"no") is None
    store.close()


def test_folders_beside_and_above(tmp_path: Path) -> None:
    store = Store(IN_MEMORY)
    store.add_sound(Analysis(b"h"))
    beside = [FoundFile(path, 1, 1) for path in (f"{ROOT}rary{os.sep}a.wav", f"{ROOT}.wav")]
    store.add_files([(one, b"h") for one in (file("a.wav"), *beside)])
    assert list(store.known_files(ROOT)) == [file("a.wav").path]
    assert len(store.known_files(os.sep)) == 3
    store.forget(ROOT)
    assert not store.knows(b"h") and not store.known_files(os.sep)  # copies elsewhere must be heard again
    store.add_sound(Analysis(b"h"))
    assert sorted(store.known_files(os.sep)) == sorted(one.path for one in beside)
    store.close()


@pytest.mark.parametrize(
    "content", [b"this is no database, but long enough to be one" * 50, b"SQLite format 3\0" + b"\xff" * 4096]
)
def test_a_damaged_file_is_told_from_others(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "i.sqlite3"
    path.write_bytes(content)
    with pytest.raises(DamagedIndexError):
        Store(path).entries(ROOT)
    remove_index(path)
    Store(path).close()


def test_other_versions_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "i.sqlite3"
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version=99")
    database.close()
    with pytest.raises(DamagedIndexError):
        Store(path)


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be opened"):
        Store(tmp_path / "file" / "i.sqlite3")


def test_two_at_once(tmp_path: Path) -> None:
    one, two = Store(tmp_path / "i.sqlite3"), Store(tmp_path / "i.sqlite3")
    one.add_sound(Analysis(b"h"))
    two.add_sound(Analysis(b"h"))
    one.add_files([(file("a.wav"), b"h")])
    two.add_files([(file("a.wav"), b"h")])
    assert len(one.entries(ROOT)) == 1
    one.close()
    two.close()


def test_each_embedder_has_an_index() -> None:
    assert index_path("a" * 64) != index_path("b" * 64)
