"""Rank the sounds of an index by words, by other sounds, or by both.

With words the score of a sound is ``(1 - w) * cosine + w * names``: the cosine between the
vectors of the words and of the sound, and how well names match (`lexical`). With other
sounds it is the cosine to their mean vector; with both, the mean of the two scores.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from samplegen.search.lexical import concepts_of, lexical_scores
from samplegen.search.names import bpm_of, is_loop
from samplegen.search.store import Entry

# Kinds asked in words, sounds of unseen sources, file names only: mean average precision 0.63 by ear alone, 0.70 by
# names alone, 0.86 at 0.4; where half of the names are mute 0.63, 0.47 and 0.76 (benchmarks/search.py).
NAMES_WEIGHT: Final = 0.4
_TEMPO_SLACK_BPM: Final = 0.05

Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Filters:
    """What a sound must be to be found; None allows all.

    Parameters
    ----------
    kind
        ``loop`` or ``one-shot``, by names, tags and length.
    min_seconds, max_seconds
        Bounds of the duration.
    bpm
        Lowest and highest tempo; only sounds whose names or tags say theirs pass.
    """

    kind: str | None = None
    min_seconds: float | None = None
    max_seconds: float | None = None
    bpm: tuple[float, float] | None = None

    def admits(self, sound: "FoundSound") -> bool:
        """Whether a sound passes."""
        if self.kind is not None and sound.kind != self.kind:
            return False
        if self.min_seconds is not None and sound.duration_s < self.min_seconds:
            return False
        if self.max_seconds is not None and sound.duration_s > self.max_seconds:
            return False
        if self.bpm is None:
            return True
        low, high = self.bpm
        return sound.bpm is not None and low - _TEMPO_SLACK_BPM <= sound.bpm <= high + _TEMPO_SLACK_BPM


@dataclass(frozen=True)
class FoundSound:
    """One sound of a library.

    Parameters
    ----------
    path
        Absolute.
    copies
        Other files with the very same bytes.
    """

    path: str
    hash: bytes
    duration_s: float
    kind: str
    bpm: float | None
    score: float = 0.0
    copies: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Query:
    """What is looked for.

    Parameters
    ----------
    text
        Words, for the names; empty for none.
    text_vector
        ``[D]`` of the words; zeros where none is known.
    like
        ``[D]`` unit vector of given sounds, or None.
    names_weight
        w of the score, 0 to 1.
    """

    text: str = ""
    text_vector: Float32 | None = None
    like: Float32 | None = None
    filters: Filters = field(default_factory=Filters)
    names_weight: float = NAMES_WEIGHT


def rank(entries: Sequence[Entry], query: Query, *, root: str) -> list[FoundSound]:
    """The sounds that the query finds, best first, equal files once; ties in the order of paths."""
    usable = [entry for entry in entries if not entry.problem]
    if not usable:
        return []
    scores = score(usable, query, root=root)
    found: list[FoundSound] = []
    place: dict[bytes, int] = {}
    copies: dict[bytes, list[str]] = {}
    for row in np.argsort(-scores, kind="stable"):
        entry = usable[row]
        if entry.hash in place:
            copies[entry.hash].append(entry.path)
            continue
        sound = sound_of(entry, root=root, score=float(scores[row]))
        if scores[row] > 0.0 and query.filters.admits(sound):
            place[entry.hash] = len(found)
            copies[entry.hash] = []
            found.append(sound)
    return [_with_copies(sound, copies[sound.hash]) for sound in found]


def _with_copies(sound: FoundSound, copies: Sequence[str]) -> FoundSound:
    from dataclasses import replace

    return replace(sound, copies=tuple(copies)) if copies else sound


def score(entries: Sequence[Entry], query: Query, *, root: str) -> Float32:
    """``[N]`` scores of usable entries, as the module says; 0 where nothing matches."""
    vectors = vectors_of(entries)
    parts: list[Float32] = []
    if query.text:
        names = lexical_scores(concepts_of(query.text), [relative(entry.path, root=root) for entry in entries])
        if query.text_vector is None or not query.text_vector.any():
            parts.append(query.names_weight * names)
        else:
            heard = np.maximum(0.0, vectors @ query.text_vector)
            parts.append((1.0 - query.names_weight) * heard + query.names_weight * names)
    if query.like is not None:
        parts.append(np.maximum(0.0, vectors @ query.like))
    return np.asarray(sum(parts, np.zeros(len(entries), np.float32)) / max(1, len(parts)), np.float32)


def vectors_of(entries: Sequence[Entry]) -> Float32:
    """``[N, D]`` of usable entries."""
    flat = np.frombuffer(b"".join(entry.vector for entry in entries), np.float16)
    return flat.astype(np.float32).reshape(len(entries), -1)


def relative(path: str, *, root: str) -> str:
    """`path` as seen from the library's folder."""
    return path[len(root) :].lstrip(os.sep) if path.startswith(root) else path


def sound_of(entry: Entry, *, root: str, score: float = 0.0) -> FoundSound:
    """What names and tags say of an entry."""
    name = relative(entry.path, root=root)
    loop = is_loop(name, duration_s=entry.duration_s, tagged=entry.looped)
    bpm = bpm_of(name, loop=loop, tagged=entry.bpm)
    return FoundSound(entry.path, entry.hash, entry.duration_s, "loop" if loop else "one-shot", bpm, score)
