"""Names of packs and sections: they become names of files on every system."""

import re
from typing import Final

from samplegen.errors import UsageError

LONGEST_NAME: Final = 80
_FORBIDDEN: Final = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]')
_RESERVED: Final = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in "123456789¹²³")]
)


def check_name(name: str) -> str:
    """`name`, if a file may be called so on Linux, macOS and Windows.

    Raises
    ------
    UsageError
        If it has a character or form that one of them refuses, or more than 80 characters.
    """
    if not name or len(name) > LONGEST_NAME:
        raise UsageError(f"a name has 1 to {LONGEST_NAME} characters, not {len(name)}.")
    if _FORBIDDEN.search(name):
        raise UsageError(f'{name!r} holds a character that files cannot have. Leave out / \\ : * ? " < > |.')
    if name != name.strip() or name[0] in ".~-@" or name[-1] == ".":
        raise UsageError(f"{name!r} begins or ends in a way that files should not. Begin with a letter or digit.")
    if name.split(".")[0].strip().lower() in _RESERVED:
        raise UsageError(f"{name!r} is a name that Windows keeps for itself. Choose another.")
    return name
