"""Bring an index up to date with a folder: hear what is new, recognise what moved, forget what is gone."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from samplegen.files import hash_file
from samplegen.search.analysis import analyse_in_worker, prepare_worker
from samplegen.search.scan import FoundFile, Scan, Skipped
from samplegen.search.store import Analysis, Store

ReportProgress = Callable[[float, float | None], None]
FEW: Final = 24
_WAITING: Final = 4
CRASHED: Final = "ended the process that read it; it is damaged."


def ignore_progress(done: float, total: float | None = None) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Indexed:
    """What an update did.

    Parameters
    ----------
    files
        How many files the folder holds.
    heard
        How many sounds were analysed, copies counted once.
    recognised
        New, moved or copied files whose content was known.
    forgotten
        Files that are gone.
    skipped
        What could not be opened; files that are no audio are in the index, with their problem.
    """

    files: int
    heard: int
    recognised: int
    forgotten: int
    skipped: tuple[Skipped, ...]


def update_index(
    store: Store,
    scan: Scan,
    *,
    embedder: str,
    processes: int | None = None,
    progress: ReportProgress = ignore_progress,
) -> Indexed:
    """Make `store` hold what `scan` found, as far as it does not yet.

    Every analysed sound is kept at once, so an interruption loses the files at hand.

    Parameters
    ----------
    embedder
        What `load_clap` loads, in every worker process.
    processes
        How many work; None for one per core, and this process alone where there is little to do.

    Raises
    ------
    ModelError
        If the embedder cannot be loaded.
    OutputError
        If the index cannot be written.
    """
    known = store.known_files(scan.root)
    changed = [file for file in scan.files if known.get(file.path, (0, 0))[:2] != (file.size, file.mtime_ns)]
    gone = sorted(set(known) - {file.path for file in scan.files})
    update = _Update(store, changed, progress=progress)
    workers = _worker_count(len(changed), processes)
    for analysis in _analyses(update.new_sounds(), embedder=embedder, processes=workers):
        update.keep(analysis)
    if gone:
        store.remove_files(gone)
    skipped = (*scan.skipped, *update.unreadable)
    return Indexed(len(scan.files), update.heard, update.recognised, len(gone), skipped)


class _Update:
    """Files between the scan and the index: which content is new, and which paths wait for it."""

    def __init__(self, store: Store, changed: Sequence[FoundFile], *, progress: ReportProgress) -> None:
        self._store, self._changed, self._progress = store, changed, progress
        self._waiting: dict[bytes, list[FoundFile]] = {}
        self._done = self.heard = self.recognised = 0
        self.unreadable: list[Skipped] = []

    def new_sounds(self) -> Iterator[tuple[str, bytes]]:
        """(path, hash) of every content that the index does not know."""
        for file in self._changed:
            try:
                digest = bytes.fromhex(hash_file(Path(file.path)))
            except OSError as error:
                self.unreadable.append(Skipped(file.path, (error.strerror or str(error)).lower()))
                self._advance(1)
                continue
            if digest in self._waiting:
                self._waiting[digest].append(file)
            elif self._store.knows(digest):
                self._store.add_files([(file, digest)])
                self.recognised += 1
                self._advance(1)
            else:
                self._waiting[digest] = [file]
                yield file.path, digest

    def keep(self, analysis: Analysis) -> None:
        """Write a sound and the files that hold it."""
        files = self._waiting.pop(analysis.hash)
        self._store.add_sound(analysis)
        self._store.add_files([(file, analysis.hash) for file in files])
        self.heard += 1
        self.recognised += len(files) - 1
        self._advance(len(files))

    def _advance(self, files: int) -> None:
        self._done += files
        self._progress(self._done, len(self._changed))


def _worker_count(files: int, processes: int | None) -> int:
    if processes is not None:
        return max(1, processes)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return 1 if files <= FEW else min(cores, -(-files // FEW))


def _analyses(sounds: Iterator[tuple[str, bytes]], *, embedder: str, processes: int) -> Iterator[Analysis]:
    if processes > 1:
        yield from _in_processes(sounds, embedder=embedder, processes=processes)
        return
    for path, digest in sounds:
        yield analyse_in_worker(path, digest, embedder)


def _in_processes(sounds: Iterator[tuple[str, bytes]], *, embedder: str, processes: int) -> Iterator[Analysis]:
    """Analyses in the order in which they are done; after a crash the sounds at hand go on one by one."""
    running: dict[Future[Analysis], tuple[str, bytes]] = {}
    pool = _pool(processes)
    try:
        exhausted = False
        while not exhausted or running:
            while not exhausted and len(running) < _WAITING * processes:
                sound = next(sounds, None)
                if sound is None:
                    exhausted = True
                else:
                    running[_submit(pool, sound, embedder)] = sound
            if not running:
                continue
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            if any(isinstance(future.exception(), BrokenProcessPool) for future in done):
                pool.shutdown(wait=False)
                yield from (_alone(sound, embedder) for sound in running.values())
                running.clear()
                pool = _pool(processes)
                continue
            for future in done:
                del running[future]
                yield future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _submit(pool: ProcessPoolExecutor, sound: tuple[str, bytes], embedder: str) -> Future[Analysis]:
    """As ``pool.submit``; in a pool that broke meanwhile, a future that says so."""
    try:
        return pool.submit(analyse_in_worker, *sound, embedder)
    except BrokenProcessPool as error:
        broken: Future[Analysis] = Future()
        broken.set_exception(error)
        return broken


def _alone(sound: tuple[str, bytes], embedder: str) -> Analysis:
    with _pool(1) as pool:
        try:
            return pool.submit(analyse_in_worker, *sound, embedder).result()
        except BrokenProcessPool:
            return Analysis(sound[1], problem=CRASHED)


def _pool(processes: int) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(processes, mp_context=context, initializer=prepare_worker)
