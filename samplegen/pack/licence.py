"""``LICENSE.txt``: what a buyer may do with the sounds of a pack."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from samplegen import files

LICENCE_NAME: Final = "LICENSE.txt"
DEFAULT_LICENCE: Final = "Royalty-free (generated with samplegen)"
# Of sounds made from recordings that the user gave (an SPDX name for a text of our own).
SOURCE_LICENCE: Final = "LicenseRef-source"
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


def licence_text(*, name: str, licence: str = DEFAULT_LICENCE, attributions: Sequence[str] = ()) -> str:
    """The licence of a pack, with the lines that the models' cards ask for (each once, in order)."""
    text = _HEAD.format(name=name, underline="=" * len(name), licence=licence)
    if licence == SOURCE_LICENCE:
        text += _FROM_RECORDINGS
    elif SOURCE_LICENCE in licence.split(_AND):
        text += _BOTH.format(source=SOURCE_LICENCE)
    else:
        text += _GENERATED
    lines = dict.fromkeys(line.strip() for line in attributions if line.strip())
    return text + _WARRANTY + (_ATTRIBUTIONS.format(lines="\n".join(f"- {line}" for line in lines)) if lines else "")


def write_licence(folder: Path, *, name: str, licence: str = DEFAULT_LICENCE, attributions: Sequence[str] = ()) -> Path:
    """Write `licence_text` into `folder` atomically; returns its path.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    path = folder / LICENCE_NAME
    files.write_text(path, licence_text(name=name, licence=licence, attributions=attributions))
    return path
