"""Choosing among candidates: good ones that differ from each other and from the sounds that stay."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from samplegen.audio.io import read_audio
from samplegen.pack.duplicates import distances_db, embed_sound, min_distance_db
from samplegen.pack.entries import FileEntry
from samplegen.pack.gates import Guard
from samplegen.pack.sound import Provenance, Sound, Tags
from samplegen.variations.curate import Candidate, Ear
from samplegen.variations.curating.neighbourhood import Neighbourhood
from samplegen.variations.curating.selection import Alike, select_diverse

if TYPE_CHECKING:
    from samplegen.engines.alpha_blend import Generator

# As near to a kept as to a rejected sound.
_LEAST_LIKING: Final = 0.5


def choose_candidates(
    able: Sequence[Candidate], *, stay: Sequence[Sound], count: int, quotas: Mapping[str, int] | None,
    diversity: float, ear: Ear, around: Neighbourhood,
) -> list[Candidate]:  # fmt: skip
    """At most `count` of `able`, the best first.

    Quality is the probability of the kind times how much the listener should like it. What is nearer to a rejected
    sound than to any that was kept is left out, as long as enough others of its kind are there.

    Parameters
    ----------
    stay
        Sounds that the pack has already.
    quotas
        How many of each kind at most; None does not count.
    """
    able = _liked(able, around, quotas)
    if not able:
        return []
    known = ear.vectors(stay) if stay else np.zeros((0, able[0].vector.size))
    vectors = np.concatenate([known, np.stack([one.vector for one in able])])
    kinds = [sound.tags.category for sound in stay] + [one.kind for one in able]
    quality = np.concatenate([np.ones(len(stay)), [one.probability for one in able]])
    pictures = np.stack([*(embed_sound(sound) for sound in stay), *(one.picture for one in able)])
    forms = [sound.tags.kind for sound in stay] + [one.sound.tags.kind for one in able]
    chosen = select_diverse(
        vectors, count=count, diversity=diversity, quality=quality * around.liking(vectors, kinds), groups=kinds,
        quotas=quotas, alike=_alike(pictures, forms), fixed=len(stay),
    )  # fmt: skip
    return [able[index - len(stay)] for index in chosen]


def _liked(able: Sequence[Candidate], around: Neighbourhood, quotas: Mapping[str, int] | None) -> list[Candidate]:
    """Those that come nearer to a kept than to a rejected sound, and the best of the others where they are few."""
    if not around.keeps or not able:
        return list(able)
    liking = around.liking(np.stack([one.vector for one in able]), [one.kind for one in able])
    kept: set[int] = set()
    for kind in {one.kind for one in able}:
        rows = sorted((row for row, one in enumerate(able) if one.kind == kind), key=lambda row: -liking[row])
        least = len(rows) if quotas is None else quotas.get(kind, 0)
        kept |= {row for place, row in enumerate(rows) if liking[row] >= _LEAST_LIKING or place < least}
    return [one for row, one in enumerate(able) if row in kept]


def find_guard(generator: "Generator") -> Guard | None:
    """What compares sounds with those that a generator learned from; None where its model has nothing to tell."""
    from samplegen.pack import memorisation

    load: Any = getattr(memorisation, "load_guard", None)
    guard: Guard | None = None if load is None else load(generator)
    return guard


def refusals(pool: Sequence[Candidate]) -> dict[str, int]:
    """Gate to how many candidates it refused."""
    found = Counter(result.name for one in pool for result in one.verdict.results if not result.passed)
    return dict(sorted(found.items()))


def _alike(pictures: Any, forms: Sequence[str]) -> Alike:
    """``[n, n]``: pairs nearer than the pack's gate for near-duplicates allows."""
    limits = np.array([min_distance_db(form) for form in forms])
    apart = np.stack([distances_db(picture, others=pictures) for picture in pictures])
    same = np.array(forms)[:, None] == np.array(forms)
    alike = (apart < limits[:, None]) & same
    np.fill_diagonal(alike, True)
    return np.asarray(alike)


def sound_of(folder: Path, entry: FileEntry) -> Sound:
    """A finished sound, as it lies on the disk."""
    tags = Tags(entry.kind, entry.category, bpm=entry.bpm, bars=entry.bars, meter=entry.meter)
    return Sound(read_audio(folder / entry.path, sample_rate=44_100), tags, Provenance(entry.engine))
