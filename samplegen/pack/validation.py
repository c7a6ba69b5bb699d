"""Typed reading of JSON objects that others may have written."""

import math
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any, TypeVar

from samplegen.errors import InputError

T = TypeVar("T")


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return _is_integer(value) or (isinstance(value, float) and math.isfinite(value))


class Reader:
    """Members of one JSON object, each with the type that is expected.

    Parameters
    ----------
    value
        What the JSON parser gave.
    place
        Where the object stands, for messages.

    Raises
    ------
    InputError
        From every method, if the member is missing or of another type.
    """

    def __init__(self, value: object, *, place: str) -> None:
        if not isinstance(value, dict):
            raise InputError(f"{place} holds {_shown(value)} where an object is expected.")
        self._members: dict[str, Any] = value
        self._place = place

    def _get(self, name: str, expected: str, accept: Callable[[Any], bool]) -> Any:
        if name not in self._members:
            raise InputError(f"{self._place} has no {name!r}.")
        value = self._members[name]
        if not accept(value):
            raise InputError(f"{self._place} has {name!r} = {_shown(value)}, which should be {expected}.")
        return value

    def text(self, name: str) -> str:
        """A string."""
        return str(self._get(name, "a text", lambda value: isinstance(value, str)))

    def optional_text(self, name: str) -> str | None:
        """A string or None."""
        value = self._get(name, "a text or null", lambda value: value is None or isinstance(value, str))
        return None if value is None else str(value)

    def flag(self, name: str) -> bool:
        """True or false."""
        return bool(self._get(name, "true or false", lambda value: isinstance(value, bool)))

    def integer(self, name: str) -> int:
        """A whole number."""
        return int(self._get(name, "a whole number", _is_integer))

    def optional_integer(self, name: str) -> int | None:
        """A whole number or None."""
        value = self._get(name, "a whole number or null", lambda value: value is None or _is_integer(value))
        return None if value is None else int(value)

    def optional_number(self, name: str) -> float | None:
        """A finite number or None; whole numbers stay whole."""
        value = self._get(name, "a number or null", lambda value: value is None or _is_number(value))
        return value if value is None or isinstance(value, int) else float(value)

    def integer_pair(self, name: str) -> tuple[int, int]:
        """Two whole numbers."""
        value = self._get(
            name,
            "two whole numbers",
            lambda value: isinstance(value, list) and len(value) == 2 and all(map(_is_integer, value)),
        )
        return int(value[0]), int(value[1])

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of strings."""
        value = self._get(
            name,
            "a list of texts",
            lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value),
        )
        return tuple(value)

    def sequence(self, name: str) -> list[Any]:
        """A list of anything."""
        return list(self._get(name, "a list", lambda value: isinstance(value, list)))

    def mapping(self, name: str) -> Mapping[str, Any]:
        """An object with any members."""
        return dict(self._get(name, "an object", lambda value: isinstance(value, dict)))

    def numbers(self, name: str) -> Mapping[str, float | None]:
        """An object whose members are finite numbers or None."""
        value = self._get(
            name,
            "an object of numbers",
            lambda value: isinstance(value, dict) and all(item is None or _is_number(item) for item in value.values()),
        )
        return dict(value)

    def counts(self, name: str) -> Mapping[str, int]:
        """An object whose members are whole numbers, none below zero; empty where it is missing."""
        if name not in self._members:
            return {}
        value = self._get(
            name,
            "an object of whole numbers",
            lambda value: isinstance(value, dict) and all(_is_integer(item) and item >= 0 for item in value.values()),
        )
        return dict(value)

    def has(self, name: str) -> bool:
        """Whether there is such a member: those that later versions added may be missing."""
        return name in self._members

    def relative_path(self, name: str) -> str:
        """A path with ``/`` that stays inside the folder it is relative to."""
        value = self.text(name)
        path = PurePosixPath(value)
        if not value or path.is_absolute() or ".." in path.parts or "\\" in value or ":" in value or "\0" in value:
            raise InputError(f"{self._place} has {name!r} = {_shown(value)}, which is not a path inside the pack.")
        return value


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
