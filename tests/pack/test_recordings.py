"""Which recordings are meant: files as named, folders by what they hold, each once."""

from pathlib import Path

import pytest

from samplegen.errors import InputError, UsageError
from samplegen.pack.recordings import Recording, find_recordings, pack_rate
from tests.recordings import write_hits


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


def names(*inputs: Path) -> list[str]:
    return [recording.path.name for recording in find_recordings(inputs)]


def test_folders_are_searched_and_hidden_files_left(tmp_path: Path) -> None:
    for name in ("b.wav", "a.FLAC", "sub/c.mp3", ".hidden.wav", ".cache/d.wav", "notes.txt", "._a.wav"):
        touch(tmp_path / name)
    assert names(tmp_path) == ["a.FLAC", "b.wav", "c.mp3"]


def test_each_file_once_in_the_order_of_the_inputs(tmp_path: Path) -> None:
    last, odd = touch(tmp_path / "z.wav"), touch(tmp_path / "take one")
    touch(tmp_path / "a.wav")
    assert names(last, odd, tmp_path, tmp_path / "sub" / ".." / "z.wav") == ["z.wav", "take one", "a.wav"]


def test_missing_files_are_left_for_the_reader_to_explain(tmp_path: Path) -> None:
    (recording,) = find_recordings([tmp_path / "none.wav"])
    assert (recording.sha256, recording.sample_rate) == ("", 0)


@pytest.mark.parametrize("content", [[], ["notes.txt", ".a.wav"]])
def test_a_folder_without_audio(tmp_path: Path, content: list[str]) -> None:
    for name in content:
        touch(tmp_path / "empty" / name)
    (tmp_path / "empty").mkdir(exist_ok=True)
    with pytest.raises(InputError, match=r"empty holds no audio file \(aif, .*wav\)"):
        find_recordings([tmp_path / "empty"])


def test_nothing_named() -> None:
    with pytest.raises(UsageError, match="Name at least one recording"):
        find_recordings([])


@pytest.mark.parametrize(
    ("rates", "expected"), [((48_000, 96_000), 48_000), ((48_000, 44_100), 44_100), ((22_050,), 44_100), ((), 44_100)]
)
def test_rate_of_the_pack(tmp_path: Path, rates: tuple[int, ...], expected: int) -> None:
    paths = [write_hits(tmp_path / f"{rate}.wav", rate=rate, seconds=0.1) for rate in rates]
    assert pack_rate([Recording(path) for path in (*paths, tmp_path / "gone.wav")]) == expected
