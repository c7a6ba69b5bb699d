"""Typed reading of a recipe's tables; every error says file, line, value and what is allowed."""

import difflib
import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from samplegen.errors import InputError, UsageError
from samplegen.pack.recipes.places import Place, Places

_SHOWN_CHARACTERS: Final = 60
_LONGEST_LIST: Final = 1000
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
Value = TypeVar("Value")
Choice = TypeVar("Choice", bound=str)


@dataclass(frozen=True)
class Origin:
    """A recipe's file, for messages.

    Parameters
    ----------
    file
        As the user named it.
    """

    file: str
    places: Places

    def error(self, message: str, *place: str | int) -> InputError:
        """``packs/x.toml:17: message``."""
        return InputError(f"{self.file}:{self.places.line_of(*place)}: {message}")


class Table:
    """One table of a recipe, such as ``[pack]`` or the second of ``[[loops]]``.

    Parameters
    ----------
    values
        What `tomllib` gave.
    place
        Where it stands, such as ``("loops", 1)``.
    allowed
        The keys it may have.

    Raises
    ------
    InputError
        From every method too: if a key is unknown, or a value of another type or out of range.
    """

    def __init__(self, values: object, *, place: Place, origin: Origin, allowed: Collection[str]) -> None:
        self.place, self._origin = place, origin
        self.title = ".".join(str(part) for part in place if isinstance(part, str))
        if not isinstance(values, dict):
            raise origin.error(f"{self.title} is {shown(values)}, where a table is expected.", *place)
        self.values: Mapping[str, Any] = values
        for key in values:
            if key not in allowed:
                raise self.error(
                    f"unknown key {shown(key)} in {self.title}.{nearest(key, allowed)} "
                    f"Allowed: {', '.join(sorted(allowed))}.", key,
                )  # fmt: skip

    @property
    def line(self) -> int:
        """Where it begins."""
        return self._origin.places.line_of(*self.place)

    def error(self, message: str, *key: str | int) -> InputError:
        """An error at a key of this table, or at the table itself."""
        return self._origin.error(message, *self.place, *key)

    def refuse(self, key: str, allowed: str) -> InputError:
        """The error of a value that is not allowed."""
        return self.error(f"{key} is {shown(self.values[key])}; allowed: {allowed}.", key)

    def has(self, key: str) -> bool:
        """Whether the key is given."""
        return key in self.values

    def text(self, key: str, *, longest: int = 200, lines: bool = False) -> str | None:
        """A text without control characters; line ends only where `lines` allows them."""
        if key not in self.values:
            return None
        value = self.values[key]
        limit = f"a text of 1 to {longest} characters" + ("" if lines else " on one line")
        if not isinstance(value, str) or not value.strip() or len(value) > longest:
            raise self.refuse(key, limit)
        if _CONTROL.search(value.replace("\r\n", "\n")) or ("\n" in value and not lines):
            raise self.refuse(key, f"{limit}, without control characters")
        return value.strip()

    def integer(self, key: str, *, low: int, high: int, fallback: int) -> int:
        """A whole number from `low` to `high`."""
        return self.optional_integer(key, low=low, high=high) if key in self.values else fallback

    def optional_integer(self, key: str, *, low: int, high: int) -> int:
        """A whole number that is there."""
        value = self.values[key]
        if not _is_whole(value) or not low <= value <= high:
            raise self.refuse(key, f"a whole number from {low} to {high}")
        return int(value)

    def number(self, key: str, *, low: float, high: float) -> float | None:
        """A finite number from `low` to `high`, or None."""
        if key not in self.values:
            return None
        value = self.values[key]
        if not _is_number(value) or not low <= value <= high:
            raise self.refuse(key, f"a number from {low:g} to {high:g}")
        return float(value)

    def numbers(self, key: str, *, low: float, high: float) -> tuple[float, ...]:
        """One number or a list of different ones; empty where the key is missing."""
        if key not in self.values:
            return ()
        value = self.values[key]
        items = value if isinstance(value, list) else [value]
        limit = f"a number from {low:g} to {high:g}, or a list of different ones"
        if not 1 <= len(items) <= _LONGEST_LIST:
            raise self.refuse(key, limit)
        for place, item in enumerate(items):
            if not _is_number(item) or not low <= item <= high:
                raise self.error(f"{key} is {shown(item)}; allowed: {limit}.", key, place)
        if len(set(items)) != len(items):
            raise self.refuse(key, limit)
        return tuple(float(item) for item in items)

    def flag(self, key: str, *, fallback: bool) -> bool:
        """A truth value."""
        value = self.values.get(key, fallback)
        if not isinstance(value, bool):
            raise self.refuse(key, "true or false")
        return value

    def choice(self, key: str, allowed: Sequence[Choice], *, fallback: Choice) -> Choice:
        """One of some words."""
        return self._one_of(self.values[key], allowed, key) if key in self.values else fallback

    def choices(self, key: str, allowed: Sequence[Choice], *, fallback: tuple[Choice, ...]) -> tuple[Choice, ...]:
        """A list of some words, each once."""
        if key not in self.values:
            return fallback
        found = tuple(self._one_of(item, allowed, key, place) for place, item in self.items(key))
        if len(set(found)) != len(found):
            raise self.refuse(key, f"each of {', '.join(allowed)} once")
        return found

    def items(self, key: str) -> Iterator[tuple[int, Any]]:
        """Elements of a list that is not empty, with their places; a text alone counts as a list of it."""
        value = self.values.get(key, [])
        values = [value] if isinstance(value, str) else value
        if key in self.values and not (isinstance(values, list) and 1 <= len(values) <= _LONGEST_LIST):
            raise self.refuse(key, f"a list of 1 to {_LONGEST_LIST} texts")
        return enumerate(values)

    def checked(self, key: str, read: Callable[[str], Value]) -> Value | None:
        """A text as `read` understands it, None where the key is missing; `read` raises UsageError."""
        text = self.text(key)
        return None if text is None else self.about(key, lambda: read(text))

    def about(self, key: str, make: Callable[[], Value]) -> Value:
        """What `make` returns; what it refuses (a UsageError) becomes an error at the key."""
        try:
            return make()
        except UsageError as error:
            raise self.error(f"{key} cannot be used: {error}", key) from error

    def _one_of(self, value: object, allowed: Sequence[Choice], *key: str | int) -> Choice:
        for word in allowed:
            if value == word:
                return word
        raise self.error(f"{key[0]} is {shown(value)}.{nearest(value, allowed)} Allowed: {', '.join(allowed)}.", *key)


def shown(value: object) -> str:
    """A value as the user wrote it, nearly, and short."""
    if isinstance(value, bool):
        return "true" if value else "false"
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # more digits than Python prints
        text = "a value too large to show"
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 3] + "..."


def nearest(word: object, known: Collection[str]) -> str:
    """`` Did you mean 'bpm'?``, or nothing where no known word is near."""
    text = str(word)[:_SHOWN_CHARACTERS] if isinstance(word, str) else ""
    near = difflib.get_close_matches(text, known, n=1, cutoff=0.6)
    return f" Did you mean {near[0]!r}?" if near else ""


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return _is_whole(value) or (isinstance(value, float) and math.isfinite(value))
