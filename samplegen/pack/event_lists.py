"""Lists of events that a user wrote: start and end in seconds, an event on each line."""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from samplegen.engines.on_the_fly.events import Event
from samplegen.errors import InputError
from samplegen.files import hash_bytes
from samplegen.units import seconds_to_samples

MAX_BYTES: Final = 16 * 1024 * 1024
_OVERSHOOT_S: Final = 0.001  # lists are often written with three decimals
_SHOWN: Final = 60
_SEPARATORS: Final = re.compile(r"\s*[,;\t]\s*|\s+")
_EXAMPLE: Final = "Write its start and end in seconds, such as 0.5 1.25."


@dataclass(frozen=True)
class EventLine:
    """One event in seconds, and the line of the file that it stands on."""

    line: int
    start_s: float
    end_s: float


@dataclass(frozen=True)
class EventList:
    """The events of a file, in its order."""

    path: Path
    lines: tuple[EventLine, ...]

    @property
    def sha256(self) -> str:
        """Of the times, however they are written."""
        return hash_bytes(json.dumps([[line.start_s, line.end_s] for line in self.lines]).encode())

    def on(self, *, sample_rate: int, length: int) -> tuple[Event, ...]:
        """The events in samples of a recording of `length` samples; an end up to 1 ms behind it is its end.

        Raises
        ------
        InputError
            If an event reaches over the end, or is shorter than a sample; with the line and the value.
        """
        return tuple(self._event(line, sample_rate=sample_rate, length=length) for line in self.lines)

    def _event(self, line: EventLine, *, sample_rate: int, length: int) -> Event:
        start, end = (seconds_to_samples(at, sample_rate=sample_rate) for at in (line.start_s, line.end_s))
        place = f"{self.path}, line {line.line}: the event from {line.start_s:g} to {line.end_s:g} s"
        if end > length + seconds_to_samples(_OVERSHOOT_S, sample_rate=sample_rate):
            raise InputError(
                f"{place} reaches over the end of the recording, which lasts {length / sample_rate:.3f} s."
            )
        end = min(end, length)
        if end <= start:
            raise InputError(f"{place} holds no sample of the recording at {sample_rate} Hz. Make it longer.")
        return Event(start, end)


def read_event_list(path: Path) -> EventList:
    r"""Read start and end of each event: CSV, JSON lines, plain text, or labels exported by Audacity.

    Fields stand between commas, semicolons, tabs or blanks; behind the first two anything may follow.
    In JSON an event is ``{"start": 0.5, "end": 1.25}`` or ``[0.5, 1.25]``. Blank lines, a first line that
    begins with "start", and lines that begin with ``#`` or ``\`` (Audacity's frequencies) are passed over.

    Raises
    ------
    InputError
        If the file cannot be read, holds no event, or a line is none; with the line's number.
    """
    lines = tuple(_events_in(_text_of(path), path))
    if not lines:
        raise InputError(f"{path} holds no event. Write the start and end of each in seconds on a line of its own.")
    return EventList(path, lines)


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no list of events: it is not text in UTF-8.") from error
    except (OSError, ValueError) as error:
        raise InputError(f"Cannot read {path}: {getattr(error, 'strerror', None) or error}.") from error
    if len(data) > MAX_BYTES:
        raise InputError(f"{path} is too long for a list of events: it has more than {MAX_BYTES >> 20} MB.")
    return text


def _events_in(text: str, path: Path) -> Iterator[EventLine]:
    first = True
    for number, line in enumerate(text.splitlines(), start=1):
        content = line.strip()
        if not content or content.startswith(("#", "\\")):
            continue
        heading = first and content.lstrip("\"'").lower().startswith("start")
        first = False
        if not heading:
            yield _event_of(content, number, path)


def _event_of(content: str, number: int, path: Path) -> EventLine:
    place = f"{path}, line {number}"
    times = _json_times(content) if content.startswith(("{", "[")) else _plain_times(content)
    if times is None:
        shown = content if len(content) <= _SHOWN else content[:_SHOWN] + "…"
        raise InputError(f"{place}: {shown!r} is no event. {_EXAMPLE}")
    start, end = times
    if start < 0.0:
        raise InputError(f"{place}: the event starts at {start:g} s, before the recording. {_EXAMPLE}")
    if end <= start:
        raise InputError(f"{place}: the event ends at {end:g} s, not behind its start at {start:g} s. {_EXAMPLE}")
    return EventLine(number, start, end)


def _json_times(content: str) -> tuple[float, float] | None:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return None
    pair = [value.get("start"), value.get("end")] if isinstance(value, dict) else value
    if len(pair) != 2 or not all(isinstance(part, int | float) and not isinstance(part, bool) for part in pair):
        return None
    return _finite(str(pair[0]), str(pair[1]))


def _plain_times(content: str) -> tuple[float, float] | None:
    fields = [field.strip("\"'") for field in _SEPARATORS.split(content)]
    return _finite(fields[0], fields[1]) if len(fields) >= 2 else None


def _finite(start: str, end: str) -> tuple[float, float] | None:
    try:
        times = float(start), float(end)
    except ValueError:
        return None
    return times if all(math.isfinite(value) and abs(value) < 1e9 for value in times) else None
