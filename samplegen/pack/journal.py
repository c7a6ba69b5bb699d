"""What of a pack is finished already, so that a second run goes on where the first stopped.

A text file beside the sounds, one JSON object a line: first the format, then one `FileEntry`
for every file that is complete, and in between events: which draw the gates refused, which sound
no draw could make, which file is about to be written. Lines are in the order in which things
happened, so whatever a killed run left is the beginning of what an unbroken one would have
written. The journal disappears when the manifest is written.
"""

import json
import os
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import samplegen
from samplegen import files
from samplegen.errors import InputError, OutputError
from samplegen.pack.entries import FileEntry, Missing
from samplegen.pack.manifest import Manifest, entry_from_json, entry_to_json, missing_from_json, read_manifest
from samplegen.pack.validation import Reader

JOURNAL_NAME: Final = ".samplegen-journal.jsonl"
_HEADER: Final = {"format": "samplegen-journal", "version": 1}


@dataclass(frozen=True)
class Refusal:
    """What the gates said of a draw that they refused."""

    gates: tuple[str, ...]
    refused: tuple[str, ...]
    reason: str


def _line(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"


class Journal:
    """The finished files of one folder.

    Opening it reads the manifest and the journal and keeps the entries whose
    file is still there with the same content; half a last line is dropped.

    Attributes
    ----------
    manifest
        That of an earlier run, or None.

    Raises
    ------
    InputError
        If the folder's manifest is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / JOURNAL_NAME
        self.manifest = read_manifest(folder)
        self._found: dict[str, FileEntry] = {}
        self._refusals: dict[str, dict[int, Refusal]] = {}
        self._missing: dict[str, Missing] = {}
        self._ours: dict[str, set[str | int]] = {}
        self._lock = threading.Lock()
        self._events: list[Mapping[str, Any]] = []
        self._unwritten: list[str] = []
        if self.manifest is not None:
            self._know(self.manifest)
        self._read()
        self._entries = {path: entry for path, entry in self._found.items() if self._is_complete(entry)}
        if self._path.exists():
            self._rewrite()

    @property
    def entries(self) -> list[FileEntry]:
        """The finished files, in the order in which they were finished."""
        return list(self._entries.values())

    @property
    def known_paths(self) -> frozenset[str]:
        """Every path that was written here by this run or an earlier one, relative to the folder."""
        return frozenset(self._ours)

    def entry_at(self, path: str) -> FileEntry | None:
        """The entry of a path relative to the folder, or None."""
        return self._entries.get(path)

    def refusals(self, job: str) -> Mapping[int, Refusal]:
        """The refused draws of a job, by attempt."""
        return self._refusals.get(job, {})

    def missing(self, job: str) -> Missing | None:
        """What was found of a job that no draw could fulfil, or None."""
        return self._missing.get(job)

    def owns(self, path: str) -> bool:
        """Whether the file at `path` is there just as a run wrote it, or was about to write it."""
        known, target = self._ours.get(path, set()), self._folder / path
        try:
            return bool(known) and (files.hash_file(target) in known or target.stat().st_size in known)
        except OSError:
            return False

    def append(self, entry: FileEntry) -> None:
        """Note a finished file; on failure the journal stays as it was.

        Raises
        ------
        OutputError
            If the journal cannot be written.
        """
        self._write(entry_to_json(entry))
        self._entries[entry.path] = entry
        self._ours.setdefault(entry.path, set()).add(entry.sha256)

    def refuse(self, job: str, *, attempt: int, refusal: Refusal) -> None:
        """Note a draw that the gates refused; it is written with the next finished file."""
        self._note({"event": "refused", "job": job, "attempt": attempt, **asdict(refusal)})

    def give_up(self, missing: Missing) -> None:
        """Note a sound that no draw could make; it is written with the next finished file."""
        self._note({"event": "missing", **asdict(missing)})

    def intend(self, path: str, *, content: str | int) -> None:
        """Note that a file is about to be written: its SHA-256, or its size where that is not known yet.

        Errors as `append`.
        """
        if content not in self._ours.get(path, set()):
            event = {"event": "writing", "path": path, "content": content}
            self._write(event)
            self._take(event, place=str(self._path))

    def forget(self, path: str) -> None:
        """Leave a file out from now on, as one that was removed."""
        self._entries.pop(path, None)

    def remove(self) -> None:
        """Delete the journal file, once the manifest says the same.

        Raises
        ------
        OutputError
            If it cannot be deleted.
        """
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(f"Cannot delete {self._path}: {error.strerror or error}.") from error

    def _know(self, manifest: Manifest) -> None:
        """Take over what an earlier run finished; what it gave up is tried again by another version."""
        self._found = {entry.path: entry for entry in manifest.files}
        for path, sha256 in [(file.path, file.sha256) for file in manifest.files] + [
            (made.path, made.sha256) for made in manifest.companions
        ]:
            self._ours.setdefault(path, set()).add(sha256)
        if manifest.samplegen_version == samplegen.__version__:
            self._missing = {sound.job: sound for sound in manifest.missing if sound.job and sound.draws}

    def _note(self, event: Mapping[str, Any]) -> None:
        """Keep an event for the next line: before that, nothing that follows from it is on the disk either."""
        line = _line(event)
        self._unwritten.append(line)
        self._take(json.loads(line), place=str(self._path))

    def _take(self, event: Mapping[str, Any], *, place: str) -> None:
        read = Reader(event, place=place)
        kind = read.text("event")
        if kind == "refused":
            found = Refusal(read.texts("gates"), read.texts("refused"), read.text("reason"))
            self._refusals.setdefault(read.text("job"), {})[read.integer("attempt")] = found
        elif kind == "missing":
            self._missing[read.text("job")] = missing_from_json(event, place=place)
        elif kind == "writing":
            self._ours.setdefault(read.relative_path("path"), set()).add(event["content"])
        self._events.append(event)

    def _write(self, value: Mapping[str, Any]) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._lock, self._path.open("ab") as file:
                size = file.tell()
                text = "".join(["" if size else _line(_HEADER), *self._unwritten, _line(value)])
                try:
                    file.write(text.encode("utf-8"))
                    file.flush()
                    os.fsync(file.fileno())
                except OSError:
                    file.truncate(size)
                    raise
                self._unwritten.clear()
        except OSError as error:
            raise OutputError(f"Cannot write {self._path}: {error.strerror or error}.") from error

    def _read(self) -> None:
        try:
            lines = self._path.read_text("utf-8", errors="replace").split("\n")
        except OSError:
            return
        for number, line in enumerate(lines[1:], start=2):
            place = f"{self._path}, line {number}"
            try:
                value = json.loads(line)
                if isinstance(value, dict) and "event" in value:
                    self._take(value, place=place)
                    continue
                entry = entry_from_json(value, place=place)
            except (ValueError, RecursionError, InputError, KeyError, TypeError):
                continue
            self._found[entry.path] = entry
            self._ours.setdefault(entry.path, set()).add(entry.sha256)

    def _is_complete(self, entry: FileEntry) -> bool:
        path = self._folder / entry.path
        try:
            return path.stat().st_size == entry.size and files.hash_file(path) == entry.sha256
        except OSError:
            return False

    def _rewrite(self) -> None:
        entries = (entry_to_json(entry) for entry in self._entries.values())
        lines = [_line(value) for value in (_HEADER, *self._events, *entries)]
        files.write_text(self._path, "".join(lines))
