"""What a phase diffusion says about itself, in JSON values."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from samplegen.engines.phase_diffusion.analysis import Analysis
from samplegen.engines.phase_diffusion.protection import quantile
from samplegen.engines.phase_diffusion.settings import PhaseSettings
from samplegen.engines.phase_diffusion.walk import Walk

__all__ = ["analysis_figures", "make_report", "parameters"]

Values = npt.NDArray[np.float64]


def parameters(settings: PhaseSettings) -> dict[str, Any]:
    """Every effective parameter by its name."""
    return {**asdict(settings), "hop_size": settings.hop, "temperatures": list(settings.temperatures)}


def analysis_figures(
    analysis: Analysis, *, sample_rate: int, persistence: Values | None, walk: Walk | None
) -> dict[str, Any]:
    """What one analysis found; None where it does not apply."""
    learned, errors, weights = analysis.learned, analysis.errors, analysis.weights
    of_bands = errors.of_bands if errors is not None else np.zeros(0)
    return {
        "n_events": len(analysis.events),
        "mean_event_dur": float(analysis.durations.mean()) / sample_rate,
        "n_clusters": learned.clusters.count,
        "cluster_sizes": [int(size) for size in learned.clusters.sizes],
        "initial_loss": learned.training.initial_loss if learned.training else None,
        "final_loss": learned.training.final_loss if learned.training else None,
        "latent_spread": learned.spread,
        "mean_event_error": float(errors.of_events.mean()) if errors is not None else None,
        "band_error_std_over_mean": float(of_bands.std() / of_bands.mean()) if of_bands.any() else None,
        "weight_mean": float(weights.mean()),
        "weight_std": float(weights.std()),
        "weight_share_above_half": float((weights > 0.5).mean()),
        "r_mean": None if persistence is None else float(persistence.mean()),
        "r_max": None if persistence is None else float(persistence.max()),
        "centroid_distance_before": None if walk is None else quantile(walk.before, 0.5),
        "centroid_distance_after": None if walk is None else quantile(walk.after, 0.5),
        "mean_alpha": analysis.amount.mean,
    }


def make_report(
    settings: PhaseSettings,
    figures: Sequence[dict[str, Any]],
    *,
    output: dict[str, Any],
    warnings: Sequence[str],
) -> dict[str, Any]:
    """The report: parameters, figures of the (first) analysis, levels of the output, warnings.

    With an analysis for each channel, ``channels`` holds the figures of all of them.
    """
    # Magnitudes and mix are scaled by the amount, and in the latent model the walk as well.
    power = 3 if settings.model == "latent" else 2
    report = {
        "parameters": parameters(settings),
        **figures[0],
        "effective_share": settings.diffusion_amount**power,
        **output,
        "warnings": list(warnings),
    }
    return report if len(figures) == 1 else {**report, "channels": list(figures)}
