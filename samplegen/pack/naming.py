"""File names by template, in the characters that sample libraries accept.

The default template follows Splice's rules: letters, digits, ``_ - #``, numbers
only for the tempo, one word that no other sound of the pack has. Others have names
(`TEMPLATES`), and everywhere a template is asked for such a name does.
"""

import difflib
import re
import string
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from samplegen.errors import UsageError
from samplegen.pack.sound import Tags
from samplegen.pack.words import WORDS

DEFAULT_TEMPLATE: Final = "{prefix}_{bpm}_{kind}_{type}_{word}_{key}"
ROW_TEMPLATE: Final = "{prefix}_{bpm}_{kind}_{type}_{place}_{word}_{key}"
DEFAULT_PREFIX: Final = "SG"
TEMPLATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "splice": DEFAULT_TEMPLATE,  # SG_128_kick_loop_anvil_Am
        "loopmasters": "{prefix}_{Sound}_{bpm}_{key}_{Word}",  # SG_KickLoop_128_Am_Anvil
        "tempo-first": "{bpm}_{key}_{kind}_{type}_{word}",  # 128_Am_kick_loop_anvil: a browser sorts by tempo
        "plain": "{kind}_{type}_{bpm}_{key}_{word}",  # kick_loop_128_Am_anvil
        "short": "{kind}_{word}",  # kick_anvil: for the displays of hardware
    }
)
FIELDS: Final = ("prefix", "bpm", "kind", "type", "word", "key", "bars", "meter", "genre", "place", "Sound", "Word")
MAX_NAME_LENGTH: Final = 120
SUFFIX: Final = ".wav"

_ALLOWED: Final = re.compile(r"[A-Za-z0-9_#-]+")
_ALLOWED_TEXT: Final = "A-Z a-z 0-9 _ - #"
# What people call a loop of these, and one-shots whose kind puts the noun first.
_SINGULAR: Final = {"drums": "drum", "tops": "top"}
_SPOKEN: Final = {"hat_closed": "closed hat", "hat_open": "open hat", "fx": "FX"}


def is_splice_name(stem: str) -> bool:
    """Whether a file name without its suffix has only the allowed characters."""
    return _ALLOWED.fullmatch(stem) is not None


def slug(text: str) -> str:
    """`text` in the allowed characters: accents dropped, everything else a hyphen.

    Underscores become hyphens too: they separate the fields of a name.
    """
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", errors="ignore").decode("ascii")
    return re.sub(r"[^A-Za-z0-9#]+", "-", ascii_text).strip("-")


def bpm_to_text(bpm: float) -> str:
    """``128`` or ``87-5``: a decimal point is not allowed in a name."""
    return f"{bpm:.3f}".rstrip("0").rstrip(".").replace(".", "-")


def check_template(template: str) -> str:
    """`template`, or the one of that name in `TEMPLATES`, if it is usable.

    Raises
    ------
    UsageError
        If a field is unknown, ``{word}`` is missing or the text between the fields has other characters.
    """
    if template in TEMPLATES:
        return TEMPLATES[template]
    if re.fullmatch(r"[A-Za-z -]+", template):
        raise UsageError(_no_such_name(template))
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        raise UsageError(f"The name template {template!r} cannot be read: {error}.") from error
    for text, name, form, conversion in parts:
        if name is not None and (name not in FIELDS or form or conversion):
            raise UsageError(
                f"The name template {template!r} has the unknown field {{{name}}}. "
                f"The fields are {', '.join(f'{{{field}}}' for field in FIELDS)}."
            )
        if text and not is_splice_name(text):
            raise UsageError(f"The name template {template!r} may hold only {_ALLOWED_TEXT} between its fields.")
    if not {"word", "Word"} & {name for _, name, _, _ in parts}:
        raise UsageError(f"The name template {template!r} needs {{word}}: it alone makes every name different.")
    return template


def check_prefix(prefix: str) -> str:
    """`prefix`, if it has only the allowed characters (it may be empty).

    Raises
    ------
    UsageError
        If it has others, or more than 40.
    """
    if prefix and (not is_splice_name(prefix) or len(prefix) > 40):
        raise UsageError(f"The prefix {prefix!r} is not allowed. Use up to 40 of {_ALLOWED_TEXT}.")
    return prefix


def camel(text: str) -> str:
    """``"closed hat"`` to ``ClosedHat``, in allowed characters; capitals that are there stay."""
    return "".join(part[:1].upper() + part[1:] for part in slug(text).split("-"))


def spoken_sound(tags: Tags) -> str:
    """What a sound is in one word: ``DrumLoop``, ``ClosedHat``, ``Riser``."""
    kind = tags.category.removeprefix("loop_")
    name = camel(_SPOKEN.get(kind, _SINGULAR.get(kind, kind) if tags.kind == "loop" else kind))
    return name if tags.kind in ("one_shot", "riser") else name + camel(tags.kind)


def category_of(tags: Tags) -> str:
    """The category without the ``loop_`` that some kinds begin with, in allowed characters."""
    return slug(tags.category.removeprefix("loop_"))


def sound_name(tags: Tags, *, word: str, template: str = DEFAULT_TEMPLATE, prefix: str = DEFAULT_PREFIX) -> str:
    """The file name of a sound, such as ``SG_128_kick_loop_anvil_Am.wav``.

    An empty field vanishes together with the underscore (or hyphen) beside it, and so
    does a type that says what the kind says (a riser is no ``riser_riser``).

    Raises
    ------
    UsageError
        If the template or prefix is not usable, or the name would be too long.
    """
    values = {
        "prefix": check_prefix(prefix),
        "bpm": "" if tags.bpm is None else bpm_to_text(tags.bpm),
        "kind": category_of(tags),
        "type": "" if tags.category == tags.kind else slug(tags.kind),
        "word": slug(word),
        "key": slug(tags.key or ""),
        "bars": "" if tags.bars is None else str(tags.bars),
        "meter": "" if tags.bpm is None else f"{tags.meter[0]}-{tags.meter[1]}",
        "genre": slug(tags.genre),
        "place": slug(tags.place),
        "Sound": spoken_sound(tags),
        "Word": camel(word),
    }
    stem = re.sub(r"([_-])[_-]+", r"\1", check_template(template).format_map(values)).strip("_-")
    if not is_splice_name(stem) or len(stem) > MAX_NAME_LENGTH:
        raise UsageError(f"The name {stem!r} is not usable: it needs 1 to {MAX_NAME_LENGTH} of {_ALLOWED_TEXT}.")
    return stem + SUFFIX


def _no_such_name(template: str) -> str:
    near = difflib.get_close_matches(template.lower(), TEMPLATES, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return (
        f"There is no name template {template!r:.60}.{hint} Choose {', '.join(TEMPLATES)}, "
        f"or write one such as {DEFAULT_TEMPLATE}."
    )


def pick_words(*, seed: int, taken: Collection[str] = ()) -> Iterator[str]:
    """Words in an order that `seed` decides, without repetition and without those `taken`.

    After all single words come all pairs such as ``ember-quartz``.
    """
    order = np.random.default_rng(seed).permutation(len(WORDS))
    shuffled = [WORDS[index] for index in order]
    taken = set(taken)
    yield from (word for word in shuffled if word not in taken)
    for offset in range(1, len(WORDS)):
        for index, first in enumerate(shuffled):
            pair = f"{first}-{shuffled[(index + offset) % len(WORDS)]}"
            if pair not in taken:
                yield pair
