import os
from pathlib import Path

import pytest

from samplegen.errors import OutputError, UsageError
from samplegen.files import hash_file
from samplegen.search.collect import copy_sounds, write_list
from samplegen.search.query import FoundSound


def sound(path: Path) -> FoundSound:
    return FoundSound(str(path), bytes.fromhex(hash_file(path)), 1.6, "one-shot", None)


def make(path: Path, content: bytes) -> FoundSound:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return sound(path)


def test_names_stay_unique_and_nothing_is_overwritten(tmp_path: Path) -> None:
    sounds = [make(tmp_path / folder / "kick.wav", folder.encode()) for folder in ("a", "b", "c")]
    target = tmp_path / "deep" / "target"
    target.mkdir(parents=True)
    (target / "kick.wav").write_bytes(b"mine")
    made = copy_sounds(sounds, target)
    assert [path.name for path in made] == ["kick_2.wav", "kick_3.wav", "kick_4.wav"]
    assert [path.read_bytes() for path in made] == [b"a", b"b", b"c"] and (target / "kick.wav").read_bytes() == b"mine"
    assert copy_sounds(sounds, target) == made and len(list(target.iterdir())) == 4


def test_a_source_that_is_gone_leaves_nothing(tmp_path: Path) -> None:
    lost = make(tmp_path / "a.wav", b"x")
    os.unlink(lost.path)
    with pytest.raises(OutputError, match="Cannot copy"):
        copy_sounds([lost], tmp_path / "target")
    assert list((tmp_path / "target").iterdir()) == []
    with pytest.raises(OutputError, match="Cannot copy"):
        copy_sounds([], make_file(tmp_path / "file"))


def make_file(path: Path) -> Path:
    path.write_text("")
    return path


@pytest.mark.skipif(os.name != "posix", reason="such names exist on POSIX only")
def test_lists(tmp_path: Path) -> None:
    names = ["kick.wav", os.fsdecode(b"\xff.wav"), "line\nbreak.wav"]
    sounds = [make(tmp_path / name, b"x") for name in names]
    for suffix in (".m3u8", ".txt"):
        assert write_list(sounds, tmp_path / f"list{suffix}") == [sounds[2].path]
    head = os.fsencode(tmp_path)
    assert (tmp_path / "list.txt").read_bytes().splitlines() == [head + b"/kick.wav", head + b"/\xff.wav"]
    lines = (tmp_path / "list.m3u8").read_bytes().splitlines()
    assert lines[:3] == [b"#EXTM3U", b"#EXTINF:2,kick", head + b"/kick.wav"]
    with pytest.raises(OutputError, match="--force"):
        write_list(sounds, tmp_path / "list.txt")
    write_list(sounds[:1], tmp_path / "list.txt", force=True)
    assert len((tmp_path / "list.txt").read_bytes().splitlines()) == 1
    with pytest.raises(UsageError, match=r"\.m3u8"):
        write_list(sounds, tmp_path / "list.doc")
