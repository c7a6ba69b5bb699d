"""Settings of an engine as a user types them: ``--set key=value``, and presets as a table."""

import dataclasses
import difflib
import math
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from samplegen.errors import UsageError

SEED: Final = "seed"
_TRUE: Final = ("yes", "true", "on", "1")
_FALSE: Final = ("no", "false", "off", "0")


def read_settings(settings: type, assignments: Sequence[str], *, flags: Mapping[str, Any]) -> dict[str, Any]:
    """Overrides from ``key=value`` texts and from flags (None is not given), typed as the fields of `settings`.

    Raises
    ------
    UsageError
        If a text is no assignment, names no setting or gives a value that does not fit, or a setting is given twice.
    """
    values = {name: value for name, value in flags.items() if value is not None}
    hints = {name: hint for name, hint in typing.get_type_hints(settings).items() if name in field_names(settings)}
    for text in assignments:
        key, separator, value = text.partition("=")
        name = key.strip().lower().replace("-", "_")
        if not separator or not name:
            raise UsageError(f"--set {text!r} is no assignment. Write it like {next(iter(hints))}=8.")
        if name == SEED:
            raise UsageError("The seed is given with --seed, not with --set.")
        if name not in hints:
            raise UsageError(f"--set {text}: there is no setting {name!r}.{_nearest(name, hints)}")
        if name in values:
            raise UsageError(f"The setting {name} is given twice. Give it once.")
        values[name] = parse_value(hints[name], value.strip(), where=f"--set {text}")
    return values


def field_names(settings: type) -> tuple[str, ...]:
    """Names of a dataclass's fields."""
    return tuple(field.name for field in dataclasses.fields(settings))


def parse_value(hint: Any, text: str, *, where: str) -> Any:
    """`text` as the type `hint`: bool, int, float, str, a choice, a tuple of one type, or one of several.

    Raises
    ------
    UsageError
        If it fits none; `where` begins the message.
    """
    for kind in _alternatives(hint):
        found, value = _read(kind, text)
        if found:
            return value
    wanted = " or ".join(dict.fromkeys(_name(kind) for kind in _alternatives(hint)))
    raise UsageError(f"{where}: {text!r} is not {wanted}.")


def preset_rows(presets: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
    """A table of presets: names of the settings in the first row, then one row a preset."""
    columns = list(dict.fromkeys(key for values in presets.values() for key in values))
    rows = [["preset", *columns]]
    for name, values in presets.items():
        rows.append([name.replace("_", "-"), *(_cell(values[key]) if key in values else "" for key in columns)])
    return rows


def align(rows: Sequence[Sequence[str]]) -> str:
    """Rows of text in columns; long names in the first row are broken behind their underscores."""
    heads = [row.replace("_", "_\n").split("\n") for row in rows[0]]
    height = max(map(len, heads))
    lines = [[head[k - height] if k >= height - len(head) else "" for head in heads] for k in range(height)]
    lines += [list(row) for row in rows[1:]]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _alternatives(hint: Any) -> tuple[Any, ...]:
    origin = typing.get_origin(hint)
    return typing.get_args(hint) if origin in (typing.Union, types.UnionType) else (hint,)


def _read(kind: Any, text: str) -> tuple[bool, Any]:
    """Whether `text` is of this kind, and its value."""
    word = text.lower()
    if kind is types.NoneType:
        return word in ("none", "auto"), None
    if typing.get_origin(kind) is Literal:
        choices = {str(choice).lower().replace("-", "_"): choice for choice in typing.get_args(kind)}
        return word.replace("-", "_") in choices, choices.get(word.replace("-", "_"))
    if typing.get_origin(kind) is tuple:
        parts = [_read(typing.get_args(kind)[0], part) for part in text.replace(",", " ").split()]
        return bool(parts) and all(found for found, _ in parts), tuple(value for _, value in parts)
    if kind is bool:
        return word in (*_TRUE, *_FALSE), word in _TRUE
    if kind is str:
        return bool(text), text
    try:
        number = kind(text)
    except (ValueError, TypeError):
        return False, None
    return math.isfinite(number), number


def _name(kind: Any) -> str:
    if typing.get_origin(kind) is Literal:
        return " or ".join(map(str, typing.get_args(kind)))
    if typing.get_origin(kind) is tuple:
        return "a list of numbers such as 2,1,0.5"
    names = {bool: "yes or no", int: "a whole number", float: "a number", str: "a text", types.NoneType: "auto"}
    return names.get(kind, str(kind))


def _nearest(name: str, known: Mapping[str, Any]) -> str:
    names = [key for key in known if key != SEED]
    near = [key for key in names if name in key] or difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f" Did you mean {near[0]}?" if near else f" There are {', '.join(names)}."


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "auto" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
