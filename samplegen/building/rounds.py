"""Sounds that a listener rejected are drawn anew, the others stay: rounds of feedback."""

import hashlib
from collections.abc import Collection, Sequence
from typing import Final

from samplegen.errors import InputError, SamplegenError
from samplegen.pack.duplicates import DuplicateIndex
from samplegen.pack.export import PackWriter
from samplegen.pack.manifest import FileEntry
from samplegen.pack.orders import AnySound, Order
from samplegen.pack.sound import Sound
from samplegen.pack.verdict import Verdict

# No sound is rejected more often.
MAX_ROUNDS: Final = 1000


def job_in_round(job: str, number: int) -> str:
    """Key of a sound after `number` rejections; round 0 is the order's own."""
    return job if number == 0 else hashlib.sha256(f"{job}/round {number}".encode()).hexdigest()


def round_of(job: str, rejected: Collection[str]) -> int:
    """How often the sound of `job` was rejected: every round's key but the last is among `rejected`."""
    return next(number for number in range(MAX_ROUNDS) if job_in_round(job, number) not in rejected)


class InRounds:
    """An order whose rejected sounds are drawn with attempts that were never tried.

    Parameters
    ----------
    rejected
        Keys of the sounds that listeners did not want, of all rounds.
    """

    def __init__(self, order: Order, *, rejected: Collection[str]) -> None:
        self._order = order
        self.count, self.block, self.attempts, self.seed = order.count, order.block, order.attempts, order.seed
        self.unknown_words, self.notes = order.unknown_words, order.notes
        jobs = [order.job(index) for index in range(order.count)]
        self._rounds = [round_of(job, rejected) for job in jobs]
        self._jobs = [job_in_round(job, number) for job, number in zip(jobs, self._rounds, strict=True)]

    def job(self, index: int) -> str:
        """Key of sound `index`, in its round."""
        return self._jobs[index]

    def label(self, index: int) -> str:
        """As the order says."""
        return self._order.label(index)

    def is_complete(self, index: int, writer: PackWriter, entry: FileEntry) -> bool:
        """As the order says."""
        return self._order.is_complete(index, writer, entry)

    def make(self, indices: Sequence[int], attempt: int) -> list[AnySound]:
        """Sounds of one round are drawn together."""
        made: dict[int, AnySound] = {}
        for number in sorted({self._rounds[index] for index in indices}):
            together = [index for index in indices if self._rounds[index] == number]
            sounds = self._order.make(together, attempt + number * self.attempts)
            made |= dict(zip(together, sounds, strict=True))
        return [made[index] for index in indices]

    def judge(self, sound: Sound, *, index: DuplicateIndex) -> Verdict:
        """As the order says."""
        return self._order.judge(sound, index=index)

    def accompany(self, index: int, writer: PackWriter, entry: FileEntry) -> None:
        """As the order says."""
        self._order.accompany(index, writer, entry)

    def nothing_made(self, missing: Sequence[str], errors: Sequence[InputError]) -> SamplegenError:
        """As the order says."""
        return self._order.nothing_made(missing, errors)

    def close(self) -> None:
        """As the order says."""
        self._order.close()
