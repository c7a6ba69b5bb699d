"""How often each gate let a draw pass, told from what a pack's manifest says of its sounds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from samplegen.pack.entries import FileEntry, Missing

ALL: Final = "all"


@dataclass(frozen=True)
class GateRate:
    """Draws that a gate judged, and those that it let pass."""

    judged: int
    passed: int

    @property
    def rate(self) -> float:
        """The share that passed, 0 to 1."""
        return self.passed / self.judged if self.judged else 1.0

    def to_json(self) -> dict[str, Any]:
        """Both numbers and the share, as JSON values."""
        return {"judged": self.judged, "passed": self.passed, "rate": round(self.rate, 4)}


def pass_rates_of(entries: Iterable[FileEntry], missing: Iterable[Missing] = ()) -> dict[str, GateRate]:
    """The rate of each gate, by its name, and of all gates together as `ALL`.

    A gate counts as judge of every draw of a sound that it judged once. Only the sounds as they
    stand in the manifest are counted, so a build that was stopped has the rates of an unbroken one.
    """
    judged: dict[str, int] = {}
    refused: dict[str, int] = {}
    draws = kept = 0
    for entry in entries:
        if entry.gates:
            draws, kept = draws + entry.redraws + 1, kept + 1
            _count(judged, {name: entry.redraws + 1 for name in {*entry.gates, *entry.refused}})
            _count(refused, entry.refused)
    for sound in missing:
        draws += sound.draws
        _count(judged, dict.fromkeys({*sound.gates, *sound.refused}, sound.draws))
        _count(refused, sound.refused)
    rates = {name: GateRate(judged[name], judged[name] - refused.get(name, 0)) for name in sorted(judged)}
    return ({ALL: GateRate(draws, kept)} if draws else {}) | rates


def _count(totals: dict[str, int], more: Mapping[str, int]) -> None:
    for name, number in more.items():
        totals[name] = totals.get(name, 0) + number
