"""What a prompt says: facts that are applied and announced, words that are tags, and a text for CLAP."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from samplegen.conditioning.vocabulary import LOOP_KINDS, ONE_SHOT_KINDS, STYLES
from samplegen.errors import UsageError
from samplegen.pack.prompt_facts import Fact, find_facts

if TYPE_CHECKING:
    from samplegen.conditioning.embedder import Parsed

MAX_WORDS: Final = 48
_MAX_CHARACTERS: Final = 2_000
_QUOTED_CHARACTERS: Final = 60
_ONE_SHOT: Final = re.compile(r"\b(?:one[\s-]?shots?|single\s+(?:hits?|notes?|sounds?))\b", re.IGNORECASE)
_NEGATED: Final = re.compile(
    r"\b(not?|non|without)[\s-]+(?:(?:an?|any|the|too|very|so)\s+)*"
    r"((?:(?:closed|open)\s+)?hi[\s-]?hats?|(?:closed|open)\s+hats?|[^\W\d_]+)",
    re.IGNORECASE,
)
# What captions say as "no …" and "without …"; of anything else a CLAP hears the thing alone.
_SAID_WITH_NO: Final = frozenset("clap claps hat hats hihat hihats kick kicks reverb room snare snares swing".split())
_LOOP: Final = re.compile(r"\b(?:drum|kick|top|perc|percussion|bass|chord)?loops?\b", re.IGNORECASE)
# What people call a kind; the text for CLAP needs it where only an option says it.
SPOKEN: Final[Mapping[str, str]] = {
    "hat_closed": "closed hat", "hat_open": "open hat", "fx": "sound effect", "loop_drums": "drum loop",
    "loop_tops": "top loop", "loop_kick": "kick loop", "loop_percussion": "percussion loop",
    "loop_bass": "bass loop", "loop_chord": "chord loop",
}  # fmt: skip

Form = Literal["one_shot", "loop"]
Value = TypeVar("Value")


@dataclass(frozen=True)
class Prompt:
    """A prompt, understood.

    Parameters
    ----------
    given
        As it was written, shortened for messages.
    text
        What is left for CLAP: everything but tempo, bars, meter, key and most of what is denied.
    bpm, bars, meter, key
        With the words that say them; None where nothing does.
    form
        Whether it speaks of one-shots or of loops; None where of neither, or of both.
    kinds, loop_kinds, styles, words
        Tags by their role; `words` are those of instrument and character.
    unknown
        Words that are no tags.
    notes
        What the user should know.
    """

    given: str
    text: str
    bpm: Fact[float] | None = None
    bars: Fact[int] | None = None
    meter: Fact[tuple[int, int]] | None = None
    key: Fact[str] | None = None
    form: tuple[Form, str] | None = None
    kinds: tuple[str, ...] = ()
    loop_kinds: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def facts(self) -> tuple[Fact[float] | Fact[int] | Fact[tuple[int, int]], ...]:
        """Tempo, bars and meter, where there are any."""
        return tuple(fact for fact in (self.bpm, self.bars, self.meter) if fact is not None)

    @property
    def tags(self) -> tuple[str, ...]:
        """All tags."""
        return (*self.kinds, *self.loop_kinds, *self.styles, *self.words)


def understand(text: str, *, parse: "Callable[[str], Parsed] | None" = None, option: str = "--prompt") -> Prompt:
    """Read a prompt.

    Parameters
    ----------
    parse
        Finds tags; None takes the whole vocabulary.
    option
        Whose text it is, for messages.

    Raises
    ------
    UsageError
        If it is empty, contradicts itself or asks for a tempo, length or meter that is not possible.
    """
    plain, notes = _clean(text, option)
    facts = find_facts(plain)
    rest, denied = _without_denied(facts.rest)
    if denied:
        words = " and ".join(f'"{phrase}"' for phrase in denied)
        notes = (*notes, f"{option} cannot deny: {words} is left out of it. Say what you don't want with --negative.")
    parse = parse or _parse
    parsed = parse(_without_negated(facts.rest, parse))
    known = parsed.known
    return Prompt(
        given=quoted(text), text=rest if re.search(r"\w", rest) else "",
        bpm=facts.bpm, bars=facts.bars, meter=facts.meter, key=facts.key, form=_form(facts.rest),
        kinds=_among(known, ONE_SHOT_KINDS), loop_kinds=_among(known, LOOP_KINDS), styles=_among(known, STYLES),
        words=tuple(tag for tag in known if tag not in (*ONE_SHOT_KINDS, *LOOP_KINDS, *STYLES)),
        unknown=parsed.unknown, notes=notes,
    )  # fmt: skip


def settle(option: str, given: Value | None, found: Fact[Value] | None, *, fallback: Value, show: str) -> Value:
    """The value of an option that a prompt may say too.

    Raises
    ------
    UsageError
        If both do, and differ; `show` is the option's value as text.
    """
    if given is None:
        return fallback if found is None else found.value
    if found is not None and found.value != given:
        raise UsageError(f'The prompt says "{found.words}", but {option} is {show}. Leave one of them out.')
    return given


def settle_choice(option: str, given: Sequence[str], found: Sequence[str]) -> tuple[str, ...]:
    """The tags of an option that a prompt may say too.

    Raises
    ------
    UsageError
        If both do, and have none in common.
    """
    if given and found and not set(given) & set(found):
        said, asked = ", ".join(map(plain_kind, found)), ", ".join(map(plain_kind, given))
        raise UsageError(f'The prompt says "{said}", but {option} is {asked}. Leave one of them out.')
    return tuple(given) or tuple(found)


def plain_kind(tag: str) -> str:
    """A tag as options spell it: loop kinds without ``loop_``."""
    return tag.removeprefix("loop_")


def spoken_kind(tag: str) -> str:
    """A kind as people say it."""
    return SPOKEN.get(tag, tag)


def quoted(text: str) -> str:
    """A text on one line, shortened, in quotation marks."""
    line = re.sub(r"\s+", " ", text).strip()
    short = line if len(line) <= _QUOTED_CHARACTERS else f"{line[: _QUOTED_CHARACTERS - 2].rstrip()} …"
    return f'"{short}"'


def _clean(text: str, option: str) -> tuple[str, tuple[str, ...]]:
    """One line of plain characters, cut to what is heeded, and a note where something was cut."""
    line = unicodedata.normalize("NFKC", text[: 100 * _MAX_CHARACTERS])
    line = "".join(" " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter for letter in line)
    words = line.split()
    if not words:
        raise UsageError(f"{option} is empty. Say what it should sound like, or leave it out.")
    kept = " ".join(words[:MAX_WORDS])[:_MAX_CHARACTERS]
    if len(words) <= MAX_WORDS and len(kept) == len(" ".join(words)):
        return kept, ()
    return kept, (f"{option} is too long: only its first {min(len(words), MAX_WORDS)} words count.",)


def _without_negated(text: str, parse: "Callable[[str], Parsed]") -> str:
    """A text without "no reverb", which is no wet sound; "no kick" is a tag of its own and stays."""

    def replace(match: re.Match[str]) -> str:
        return " , " if parse(match.group()).known == parse(match[2]).known else match.group()

    return _NEGATED.sub(replace, text)


def _without_denied(text: str) -> tuple[str, tuple[str, ...]]:
    """A text without "not bright", which a CLAP would hear as "bright"; and what was left out."""
    denied: list[str] = []

    def replace(match: re.Match[str]) -> str:
        if match[1].lower() in ("no", "without") and re.split(r"[\s-]", match[2].lower())[-1] in _SAID_WITH_NO:
            return match.group()
        denied.append(match.group())
        return " "

    rest = re.sub(r"\s+", " ", _NEGATED.sub(replace, text))
    return re.sub(r"(?:\s*,)+", ",", rest).strip(" ,;:/-"), tuple(denied)


def _form(text: str) -> tuple[Form, str] | None:
    one_shot, loop = _ONE_SHOT.search(text), _LOOP.search(text)
    if bool(one_shot) == bool(loop):
        return None
    return ("one_shot", one_shot.group()) if one_shot else ("loop", loop.group()) if loop else None


def _among(tags: Sequence[str], role: Sequence[str]) -> tuple[str, ...]:
    return tuple(tag for tag in tags if tag in role)


def _parse(text: str) -> "Parsed":
    from samplegen.conditioning.embedder import TagEmbedder

    return TagEmbedder().parse(text)
