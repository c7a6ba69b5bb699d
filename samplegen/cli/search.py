"""``samplegen search``: find sounds of a library by words or by other sounds, and duplicates."""

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from samplegen.cli.console import Console
from samplegen.cli.options import Force, Json, Quiet, choose, parse_count, parse_processes
from samplegen.errors import UsageError

if TYPE_CHECKING:
    from samplegen.search.library import Answer, Duplicates, Library
    from samplegen.search.query import Filters, FoundSound
    from samplegen.search.scan import Skipped

DEFAULT_COUNT: Final = 20
KINDS: Final = ("loop", "one-shot")
_SHOWN_SKIPPED: Final = 3


def parse_kind(text: str) -> str:
    """``loop`` or ``one-shot``; other common spellings are taken."""
    plain = re.sub(r"[\s_-]+", "-", text.strip().lower())
    return choose("--kind", {"oneshot": "one-shot", "oneshots": "one-shot", "one-shots": "one-shot",
                             "loops": "loop"}.get(plain, plain), KINDS)  # fmt: skip


def parse_bpm_range(text: str) -> tuple[float, float]:
    """``128`` or ``120-130``."""
    match = re.fullmatch(r"\s*(\d{1,3}(?:\.\d+)?)\s*(?:[-–:]\s*(\d{1,3}(?:\.\d+)?))?\s*", text, re.ASCII)
    low = float(match[1]) if match else 0.0
    high = float(match[2] or match[1]) if match else 0.0
    if not 0.0 < low <= high:
        raise UsageError(f"--bpm {text!r} is not a tempo or a range. Give one such as 128 or 120-130.")
    return low, high


def parse_seconds(text: str) -> float:
    """A duration."""
    return _number(text, what="a duration in seconds, such as 0.5", high=math.inf)


def parse_distance(text: str) -> float:
    """A distance of pictures."""
    return _number(text, what="a distance of 0 to 60 dB, such as 1", high=60.0)


def _number(text: str, *, what: str, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and 0.0 <= value <= high):
        raise UsageError(f"{text!r} is not {what}.")
    return value


def search(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WORDS] FOLDER", help="What it should sound like, and where to look.",
                       show_default=False),
    ] = None,
    like: Annotated[
        list[Path] | None, typer.Option("--like", metavar="FILE", help="Sounds like this; may be repeated.")
    ] = None,
    count: Annotated[
        int, typer.Option("-n", "--count", parser=parse_count, metavar="N", help="How many to show.")
    ] = DEFAULT_COUNT,
    kind: Annotated[
        str | None, typer.Option("--kind", parser=parse_kind, metavar="KIND", help="loop or one-shot.")
    ] = None,
    bpm: Annotated[
        Any, typer.Option("--bpm", parser=parse_bpm_range, metavar="BPM", help="Tempo by name or tag: 128, 120-130.")
    ] = None,
    min_seconds: Annotated[
        float | None, typer.Option("--min-seconds", parser=parse_seconds, metavar="S", help="At least this long.")
    ] = None,
    max_seconds: Annotated[
        float | None, typer.Option("--max-seconds", parser=parse_seconds, metavar="S", help="At most this long.")
    ] = None,
    copy_to: Annotated[
        Path | None, typer.Option("--copy-to", metavar="DIR", help="Copy what is found; nothing is overwritten.")
    ] = None,
    list_file: Annotated[
        Path | None, typer.Option("--list", metavar="FILE", help="Write a playlist (.m3u8) or a list of paths (.txt).")
    ] = None,
    duplicates: Annotated[
        bool, typer.Option("--duplicates", help="Show groups of files that are one sound.")
    ] = False,
    max_distance_db: Annotated[
        float | None,
        typer.Option("--max-distance-db", parser=parse_distance, metavar="DB",
                     help="How far apart near-duplicates may be."),
    ] = None,
    embedder: Annotated[
        str | None,
        typer.Option("--embedder", metavar="NAME", help="Joint embedder, such as laion-clap-music. Default: bundled."),
    ] = None,
    reindex: Annotated[bool, typer.Option("--reindex", help="Hear every file of the folder anew.")] = False,
    no_index: Annotated[bool, typer.Option("--no-index", help="Keep no index in the cache.")] = False,
    processes: Annotated[
        int | None,
        typer.Option("--processes", parser=parse_processes, metavar="N", help="How many index. Default: one per core."),
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Name every file that cannot be used.")] = False,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:  # fmt: skip
    """Find sounds in a folder: by words, by other sounds (--like), or those that are there twice.

    The first search of a folder hears every file; later ones only what is new. Names count, too.
    """
    text, folder = _split(words or [], needs_words=not (like or duplicates))
    if duplicates and (text or like):
        raise UsageError("--duplicates looks at all sounds. Leave words and --like out.")
    if duplicates and (copy_to or list_file):
        raise UsageError("--duplicates only shows. Leave --copy-to and --list out, or read its --json.")
    from samplegen.search.collect import require_list
    from samplegen.search.library import Library
    from samplegen.search.query import Filters

    if list_file is not None:
        require_list(list_file, force=force)
    with Console(as_json=json, quiet=quiet) as console:
        with console.progress("Listening") as report:
            library = Library(folder, keep_index=not no_index, reindex=reindex, processes=processes, progress=report,
                              **({"embedder": embedder} if embedder else {}))  # fmt: skip
            filters = Filters(kind, min_seconds, max_seconds, bpm)
            if duplicates:
                groups = _find_groups(library, max_distance_db)
            else:
                answer = _find(library, text, like or [], filters, count)
        if duplicates:
            _show_groups(console, groups, folder=folder, verbose=verbose)
        else:
            _show(console, answer, folder=folder, verbose=verbose, **_taken(answer, copy_to, list_file, force))


def _split(words: list[str], *, needs_words: bool) -> tuple[str, str]:
    """The text, and the folder: the last argument."""
    if not words or (needs_words and len(words) < 2):
        raise UsageError('Say what to look for and where: samplegen search "dusty rimshot" FOLDER')
    if needs_words and not "".join(words[:-1]).strip():
        raise UsageError("The words are empty. Say what you want to hear, or give --like FILE.")
    return " ".join(words[:-1]).strip(), words[-1]


def _find(library: "Library", text: str, like: list[Path], filters: "Filters", count: int) -> "Answer":
    from samplegen.search.library import search as search_library

    return search_library(library, text=text, like=like, filters=filters, count=count)


def _find_groups(library: "Library", max_distance_db: float | None) -> "Duplicates":
    from samplegen.search.library import duplicates

    return duplicates(library) if max_distance_db is None else duplicates(library, max_distance_db=max_distance_db)


def _taken(answer: "Answer", copy_to: Path | None, list_file: Path | None, force: bool) -> dict[str, list[str]]:
    """Copy and list what was found; the new files, and notes."""
    from samplegen.search.collect import copy_sounds, write_list

    made, notes = [], []
    if list_file is not None:
        left_out = write_list(answer.sounds, list_file, force=force)
        notes += [f"{path!r} has a line break in its name, so the list leaves it out." for path in left_out]
        made.append(str(list_file))
    if copy_to is not None:
        made += [str(path) for path in copy_sounds(answer.sounds, copy_to)]
    return {"made": made, "notes": notes}


def _show(console: Console, answer: "Answer", *, folder: str, verbose: bool, made: list[str], notes: list[str]) -> None:
    value = {
        "folder": folder,
        "found": answer.found,
        "sounds": [_sound(sound) for sound in answer.sounds],
        "made": [_plain(path) for path in made],
        **_index_facts(answer, notes),
    }
    _tell(console, answer, notes=notes, verbose=verbose)
    lines = [_line(sound) for sound in answer.sounds] or ["Nothing matches. Say it in other words, or ask for less."]
    console.result(value, text="\n".join(lines))
    if made:
        console.note(f"Made: {', '.join(made[:_SHOWN_SKIPPED])}{', …' if len(made) > _SHOWN_SKIPPED else ''}")


def _show_groups(console: Console, found: "Duplicates", *, folder: str, verbose: bool) -> None:
    groups = [
        {"exact": group.exact, "distance_db": round(group.distance_db, 3),
         "sounds": [_sound(sound, scored=False) for sound in group.sounds]}
        for group in found.groups
    ]  # fmt: skip
    _tell(console, found, notes=[], verbose=verbose)
    blocks = []
    for group in found.groups:
        head = "The same bytes:" if group.exact else f"The same sound, up to {group.distance_db:.1f} dB apart:"
        blocks.append("\n".join([head, *(f"  {_seconds(sound)}  {_one_line(sound.path)}" for sound in group.sounds)]))
    spare = sum(len(group.sounds) - 1 for group in found.groups)
    counted = f"{len(groups)} group{'s' if len(groups) > 1 else ''}, {spare} file{'s' if spare > 1 else ''} to spare."
    closing = counted if groups else "No sound is there twice."
    console.result(
        {"folder": folder, "groups": groups, **_index_facts(found, [])}, text="\n\n".join([*blocks, closing])
    )


def _index_facts(answer: "Answer | Duplicates", notes: list[str]) -> dict[str, Any]:
    indexed = answer.indexed
    return {
        "index": {
            "files": indexed.files, "heard": indexed.heard, "recognised": indexed.recognised,
            "forgotten": indexed.forgotten,
        },
        "skipped": [{"path": _plain(skipped.path), "reason": _plain(skipped.reason)} for skipped in answer.skipped],
        "notes": [_plain(note) for note in (*answer.notes, *notes)],
    }  # fmt: skip


def _tell(console: Console, answer: "Answer | Duplicates", *, notes: list[str], verbose: bool) -> None:
    for note in (*answer.notes, *notes):
        console.note(f"Note: {note}")
    _tell_skipped(console, answer.skipped, verbose=verbose)


def _tell_skipped(console: Console, skipped: "tuple[Skipped, ...]", *, verbose: bool) -> None:
    if verbose:
        for left_out in skipped:
            console.note(f"Left out: {_one_line(left_out.path)}: {left_out.reason}")
    elif skipped:
        files = "1 file" if len(skipped) == 1 else f"{len(skipped)} files"
        console.note(f"Note: {files} cannot be used; --verbose names them.")


def _sound(sound: "FoundSound", *, scored: bool = True) -> dict[str, Any]:
    facts = {
        "path": _plain(sound.path), "seconds": round(sound.duration_s, 4), "kind": sound.kind, "bpm": sound.bpm,
        "sha256": sound.hash.hex(),
    }  # fmt: skip
    return (
        {"score": round(sound.score, 4), **facts, "copies": [_plain(path) for path in sound.copies]}
        if scored
        else facts
    )


def _line(sound: "FoundSound") -> str:
    more = f"  (and {len(sound.copies)} equal)" if sound.copies else ""
    return f"{sound.score:.2f}  {_seconds(sound)}  {_one_line(sound.path)}{more}"


def _seconds(sound: "FoundSound") -> str:
    return f"{sound.duration_s:7.2f} s"


def _one_line(path: str) -> str:
    return "".join(letter if letter.isprintable() or "\ud800" <= letter <= "\udfff" else "?" for letter in path)


def _plain(text: str) -> str:
    """Text that JSON can hold: bytes that are no characters are spelled as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
