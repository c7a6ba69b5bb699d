"""Whatever happens, a file is whole or as it was before."""

import hashlib
import json
import os
import stat
from pathlib import Path
from typing import BinaryIO

import pytest

from samplegen import files
from samplegen.errors import OutputError


def test_write_makes_folders_and_leaves_one_file(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file.bin"
    files.write_bytes(path, b"one")
    files.write_bytes(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(path.parent.iterdir()) == [path]


def test_permissions_follow_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        files.write_bytes(tmp_path / "file", b"")
        assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640
    finally:
        os.umask(old)


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, ValueError, MemoryError])
def test_an_interruption_keeps_the_old_file(tmp_path: Path, interruption: type[BaseException]) -> None:
    path = tmp_path / "file"
    files.write_bytes(path, b"old")

    def half(file: BinaryIO) -> None:
        file.write(b"ne")
        raise interruption

    with pytest.raises(interruption):
        files.write_atomically(path, half)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_a_plain_error(tmp_path: Path) -> None:
    def full(file: BinaryIO) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left"):
        files.write_atomically(tmp_path / "file", full)
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="Cannot write"):
        files.write_bytes(tmp_path / "file" / "inner", b"")


def test_a_folder_in_the_way_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OutputError, match="taken"):
        files.write_bytes(tmp_path / "taken", b"")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


@pytest.mark.parametrize("name", ["ä" * 120, "a" * 250, "🥁" * 60, "-x", " y "])
def test_odd_and_long_names(tmp_path: Path, name: str) -> None:
    files.write_bytes(tmp_path / name, b"z")
    assert (tmp_path / name).read_bytes() == b"z"


@pytest.mark.parametrize("name", ["b" * 300, "nul\0l"])
def test_impossible_names_are_plain_errors(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError):
        files.write_bytes(tmp_path / name, b"z")
    assert list(tmp_path.iterdir()) == []


def test_text_and_json(tmp_path: Path) -> None:
    files.write_json(tmp_path / "value.json", {"name": "Höhe", "n": [1, 2.5]})
    text = (tmp_path / "value.json").read_text(encoding="utf-8")
    assert text.endswith("}\n")
    assert "Höhe" in text
    assert json.loads(text) == {"name": "Höhe", "n": [1, 2.5]}
    with pytest.raises(ValueError, match="JSON"):
        files.write_json(tmp_path / "nan.json", float("nan"))
    assert not (tmp_path / "nan.json").exists()


def test_hashes(tmp_path: Path) -> None:
    data = bytes(range(256)) * 5000
    (tmp_path / "data").write_bytes(data)
    assert files.hash_file(tmp_path / "data") == files.hash_bytes(data) == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("name", ["a.wav", "a/b.wav", "a/../b.wav", "..a.wav"])
def test_paths_inside(tmp_path: Path, name: str) -> None:
    assert files.resolve_inside(tmp_path, name).is_relative_to(tmp_path.resolve())


@pytest.mark.parametrize("name", ["../a.wav", "a/../../b.wav", "/etc/passwd", "link/a.wav"])
def test_paths_that_leave_are_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path)
    with pytest.raises(OutputError, match="leaves the folder"):
        files.resolve_inside(folder, name)
