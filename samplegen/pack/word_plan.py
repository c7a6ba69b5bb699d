"""Words planned before anything is made, so that a sound keeps its name when others change."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Final

from samplegen.pack.words import WORDS

_SINGLE_TRIES: Final = 4


def plan_words(jobs: Sequence[str], *, seed: int) -> dict[str, str]:
    """A word for each job, all different.

    A job's words follow from its own hash; only where an earlier job of the list has the first, the
    next is taken. So changing one job leaves nearly all other names as they are.
    """
    words: dict[str, str] = {}
    taken: set[str] = set()
    for job in dict.fromkeys(jobs):
        words[job] = next(word for word in words_of(job, seed=seed) if word not in taken)
        taken.add(words[job])
    return words


def words_of(job: str, *, seed: int) -> Iterator[str]:
    """The words that a job would like, the best first: a few single ones, then pairs such as ``ember-quartz``."""
    number = 0
    while True:
        digest = hashlib.sha256(f"{seed}/{job}/{number}".encode()).digest()
        first, second = (int.from_bytes(part, "big") % len(WORDS) for part in (digest[:8], digest[8:16]))
        if number < _SINGLE_TRIES:
            yield WORDS[first]
        elif first != second:
            yield f"{WORDS[first]}-{WORDS[second]}"
        number += 1
