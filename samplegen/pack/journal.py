"""What of a pack is finished already, so that a second run goes on where the first stopped.

A text file beside the sounds, one JSON object a line: first the format, then one
`FileEntry` for every file that is complete. It disappears when the manifest is written.
"""

import json
import os
from pathlib import Path
from typing import Any, Final

from samplegen import files
from samplegen.errors import InputError, OutputError
from samplegen.pack.manifest import FileEntry, entry_from_json, entry_to_json, read_manifest

JOURNAL_NAME: Final = ".samplegen-journal.jsonl"
_HEADER: Final = {"format": "samplegen-journal", "version": 1}


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"


class Journal:
    """The finished files of one folder.

    Opening it reads the manifest and the journal and keeps the entries whose
    file is still there with the same content; half a last line is dropped.

    Raises
    ------
    InputError
        If the folder's manifest is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / JOURNAL_NAME
        manifest = read_manifest(folder)
        found = {entry.path: entry for entry in manifest.files} if manifest is not None else {}
        found |= {entry.path: entry for entry in self._read()}
        self._entries = {path: entry for path, entry in found.items() if self._is_complete(entry)}
        if self._path.exists():
            self._rewrite()

    @property
    def entries(self) -> list[FileEntry]:
        """The finished files, in the order in which they were finished."""
        return list(self._entries.values())

    def entry_at(self, path: str) -> FileEntry | None:
        """The entry of a path relative to the folder, or None."""
        return self._entries.get(path)

    def append(self, entry: FileEntry) -> None:
        """Note a finished file; on failure the journal stays as it was.

        Raises
        ------
        OutputError
            If the journal cannot be written.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab") as file:
                size = file.tell()
                text = ("" if size else _line(_HEADER)) + _line(entry_to_json(entry))
                try:
                    file.write(text.encode("utf-8"))
                    file.flush()
                    os.fsync(file.fileno())
                except OSError:
                    file.truncate(size)
                    raise
        except OSError as error:
            raise OutputError(f"Cannot write {self._path}: {error.strerror or error}.") from error
        self._entries[entry.path] = entry

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

    def _read(self) -> list[FileEntry]:
        try:
            lines = self._path.read_text("utf-8", errors="replace").splitlines()
        except OSError:
            return []
        entries = []
        for number, line in enumerate(lines[1:], start=2):
            try:
                entries.append(entry_from_json(json.loads(line), place=f"{self._path}, line {number}"))
            except (ValueError, RecursionError, InputError):
                continue
        return entries

    def _is_complete(self, entry: FileEntry) -> bool:
        path = self._folder / entry.path
        try:
            return path.stat().st_size == entry.size and files.hash_file(path) == entry.sha256
        except OSError:
            return False

    def _rewrite(self) -> None:
        lines = [_line(_HEADER), *(_line(entry_to_json(entry)) for entry in self._entries.values())]
        files.write_text(self._path, "".join(lines))
