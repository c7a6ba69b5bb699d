"""A guard that knows thirty hits and twenty loops."""

from dataclasses import replace

import numpy as np
import pytest

from samplegen.pack.memorisation.guard import Guard, pictures_of
from samplegen.pack.memorisation.memory import Fingerprints, make_fingerprints
from tests.pack.memorisation.signals import as_loop, as_one_shot, hit, loop

HITS, LOOPS, OTHERS = 30, 20, 12


def _known(sounds: list, others: list, *, form: str) -> Fingerprints:
    names = [f"{form} {number}" for number in range(len(sounds))]
    known = make_fingerprints([pictures_of(sound)[0] for sound in sounds], form=form, names=names, dimension=24)
    return replace(known, limit=float(np.percentile([known.nearest(pictures_of(one))[0] for one in others], 1)))


@pytest.fixture(scope="package")
def forms() -> dict[str, Fingerprints]:
    """Fingerprints, with limits of sounds that are not among them."""
    hits, loops = ([as_one_shot(hit(seed)) for seed in range(HITS + OTHERS)],
                   [as_loop(loop(seed)) for seed in range(LOOPS + OTHERS)])  # fmt: skip
    return {
        "one_shot": _known(hits[:HITS], hits[HITS:], form="one_shot"),
        "loop": _known(loops[:LOOPS], loops[LOOPS:], form="loop"),
    }


@pytest.fixture
def guard(forms: dict[str, Fingerprints]) -> Guard:
    """What compares with them."""
    return Guard(forms)
