"""Numbers, colours and names as project files write them."""

import re
from fractions import Fraction
from pathlib import PurePosixPath

from samplegen.errors import InputError
from samplegen.pack.companions import PackView
from samplegen.pack.manifest import FileEntry

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")


def plain(text: str) -> str:
    """`text` without what XML and line-based formats cannot hold: control characters become spaces."""
    return _CONTROL.sub(" ", text).strip()


def decimal(value: Fraction | float) -> str:
    """A number without exponent, rounded once to 14 decimals, such as ``1.81818181818182``."""
    text = f"{float(value):.14f}".rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


def title(entry: FileEntry) -> str:
    """File name without its suffix."""
    return plain(PurePosixPath(entry.path).stem)


def require_file(view: PackView, entry: FileEntry) -> None:
    """Refuse to refer to a sound that is not there.

    Raises
    ------
    InputError
        Names the sound.
    """
    if not (view.folder / entry.path).is_file():
        raise missing(view, entry)


def read_file(view: PackView, entry: FileEntry) -> bytes:
    """The whole file of a sound.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        return (view.folder / entry.path).read_bytes()
    except OSError as error:
        raise missing(view, entry) from error


def missing(view: PackView, entry: FileEntry) -> InputError:
    """The error that says so."""
    return InputError(f"{view.folder / entry.path} is not there or cannot be read. Build the pack again.")
