"""Text and sounds to condition vectors. Class tags here; `conditioning.clap` hears as well."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from samplegen.audio.types import Audio
from samplegen.conditioning.vocabulary import Vocabulary
from samplegen.errors import UsageError

IGNORED = frozenset(
    "a an and at bar bars bpm drum for in kind like loop loops make of on one oneshot sample samples shot shots some "
    "sound sounds style that the to very with but more less quite really which please my me give i want need".split()
)
NUMBER_OF_BPM = re.compile(r"\b\d+(\.\d+)?\s*bpm\b")
NUMBER_OF_BARS = re.compile(r"\b\d+\s*bars?\b")


class Embedder(Protocol):
    """Anything that turns text, and perhaps sounds, into unit vectors of one space.

    Attributes
    ----------
    name, hash
        What a generator records; it refuses another.
    dimension
        Length D of a vector.
    """

    name: str
    hash: str
    dimension: int

    def embed_text(self, texts: Sequence[str]) -> Tensor:
        """``[B, D]`` float32 unit vectors; all zeros where a text says nothing the embedder knows."""
        ...

    def embed_audio(self, audios: Sequence[Audio]) -> Tensor:
        """``[B, D]`` float32 unit vectors; all zeros for silence.

        Raises
        ------
        UsageError
            If this embedder understands text only.
        """
        ...


@dataclass(frozen=True)
class Parsed:
    """What a text says: known tags in the vocabulary's order, and the words that were not understood."""

    known: tuple[str, ...]
    unknown: tuple[str, ...]


def _words(text: str) -> list[str]:
    text = NUMBER_OF_BARS.sub(" ", NUMBER_OF_BPM.sub(" ", text.lower().replace("_", " ")))
    return re.sub(r"[^\w&'.#]+", " ", text).replace(". ", " ").strip(" .").split()


def _stem(words: list[str]) -> str:
    last = words[-1]
    stripped = last[:-1] if len(last) > 3 and last.endswith("s") and not last.endswith("ss") else last
    return " ".join([*words[:-1], stripped])


class TagEmbedder:
    """Normalised multi-hot vectors over a fixed vocabulary.

    The longest known phrase wins: "drum and bass" is a style, not a bass; "kick loop" is no kick.
    """

    name = "tags"

    def __init__(self, vocabulary: Vocabulary | None = None) -> None:
        self.vocabulary = vocabulary or Vocabulary()
        self.hash = self.vocabulary.hash
        self.dimension = len(self.vocabulary.tags)
        self._axis = {tag: axis for axis, tag in enumerate(self.vocabulary.tags)}
        self._phrases: dict[str, str] = {}
        for tag in self.vocabulary.tags:
            for phrase in (tag, *self.vocabulary.synonyms.get(tag, ())):
                self._phrases.setdefault(" ".join(_words(phrase)), tag)
        self._longest = max(len(phrase.split()) for phrase in self._phrases)

    def parse(self, text: str) -> Parsed:
        """Split a text into known tags and unknown words."""
        words, found, unknown = _words(text), set(), []
        place = 0
        while place < len(words):
            for length in range(min(self._longest, len(words) - place), 0, -1):
                phrase = words[place : place + length]
                tag = self._phrases.get(" ".join(phrase)) or self._phrases.get(_stem(phrase))
                if tag is not None:
                    found.add(tag)
                    break
            else:
                length = 1
                if words[place] not in IGNORED and words[place] not in unknown:
                    unknown.append(words[place])
            place += length
        return Parsed(tuple(sorted(found, key=self._axis.__getitem__)), tuple(unknown))

    def embed_tags(self, items: Iterable[Iterable[str]]) -> Tensor:
        """``[B, D]`` of sets of tags.

        Raises
        ------
        UsageError
            If a tag is not in the vocabulary.
        """
        rows = []
        for tags in items:
            row = torch.zeros(self.dimension)
            for tag in tags:
                if tag not in self._axis:
                    raise UsageError(f"The model knows no tag '{tag}': choose among {', '.join(self.vocabulary.tags)}.")
                row[self._axis[tag]] = 1.0
            rows.append(row / row.norm().clamp_min(1.0))
        return torch.stack(rows) if rows else torch.zeros(0, self.dimension)

    def embed_text(self, texts: Sequence[str]) -> Tensor:
        """``[B, D]`` unit vectors; zeros where no word is known (set ``has_embedding`` false there)."""
        return self.embed_tags(self.parse(text).known for text in texts)

    def embed_audio(self, audios: Sequence[Audio]) -> Tensor:
        """Always raises `UsageError`: tags are words."""
        raise UsageError("Class tags are words and cannot be read from a sound. Use a model trained with CLAP.")
