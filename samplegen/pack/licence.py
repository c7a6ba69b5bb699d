"""``LICENSE.txt``: what a buyer may do with the sounds of a pack."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from samplegen import files
from samplegen.errors import OutputError
from samplegen.pack.entries import FileEntry

LICENCE_NAME: Final = "LICENSE.txt"
DEFAULT_LICENCE: Final = "Royalty-free (generated with samplegen)"
# Of sounds made from recordings that the user gave (an SPDX name for a text of our own).
SOURCE_LICENCE: Final = "LicenseRef-source"
# The gate that compares with what a model learned from.
GUARD: Final = "memorisation"
_AND: Final = " AND "

_HEAD: Final = """\
{name}
{underline}

Licence: {licence}
"""

_GENERATED: Final = """
The sounds of this pack were generated with samplegen. You may use them in your
own music, videos, games and other works, commercial or not, whole or in part,
changed or unchanged, without royalties and without asking. No credit to the
maker of the pack is needed.
"""

_FROM_RECORDINGS: Final = """
The sounds of this pack were made with samplegen from recordings that its maker
chose; manifest.json names the recording of each. samplegen adds no claim of its
own, but whoever holds rights in those recordings holds them in these sounds too:
use and pass them on only as far as the recordings' own licences allow.
"""

_BOTH: Final = """
This pack holds two kinds of sounds; manifest.json says of each which it is.

Sounds whose licence is not {source}: they were generated with samplegen. You may
use them in your own music, videos, games and other works, commercial or not,
whole or in part, changed or unchanged, without royalties and without asking. No
credit to the maker of the pack is needed.

Sounds whose licence is {source}: they were made with samplegen from recordings
that the maker of the pack chose. samplegen adds no claim of its own, but whoever
holds rights in those recordings holds them in these sounds too: use and pass them
on only as far as the recordings' own licences allow.
"""

_OWN: Final = """
These are the terms of the pack's maker. samplegen adds no claim of its own.
"""

_OWN_AND_RECORDINGS: Final = """
These are the terms of the pack's maker. samplegen adds no claim of its own, but
sounds whose licence in manifest.json is {source} were made from recordings that
the maker of the pack chose: whoever holds rights in those holds them in these
sounds too.
"""

_ORIGINS: Final = """
Where the sounds come from
--------------------------
{lines}
"""

_GUARDED: Final = """
Every sound of the generator was compared with what the generator learned from, and
drawn again where it came too near.
"""

_WARRANTY: Final = """
The sounds come as they are, without warranty of any kind.
"""

_ATTRIBUTIONS: Final = """
The models that made these sounds learned from recordings whose licences ask to
name their authors. Keep these lines with the sounds when you pass them on:

{lines}
"""


def pack_licence(asked: str, *, sounds: Iterable[str]) -> str:
    """The licence of a whole pack: `asked`, and what `sounds` (the licence of each) add to it.

    Only sounds made from recordings add something, and something is added only to theirs.
    """
    kinds = dict.fromkeys(sounds)
    parts = [asked] if asked != SOURCE_LICENCE else sorted(set(kinds) - {SOURCE_LICENCE})
    if SOURCE_LICENCE in kinds or asked == SOURCE_LICENCE:
        parts.append(SOURCE_LICENCE)
    return _AND.join(parts)


def is_own_text(licence: str) -> bool:
    """Whether a licence was written by the pack's maker: a sentence, not an identifier or our own words."""
    return any(" " in part for part in licence.split(_AND) if part != DEFAULT_LICENCE)


def licence_text(
    *,
    name: str,
    licence: str = DEFAULT_LICENCE,
    attributions: Sequence[str] = (),
    entries: Sequence[FileEntry] = (),
) -> str:
    """The licence of a pack, with the lines that the models' cards ask for (each once, in order).

    Of `entries` it tells what made them, of which recordings.
    """
    parts = licence.split(_AND)
    own = is_own_text(licence)
    shown = _AND.join(part for part in parts if not own or part != SOURCE_LICENCE)
    text = _HEAD.format(name=name, underline="=" * len(name), licence=shown)
    if own:
        text += _OWN_AND_RECORDINGS.format(source=SOURCE_LICENCE) if SOURCE_LICENCE in parts else _OWN
    elif licence == SOURCE_LICENCE:
        text += _FROM_RECORDINGS
    elif SOURCE_LICENCE in parts:
        text += _BOTH.format(source=SOURCE_LICENCE)
    else:
        text += _GENERATED
    text += _WARRANTY
    if origins := origin_lines(entries):
        text += _ORIGINS.format(lines="\n".join(f"- {line}" for line in origins))
        text += _GUARDED if any(GUARD in entry.gates for entry in entries) else ""
    lines = dict.fromkeys(line.strip() for line in attributions if line.strip())
    return text + (_ATTRIBUTIONS.format(lines="\n".join(f"- {line}" for line in lines)) if lines else "")


def origin_lines(entries: Sequence[FileEntry]) -> list[str]:
    """What made the sounds of a pack, and of which recordings: a line for each, sorted."""
    made: Counter[str] = Counter(_maker(entry) for entry in entries)
    recordings = {
        f'the recording "{entry.parameters["source"]}", SHA-256 {entry.parameters["source_sha256"]}'
        for entry in entries
        if entry.licence == SOURCE_LICENCE and {"source", "source_sha256"} <= set(entry.parameters)
    }
    counted = [f"{number} sound{'s' if number > 1 else ''} {maker}" for maker, number in sorted(made.items())]
    return counted + sorted(recordings)


def _maker(entry: FileEntry) -> str:
    by = f"by the engine {entry.engine}"
    if entry.model:
        by = f"by the model {entry.model} (SHA-256 {entry.model_hash})"
    return by + (", from recordings" if entry.licence == SOURCE_LICENCE else "")


def write_licence(
    folder: Path,
    *,
    name: str,
    licence: str = DEFAULT_LICENCE,
    attributions: Sequence[str] = (),
    entries: Sequence[FileEntry] = (),
) -> Path:
    """Write `licence_text` into `folder` atomically; returns its path.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    path = folder / LICENCE_NAME
    text = licence_text(name=name, licence=licence, attributions=attributions, entries=entries)
    files.write_text(path, text)
    return path


def require_no_other_licence(folder: Path, *, unless: bool = False) -> None:
    """Refuse a folder that is no pack yet and holds a ``LICENSE.txt`` of somebody else's.

    Parameters
    ----------
    unless
        True refuses nothing: the folder is a pack, or may be overwritten.

    Raises
    ------
    OutputError
        If there is one.
    """
    path = folder / LICENCE_NAME
    if unless or not path.is_file():
        return
    try:
        ours = b"samplegen" in path.read_bytes()
    except OSError as error:
        raise OutputError(f"Cannot read {path}: {error.strerror or error}.") from error
    if not ours:
        raise OutputError(
            f"{path} is there already and is not of a pack. Move it away, or use --force or another --out folder."
        )
