"""``samplegen install-pack``: packs in the libraries of DAWs."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from samplegen.cli.console import Console
from samplegen.cli.options import Json, Quiet
from samplegen.errors import InputError, UsageError

if TYPE_CHECKING:
    from samplegen.pack.daws import Library, Payload, Plan


def install_pack(
    pack: Annotated[
        Path | None, typer.Argument(metavar="PACK_DIR", help="The pack; may be left out with --list.")
    ] = None,
    daw: Annotated[
        list[str] | None,
        typer.Option(
            "--daw",
            metavar="DAW",
            help="ableton, bitwig, reaper, fl-studio, logic or studio-one; may be repeated. Left out, all found.",
        ),
    ] = None,
    into: Annotated[
        Path | None, typer.Option("--into", metavar="DIR", help="A library that is elsewhere, such as on another disk.")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="The folder's name there. Default: the pack's folder.")
    ] = None,
    link: Annotated[bool, typer.Option("--link/--copy", help="Link the folder instead of copying it.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="Show the libraries that are found, and what is in them.")] = (
        False
    ),
    remove: Annotated[bool, typer.Option("--remove", help="Remove the pack: its own unchanged files alone.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Put a pack where DAWs look for sounds, after asking.

    Installing again updates the copy; files that you changed there stay.
    """
    with Console(as_json=json, quiet=quiet) as console:
        libraries = _libraries(daw or [], into)
        if listing:
            _list(console, libraries)
            return
        if pack is None:
            raise UsageError("Name the folder of a pack, or see what is installed with --list.")
        plans = _plan_remove(pack, libraries, name) if remove else _plan_install(pack, libraries, name, link=link)
        if not plans and not libraries:
            raise InputError("No library of a DAW is where it usually is. Name a folder with --into.")
        asking = not dry_run and not yes and any(plan.action != "nothing" for plan in plans)
        if asking and (json or quiet or not sys.stdin.isatty()):
            raise UsageError("Nobody can be asked here. Look with --dry-run, then do it with --yes.")
        for plan in plans:
            if not yes or plan.stay or plan.notes:
                console.note(_sentence(plan))
        go = not dry_run and (not asking or typer.confirm("Go on?", err=True))
        if go:
            _carry_out(console, plans)
        value = {"done": go, "dry_run": dry_run, "plans": [plan.to_json() for plan in plans]}
        console.result(value, text=_closing(plans, done=go, dry_run=dry_run))


def _libraries(daws: Sequence[str], into: Path | None) -> "list[Library]":
    """The libraries asked for; every one that is found where nothing is asked."""
    from samplegen.pack.daws import Library, find_libraries, this_machine

    found = find_libraries(this_machine(), daws=daws) if daws or into is None else []
    if into is None:
        return found
    if not into.is_dir():
        raise InputError(f"--into {into} is not a folder. Make it first, or name another.")
    return [*found, Library(str(into), into)]


def _plan_install(pack: Path, libraries: "Sequence[Library]", name: str | None, *, link: bool) -> "list[Plan]":
    from samplegen.pack.daws import folder_name, plan_install, read_apple_loops, read_payload

    whole: Payload = read_payload(pack)  # also where no library is: a wrong pack is the first thing to know
    folder = folder_name(pack, name)
    return [
        plan_install(read_apple_loops(pack) if library.apple_loops else whole, library, name=folder, link=link)
        for library in libraries
    ]


def _plan_remove(pack: Path, libraries: "Sequence[Library]", name: str | None) -> "list[Plan]":
    from samplegen.pack.daws import folder_name, plan_remove

    folder = folder_name(pack, name)
    return [plan_remove(pack, library, name=folder) for library in libraries]


def _carry_out(console: Console, plans: "Sequence[Plan]") -> None:
    from samplegen.pack.daws import carry_out

    for plan in plans:
        with console.progress(plan.library.label) as report:
            carry_out(plan, progress=report)


def _sentence(plan: "Plan") -> str:
    """What a plan does, in one line, and its notes."""
    size = "" if plan.payload is None else f" ({plan.payload.size / 1e6:.1f} MB)"
    what = {
        "copy": f"copies {_files(plan.write)}{size} to {plan.target}",
        "update": f"updates {plan.target}: writes {_files(plan.write)}, removes {_files(plan.delete)}",
        "link": f"links {plan.target} to {'' if plan.payload is None else plan.payload.pack}",
        "remove": f"removes {_files(plan.delete)} from {plan.target}",
        "unlink": f"removes the link {plan.target}; the pack stays",
        "nothing": "nothing to do",
    }[plan.action]
    staying = plan.stay and f" {_files(plan.stay)} changed since, or not of the pack, stay: {_some(plan.stay)}."
    return " ".join([f"{plan.library.label}: {what}.{staying or ''}", *plan.notes])


def _files(paths: Sequence[str]) -> str:
    return "1 file" if len(paths) == 1 else f"{len(paths)} files"


def _some(paths: Sequence[str]) -> str:
    return ", ".join(paths[:3]) + (" …" if len(paths) > 3 else "")


def _closing(plans: "Sequence[Plan]", *, done: bool, dry_run: bool) -> str:
    acting = [plan for plan in plans if plan.action != "nothing"]
    if not acting:
        return "Nothing to do."
    if not done:
        return "Nothing was done; that was a dry run." if dry_run else "Nothing was done."
    verbs = {"copy": "Installed", "update": "Updated", "link": "Linked", "remove": "Removed", "unlink": "Removed"}
    lines = [f"{verbs[plan.action]}: {plan.target}" for plan in acting]
    lines += [f"Still there: {plan.target}" for plan in acting if plan.action == "remove" and plan.target.exists()]
    return "\n".join(lines)


def _list(console: Console, libraries: "Sequence[Library]") -> None:
    from samplegen.pack.daws import installed_packs

    value: list[dict[str, Any]] = []
    lines: list[str] = []
    for library in libraries:
        packs = list(installed_packs(library))
        lines.append(f"{library.label}: {library.folder}")
        lines += [
            f"  {pack.target.name}" + ("" if pack.linked is None else f" (link to {pack.linked})") for pack in packs
        ]
        listed = [{"name": pack.target.name, "folder": pack.target, "linked": pack.linked} for pack in packs]
        value.append({"daw": library.daw, "folder": library.folder, "packs": listed})
    console.result({"libraries": value}, text="\n".join(lines) or "No library of a DAW is where it usually is.")
