"""How strongly a generator must edit for its takes to differ as real ones do (specs/applications.md §3)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from samplegen.evaluation.round_robins import RealSet, by_kind
from samplegen.units import gain_to_db
from samplegen.variations.edits.distances import pairwise, picture
from samplegen.variations.humanize import finish_take
from samplegen.variations.takes.calibration import ClassRow, Drive, HumanizeTable, bisect
from samplegen.variations.takes.engines import AlphaTakes, Difference
from samplegen.variations.takes.hits import Hit, make_hit
from samplegen.variations.takes.reality import OVERALL, reality_of

STRENGTHS: Final = (0.1, 0.2, 0.3)
REFERENCE_STRENGTH: Final = 0.2
_TAKES: Final = 3
_HIGHEST_GAIN: Final = 40.0
_HEADROOM_DB: Final = 3.0


def calibrate(
    engine: AlphaTakes, sets: Sequence[RealSet], *, sources: int, seed: int, command: str = "",
    tell: Callable[[str], None] = print,
) -> HumanizeTable:  # fmt: skip
    """Calibration on the first takes of up to `sources` real sets of each class.

    The gain is the one at which strength `REFERENCE_STRENGTH` gives the median of real round robins; at that
    gain all `STRENGTHS` are measured.
    """
    rng, rows = np.random.default_rng(seed), dict[str, ClassRow]()
    for kind, real in by_kind(sets).items():
        chosen = [real[number] for number in rng.permutation(len(real))[:sources]]
        hits = [make_hit(one.takes[0], name=one.group, kind=one.kind, headroom_db=_HEADROOM_DB) for one in chosen]
        rows[kind] = row = _row(engine, hits, seed=seed, median_db=reality_of(kind).median_db)
        steps = ", ".join(f"{s:g}: {d:.2f}" for s, d in zip(row.strengths, row.distances_db, strict=True))
        tell(f"{kind}: real {row.median_db:.2f} dB, gain {row.gain:.2f} ({gain_to_db(row.gain):.1f} dB), {steps}")
    return HumanizeTable(engine.generator.hash, _with_overall_last(rows), command)


def _row(engine: AlphaTakes, hits: Sequence[Hit], *, seed: int, median_db: float) -> ClassRow:
    seeds = [[seed * 1000 + number * _TAKES + take for take in range(_TAKES)] for number in range(len(hits))]
    made = {
        strength: engine.differences(hits, seeds=seeds, drives=[Drive(strength, 1.0)] * len(hits))
        for strength in STRENGTHS
    }
    gain = bisect(
        lambda gain: median_distance(hits, made[REFERENCE_STRENGTH], gain=gain),
        target=median_db, low=0.0, high=_HIGHEST_GAIN,
    )  # fmt: skip
    distances = [median_distance(hits, made[strength], gain=gain) for strength in STRENGTHS]
    rising = np.maximum.accumulate(distances) + 1e-3 * np.arange(len(distances))
    return ClassRow(
        round(gain, 3), STRENGTHS, tuple(float(round(d, 3)) for d in rising), round(median_db, 3), len(hits)
    )


def median_distance(hits: Sequence[Hit], differences: Sequence[Sequence[Difference]], *, gain: float) -> float:
    """Median `d_spec` of two takes of a hit, over all of `hits`."""
    found = [
        distance
        for hit, several in zip(hits, differences, strict=True)
        for distance in pairwise(
            [picture(finish_take(hit, one, weight=gain, gain_db=0.0, holds=True)) for one in several]
        )
    ]
    return float(np.median(found))


def _with_overall_last(rows: Mapping[str, ClassRow]) -> dict[str, ClassRow]:
    return {kind: rows[kind] for kind in sorted(rows, key=lambda kind: (kind == OVERALL, kind))}
