"""What earlier builds left in a pack's folder: sounds no longer asked for, halves of files, empty folders."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any, Final

from samplegen import files
from samplegen.errors import OutputError
from samplegen.pack.companions import COMPANION_FOLDERS
from samplegen.pack.entries import FileEntry
from samplegen.pack.journal import Journal

REPORTS: Final = "Reports"
SOUND_FOLDERS: Final = ("Loops", "One_Shots", "Risers", "Textures")
_FOLDERS: Final = (*SOUND_FOLDERS, REPORTS, *COMPANION_FOLDERS)
_REPORT_SUFFIXES: Final = (".json", ".png", ".svg")


def stale_paths(
    folder: Path, entries: Sequence[FileEntry], *, words: Mapping[str, str], fits: Callable[[FileEntry], bool]
) -> frozenset[str]:
    """Paths of those finished sounds that a recipe does not want, or not as they were written.

    What was made without a recipe stays; so does what was made beside a sound that is wanted.

    Parameters
    ----------
    words
        The jobs of the recipe, and the word that each should have.
    fits
        Whether a file has the format and the tags that the recipe asks for.
    """
    wanted = [entry for entry in entries if words.get(entry.job) == entry.word and fits(entry)]
    beside = _reported_paths(folder, wanted)
    stays = {entry.path for entry in wanted} | {
        entry.path
        for entry in entries
        if entry.job not in words and (not entry.section or (entry.path in beside and fits(entry)))
    }
    return frozenset(entry.path for entry in entries if entry.path not in stays)


def unwanted_paths(folder: Path, entries: Sequence[FileEntry], *, jobs: Collection[str]) -> frozenset[str]:
    """Paths of the sounds that a section of a recipe made for none of `jobs`."""
    beside = _reported_paths(folder, [entry for entry in entries if entry.job in jobs])
    made = (entry for entry in entries if entry.section and entry.job not in jobs)
    return frozenset(entry.path for entry in made if entry.path not in beside)


def remove_files(folder: Path, paths: Iterable[str], *, keep: Collection[str], journal: Journal) -> list[str]:
    """Delete what runs wrote at `paths`, and the reports beside it.

    Parameters
    ----------
    keep
        Paths that stay: on a disk that does not tell cases apart, one of `paths` may be the same file.

    Returns
    -------
    list
        Sentences about files that somebody changed, which stay.

    Raises
    ------
    OutputError
        If a file cannot be deleted.
    """
    notes = []
    kept = {path.casefold(): path for path in keep}
    for path in sorted(set(paths) - set(keep)):
        target = files.resolve_inside(folder, path)
        same = kept.get(path.casefold())
        if same is not None and _is_same_file(target, folder / same):
            journal.forget(path)
            continue
        if target.is_file() and not journal.owns(path):
            notes.append(f"{path} is no longer part of the pack, but was changed since it was written. It stays.")
            continue
        _unlink(target)
        for suffix in _REPORT_SUFFIXES if PurePosixPath(path).parts[0] in SOUND_FOLDERS else ():
            _unlink(folder / _beside(path, suffix))
        journal.forget(path)
    return notes


def _is_same_file(first: Path, second: Path) -> bool:
    try:
        return first.samefile(second)
    except OSError:
        return False


def tidy(folder: Path) -> None:
    """Delete halves of files that a killed run left, and folders of a pack in which nothing lies."""
    for path in (*folder.glob(".*.part"), *(found for top in _FOLDERS for found in (folder / top).rglob(".*.part"))):
        _unlink(path)
    for top in _FOLDERS:
        below = sorted((path for path in (folder / top).rglob("*") if path.is_dir()), reverse=True)
        for empty in (*below, folder / top):
            with suppress(OSError):  # it is not there, or not empty
                empty.rmdir()


def _reported_paths(folder: Path, entries: Iterable[FileEntry]) -> frozenset[str]:
    """Paths of the sounds that were made beside `entries`, as their reports tell (slices of a recording)."""
    return frozenset(path for entry in entries for path in _reported(folder / _beside(entry.path, ".json")))


def _reported(path: Path) -> Iterator[str]:
    try:
        report: Any = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return
    slices = report.get("slices") if isinstance(report, dict) else None
    yield from (item for item in slices if isinstance(item, str)) if isinstance(slices, list) else ()


def _beside(path: str, suffix: str) -> str:
    return f"{REPORTS}/{PurePosixPath(path).stem}{suffix}"


def _unlink(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"Cannot delete {path}: {error.strerror or error}.") from error
