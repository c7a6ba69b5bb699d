import os
from pathlib import Path

import pytest

from samplegen.errors import InputError
from samplegen.search.scan import scan_folder


def names(folder: Path) -> list[str]:
    scan = scan_folder(str(folder))
    return [os.path.relpath(file.path, scan.root) for file in scan.files]


def fill(folder: Path, *paths: str) -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(b"x")


def test_audio_files_below_a_folder(tmp_path: Path) -> None:
    fill(tmp_path, "b.WAV", "a/x.flac", "a/notes.txt", ".hidden/k.wav", "a/._x.wav", "__MACOSX/k.wav", "z.mp3")
    (tmp_path / "folder.wav").mkdir()
    assert names(tmp_path) == [os.path.join("a", "x.flac"), "b.WAV", "z.mp3"]


def test_links_are_followed_once_and_loops_end(tmp_path: Path) -> None:
    fill(tmp_path, "lib/a/x.wav", "other/y.wav")
    for target, link in (
        ("lib", "lib/a/loop"),
        ("other", "lib/more"),
        ("lib/a/x.wav", "lib/same.wav"),
        ("no", "lib/b.wav"),
    ):
        (tmp_path / link).symlink_to(tmp_path / target)
    scan = scan_folder(str(tmp_path / "lib"))
    assert [os.path.basename(file.path) for file in scan.files] == ["x.wav", "y.wav"]
    assert [(os.path.basename(bad.path), bad.reason) for bad in scan.skipped] == [
        ("b.wav", "no such file or directory")
    ]


@pytest.mark.skipif(os.name != "posix", reason="such names exist on POSIX only")
def test_odd_names(tmp_path: Path) -> None:
    odd = ["line\nbreak.wav", os.fsdecode(b"\xff\xfe.wav"), "🥁.wav", " .wav"]
    fill(tmp_path, *odd)
    assert set(names(tmp_path)) == set(odd)


@pytest.mark.parametrize("given", ["missing", "file.wav", "bad\0name"])
def test_folders_that_are_none(tmp_path: Path, given: str) -> None:
    fill(tmp_path, "file.wav")
    with pytest.raises(InputError, match="folder"):
        scan_folder(str(tmp_path / given))
