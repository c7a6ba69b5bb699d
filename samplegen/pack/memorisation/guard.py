"""The memorisation guard: how near a sound is to the nearest one that a model learned from.

Distances are told relative to the limit of the sound's form, which is the first percentile of how near held-out
real sounds come to the training ones (specs/applications.md §10): below 1, a sound counts as remembered.
All that a model makes comes through its codec, which smooths: so one-shots are compared with the training ones
and with those as the codec renders them, and the held-out ones that settle both limits came through it too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from samplegen.engines.on_the_fly.streams import one_thread
from samplegen.errors import UsageError
from samplegen.pack.memorisation.memory import MEMORY_FILE, RENDERED_SUFFIX, Fingerprints, load_memory
from samplegen.pack.memorisation.pictures import Float32, hear_one_shot, picture_loop
from samplegen.pack.sound import Sound

LIMIT: Final = 1.0
# One-shots are trained on at three pitches (training/encode.py), and a copy may be out of tune.
_CENTS: Final = (0.0, -200.0, 200.0, -20.0, 20.0)
SPEEDS: Final = tuple(2.0 ** (cents / 1200.0) for cents in _CENTS)


class Remembering(Protocol):
    """What `load_guard` needs of a generator."""

    @property
    def hash(self) -> str:
        """SHA-256 of its weights."""

    @property
    def folder(self) -> Path | None:
        """Its model folder; None if it was never stored."""


@dataclass(frozen=True)
class Near:
    """The nearest training sound.

    Parameters
    ----------
    distance
        0 for the very same sound.
    limit
        Of the sound's form.
    """

    name: str
    index: int
    distance: float
    limit: float

    @property
    def relative(self) -> float:
        """The distance in units of the limit."""
        return self.distance / max(self.limit, 1e-6)

    @property
    def is_remembered(self) -> bool:
        """Whether it is nearer than real sounds come that the model did not learn from."""
        return self.distance < self.limit


class Guard:
    """Compares sounds with the fingerprints of a model's training sounds."""

    limit = LIMIT

    def __init__(self, forms: Mapping[str, Fingerprints]) -> None:
        self._forms = dict(forms)

    def nearest(self, sound: Sound) -> Near:
        """The training sound of the same form that is nearest.

        Raises
        ------
        UsageError
            If it is no loop of known bars and no one-shot, or the model learned from none.
        """
        kind = sound.tags.kind
        forms = [known for form, known in self._forms.items() if form in (kind, f"{kind}{RENDERED_SUFFIX}")]
        if not forms:
            raise UsageError(f"The model's memory holds {' and '.join(self._forms)} sounds, none of the form {kind}.")
        with one_thread():  # distances stand in the manifest, to the last digit the same
            pictures = pictures_of(sound)
            return min((_nearest(known, pictures) for known in forms), key=lambda near: near.relative)

    def distance(self, sound: Sound) -> float:
        """That of `nearest` in units of its limit: below 1 it counts as remembered."""
        return self.nearest(sound).relative


def _nearest(known: Fingerprints, pictures: Float32) -> Near:
    distance, index = known.nearest(pictures)
    return Near(known.names[index], index, distance, known.limit)


def pictures_of(sound: Sound) -> Float32:
    """``[alignments, bars, cells]``: a loop begun at each beat of a bar, a one-shot at each of `SPEEDS`.

    Raises
    ------
    UsageError
        If it is no loop of known bars and no one-shot.
    """
    tags = sound.tags
    if tags.kind == "one_shot":
        heard = hear_one_shot(sound.audio)
        return np.stack([heard.picture(speed=speed) for speed in SPEEDS])[:, None]
    if tags.kind != "loop" or not tags.bars:
        raise UsageError(f"Only one-shots and loops of known bars can be compared, no {tags.kind}.")
    return picture_loop(sound.audio, bars=tags.bars, beats=tags.meter[0])


def load_guard(generator: Remembering | Any) -> Guard | None:
    """The guard of a generator's model; None where it brings no memory of its training sounds.

    Raises
    ------
    ModelInvalidError
        If the memory is damaged or of other weights.
    """
    folder: Path | None = getattr(generator, "folder", None)
    if folder is None or not (folder / MEMORY_FILE).is_file():
        return None
    return Guard(load_memory(folder / MEMORY_FILE, model_hash=generator.hash))
