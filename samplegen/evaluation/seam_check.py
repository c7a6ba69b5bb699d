"""How many loops pass the seam tests of spec §7."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from samplegen.audio.quality import measure_seam
from samplegen.audio.seam import FLUX_LIMIT, STEP_LIMIT, SeamMeasure
from samplegen.audio.types import Audio
from samplegen.errors import UsageError


@dataclass(frozen=True)
class SeamSummary:
    """Shares of loops that pass, and how loud the seams are.

    Parameters
    ----------
    passed, step_passed, flux_passed
        Both tests, the sample step alone, the spectral change alone.
    median_step_ratio, median_flux_ratio
        1 is as strong as the strongest places inside a loop.
    """

    loops: int
    passed: float
    step_passed: float
    flux_passed: float
    median_step_ratio: float
    median_flux_ratio: float


def check_seams(loops: Sequence[tuple[Audio, int, int]]) -> SeamSummary:
    """Seam tests over (loop ``[C, T]``, bars, beats per bar).

    Raises
    ------
    UsageError
        Without loops.
    """
    return summarise_seams([measure_seam(audio, bars=bars, beats_per_bar=beats) for audio, bars, beats in loops])


def summarise_seams(measures: Sequence[SeamMeasure]) -> SeamSummary:
    """Shares over measured seams."""
    if not measures:
        raise UsageError("A seam summary needs at least one loop.")
    steps = np.array([measure.step_ratio for measure in measures])
    fluxes = np.array([measure.flux_ratio for measure in measures])
    return SeamSummary(
        len(measures),
        float(np.mean([measure.passed for measure in measures])),
        float(np.mean(steps <= STEP_LIMIT)),
        float(np.mean(fluxes <= FLUX_LIMIT)),
        float(np.median(steps)),
        float(np.median(fluxes)),
    )
