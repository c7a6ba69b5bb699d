"""Can one tell where a loop begins? A detector trained on the very loops, beside naive cuts and crossfades."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from samplegen.audio.quality import measure_seam
from samplegen.audio.types import Audio
from samplegen.evaluation.distances import noise_like
from samplegen.evaluation.questions.estimates import Estimate, Float64, bootstrap_estimate, share_estimate
from samplegen.evaluation.questions.material import Material, draw_real, need
from samplegen.evaluation.questions.report import Cell, Report, Table, Target
from samplegen.evaluation.questions.systems import Progress, System, hashes, timed_plan
from samplegen.evaluation.seam_detector import (
    LEAST_LOOPS,
    cut_and_crossfade,
    cut_naively,
    detect_cuts,
    detect_seams,
    measure_lines,
    turned,
)

CHANCE: Final = 0.55
OWN, CUTS = "AUC, trained on these", "AUC, trained on cuts"
HELD, TURNED = "real: held-out, rendered as rings", "real, begun at any bar (control)"
CUT, FADED = "real, cut naively", "real, cut, 10 ms crossfade"
NOISE: Final = "floor: white noise"

BarLoop = tuple[Audio, int]


def ask_seam(
    systems: Sequence[System], material: Material, *, count: int, seed: int, progress: Progress | None = None
) -> Report:
    """How well seams are told from the other bar lines of the same loops.

    Raises
    ------
    InputError
        Without held-out loops of four bars.
    """
    rng = np.random.default_rng(seed)
    long = [loop for loop in material.held_loops if loop.bars >= 4]
    need(long, name="held-out loops of four bars or more", least=LEAST_LOOPS)
    real = [(loop.read(), loop.bars) for loop in draw_real(long, count, rng=rng)]
    sets: dict[str, list[BarLoop]] = {}
    for system in systems:
        plan = timed_plan(count, styles=system.generator.description.styles, seed=seed)
        made = [(loop.audio, loop.bars) for loop in system.loops(plan, progress=progress)]
        sets[system.label] = made
        sets[f"{system.label}, cut naively"] = [(cut_naively(x, bars=n, rng=rng), n - 1) for x, n in made]
        sets[f"{system.label}, begun at any bar (control)"] = [(turned(x, bars=n, rng=rng), n) for x, n in made]
        sets[f"{system.label}, cut, 10 ms crossfade"] = [
            (cut_and_crossfade(x, bars=n, rng=rng), n - 1) for x, n in made
        ]
    sets |= {
        HELD: real,
        TURNED: [(turned(audio, bars=bars, rng=rng), bars) for audio, bars in real],
        CUT: [(cut_naively(audio, bars=bars, rng=rng), bars - 1) for audio, bars in real],
        FADED: [(cut_and_crossfade(audio, bars=bars, rng=rng), bars - 1) for audio, bars in real],
        NOISE: [(noise_like(audio, generator=rng), bars) for audio, bars in real],
    }
    rows = _rows(sets, seed=seed)
    return Report(
        "seam",
        "Seams against the other bar lines of the same loops",
        (Table("AUC within loops: how often the seam is ranked above another bar line; 0.5 is chance.", rows),),
        notes=(
            "The first detector is trained on four fifths of the row's loops and judges the others: it learns whatever "
            "marks their seams, music too, such as a fill before the downbeat. The second is taught what a cut is by "
            "naive cuts of real loops, and by uncut ones that a downbeat is none; it never heard the loop it judges. A "
            "naive cut is all bars but one, cut out anywhere; the crossfade blends its end into what came before its "
            "start. The control has no seam that could be told.",
        ),
        targets=tuple(_target(rows[systems[0].label], column) for column in (OWN, CUTS)),
        settings={"n": count, "seed": seed, "bars": 4, "kind": "loop_drums"},
        systems=hashes(systems),
    )


def _rows(sets: dict[str, list[BarLoop]], *, seed: int) -> dict[str, dict[str, Cell]]:
    lines = {name: [measure_lines(audio, bars=bars) for audio, bars in loops] for name, loops in sets.items()}
    cuts = detect_cuts(lines, cuts=lines[CUT], rings=lines[HELD], seed=seed)
    rows: dict[str, dict[str, Cell]] = {}
    for name, loops in sets.items():
        passed = [measure_seam(audio, bars=bars).passed for audio, bars in loops]
        rows[name] = {
            "n": len(loops),
            OWN: auc(detect_seams(lines[name], seed=seed), seed=seed),
            CUTS: auc(cuts[name], seed=seed),
            "passes the seam gate": share_estimate(sum(passed), len(passed)),
        }
    return rows


def _target(row: dict[str, Cell], column: str) -> Target:
    found = row[column]
    assert isinstance(found, Estimate)
    return Target(f"seam {column} of at most {CHANCE:g}", found, found.value <= CHANCE)


def auc(found: Float64, *, seed: int) -> Estimate:
    """Mean over loops, drawn anew for the interval."""
    rng = np.random.default_rng(seed)
    return bootstrap_estimate(lambda chosen: float(found[chosen].mean()), len(found), rng=rng)
