"""Sounds that a listener rejected are drawn anew, the others stay: rounds of feedback."""

import hashlib
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Final

from samplegen.pack.audition import read_votes
from samplegen.pack.manifest import read_manifest
from samplegen.pack.orders import AnySound, Order

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
        jobs = [order.job(index) for index in range(order.count)]
        self._rounds = [round_of(job, rejected) for job in jobs]
        self._jobs = [job_in_round(job, number) for job, number in zip(jobs, self._rounds, strict=True)]

    def __getattr__(self, name: str) -> Any:
        """All else is the order's."""
        return getattr(self._order, name)

    def job(self, index: int) -> str:
        """Key of sound `index`, in its round."""
        return self._jobs[index]

    def make(self, indices: Sequence[int], attempt: int) -> list[AnySound]:
        """Sounds of one round are drawn together."""
        made: dict[int, AnySound] = {}
        for number in sorted({self._rounds[index] for index in indices}):
            together = [index for index in indices if self._rounds[index] == number]
            sounds = self._order.make(together, attempt + number * self._order.attempts)
            made |= dict(zip(together, sounds, strict=True))
        return [made[index] for index in indices]


def rejected_jobs(folder: Path, feedback: Path | None) -> frozenset[str]:
    """Jobs of all sounds that listeners of the pack in `folder` did not want, and of those that `feedback` names.

    Raises
    ------
    InputError
        If the votes cannot be read or are of another pack.
    """
    manifest = read_manifest(folder)
    earlier = frozenset(manifest.rejected) if manifest is not None else frozenset()
    if feedback is None:
        return earlier
    votes = read_votes(feedback)
    if manifest is None:
        return frozenset(vote.job for vote in votes.rejects)
    return earlier | votes.rejected_jobs(manifest)
