"""What words ask of the sliders, and of a CLAP (specs/applications.md §5)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from samplegen.variations.tweaks.sliders import NAMES

if TYPE_CHECKING:
    from torch import Tensor

    from samplegen.conditioning.embedder import Embedder

# Units at amount 1.
WORDS: Final[Mapping[str, Mapping[str, float]]] = {
    "warm": {"brightness": -0.7, "body": 0.5}, "cold": {"brightness": 0.5, "body": -0.5},
    "bright": {"brightness": 1.0}, "crisp": {"brightness": 0.8}, "sharp": {"brightness": 0.8},
    "shiny": {"brightness": 1.0},
    "brilliance": {"brightness": 1.0}, "air": {"brightness": 0.8}, "airy": {"brightness": 0.8},
    "dark": {"brightness": -1.0}, "dull": {"brightness": -1.0}, "muffled": {"brightness": -1.2},
    "mellow": {"brightness": -0.7},
    "harsh": {"brightness": 0.7, "crunch": 0.5},
    "body": {"body": 1.0}, "fat": {"body": 1.0}, "thick": {"body": 1.0}, "full": {"body": 0.8}, "boomy": {"body": 1.2},
    "heavy": {"body": 1.0}, "thin": {"body": -1.0}, "hollow": {"body": -0.7},
    "noisy": {"noisiness": 1.0}, "noise": {"noisiness": 1.0}, "hissy": {"noisiness": 1.0}, "tonal": {"noisiness": -1.0},
    "pure": {"noisiness": -1.0}, "clean": {"crunch": -1.0}, "smooth": {"crunch": -0.7},
    "crunch": {"crunch": 1.0}, "crunchy": {"crunch": 1.0}, "dirty": {"crunch": 1.0}, "gritty": {"crunch": 1.0},
    "distorted": {"crunch": 1.2}, "saturated": {"crunch": 0.8},
    "punch": {"attack": -0.8}, "punchy": {"attack": -0.8}, "snappy": {"attack": -1.0}, "click": {"attack": -0.7},
    "soft": {"attack": 0.8, "brightness": -0.3}, "slow": {"attack": 1.0},
    "short": {"decay": -1.0}, "tight": {"decay": -0.8}, "dry": {"decay": -0.8}, "snap": {"attack": -0.8},
    "long": {"decay": 1.0}, "sustained": {"decay": 1.0}, "wet": {"decay": 0.7}, "roomy": {"decay": 0.7},
}  # fmt: skip
_LESS: Final = frozenset({"less", "not", "no", "without", "reduce"})
_STRONG: Final = frozenset({"much", "lot", "way", "far"})
_WEAK: Final = frozenset({"slightly", "bit", "little"})
_EMPTY: Final = frozenset({"more", "a", "of", "and", "the", "very", "make", "it", "with", "but", "some", "to", "sound"})


@dataclass(frozen=True)
class Said:
    """What a text asks for.

    Parameters
    ----------
    sliders
        Units by name.
    words
        Words that name a quality, for a CLAP; negated ones are left out.
    unknown
        Words that no slider knows.
    """

    sliders: Mapping[str, float]
    words: tuple[str, ...]
    unknown: tuple[str, ...]


def understand(text: str, *, amount: float = 1.0) -> Said:
    """Units of the sliders that a text such as ``warmer, less noise`` asks for, times `amount`."""
    total, heard, unknown = dict.fromkeys(NAMES, 0.0), list[str](), list[str]()
    for phrase in re.split(r"[,;.]| and | but ", text.lower()):
        weight = amount
        for word in re.findall(r"[a-z']+", phrase):
            if word in _LESS:
                weight = -weight
            elif word in _STRONG or word in _WEAK:
                weight *= 1.5 if word in _STRONG else 0.5
            elif word not in _EMPTY:
                plain = _plain(word)
                for name, units in WORDS.get(plain, {}).items():
                    total[name] += weight * units
                if plain not in WORDS:
                    unknown.append(word)
                if weight > 0.0:
                    heard.append(plain)
    return Said({name: units for name, units in total.items() if units != 0.0}, tuple(heard), tuple(unknown))


def _plain(word: str) -> str:
    """Without the ending of a comparative."""
    for end, instead in (("ier", "y"), ("er", ""), ("er", "e"), ("iest", "y"), ("est", "")):
        stem = word.removesuffix(end) + instead
        doubled = stem[:-1] if len(stem) > 2 and stem[-1:] == stem[-2:-1] else stem
        if word.endswith(end) and (stem in WORDS or doubled in WORDS):
            return stem if stem in WORDS else doubled
    return word


def word_step(words: tuple[str, ...], kind: str, *, amount: float, embedder: "Embedder") -> "Tensor | None":
    """``[D]``: e("crunchy snare") - e("snare") times `amount`, over all words; None where CLAP knows none."""
    from samplegen.pack.prompts import spoken_kind

    if not words:
        return None
    plain = spoken_kind(kind.removeprefix("loop_")) or "sound"
    vectors = embedder.embed_text([plain, *(f"{word} {plain}" for word in words)])
    step = (vectors[1:] - vectors[0]).sum(dim=0) * amount
    return step if bool(vectors[0].any()) and bool((step.abs() > 1e-6).any()) else None
