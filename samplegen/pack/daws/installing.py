"""Carrying out a plan: nothing half done stays, and nothing of anybody else's is touched."""

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from samplegen import files
from samplegen.errors import OutputError
from samplegen.pack.daws.payload import RECORD_NAME, Payload
from samplegen.pack.daws.planning import Plan
from samplegen.pack.daws.records import Record, write_record

_NO_PRIVILEGE: Final = 1314  # ERROR_PRIVILEGE_NOT_HELD: Windows links only for developers


def carry_out(plan: Plan, *, progress: Callable[[int, int], None] | None = None) -> None:
    """Do what `plan` says.

    Parameters
    ----------
    progress
        Called with (files written, files to write) after each file.

    Raises
    ------
    InputError
        If the pack changed since the plan was made.
    OutputError
        If the library cannot be written; a first installation then leaves nothing behind.
    """
    try:
        if plan.action == "remove":
            _remove(plan)
        elif plan.action == "unlink":
            plan.target.unlink()
        elif plan.payload is not None and plan.action != "nothing":
            plan.library.folder.mkdir(parents=True, exist_ok=True)
            _put(plan, plan.payload, progress or _ignore)
    except OSError as error:
        cause = error.strerror or error
        full = " Free some space first." if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
        raise OutputError(f"Cannot write to {plan.library.folder}: {cause}.{full}") from error


def _put(plan: Plan, payload: Payload, report: Callable[[int, int], None]) -> None:
    if plan.action == "link":
        _link(plan.target, payload.pack)
        return
    _require_space(plan, payload)
    if plan.action == "copy":
        _copy(plan, payload, report)
    else:
        _update(plan, payload, report)


def _copy(plan: Plan, payload: Payload, report: Callable[[int, int], None]) -> None:
    """Into a hidden folder beside the target, which takes its name when all is there."""
    target = plan.target
    hidden = Path(tempfile.mkdtemp(prefix=f".{target.name[:40]}.", suffix=".part", dir=target.parent))
    try:
        _write_files(hidden, plan.write, payload, report)
        write_record(hidden, _record_of(payload, plan.write))
        hidden.chmod(target.parent.stat().st_mode & 0o777)
        if os.path.lexists(target):
            raise OutputError(f"{target} came into being while the pack was copied. Try again.")
        os.rename(hidden, target)
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def _update(plan: Plan, payload: Payload, report: Callable[[int, int], None]) -> None:
    """File by file; the record owns old and new until all is done, so that a killed update can go on."""
    target, old = plan.target, {} if plan.record is None else plan.record.hashes
    new = _record_of(payload, [path for path in payload.hashes if path not in plan.stay])
    paths = {*old, *new.hashes}
    both = {path: tuple(dict.fromkeys((*old.get(path, ()), *new.hashes.get(path, ())))) for path in paths}
    write_record(target, Record(new.name, new.source, both))
    _write_files(target, plan.write, payload, report)
    _delete(target, plan.delete)
    write_record(target, new)


def _write_files(folder: Path, paths: Iterable[str], payload: Payload, report: Callable[[int, int], None]) -> None:
    paths = tuple(paths)
    for number, path in enumerate(paths, start=1):
        files.write_atomically(files.resolve_inside(folder, path), partial(payload.copy, path))
        report(number, len(paths))


def _remove(plan: Plan) -> None:
    _delete(plan.target, (*plan.delete, RECORD_NAME))
    with suppress(OSError):  # files of others are in it
        plan.target.rmdir()


def _delete(target: Path, paths: Iterable[str]) -> None:
    folders = set()
    for path in paths:
        files.resolve_inside(target, path).unlink(missing_ok=True)
        folders |= {parent for parent in (target / path).parents if parent != target and target in parent.parents}
    for folder in sorted(folders, key=lambda folder: len(folder.parts), reverse=True):
        with suppress(OSError):
            folder.rmdir()


def _link(target: Path, pack: Path) -> None:
    try:
        target.symlink_to(pack, target_is_directory=True)
    except OSError as error:
        if getattr(error, "winerror", None) == _NO_PRIVILEGE:
            reason = "Windows allows links in Developer Mode only"
        else:
            reason = error.strerror or str(error)
        raise OutputError(f"Cannot link {target} ({reason}). Use --copy instead.") from error


def _require_space(plan: Plan, payload: Payload) -> None:
    free = shutil.disk_usage(plan.library.folder).free
    if plan.action == "copy" and free < payload.size:
        raise OutputError(
            f"The pack needs {payload.size / 1e6:.0f} MB, and {plan.library.folder} has {free / 1e6:.0f} MB left. "
            "Free some space, or use --link."
        )


def _record_of(payload: Payload, paths: Iterable[str]) -> Record:
    return Record(payload.name, str(payload.pack), {path: (payload.hashes[path],) for path in paths})


def _ignore(done: int, total: int) -> None:
    """Tell nobody."""
