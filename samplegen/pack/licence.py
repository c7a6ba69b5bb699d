"""``LICENSE.txt``: what a buyer may do with the sounds of a pack."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from samplegen import files

LICENCE_NAME: Final = "LICENSE.txt"
DEFAULT_LICENCE: Final = "Royalty-free (generated with samplegen)"

_TEXT: Final = """\
{name}
{underline}

Licence: {licence}

The sounds of this pack were generated with samplegen. You may use them in your
own music, videos, games and other works, commercial or not, whole or in part,
changed or unchanged, without royalties and without asking. No credit to the
maker of the pack is needed.

The sounds come as they are, without warranty of any kind.
"""

_ATTRIBUTIONS: Final = """
The models that made these sounds learned from recordings whose licences ask to
name their authors. Keep these lines with the sounds when you pass them on:

{lines}
"""


def licence_text(*, name: str, licence: str = DEFAULT_LICENCE, attributions: Sequence[str] = ()) -> str:
    """The licence of a pack, with the lines that the models' cards ask for (each once, in order)."""
    text = _TEXT.format(name=name, underline="=" * len(name), licence=licence)
    lines = dict.fromkeys(line.strip() for line in attributions if line.strip())
    return text + (_ATTRIBUTIONS.format(lines="\n".join(f"- {line}" for line in lines)) if lines else "")


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
