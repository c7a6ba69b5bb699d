"""Texts as bags of hashed character n-grams: no vocabulary to fall out of, typos stay near.

A word is itself and its pieces of three to five letters between marks for start and end
(Bojanowski et al. 2017, arXiv:1607.04606); each piece is a bucket of a fixed hash.
"""

import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterable
from typing import Final

MAX_WORDS: Final = 48
BUCKETS: Final = 16_384
PIECES: Final = (3, 4, 5)
_SHORTEST_TYPO, _LONGEST = 4, 30
_TEMPO: Final = re.compile(r"\b\d+(?:[.,]\d+)?\s*-?\s*bpm\b|\bbpm\s*\d+(?:[.,]\d+)?\b")
_JOINED: Final = {
    "hi-hat": "hihat", "hi hat": "hihat", "hip-hop": "hiphop", "hip hop": "hiphop", "one-shot": "oneshot",
    "one shot": "oneshot", "drum and bass": "dnb", "drum & bass": "dnb", "drum n bass": "dnb", "d&b": "dnb",
    "lo-fi": "lofi", "lo fi": "lofi", "rim shot": "rimshot", "side stick": "sidestick", "cross stick": "crossstick",
    "tr-808": "808", "tr808": "808", "tr 808": "808", "tr-909": "909", "tr909": "909", "tr 909": "909",
}  # fmt: skip
_SPELLED: Final = re.compile("|".join(rf"\b{re.escape(key)}" for key in sorted(_JOINED, key=len, reverse=True)))


def words_of(text: str) -> list[str]:
    """Lower-case words and numbers, accents dropped, spellings of one thing joined; at most `MAX_WORDS`."""
    plain = unicodedata.normalize("NFKD", text[:20_000]).casefold()
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    plain = _SPELLED.sub(lambda match: _JOINED[match.group()], _TEMPO.sub(" ", plain.replace("_", " ")))
    return re.findall(r"[^\W_]+(?:#)?", plain)[:MAX_WORDS]


class WordList:
    """Words that training has said, and whether another is one of them, misspelt or inflected.

    A word is near a known one when it is its comparative, when one edit (a letter dropped, added, replaced, or
    two swapped) makes it, or when half of its pieces are that word's.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self.words = frozenset(words)
        self._pieces: dict[str, set[str]] = {}
        for word in self.words:
            for piece in _pieces(word):
                self._pieces.setdefault(piece, set()).add(word)

    def __contains__(self, word: str) -> bool:
        return any(form in self.words for form in _forms(word)) or self._is_edited(word) or self._is_inflected(word)

    def _is_edited(self, word: str) -> bool:
        if not _SHORTEST_TYPO <= len(word) <= _LONGEST:
            return False
        return any(abs(len(known) - len(word)) <= 1 and _one_edit(word, known) for known in self.words)

    def _is_inflected(self, word: str) -> bool:
        if not _SHORTEST_TYPO <= len(word) <= _LONGEST:
            return False
        pieces = _pieces(word)
        shared = Counter(known for piece in pieces for known in self._pieces.get(piece, ()))
        return bool(shared) and max(shared.values()) >= 0.5 * len(pieces)


def _forms(word: str) -> tuple[str, ...]:
    """The word, and what it compares: ``darker``, ``noisier`` and ``looser`` are dark, noisy and loose."""
    endings = (("ier", "y"), ("iest", "y"), ("er", ""), ("est", ""), ("er", "e"), ("est", "e"))
    return (word, *(word.removesuffix(old) + new for old, new in endings if word.endswith(old)))


def _one_edit(one: str, other: str) -> bool:
    """Whether one letter dropped, added or replaced, or two neighbours swapped, makes `other` of `one`."""
    if len(one) == len(other):
        places = [k for k in range(len(one)) if one[k] != other[k]]
        first, last = places[0], places[-1]
        swapped = last == first + 1 and one[first] == other[last] and one[last] == other[first]
        return len(places) == 1 or swapped
    shorter, longer = sorted((one, other), key=len)
    return any(longer[:k] + longer[k + 1 :] == shorter for k in range(len(longer)))


def _pieces(word: str) -> set[str]:
    marked = f"<{word}>"
    return {marked[k : k + n] for n in PIECES for k in range(len(marked) - n + 1)} - {marked}


def buckets_of(word: str) -> list[int]:
    """Buckets of the whole word and of its pieces."""
    return [zlib.crc32(piece.encode()) % BUCKETS for piece in [f"<{word}>", *sorted(_pieces(word))]]
