"""Scripts that run inside DAWs."""

from collections.abc import Sequence
from importlib import resources
from typing import Final

from samplegen.errors import UsageError

REAPER_SCRIPT: Final = "samplegen_loops.lua"
SCRIPTS: Final = ("reaper",)
_PROGRAM_LINE: Final = 'local PROGRAM = { "samplegen" }\n'


def reaper_script(program: Sequence[str] = ("samplegen",)) -> str:
    """The ReaScript (Lua) that makes loops at the project's tempo by running `program`, word by word.

    Raises
    ------
    UsageError
        If `program` is empty.
    """
    if not program or not program[0]:
        raise UsageError("There is no program that the script could run. Name one with --program.")
    text = (resources.files("samplegen.pack.daws") / REAPER_SCRIPT).read_text("utf-8")
    words = ", ".join(map(lua_string, program))
    before, line, after = text.partition(_PROGRAM_LINE)
    return f"{before}{line.replace(lua_string('samplegen'), words)}{after}"


def lua_string(text: str) -> str:
    """`text` as a string of Lua, in double quotes."""
    data = text.encode("utf-8", errors="surrogateescape")
    return '"' + "".join(_escaped(byte) for byte in data) + '"'


def _escaped(byte: int) -> str:
    plain = 32 <= byte < 127 and byte not in b'"\\'
    return chr(byte) if plain else f"\\{byte:03d}"
