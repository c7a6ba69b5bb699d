"""Tempo, timing and seams of many loops in one table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from samplegen.audio.types import Audio
from samplegen.errors import UsageError
from samplegen.evaluation.seam_check import SeamSummary, check_seams
from samplegen.evaluation.tables import markdown_table, percent
from samplegen.evaluation.tempo_check import (
    ESTIMATORS,
    TempoSummary,
    judge_tempo,
    onset_distances_ms,
    summarise_tempi,
)
from samplegen.pack.prompts import spoken_kind
from samplegen.units import bars_to_samples


@dataclass(frozen=True)
class PlannedLoop:
    """What is asked of a generator."""

    bpm: float
    bars: int
    beats_per_bar: int
    tags: tuple[str, ...]
    seed: int


@dataclass(frozen=True, eq=False)
class TimedLoop:
    """A loop and the time it should keep."""

    audio: Audio
    bpm: float
    bars: int
    beats_per_bar: int = 4


@dataclass(frozen=True)
class LoopFigures:
    """Figures over many loops.

    Parameters
    ----------
    exact_length
        Share with exactly the length that tempo and bars ask for.
    tempo
        By estimator.
    onset_ms, onset_triplet_ms
        Median over all onsets of the distance to the nearest sixteenth; the second with triplets.
    """

    loops: int
    exact_length: float
    tempo: dict[str, TempoSummary]
    seam: SeamSummary
    onset_ms: float
    onset_triplet_ms: float


class LoopSource(Protocol):
    """The part of a generator that makes loops (see `samplegen.engines.alpha_blend.Generator`)."""

    def plan_loop(self, *, bpm: float, bars: int, beats_per_bar: int) -> Any:
        """Exact length and ring."""
        ...

    def make_loops(self, plan: Any, *, tags: Sequence[Sequence[str]], seeds: Sequence[int], **told: Any) -> list[Audio]:
        """One loop per seed; one with a CLAP is told its vectors as ``clap``."""
        ...


def plan_loops(
    count: int,
    *,
    generator: np.random.Generator,
    kind: str,
    styles: Sequence[str],
    bars: int = 4,
    beats_per_bar: int = 4,
    bpm_range: tuple[int, int] = (80, 170),
) -> list[PlannedLoop]:
    """Loops at random whole tempi, both ends included, styles in random order."""
    tempi = generator.integers(bpm_range[0], bpm_range[1] + 1, size=count)
    chosen = generator.permutation(np.arange(count) % max(1, len(styles)))
    seeds = generator.integers(2**62, size=count)
    return [
        PlannedLoop(float(bpm), bars, beats_per_bar, (kind, *styles[style : style + 1]), int(seed))
        for bpm, style, seed in zip(tempi, chosen, seeds, strict=True)
    ]


def make_raw_loops(source: LoopSource, planned: Sequence[PlannedLoop]) -> list[TimedLoop]:
    """What a generator makes of each plan, before any gate; one with CLAP is told the kind's name, as orders do."""
    clap = getattr(source, "clap", None)
    made = []
    for loop in planned:
        plan = source.plan_loop(bpm=loop.bpm, bars=loop.bars, beats_per_bar=loop.beats_per_bar)
        told = {} if clap is None else {"clap": clap.embed_text([spoken_kind(loop.tags[0])])}
        (audio,) = source.make_loops(plan, tags=[loop.tags], seeds=[loop.seed], **told)
        made.append(TimedLoop(audio, loop.bpm, loop.bars, loop.beats_per_bar))
    return made


def measure_loops(loops: Sequence[TimedLoop], *, estimators: Sequence[str] = tuple(ESTIMATORS)) -> LoopFigures:
    """Measure loops with the named tempo `ESTIMATORS`.

    Raises
    ------
    UsageError
        Without loops.
    """
    if not loops:
        raise UsageError("A loop report needs at least one loop.")
    tempo = {
        name: summarise_tempi([judge_tempo(ESTIMATORS[name](loop.audio), asked_bpm=loop.bpm) for loop in loops])
        for name in estimators
    }
    plain, triplets = (
        np.concatenate(
            [
                onset_distances_ms(loop.audio, bars=loop.bars, beats_per_bar=loop.beats_per_bar, triplets=with_triplets)
                for loop in loops
            ]
        )
        for with_triplets in (False, True)
    )
    return LoopFigures(
        loops=len(loops),
        exact_length=float(np.mean([_has_exact_length(loop) for loop in loops])),
        tempo=tempo,
        seam=check_seams([(loop.audio, loop.bars, loop.beats_per_bar) for loop in loops]),
        onset_ms=float(np.median(plain)) if plain.size else float("nan"),
        onset_triplet_ms=float(np.median(triplets)) if triplets.size else float("nan"),
    )


def _has_exact_length(loop: TimedLoop) -> bool:
    rate = loop.audio.sample_rate
    return loop.audio.length == bars_to_samples(
        loop.bars, bpm=loop.bpm, beats_per_bar=loop.beats_per_bar, sample_rate=rate
    )


def loops_markdown(figures: Mapping[str, LoopFigures]) -> str:
    """Two tables: tempo by set and estimator; length, onsets and seams by set."""
    tempo_rows = [
        [
            name,
            estimator,
            str(summary.loops),
            percent(summary.exact + summary.octave),
            percent(summary.exact),
            percent(summary.octave),
            percent(summary.other),
            percent(summary.wrong),
            f"{summary.median_error_bpm:.3f}",
        ]
        for name, figure in figures.items()
        for estimator, summary in figure.tempo.items()
    ]
    other_rows = [
        [
            name,
            percent(figure.exact_length),
            f"{figure.onset_ms:.1f}",
            f"{figure.onset_triplet_ms:.1f}",
            percent(figure.seam.passed),
            f"{figure.seam.median_step_ratio:.2f}",
            f"{figure.seam.median_flux_ratio:.2f}",
        ]
        for name, figure in figures.items()
    ]
    tempo_header = ["loops", "estimator", "n", "within 0.5 BPM, octaves allowed", "at the beat", "octave off"]
    tempo_header += ["3/2, 4/3 … off", "wrong", "median error (BPM)"]
    other_header = ["loops", "exact length", "onset to sixteenth (ms)", "with triplets (ms)", "seam passed"]
    other_header += ["median seam step", "median seam flux"]
    return markdown_table(tempo_header, tempo_rows) + "\n" + markdown_table(other_header, other_rows)
