"""Tempo, length, meter and key in a text: only what is said clearly counts."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from samplegen.errors import UsageError

MAX_BARS: Final = 64
MAX_BEATS_PER_BAR: Final = 16
METER_DENOMINATORS: Final = (2, 4, 8, 16)
Value = TypeVar("Value")

_NUMBERS: Final = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "twelve": 12, "sixteen": 16,
}  # fmt: skip
_TEMPO: Final = r"\d{1,4}(?:\.\d{1,3}|,\d{1,2}(?!\d))?"
_RANGE: Final = r"(?:-|–|to)"
_BPM: Final = re.compile(
    rf"(?:\bat\s+)?(?<![\w.])(?:(?P<low>{_TEMPO})\s*{_RANGE}\s*)?(?P<value>{_TEMPO})\s*-?\s*(?:b\.?p\.?m\b\.?|beats\s+per\s+minute\b)"
    rf"|\bbpm\s*[:=]?\s*(?P<behind>{_TEMPO})(?!\s*-?\s*(?:bars?|measures?)\b|[\w/])",
    re.IGNORECASE,
)
_COUNT: Final = rf"\d{{1,4}}|{'|'.join(_NUMBERS)}"
_BARS: Final = re.compile(
    rf"(?<![\w.])(?<!\d/)(?:(?P<low>{_COUNT})\s*{_RANGE}\s*)?(?P<value>{_COUNT})[\s-]*(?:bars?|measures?)\b",
    re.IGNORECASE,
)
_SIGNATURE: Final = r"(?P<n>\d{1,2})/(?P<d>\d{1,2})(?![\w/])"
_METER: Final = re.compile(rf"(?<![\w./])(?P<clear>in\s+)?{_SIGNATURE}(?P<behind>[\s-]*[^\W\d_]*)", re.IGNORECASE)
_METER_WORDS: Final = frozenset(("time", "meter", "metre", "signature"))
# 1/8 notes, 3/4 of the way, 3/4 inch: lengths, not meters.
_NOT_METERS: Final = frozenset("note notes triplet triplets step steps of length speed inch delay echo th ths".split())

_ACCIDENTAL: Final = r"(?:\s?[#♯♭]|(?-i:b)(?![a-z])|[\s-]?sharp|[\s-]?flat)"
_LONG_KEY: Final = re.compile(
    rf"(?<![\w#'/&])(?P<before>(?:in|key\s+of|key)\s*:?\s+)?(?P<letter>[A-G])(?P<sign>{_ACCIDENTAL})?"
    r"[\s-]*(?P<mode>minor|major|min|maj)\b(?P<after>[\s-]+[a-z]+)?",
    re.IGNORECASE,
)
# Am, F#m, Bbm, F#, Bb: exact letter case; a lone letter is a key only behind "key of".
_SHORT_KEY: Final = re.compile(
    r"(?<![\w#'/&.])(?:(?P<of>[Kk]ey\s+(?:of\s+)?)?(?P<letter>[A-G])(?P<sign>[#♯♭]|b)?(?P<mode>m|min|maj)?)"
    r"(?![\w#'♯♭&/]|\.\w)(?!\s+I\b)"
)
_AFTER_KEY: Final = frozenset(
    "at with and for on loop loops bass chord chords pad stab lead synth arp riff melody piano guitar scale".split()
)


@dataclass(frozen=True)
class Fact(Generic[Value]):
    """A value, and the words that say it."""

    value: Value
    words: str


@dataclass(frozen=True)
class Facts:
    """What a text says clearly, and what is left of it."""

    bpm: Fact[float] | None
    bars: Fact[int] | None
    meter: Fact[tuple[int, int]] | None
    key: Fact[str] | None
    rest: str


def find_facts(text: str) -> Facts:
    """Tempo, bars, meter and key of a text.

    Raises
    ------
    UsageError
        If it names two tempi, lengths or meters, or one that is not possible.
    """
    bpms, text = _take(_BPM, text, _read_bpm)
    meters, text = _take(_METER, text, _read_meter)
    bars, text = _take(_BARS, text, _read_bars)
    keys, text = _take(_LONG_KEY, text, _read_long_key)
    short, text = _take(_SHORT_KEY, text, _read_short_key)
    key = Fact(keys[0].value if keys else short[0].value, ", ".join(k.words for k in (*keys, *short))) \
        if keys or short else None  # fmt: skip
    rest = re.sub(r"(?:\s*,)+", ",", re.sub(r"\s+", " ", text)).strip(" ,;:/-")
    return Facts(_only(bpms, "tempi"), _only(bars, "lengths"), _only(meters, "meters"), key, rest)


def _take(
    pattern: re.Pattern[str], text: str, read: Callable[[re.Match[str]], Iterator[Value]]
) -> tuple[list[Fact[Value]], str]:
    """All facts of one sort, and the text without them."""
    found: list[Fact[Value]] = []

    def replace(match: re.Match[str]) -> str:
        values = list(read(match))
        if not values:
            return match.group()
        kept = _kept(match)
        words = match.group().removesuffix(kept).strip(" ,.;:-")
        found.extend(Fact(value, words) for value in values)
        return f" {kept}"

    return found, pattern.sub(replace, text)


def _kept(match: re.Match[str]) -> str:
    """The word behind a key or meter, which was only looked at."""
    groups = match.groupdict()
    behind = groups.get("after") or (groups.get("behind") if "d" in groups else None) or ""
    return "" if behind.strip(" -").lower() in (*_METER_WORDS, "key") else behind


def _only(facts: list[Fact[Value]], what: str) -> Fact[Value] | None:
    for other in facts:
        if other.value != facts[0].value:
            words = list(dict.fromkeys(fact.words for fact in facts))
            quoted = " and ".join(f'"{text}"' for text in words[:3])
            raise UsageError(f"The prompt names two {what} ({quoted}). Keep one.")
    return facts[0] if facts else None


def _read_bpm(match: re.Match[str]) -> Iterator[float]:
    for name in ("low", "value", "behind"):
        if match[name]:
            yield float(match[name].replace(",", "."))


def _read_bars(match: re.Match[str]) -> Iterator[int]:
    for name in ("low", "value"):
        text = match[name]
        if text:
            number = _NUMBERS.get(text.lower()) or int(text)
            if not 1 <= number <= MAX_BARS:
                raise UsageError(f'The prompt says "{match.group().strip()}"; 1 to {MAX_BARS} bars can be made.')
            yield number


def _read_meter(match: re.Match[str]) -> Iterator[tuple[int, int]]:
    numerator, denominator = int(match["n"]), int(match["d"])
    behind = match["behind"].strip(" -").lower()
    if behind in _NOT_METERS:
        return
    if 1 <= numerator <= MAX_BEATS_PER_BAR and denominator in METER_DENOMINATORS:
        if match["clear"] or behind in _METER_WORDS or numerator > 1:
            yield numerator, denominator
    elif match["clear"] or behind in _METER_WORDS:
        raise UsageError(
            f'The prompt says "{numerator}/{denominator}", which is not a meter that can be made: '
            f"1 to {MAX_BEATS_PER_BAR} beats over {', '.join(map(str, METER_DENOMINATORS))}."
        )


def _read_long_key(match: re.Match[str]) -> Iterator[str]:
    after = (match["after"] or "").strip(" -").lower()
    article = match["letter"] == "a" or (match["letter"] == "A" and not match.string[: match.start()].strip())
    if article and not match["sign"] and after and after not in _AFTER_KEY:  # a minor detail, in a minor mood
        return
    if match["letter"] == "a" and not (match["sign"] or match["before"]):
        return
    yield _key_name(match["letter"], match["sign"], match["mode"])


def _read_short_key(match: re.Match[str]) -> Iterator[str]:
    before = match.string[: match.start()].rstrip()
    if not (match["of"] or match["sign"] or match["mode"]):
        return
    if match["letter"] == "A" and match["mode"] == "m" and before.endswith("I"):  # I Am
        return
    if before[-1:].isdigit():  # 10 Am, 2 Gb
        return
    yield _key_name(match["letter"], match["sign"], match["mode"])


def _key_name(letter: str, sign: str | None, mode: str | None) -> str:
    """``Am``, ``F#``, ``Bbm``."""
    sign = (sign or "").strip(" -").lower()
    accidental = {"♯": "#", "sharp": "#", "♭": "b", "flat": "b"}.get(sign, sign)
    return f"{letter.upper()}{accidental}{'m' if (mode or '').lower() in ('m', 'min', 'minor') else ''}"
