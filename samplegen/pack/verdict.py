"""What the gates find, and drawing a sound again until they are content."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from samplegen.pack.sound import Sound


@dataclass(frozen=True)
class GateResult:
    """What one gate found.

    Parameters
    ----------
    measured, limit
        In the unit that `reason` names; None where there is no single number.
    reason
        One plain sentence; empty when passed.
    """

    name: str
    passed: bool
    measured: float | None
    limit: float | None
    reason: str = ""


@dataclass(frozen=True)
class Verdict:
    """All results for one sound; `measures` are numbers for the manifest."""

    results: tuple[GateResult, ...]
    measures: Mapping[str, float | None]

    @property
    def passed(self) -> bool:
        """Whether every gate was passed."""
        return all(result.passed for result in self.results)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it was not, one sentence a gate."""
        return tuple(result.reason for result in self.results if not result.passed)


@dataclass(frozen=True)
class Kept:
    """A sound that passed, after `redraws` failed attempts."""

    sound: Sound
    verdict: Verdict
    redraws: int


@dataclass(frozen=True)
class Rejected:
    """No attempt passed; the verdict of each."""

    verdicts: tuple[Verdict, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """Each reason once, in the order in which they came up."""
        return tuple(dict.fromkeys(reason for verdict in self.verdicts for reason in verdict.reasons))


def draw_until(
    make: Callable[[int], Sound], judge: Callable[[Sound], Verdict], *, attempts: int = 4
) -> Kept | Rejected:
    """Make a sound up to `attempts` times until it passes.

    Parameters
    ----------
    make
        Gets the number of the attempt, from 0, and draws anew for each.
    judge
        Such as ``functools.partial(judge, index=index)``.
    """
    verdicts = []
    for attempt in range(attempts):
        sound = make(attempt)
        verdict = judge(sound)
        if verdict.passed:
            return Kept(sound, verdict, attempt)
        verdicts.append(verdict)
    return Rejected(tuple(verdicts))
