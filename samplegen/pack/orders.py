"""What a user asks for, and how the pipeline has each sound of it made.

An order fixes every random choice from the seed and the sound's number alone; making a
sound again with another attempt changes its noise and nothing else. The orders
themselves stand in `loop_order`, `one_shot_order`, `morph_order` and `phase_order`.
"""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Protocol

from samplegen.errors import InputError, ModelError, SamplegenError
from samplegen.pack.duplicates import DuplicateIndex
from samplegen.pack.export import PackWriter
from samplegen.pack.gates import Guard, judge
from samplegen.pack.manifest import FileEntry
from samplegen.pack.sound import LongSound, Sound
from samplegen.pack.verdict import Verdict

AnySound = Sound | LongSound


class Order(Protocol):
    """A planned request.

    Attributes
    ----------
    count
        Sounds in all.
    block
        Sounds that are drawn together.
    attempts
        How often a sound is drawn until the gates let it pass.
    seed
        Of the whole request.
    unknown_words
        Words of the prompt that the model does not understand.
    notes
        What the user should know; more come while sounds are made.
    """

    count: int
    block: int
    attempts: int
    seed: int
    unknown_words: tuple[str, ...]
    notes: list[str]

    def job(self, index: int) -> str:
        """Key of sound `index`, for the journal."""
        ...

    def label(self, index: int) -> str:
        """What messages call sound `index`."""
        ...

    def is_complete(self, index: int, writer: PackWriter, entry: FileEntry) -> bool:
        """Whether everything that belongs beside the finished sound `entry` is there."""
        ...

    def make(self, indices: Sequence[int], attempt: int) -> Sequence[AnySound]:
        """Draw the sounds `indices` for the `attempt`-th time, post-processed and tagged.

        Raises
        ------
        InputError
            If a sound's recording is of no use; the other sounds are made all the same.
        """
        ...

    def judge(self, sound: Sound, *, index: DuplicateIndex) -> Verdict:
        """What the gates say of a sound."""
        ...

    def accompany(self, index: int, writer: PackWriter, entry: FileEntry) -> None:
        """Write what belongs beside sound `index`, the one drawn last, which lies in the pack now."""
        ...

    def nothing_made(self, missing: Sequence[str], errors: Sequence[InputError]) -> SamplegenError:
        """The error to raise when no sound at all could be made."""
        ...

    def close(self) -> None:
        """Give back what the last drawn sounds hold."""
        ...


class PlannedOrder(ABC):
    """What orders do unless they know better: sounds one by one, nothing beside them."""

    count: int
    block = 1
    attempts = 3
    # Whether a block may be drawn while the one before is judged: nothing may follow from the last draw.
    ahead = False
    seed: int
    unknown_words: tuple[str, ...] = ()
    # Compares with what the model learned from, where the model can tell.
    guard: Guard | None = None

    def __init__(self) -> None:
        self.notes: list[str] = []

    @abstractmethod
    def job(self, index: int) -> str:
        """Key of sound `index`."""

    @abstractmethod
    def make(self, indices: Sequence[int], attempt: int) -> Sequence[AnySound]:
        """Sounds `indices` of the `attempt`-th draw."""

    def label(self, index: int) -> str:
        """Sounds are numbered from 1."""
        return f"sound {index + 1}"

    def is_complete(self, index: int, writer: PackWriter, entry: FileEntry) -> bool:
        """A sound alone is complete."""
        return True

    def judge(self, sound: Sound, *, index: DuplicateIndex) -> Verdict:
        """Every gate, and the guard if there is one."""
        return judge(sound, index=index) if self.guard is None else judge(sound, index=index, guard=self.guard)

    def accompany(self, index: int, writer: PackWriter, entry: FileEntry) -> None:  # noqa: B027
        """Write nothing."""

    def nothing_made(self, missing: Sequence[str], errors: Sequence[InputError]) -> SamplegenError:
        """Why, by the first reasons."""
        return ModelError(f"None of {self.count} sounds passed the gates ({'; '.join(missing[:3])}).")

    def close(self) -> None:  # noqa: B027
        """Nothing is held."""


def derive_seed(seed: int, index: int, attempt: int) -> int:
    """Seed of one draw: 62 bits of SHA-256 over the three numbers, so that draws never overlap."""
    digest = hashlib.sha256(f"{seed}/{index}/{attempt}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 2
