"""On which line of a TOML text a value stands, which `tomllib` does not tell.

The text must be valid TOML: what is wrong with its form `tomllib` says itself.
"""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

Place = tuple[str | int, ...]

# Of a longer list every element counts as standing where the list begins.
_MAX_ELEMENTS: Final = 1000
_TOKEN: Final = re.compile(
    r"""
      (?P<skip>\#[^\n]*|[^\S\n]+)
    | (?P<string>\"\"\"(?:\\[\s\S]|(?!\"\"\")[^\\])*\"\"\"\"{0,2}
        | '''(?:(?!''')[\s\S])*''''{0,2}
        | "(?:\\.|[^"\\\n])*" | '[^'\n]*')
    | (?P<mark>[\[\]{},=.\n])
    | (?P<bare>[^\s\#"'\[\]{},=.]+)
    """,
    re.VERBOSE,
)


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


class Places:
    """Lines of all keys and list elements of a text, from 1.

    Parameters
    ----------
    text
        Valid TOML.
    """

    def __init__(self, text: str) -> None:
        self._lines: Mapping[Place, int] = _Scan(text).lines

    def line_of(self, *place: str | int) -> int:
        """The line of ``("loops", 0, "bpm")``, or of the nearest thing around it; 1 at the outside."""
        for length in range(len(place), 0, -1):
            line = self._lines.get(place[:length])
            if line is not None:
                return line
        return 1


class _Scan:
    """One pass over the tokens: where a key is awaited, and where a value."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Place, int] = {}
        self._arrays: dict[Place, int] = {}
        self._tokens = _tokens(text)
        self._read()

    def _read(self) -> None:
        header: Place = ()
        for token in self._tokens:
            if token.text == "[" and token.kind == "mark":
                header = self._header(token.line)
            elif token.text != "\n":
                self._assignment(header, token)

    def _header(self, line: int) -> Place:
        """``[a.b]`` or ``[[a.b]]``, its first bracket read."""
        opened, keys = 1, list[str]()
        for token in self._tokens:
            if token.kind != "mark":
                keys.append(_plain(token))
            elif token.text == "[":
                opened += 1
            elif token.text == "\n":
                break
        place: Place = ()
        for number, key in enumerate(keys, start=1):
            place += (key,)
            if opened == 2 and number == len(keys):
                self._arrays[place] = self._arrays.get(place, -1) + 1
            if place in self._arrays:
                self.lines.setdefault(place, line)
                place += (self._arrays[place],)
            self.lines.setdefault(place, line)
        return place

    def _assignment(self, header: Place, first: _Token) -> None:
        """``key = value`` up to the end of the line on which the value ends."""
        target = self._key(header, first)
        frames: list[tuple[Place, int]] = []  # of lists their element's index, of inline tables -1
        for token in self._tokens:
            if token.text == "\n" and token.kind == "mark":
                if not frames:
                    return
            elif token.kind != "mark":
                if frames and frames[-1][1] < 0 and target == frames[-1][0]:
                    target = self._key(target, token)
                else:
                    self._note(target, token.line)
            elif token.text == "[":
                self._note(target, token.line)
                frames.append((target, 0))
                target += (0,)
            elif token.text == "{":
                self._note(target, token.line)
                frames.append((target, -1))
            elif token.text == ",":
                base, index = frames.pop()
                frames.append((base, index + 1 if index >= 0 else -1))
                target = base if index < 0 else (*base, min(index + 1, _MAX_ELEMENTS))
            elif token.text in "]}":
                target, _ = frames.pop()
                target += ("",)  # no key follows a value

    def _key(self, base: Place, first: _Token) -> Place:
        """A key, dotted or not, up to its ``=``; `first` is read."""
        place = (*base, _plain(first))
        self._note(place, first.line)
        for token in self._tokens:
            if token.text == "=" and token.kind == "mark":
                break
            if token.kind != "mark":
                place += (_plain(token),)
                self._note(place, first.line)
        return place

    def _note(self, place: Place, line: int) -> None:
        self.lines.setdefault(place, line)


def _tokens(text: str) -> Iterator[_Token]:
    text = text.replace("\r\n", "\n")
    ends = [match.start() for match in re.finditer("\n", text)]
    for match in _TOKEN.finditer(text + "\n"):
        kind = match.lastgroup or "skip"
        if kind != "skip":
            yield _Token(kind, match.group(), bisect_right(ends, match.start() - 1) + 1)


def _plain(token: _Token) -> str:
    """The name that a key's token means."""
    return str(tomllib.loads(f"key = {token.text}")["key"]) if token.kind == "string" else token.text
