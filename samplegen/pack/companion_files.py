"""Writing what lies beside a pack's sounds, without touching what the user changed."""

from collections.abc import Iterable
from pathlib import Path

from samplegen import files
from samplegen.pack.companions import Companion
from samplegen.pack.entries import CompanionEntry
from samplegen.pack.journal import Journal


def write_companions(
    folder: Path, companions: Iterable[Companion], *, journal: Journal, force: bool = False
) -> tuple[tuple[CompanionEntry, ...], list[str]]:
    """Write each companion whose bytes differ from those that are there.

    A file that no run wrote stays (a project that was worked on, say), unless `force`; the entry
    tells of the companion all the same, so that `check` finds the difference.

    Returns
    -------
    tuple
        What the manifest says of them, and sentences about files that were left.

    Raises
    ------
    OutputError
        If one cannot be written.
    """
    made, notes = [], []
    for companion in companions:
        entry = _entry_of(companion)
        made.append(entry)
        target = files.resolve_inside(folder, entry.path)
        if target.is_file() and files.hash_file(target) == entry.sha256:
            continue
        if target.exists() and not force and not journal.owns(entry.path):
            notes.append(f"{entry.path} was changed since it was written, or is not of this pack. It stays.")
            continue
        journal.intend(entry.path, content=entry.sha256)
        files.write_bytes(target, companion.data)
    return tuple(made), notes


def _entry_of(companion: Companion) -> CompanionEntry:
    data, made_from = companion.data, tuple(companion.made_from)
    return CompanionEntry(companion.path, companion.kind, files.hash_bytes(data), len(data), made_from)
