"""Where DAWs keep the sounds of their users.

Conventional places only: a library that was moved in a DAW's preferences is not found, and
people name it with ``--into``. None of these was tried in a DAW; `Place.source` says where
each is from.
"""

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from samplegen.errors import InputError, UsageError

Platform = Literal["macos", "windows", "linux"]
_FLATPAK_REAPER: Final = ".var/app/fm.reaper.Reaper/config/REAPER"


@dataclass(frozen=True)
class Machine:
    """What decides where things are.

    Parameters
    ----------
    environment
        Variables such as ``APPDATA``.
    """

    platform: Platform
    home: Path
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Place:
    """A folder that a DAW makes, and where in it packs go.

    Parameters
    ----------
    root
        Beginning with ``~`` (home), ``{documents}`` or ``{appdata}``.
    inside
        Below the root; made where it is missing.
    source
        Who says so: ``manual`` (the maker's documentation) or ``users`` (what programs in use rely on).
    """

    platforms: tuple[Platform, ...]
    root: str
    inside: str
    source: Literal["manual", "users"]


@dataclass(frozen=True)
class Library:
    """A folder in which a DAW finds packs.

    Parameters
    ----------
    apple_loops
        Whether it takes Apple Loops alone.
    """

    daw: str
    folder: Path
    apple_loops: bool = False

    @property
    def label(self) -> str:
        """What people call it."""
        return NAMES.get(self.daw, self.daw)


_ALL: Final[tuple[Platform, ...]] = ("macos", "windows", "linux")
_DESKTOP: Final[tuple[Platform, ...]] = ("macos", "windows")
NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ableton": "Ableton Live",
        "bitwig": "Bitwig Studio",
        "reaper": "REAPER",
        "fl-studio": "FL Studio",
        "logic": "Logic and GarageBand",
        "studio-one": "Studio One",
    }
)
PLACES: Final[Mapping[str, tuple[Place, ...]]] = MappingProxyType(
    {
        # help.ableton.com, article 209774085: "The User Library"
        "ableton": (
            Place(("macos",), "~/Music/Ableton/User Library", "Samples", "manual"),
            Place(("windows",), "{documents}/Ableton/User Library", "Samples", "manual"),
        ),
        "bitwig": (
            Place(_DESKTOP, "{documents}/Bitwig Studio/Library", "Samples", "users"),
            # also of the flatpak, which sees the whole home folder
            Place(("linux",), "~/Bitwig Studio/Library", "Samples", "users"),
            Place(("linux",), "{documents}/Bitwig Studio/Library", "Samples", "users"),
        ),
        # REAPER has no library of sounds; its default folder of media, else a folder beside its settings
        "reaper": (
            Place(_ALL, "{documents}/REAPER Media", "", "users"),
            Place(("macos",), "~/Library/Application Support/REAPER", "Samples", "users"),
            Place(("windows",), "{appdata}/REAPER", "Samples", "users"),
            Place(("linux",), "~/.config/REAPER", "Samples", "users"),
            Place(("linux",), f"~/{_FLATPAK_REAPER}", "Samples", "users"),
        ),
        # the "User data folder" of Options > File settings, whose folders the browser shows
        "fl-studio": (Place(_DESKTOP, "{documents}/Image-Line/FL Studio", "Packs", "users"),),
        # Apple's "Logic Pro 7.2 Specifications", page 81, and "Logic Pro 9 User Manual", chapter 30
        "logic": (Place(("macos",), "~/Library/Audio/Apple Loops/User Loops", "", "manual"),),
        "studio-one": (
            Place(_ALL, "{documents}/Studio One", "Samples", "users"),
            Place(_DESKTOP, "{documents}/Studio Pro", "Samples", "users"),
        ),
    }
)


def this_machine() -> Machine:
    """The machine that runs this."""
    platform: Platform = "macos" if sys.platform == "darwin" else "windows" if os.name == "nt" else "linux"
    return Machine(platform, Path.home(), dict(os.environ))


def check_daw(name: str) -> str:
    """`name`, if it is one of `NAMES`.

    Raises
    ------
    UsageError
        If it is not.
    """
    if name not in NAMES:
        raise UsageError(
            f"--daw {name!r} is not known. Choose one of {', '.join(NAMES)}, or name a folder with --into."
        )
    return name


def find_libraries(machine: Machine, *, daws: Sequence[str] = ()) -> list[Library]:
    """The libraries that exist: of `daws`, or of every DAW where none is named.

    Raises
    ------
    UsageError
        If a DAW is not known.
    InputError
        If one that was named is not found, with the folders that were looked for.
    """
    found = []
    for daw in dict.fromkeys(map(check_daw, daws)) or NAMES:
        library = _library_of(daw, machine)
        if library is not None:
            found.append(library)
        elif daws:
            raise InputError(_not_found(daw, machine))
    return found


def looked_for(daw: str, machine: Machine) -> list[Path]:
    """The folders whose presence means that `daw` is there, in the order in which they are tried."""
    return [root for place in PLACES[daw] for root in _roots(place, machine)]


def _library_of(daw: str, machine: Machine) -> Library | None:
    for place in PLACES[daw]:
        for root in _roots(place, machine):
            if root.is_dir():
                return Library(daw, root / place.inside, apple_loops=daw == "logic")
    return None


def _not_found(daw: str, machine: Machine) -> str:
    folders = looked_for(daw, machine)
    if not folders:
        return f"{NAMES[daw]} does not run on this system. Name a folder with --into."
    where = ", ".join(map(str, folders))
    return f"No library of {NAMES[daw]} is where it usually is ({where}). Name its folder with --into."


def _roots(place: Place, machine: Machine) -> Iterator[Path]:
    if machine.platform not in place.platforms:
        return
    start, _, rest = place.root.partition("/")
    starts = {"~": _home, "{documents}": _documents, "{appdata}": _appdata}[start]
    for folder in dict.fromkeys(starts(machine)):
        yield folder / rest


def _home(machine: Machine) -> Iterator[Path]:
    yield machine.home


def _appdata(machine: Machine) -> Iterator[Path]:
    yield _variable(machine, "APPDATA") or machine.home / "AppData" / "Roaming"


def _documents(machine: Machine) -> Iterator[Path]:
    """The folder of documents: where OneDrive or XDG moved it, then the usual one."""
    if machine.platform == "windows":
        one_drive = _variable(machine, "OneDrive")
        if one_drive is not None:
            yield one_drive / "Documents"
    if machine.platform == "linux":
        moved = _xdg_documents(machine)
        if moved is not None:
            yield moved
    yield machine.home / "Documents"


def _xdg_documents(machine: Machine) -> Path | None:
    config = _variable(machine, "XDG_CONFIG_HOME") or machine.home / ".config"
    try:
        text = (config / "user-dirs.dirs").read_text("utf-8", errors="replace")
    except OSError:
        return None
    match = re.search(r'^XDG_DOCUMENTS_DIR="(\$HOME/)?([^"\n]+)"', text, re.MULTILINE)
    if match is None:
        return None
    return machine.home / match[2] if match[1] else Path(match[2])


def _variable(machine: Machine, name: str) -> Path | None:
    """The folder that a variable names; relative ones mean nothing here."""
    value = machine.environment.get(name, "")
    return Path(value) if value and Path(value).is_absolute() else None
