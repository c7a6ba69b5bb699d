"""How real takes of one hit differ, and what harder hits do: measured on sampled drum kits.

`samplegen.evaluation.round_robins` measured it on the 99 sets of four takes (same kit, articulation and
velocity layer) of five CC0 and public-domain kits; ``benchmarks/humanize.py --reality`` prints it again.
Kits with eight takes or more, which specs/applications.md §3 asks for, were not to be had.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

OVERALL: Final = "overall"


@dataclass(frozen=True)
class Reality:
    """Facts of a class.

    Parameters
    ----------
    median_db
        Median `d_spec` of two takes of a set.
    between, within
        Standard deviation of its natural logarithm: of the sets' means, and inside sets.
    tilt
        What each dB of harder hitting adds to the spectrum, in dB per octave.
    range_db
        From the softest to the hardest layer.
    sets, pairs
        How many were measured.
    """

    median_db: float
    between: float
    within: float
    tilt: float
    range_db: float
    sets: int
    pairs: int


REALITY: Final[Mapping[str, Reality]] = {
    "kick": Reality(2.72, 0.16, 0.14, 0.155, 9.4, 6, 36),
    "snare": Reality(2.40, 0.17, 0.14, -0.062, 13.8, 33, 198),
    "rim": Reality(2.78, 0.10, 0.13, 0.002, 13.5, 20, 120),
    "hat_closed": Reality(3.18, 0.28, 0.24, 0.026, 10.1, 17, 102),
    "hat_open": Reality(3.61, 0.13, 0.14, 0.025, 11.5, 8, 48),
    "tom": Reality(1.93, 0.24, 0.31, 0.115, 8.7, 15, 90),
    OVERALL: Reality(2.67, 0.27, 0.19, 0.008, 12.0, 99, 594),
}


def reality_of(kind: str) -> Reality:
    """Facts of a class, or of all classes together where it was not measured."""
    return REALITY.get(kind, REALITY[OVERALL])
