"""Do loops keep the tempo that was asked, before any gate, from 60 to 200 BPM? Two estimators that are not told."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from samplegen.evaluation.distances import noise_like
from samplegen.evaluation.loops_report import TimedLoop
from samplegen.evaluation.questions.estimates import NONE, Estimate, bootstrap_estimate, share_estimate
from samplegen.evaluation.questions.material import Material, draw_real, need
from samplegen.evaluation.questions.report import Cell, Report, Table, Target
from samplegen.evaluation.questions.sets import ring_round_trip
from samplegen.evaluation.questions.systems import (
    BIN_BPM,
    HIGH_BPM,
    LOW_BPM,
    Progress,
    System,
    hashes,
    timed_plan,
)
from samplegen.evaluation.tempo_check import ESTIMATORS, TempoVerdict, judge_tempo, onset_distances_ms
from samplegen.units import bars_to_samples

ASKED: Final = ("three bands", "librosa beats")
KIND: Final = "loop_drums"
NEAR_MS: Final = 10.0
MOST_NOISES: Final = 14
WANTED_SHARE: Final = 0.98
HELD: Final = "real: held-out, rendered"
NOISE: Final = "floor: white noise"

Verdicts = Mapping[str, Sequence[TempoVerdict]]


def ask_tempo(
    systems: Sequence[System], material: Material, *, count: int, seed: int, progress: Progress | None = None
) -> Report:
    """Share of drum loops within 0.5 BPM, and distance of onsets from the grid, by bins of 20 BPM.

    Raises
    ------
    InputError
        Without held-out drum loops.
    """
    rng = np.random.default_rng(seed)
    held = [loop for loop in material.held_loops if loop.kind == KIND]
    need(held, name=f"held-out loops of the kind {KIND}")
    sets: dict[str, list[TimedLoop]] = {}
    for system in systems:
        plan = timed_plan(count, styles=system.generator.description.styles, seed=seed)
        sets[system.label] = system.loops(plan, progress=progress)
    sets[HELD] = [
        TimedLoop(loop.read(), loop.bpm, loop.bars, loop.beats_per_bar) for loop in draw_real(held, count, rng=rng)
    ]
    codec = systems[0].generator.codec
    sets[f"{HELD}, through {codec.name}"] = [
        replace(loop, audio=ring_round_trip(codec, loop.audio)) for loop in sets[HELD]
    ]
    first = next(iter(sets.values()))[:MOST_NOISES]
    sets[NOISE] = [TimedLoop(noise_like(x.audio, generator=rng), x.bpm, x.bars, x.beats_per_bar) for x in first]
    verdicts = {name: judge_loops(loops) for name, loops in sets.items()}
    whole = {name: _row(sets[name], verdicts[name], seed=seed) for name in sets}
    bins = _bins({name: verdicts[name] for name in sets if name != NOISE})
    low, high = systems[0].generator.description.low_bpm, systems[0].generator.description.high_bpm
    return Report(
        "tempo",
        "Tempo and timing, before gates",
        (
            Table("Loops within 0.5 BPM of the asked tempo (or of its double or half), and their onsets.", whole),
            Table("Within 0.5 BPM, octaves allowed, by tempo.", bins, first="asked BPM"),
        ),
        notes=(
            f"The model states {low:g} to {high:g} BPM. The estimators share nothing with the gate and are not told "
            "what was asked: one hears how the energy of three bands repeats, the other is librosa's beat tracker.",
        ),
        targets=tuple(_target(verdicts[systems[0].label], name, low=low, high=high) for name in ASKED),
        settings={"n": count, "seed": seed, "bars": 4, "kind": KIND},
        systems=hashes(systems),
    )


def judge_loops(loops: Sequence[TimedLoop]) -> dict[str, list[TempoVerdict]]:
    """Verdicts of both estimators."""
    return {name: [judge_tempo(ESTIMATORS[name](x.audio), asked_bpm=x.bpm) for x in loops] for name in ASKED}


def hits(verdicts: Sequence[TempoVerdict], *, octaves: bool = True) -> Estimate:
    """Share within 0.5 BPM."""
    return share_estimate(sum(x.exact or (octaves and x.octave) for x in verdicts), len(verdicts))


def _row(loops: Sequence[TimedLoop], verdicts: Verdicts, *, seed: int) -> dict[str, Cell]:
    rng = np.random.default_rng(seed)
    onsets = [onset_distances_ms(x.audio, bars=x.bars, beats_per_bar=x.beats_per_bar, triplets=True) for x in loops]
    heard = [each for each in onsets if each.size]
    row: dict[str, Cell] = {"n": len(loops)}
    for name in ASKED:
        row[f"{name}, octaves allowed"] = hits(verdicts[name])
        row[f"{name}, at the beat"] = hits(verdicts[name], octaves=False)
    row["onset to grid, median (ms)"] = bootstrap_estimate(
        lambda chosen: float(np.median(np.concatenate([heard[k] for k in chosen]))), len(heard), rng=rng, draws=300,
        digits=1,
    )  # fmt: skip
    row[f"onsets within {NEAR_MS:g} ms"] = bootstrap_estimate(
        lambda chosen: float((np.concatenate([heard[k] for k in chosen]) <= NEAR_MS).mean()), len(heard), rng=rng,
        draws=300, percent=True,
    )  # fmt: skip
    right = [
        x.audio.length
        == bars_to_samples(x.bars, bpm=x.bpm, beats_per_bar=x.beats_per_bar, sample_rate=x.audio.sample_rate)
        for x in loops
    ]
    row["exact length"] = share_estimate(sum(right), len(right))
    return row


def _bins(verdicts: Mapping[str, Verdicts]) -> dict[str, dict[str, Cell]]:
    rows: dict[str, dict[str, Cell]] = {}
    for low in range(LOW_BPM, HIGH_BPM, BIN_BPM):
        high = low + BIN_BPM
        row: dict[str, Cell] = {}
        for system, by_estimator in verdicts.items():
            for name in ASKED:
                inside = [x for x in by_estimator[name] if low <= x.asked_bpm < high + (high == HIGH_BPM)]
                row[f"{system}, {name}"] = hits(inside) if inside else NONE
            row[f"{system}, n"] = len(inside)
        rows[f"{low}–{high}"] = row
    return rows


def _target(verdicts: Verdicts, name: str, *, low: float, high: float) -> Target:
    found = hits([x for x in verdicts[name] if low <= x.asked_bpm <= high])
    return Target(
        f"tempo hits of at least 98 % in the stated range, by {name}, octaves allowed", found,
        found.value >= WANTED_SHARE,
    )  # fmt: skip
