"""What installing or removing a pack would do, found out before anything is touched."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from samplegen import files
from samplegen.errors import InputError, OutputError
from samplegen.pack.daws.libraries import Library
from samplegen.pack.daws.payload import Payload
from samplegen.pack.daws.records import Record, read_record
from samplegen.pack.manifest import MANIFEST_NAME

Action = Literal["copy", "update", "link", "remove", "unlink", "nothing"]


@dataclass(frozen=True)
class Plan:
    """What will be done in one library.

    Parameters
    ----------
    target
        The pack's folder in the library.
    write
        Files (relative, with ``/``) that are new or replaced.
    delete
        Files of the pack as they were installed, which go.
    stay
        Files of the pack's that somebody changed since, or that are not the pack's; they stay as they are.
    record
        Of what is installed now.
    """

    library: Library
    target: Path
    action: Action
    payload: Payload | None = None
    write: tuple[str, ...] = ()
    delete: tuple[str, ...] = ()
    stay: tuple[str, ...] = ()
    record: Record | None = None
    notes: tuple[str, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """The plan as JSON values."""
        return {
            "daw": self.library.daw,
            "target": str(self.target),
            "action": self.action,
            "write": list(self.write),
            "delete": list(self.delete),
            "stay": list(self.stay),
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class Installed:
    """A pack that lies in a library; `linked` to where it is, or None for a copy."""

    library: Library
    target: Path
    linked: Path | None


def folder_name(pack: Path, name: str | None = None) -> str:
    """What the installed folder is called: `name`, or as the pack's own folder.

    Raises
    ------
    InputError
        If that is no name of a folder.
    """
    chosen = pack.resolve().name if name is None else name
    if not chosen.strip(" .") or chosen.startswith(".") or set(chosen) & set('/\\:*?"<>|') or not chosen.isprintable():
        raise InputError(f"{chosen!r} is not a name for a folder in a DAW's library. Give another with --name.")
    return chosen


def plan_install(payload: Payload, library: Library, *, name: str, link: bool = False) -> Plan:
    """What installing `payload` as `library`/`name` will do.

    Raises
    ------
    InputError
        If something else is there, or the pack and the place lie in each other.
    """
    target = library.folder / name
    _refuse_nesting(payload.pack, target)
    if target.is_symlink():
        return _plan_over_link(payload, library, target, link=link)
    if not os.path.lexists(target):
        if link:
            return _plan_link(payload, library, target)
        return Plan(library, target, "copy", payload, write=tuple(payload.hashes))
    record = read_record(target) if target.is_dir() else None
    if record is None:
        raise InputError(f"{target} is there already and samplegen did not make it. Give another name with --name.")
    if link:
        raise InputError(f"{target} is installed as a copy. Remove it with --remove before you link it.")
    return _plan_update(payload, library, target, record)


def plan_remove(pack: Path, library: Library, *, name: str) -> Plan:
    """What removing the pack from `library` will do; `pack` need not exist any more."""
    target = library.folder / name
    if target.is_symlink():
        if target.resolve() == pack.resolve():
            return Plan(library, target, "unlink")
        return Plan(library, target, "nothing", notes=(f"{target} is a link to something else and stays.",))
    record = read_record(target) if target.is_dir() else None
    if record is None:
        strange = (f"{target} was not installed by samplegen and stays.",) if os.path.lexists(target) else ()
        return Plan(library, target, "nothing", notes=strange)
    owned = tuple(path for path in record.hashes if record.owns(path, _hash_inside(target, path)))
    stay = tuple(path for path in record.hashes if path not in owned and _exists_inside(target, path))
    return Plan(library, target, "remove", delete=owned, stay=stay, record=record)


def installed_packs(library: Library) -> Iterator[Installed]:
    """The packs that samplegen put into `library`, by name."""
    try:
        folders = sorted(library.folder.iterdir())
    except OSError:
        return
    for target in folders:
        if target.is_symlink():
            if (target / MANIFEST_NAME).is_file():
                yield Installed(library, target, target.resolve())
        elif target.is_dir() and read_record(target) is not None:
            yield Installed(library, target, None)


def _refuse_nesting(pack: Path, target: Path) -> None:
    place = target.parent.resolve() / target.name
    if place == pack:
        raise InputError(f"{pack} is in that library already; there is nothing to install.")
    if place.is_relative_to(pack) or pack.is_relative_to(place):
        raise InputError(f"{place} and the pack {pack} lie in each other. Move the pack, or give another --name.")


def _plan_link(payload: Payload, library: Library, target: Path) -> Plan:
    if payload.can_be_linked:
        return Plan(library, target, "link", payload)
    note = f"{library.label} needs Apple Loops, which are made here, so they are copied, not linked."
    return Plan(library, target, "copy", payload, write=tuple(payload.hashes), notes=(note,))


def _plan_over_link(payload: Payload, library: Library, target: Path, *, link: bool) -> Plan:
    if target.resolve() != payload.pack:
        raise InputError(f"{target} is a link to something else. Give another name with --name.")
    if not link:
        raise InputError(f"{target} is a link to this pack. Remove it with --remove before you copy the pack.")
    return Plan(library, target, "nothing", payload, notes=(f"{target} is linked already.",))


def _plan_update(payload: Payload, library: Library, target: Path, record: Record) -> Plan:
    write: list[str] = []
    stay: list[str] = []
    for path, wanted in payload.hashes.items():
        there = _hash_inside(target, path)
        if there == wanted:
            continue
        free = there is None and not _exists_inside(target, path)
        (write if free or record.owns(path, there) else stay).append(path)
    gone = [path for path in record.hashes if path not in payload.hashes]
    delete = [path for path in gone if record.owns(path, _hash_inside(target, path))]
    stay += [path for path in gone if path not in delete and _exists_inside(target, path)]
    moved = f"It was installed from {record.source}." if record.source != str(payload.pack) else ""
    action: Action = "update" if write or delete else "nothing"
    notes = tuple(filter(None, (moved, f"{target} is up to date." if action == "nothing" else "")))
    return Plan(library, target, action, payload, tuple(write), tuple(delete), tuple(stay), record, notes)


def _hash_inside(target: Path, path: str) -> str | None:
    """Hash of the file, or None where there is none (or a link, or one beyond a link that leaves)."""
    try:
        inside = files.resolve_inside(target, path)
        plain = (target / path).is_file() and inside == target.resolve() / path
        return files.hash_file(inside) if plain else None
    except (OSError, OutputError):
        return None


def _exists_inside(target: Path, path: str) -> bool:
    return os.path.lexists(target / path)
