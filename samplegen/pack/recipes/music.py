"""Tempo, meter, key and kinds as a recipe writes them."""

import re
from typing import Final

from samplegen.conditioning.vocabulary import LOOP_KINDS, ONE_SHOT_KINDS, STYLES
from samplegen.errors import UsageError
from samplegen.pack.prompt_facts import MAX_BEATS_PER_BAR, METER_DENOMINATORS, Facts, find_facts
from samplegen.pack.recipes.fields import Table, nearest
from samplegen.pack.recipes.limits import MAX_BPM, MIN_BPM

PLAIN_LOOP_KINDS: Final = tuple(kind.removeprefix("loop_") for kind in LOOP_KINDS)
PITCHED_LOOPS: Final = ("bass", "chord")
PITCHED_ONE_SHOTS: Final = ("bass", "synth", "tom")
KEYED_ONE_SHOTS: Final = (*PITCHED_ONE_SHOTS, "kick")
_METER: Final = re.compile(r"\s*(\d{1,4})\s*/\s*(\d{1,4})\s*", re.ASCII)
_KEY: Final = re.compile(r"([A-Ga-g])([#b♯♭]?)\s*(m|min|minor|maj|major)?", re.ASCII)


def tempi_of(table: Table) -> tuple[float, ...]:
    """``bpm``: one tempo or several."""
    return table.numbers("bpm", low=MIN_BPM, high=MAX_BPM)


def meter_of(table: Table) -> tuple[int, int] | None:
    """``meter``."""
    return table.checked("meter", read_meter)


def key_of(table: Table) -> str | None:
    """``key``."""
    return table.checked("key", read_key)


def style_of(table: Table) -> str | None:
    """``style``."""
    return table.choice("style", STYLES, fallback="") or None


def facts_of(table: Table) -> Facts | None:
    """What the prompt says of tempo, length, meter and key."""
    return table.checked("prompt", find_facts)


def read_meter(text: str) -> tuple[int, int]:
    """``"7/8"`` to ``(7, 8)``.

    Raises
    ------
    UsageError
        If it is none that can be made.
    """
    match = _METER.fullmatch(text)
    meter = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= meter[0] <= MAX_BEATS_PER_BAR or meter[1] not in METER_DENOMINATORS:
        denominators = ", ".join(map(str, METER_DENOMINATORS))
        raise UsageError(
            f'{text!r} is not a meter. Allowed: 1 to {MAX_BEATS_PER_BAR} beats over {denominators}, such as "7/8".'
        )
    return meter


def read_key(text: str) -> str:
    """``"a minor"`` and ``"Amin"`` to ``"Am"``; majors have no suffix.

    Raises
    ------
    UsageError
        If it is no key.
    """
    match = _KEY.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"{text!r} is not a key. Write it like C, F#, Bb, Am or C#m.")
    sign = {"♯": "#", "♭": "b"}.get(match[2], match[2])
    return f"{match[1].upper()}{sign}{'m' if match[3] in ('m', 'min', 'minor') else ''}"


def read_loop_kind(text: str) -> str:
    """``"loop_drums"`` and ``"drums"`` to ``"drums"``.

    Raises
    ------
    UsageError
        If no loop is called so.
    """
    return _known(text, text.removeprefix("loop_"), PLAIN_LOOP_KINDS, "kind of loop")


def read_one_shot_kind(text: str) -> str:
    """``"hat-closed"`` and ``"hat_closed"`` to ``"hat_closed"``.

    Raises
    ------
    UsageError
        If no one-shot is called so.
    """
    return _known(text, text.replace("-", "_"), ONE_SHOT_KINDS, "kind of one-shot")


def _known(given: str, name: str, allowed: tuple[str, ...], what: str) -> str:
    if name not in allowed:
        raise UsageError(f"{given!r:.60} is no {what}.{nearest(name, allowed)} Allowed: {', '.join(allowed)}.")
    return name
