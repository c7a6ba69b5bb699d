"""How well the names of a file and its folders match the words of a query.

A query is cut into concepts: a word, or a phrase that the vocabulary knows, with its other
spellings. A concept is found in a name by the very words (1), by another spelling
(`SYNONYM`) or as the beginning of a word (`PREFIX`); in a folder's name it counts
`FOLDER` of that. Concepts are weighted by how rare they are in the library (inverse
document frequency), those that no name holds do not count.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from samplegen.conditioning.clap.words import words_of
from samplegen.conditioning.vocabulary import SYNONYMS
from samplegen.search.names import parts_of, spoken, spoken_folder, stem

SYNONYM: Final = 0.8
PREFIX: Final = 0.7
FOLDER: Final = 0.7
_SHORTEST_PREFIX: Final = 3
_IGNORED: Final = frozenset("a an and any at but by for from in is it like my of on or some sound sample that the this "
                            "to very with".split())  # fmt: skip

Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Concept:
    """A word or phrase of a query, and other spellings of it; all as `samplegen.search.names.spoken`."""

    said: str
    others: tuple[str, ...] = ()

    def match(self, name: str) -> float:
        """0 to 1: how well a name (spoken) matches."""
        if self.said in name:
            return 1.0
        if any(other in name for other in self.others):
            return SYNONYM
        return PREFIX if len(self.said) > _SHORTEST_PREFIX + 1 and self.said[:-1] in name else 0.0


def concepts_of(text: str) -> list[Concept]:
    """The concepts of a query, each once, longest known phrase first."""
    phrases = _phrases()
    longest = max(phrase.count(" ") for phrase in phrases) - 1
    words = [stem(word) for word in words_of(text)]
    found: dict[str, Concept] = {}
    place = 0
    while place < len(words):
        for length in range(min(longest, len(words) - place), 0, -1):
            said = f" {' '.join(words[place : place + length])} "
            if said in phrases or length == 1:
                break
        if said.strip() not in _IGNORED:
            found.setdefault(said, Concept(said, tuple(other for other in phrases.get(said, ()) if other != said)))
        place += length
    return list(found.values())


def _phrases() -> dict[str, tuple[str, ...]]:
    """Every spelling that the vocabulary knows, with all spellings of the same tag."""
    phrases: dict[str, tuple[str, ...]] = {}
    for tag, synonyms in SYNONYMS.items():
        spellings = tuple(dict.fromkeys(spoken(text) for text in (tag.replace("_", " "), *synonyms)))
        for spelling in spellings:
            phrases.setdefault(spelling, spellings)
    return phrases


def lexical_scores(concepts: Sequence[Concept], paths: Sequence[str]) -> Float32:
    """``[N]``, 0 to 1: how well each path (relative to the library) matches; zeros without concepts."""
    if not concepts or not paths:
        return np.zeros(len(paths), np.float32)
    folders: dict[str, list[float]] = {}
    found = np.zeros((len(paths), len(concepts)), np.float32)
    for row, path in enumerate(paths):
        name, *above = parts_of(path)
        words = spoken(name)
        key = "/".join(above)
        if key not in folders:
            spoken_above = [spoken_folder(folder) for folder in above]
            folders[key] = [FOLDER * max((concept.match(text) for text in spoken_above), default=0.0)
                            for concept in concepts]  # fmt: skip
        found[row] = [max(concept.match(words), other) for concept, other in zip(concepts, folders[key], strict=True)]
    weights = np.array([_rarity(int((column > 0).sum()), of=len(paths)) for column in found.T], np.float32)
    return np.asarray(found @ weights / max(1e-9, float(weights.sum())), np.float32)


def _rarity(holding: int, *, of: int) -> float:
    return math.log(1.0 + of / holding) if holding else 0.0
