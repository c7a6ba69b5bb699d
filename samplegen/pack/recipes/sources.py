"""Recordings that a recipe names: in its own folder, or given on the command line."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Final

from samplegen.errors import InputError
from samplegen.pack.recipes.fields import Table, nearest
from samplegen.pack.recordings import find_recordings

MARK: Final = "@"
_LONGEST_PATH: Final = 1000


class Sources:
    """Finds what ``source`` means.

    Parameters
    ----------
    folder
        The recipe's; recordings named by their path never lie outside of it.
    inputs
        What the command line gives, by name.
    """

    def __init__(self, folder: Path, *, inputs: Mapping[str, Path]) -> None:
        self._folder, self._inputs = folder, inputs
        self.files: dict[str, int] = {}  # recordings of each section
        self.used: set[str] = set()

    def find(self, table: Table, *, section: str) -> Path | None:
        """The file or folder of a section, None where it names none.

        Raises
        ------
        InputError
            If it is missing, holds no audio or leaves the recipe's folder; says where the recipe names it.
        """
        text = table.text("source", longest=_LONGEST_PATH)
        if text is None:
            return None
        path = self._given(table, text) if text.startswith(MARK) else self._inside(table, text)
        try:
            recordings = find_recordings([path])
        except InputError as error:
            raise table.error(f"source = {text!r:.60}: {error}", "source") from error
        if not text.startswith(MARK):
            for recording in recordings:
                self._require_inside(table, recording.path)
        self.files[section] = len(recordings)
        return path

    def _given(self, table: Table, text: str) -> Path:
        name = text.removeprefix(MARK)
        if not name.replace("-", "_").isidentifier():
            raise table.refuse("source", f"a path, or {MARK} and a name of letters, such as {MARK}recording")
        if name not in self._inputs:
            raise table.error(
                f"the recipe needs a recording called {name!r}.{nearest(name, self._inputs)} "
                f"Give it with --input {name}=PATH, a file or a folder.", "source",
            )  # fmt: skip
        self.used.add(name)
        path = self._inputs[name]
        if not _exists(path):
            raise table.error(f"there is no file or folder {path}. Check --input {name}=PATH.", "source")
        return path

    def _inside(self, table: Table, text: str) -> Path:
        path, windows = PurePosixPath(text), PureWindowsPath(text)
        if path.is_absolute() or windows.drive or windows.root or ".." in windows.parts or text[0] == "~":
            raise table.refuse(
                "source", f"a path inside the recipe's folder, without .. (or {MARK}NAME with --input NAME=PATH)"
            )
        found = self._folder / path
        self._require_inside(table, found)
        if not _exists(found):
            raise table.error(f"there is no file or folder {found}. It is looked for beside the recipe.", "source")
        return found

    def _require_inside(self, table: Table, path: Path) -> None:
        """Refuse links that lead out of the recipe's folder."""
        try:
            inside = path.resolve().is_relative_to(self._folder.resolve())
        except (OSError, ValueError, RuntimeError):  # a circle of links
            inside = False
        if not inside:
            raise table.error(f"{path} leads out of the recipe's folder. Use --input NAME=PATH instead.", "source")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
