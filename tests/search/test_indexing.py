"""What is heard, recognised, forgotten and kept through interruptions."""

import os
import time
from pathlib import Path

import pytest

from samplegen.errors import ModelMissingError
from samplegen.search import indexing
from samplegen.search.indexing import CRASHED, Indexed, update_index
from samplegen.search.scan import scan_folder
from samplegen.search.store import Analysis, Store
from tests.search import workers
from tests.search.signals import TINY, tone, write


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "i.sqlite3")


def update(store: Store, folder: Path, *, processes: int = 1) -> Indexed:
    return update_index(store, scan_folder(str(folder)), embedder=TINY, processes=processes)


def counts(indexed: Indexed) -> tuple[int, int, int, int]:
    return indexed.files, indexed.heard, indexed.recognised, indexed.forgotten


def test_only_what_is_new_is_heard(tiny_clap: Path, sounds: Path, store: Store) -> None:
    assert counts(update(store, sounds)) == (6, 5, 1, 0)
    assert counts(update(store, sounds)) == (6, 0, 0, 0)
    (sounds / "Rims" / "rs808.wav").rename(sounds / "moved.wav")
    (sounds / "Loops" / "loop 174.wav").unlink()
    write(sounds / "Kicks" / "Kick_01.wav", tone(75.0))
    assert counts(update(store, sounds)) == (5, 1, 1, 2)
    names = {os.path.basename(entry.path) for entry in store.entries(os.path.realpath(sounds))}
    assert names == {"copy of kick.wav", "Kick_01.wav", "dark_loop_128bpm.wav", "DustySnare.wav", "moved.wav"}


def test_touched_files_are_recognised(tiny_clap: Path, sounds: Path, store: Store) -> None:
    update(store, sounds)
    os.utime(sounds / "Rims" / "rs808.wav", ns=(1, 1))
    assert counts(update(store, sounds)) == (6, 0, 1, 0)


def test_a_subfolder_is_known_and_leaves_the_rest(tiny_clap: Path, sounds: Path, store: Store) -> None:
    update(store, sounds)
    assert counts(update(store, sounds / "Kicks")) == (2, 0, 0, 0)
    assert len(store.entries(os.path.realpath(sounds))) == 6


def test_processes_hear_the_same(tiny_clap: Path, sounds: Path, store: Store, tmp_path: Path) -> None:
    update(store, sounds)
    other = Store(tmp_path / "other.sqlite3")
    assert counts(update(other, sounds, processes=2)) == (6, 5, 1, 0)
    assert other.entries(os.path.realpath(sounds)) == store.entries(os.path.realpath(sounds))


def test_damaged_files_are_noted_once(tiny_clap: Path, sounds: Path, store: Store) -> None:
    (sounds / "empty.wav").write_bytes(b"")
    (sounds / "text.flac").write_bytes(b"no audio")
    assert update(store, sounds).heard == 7
    problems = {os.path.basename(entry.path): entry.problem for entry in store.entries(os.path.realpath(sounds))}
    assert "empty" in problems["empty.wav"] and "cannot be read" in problems["text.flac"]
    assert update(store, sounds).heard == 0


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_files_without_permission_are_skipped(tiny_clap: Path, sounds: Path, store: Store) -> None:
    (sounds / "Rims" / "rs808.wav").chmod(0)
    (skipped,) = update(store, sounds).skipped
    assert skipped.path.endswith("rs808.wav") and "permission" in skipped.reason


def test_a_file_that_vanishes_is_skipped(tiny_clap: Path, sounds: Path, store: Store) -> None:
    scan = scan_folder(str(sounds))
    (sounds / "Rims" / "rs808.wav").unlink()
    indexed = update_index(store, scan, embedder=TINY, processes=1)
    assert indexed.heard == 4 and [os.path.basename(one.path) for one in indexed.skipped] == ["rs808.wav"]


def test_an_interruption_keeps_what_was_heard(
    tiny_clap: Path, sounds: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = indexing.analyse_in_worker, []

    def interrupted(path: str, hash: bytes, embedder: str) -> Analysis:
        calls.append(path)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(path, hash, embedder)

    monkeypatch.setattr(indexing, "analyse_in_worker", interrupted)
    with pytest.raises(KeyboardInterrupt):
        update(store, sounds)
    monkeypatch.setattr(indexing, "analyse_in_worker", real)
    assert counts(update(store, sounds)) == (6, 3, 0, 0)


def test_a_file_that_kills_its_reader_is_a_problem(sounds: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "analyse_in_worker", workers.crash_on_snares)
    assert update(store, sounds, processes=2).heard == 5
    problems = [entry for entry in store.entries(os.path.realpath(sounds)) if entry.problem]
    assert [(os.path.basename(entry.path), entry.problem) for entry in problems] == [("DustySnare.wav", CRASHED)]


def test_a_reader_killed_while_others_are_handed_out_is_a_problem(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pool may break while the next sound is looked for; handing that out then fails, too."""
    write(tmp_path / "A Snare.wav", tone(200.0))
    write(tmp_path / "Kick.wav", tone(60.0))
    monkeypatch.setattr(indexing, "analyse_in_worker", workers.crash_on_snares)
    pools: list[indexing.ProcessPoolExecutor] = []
    hashed: list[str] = []
    make, real = indexing._pool, indexing.hash_file

    def kept(processes: int) -> indexing.ProcessPoolExecutor:
        pools.append(make(processes))
        return pools[-1]

    def slow_behind_the_snare(path: Path) -> str:
        if hashed and hashed[-1] == "A Snare.wav":
            _wait_until_broken(pools[0])
        hashed.append(path.name)
        return real(path)

    monkeypatch.setattr(indexing, "_pool", kept)
    monkeypatch.setattr(indexing, "hash_file", slow_behind_the_snare)
    assert update(store, tmp_path, processes=2).heard == 2
    assert [entry.problem for entry in store.entries(os.path.realpath(tmp_path)) if entry.problem] == [CRASHED]


def _wait_until_broken(pool: indexing.ProcessPoolExecutor) -> None:
    for _ in range(3000):
        if pool._broken:
            return
        time.sleep(0.01)


def test_a_missing_embedder_is_an_error(sounds: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelMissingError):
        update_index(store, scan_folder(str(sounds)), embedder="no-such-clap", processes=1)
    monkeypatch.setattr(indexing, "analyse_in_worker", workers.miss_the_embedder)
    with pytest.raises(ModelMissingError):
        update(store, sounds, processes=2)
