"""Do sliders move what they say, and leave the rest alone? (specs/applications.md §5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr

from samplegen.evaluation.tables import percent
from samplegen.evaluation.transfer_report import interval, told
from samplegen.variations.tweaks.sliders import NAMES

WANTED_RHO: Final = 0.8
MAX_OFF_TARGET: Final = 0.5

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SliderRun:
    """One slider of one engine over settings.

    Parameters
    ----------
    settings
        S units that were asked.
    moved
        ``[n, S, 6]`` units that were measured.
    distance, beyond
        ``[n, S]``: `d_spec` to the source, and energy that the best linear filter leaves (NaN at setting 0).
    """

    slider: str
    settings: tuple[float, ...]
    moved: Floats
    distance: Floats
    beyond: Floats

    def correlations(self) -> Floats:
        """``[n]``: Spearman's ρ between setting and measure of each source; 0 where nothing moves."""
        place = NAMES.index(self.slider)
        return np.array([_rho(self.settings, row[:, place]) for row in self.moved])

    def slopes(self) -> Floats:
        """``[n]``: measured units per asked unit, by least squares through 0."""
        asked = np.asarray(self.settings)
        return np.asarray(self.moved[:, :, NAMES.index(self.slider)] @ asked / (asked @ asked))

    def off_target(self) -> Floats:
        """``[n]``: the largest move of any other slider, median over the settings."""
        others = np.delete(np.abs(self.moved), NAMES.index(self.slider), axis=2)
        return np.asarray(np.median(others.max(axis=2)[:, np.asarray(self.settings) != 0.0], axis=1))


def _rho(settings: Sequence[float], measured: Floats) -> float:
    return 0.0 if np.ptp(measured) < 1e-9 else float(spearmanr(settings, measured).statistic)


def slider_row(run: SliderRun, *, anchor: Floats, rng: np.random.Generator) -> list[str]:
    """ρ, sources with ρ ≥ 0.8, slope, off-target, off-target ≤ 0.5, distance under `anchor`, beyond a filter."""
    rho, off, count = run.correlations(), run.off_target(), len(run.moved)
    figures: list[tuple[npt.NDArray[np.floating[Any]], int, str]] = [
        (rho, 2, ""), (100.0 * (rho >= WANTED_RHO), 0, " %"), (run.slopes(), 2, ""), (off, 2, ""),
        (100.0 * (off <= MAX_OFF_TARGET), 0, " %"), (100.0 * (run.distance.max(axis=1) < anchor), 0, " %"),
        (100.0 * np.nanmean(run.beyond, axis=1), 0, " %"),
    ]  # fmt: skip
    return [
        told(interval(lambda some, v=values: float(np.nanmean(v[some])), count=count, rng=rng), digits=d, unit=unit)  # type: ignore[misc]
        for values, d, unit in figures
    ]


HEADER: Final = (
    "ρ", "ρ ≥ 0.8", "units per unit", "off-target, units", "off-target ≤ 0.5", "d_spec under class anchor",
    "beyond a filter",
)  # fmt: skip


def sign_agreement(asked: Sequence[Mapping[str, float]], moved: Floats, *, rng: np.random.Generator) -> tuple[str, int]:
    """Share of (sound, slider) pairs whose measure went the way that words ask, with its interval, and their number.

    Parameters
    ----------
    asked
        Units by slider of each result.
    moved
        ``[n, 6]``.
    """
    agree = np.array([
        float(np.sign(row[NAMES.index(name)]) == np.sign(units))
        for one, row in zip(asked, moved, strict=True) for name, units in one.items()
    ])  # fmt: skip
    value, low, high = interval(lambda some: float(agree[some].mean()), count=len(agree), rng=rng)
    return f"{percent(value)} ({percent(low)}–{percent(high)})", len(agree)
