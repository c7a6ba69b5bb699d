"""Texts as bags of hashed character n-grams: no vocabulary to fall out of, typos stay near.

A word is itself and its pieces of three to five letters between marks for start and end
(Bojanowski et al. 2017, arXiv:1607.04606); each piece is a bucket of a fixed hash.
"""

import re
import unicodedata
import zlib
from typing import Final

MAX_WORDS: Final = 48
BUCKETS: Final = 16_384
PIECES: Final = (3, 4, 5)
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


def buckets_of(word: str) -> list[int]:
    """Buckets of the whole word and of its pieces."""
    marked = f"<{word}>"
    pieces = {marked[k : k + n] for n in PIECES for k in range(len(marked) - n + 1)} - {marked}
    return [zlib.crc32(piece.encode()) % BUCKETS for piece in [marked, *sorted(pieces)]]
