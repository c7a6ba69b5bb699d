"""What a phase diffusion hands back."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from samplegen.audio.source import Source
from samplegen.engines.on_the_fly.events import Event
from samplegen.engines.phase_diffusion.settings import PhaseSettings

__all__ = ["PhaseResult"]


@dataclass(frozen=True, eq=False)
class PhaseResult:
    """The sound, its report, and what a picture of it needs.

    A is 1, or the number of channels with ``stereo="per_channel"``; F = window_size / 2 + 1.

    Parameters
    ----------
    source
        The diffused sound at its final level; reads from the spool it was made in.
    report
        JSON values, see `samplegen.engines.phase_diffusion.report`.
    settings
        As used, every value within its range.
    events
        Of the first analysis.
    frequencies_hz
        ``[F]`` of the bins.
    weights
        ``[A, F]`` bin weights in [0, 1]; 0 is structured.
    persistence
        ``[A, F]`` correlation r of neighbouring magnitudes; None unless ar_smear.
    distances
        Distance of each event of all analyses from its cluster's centre, ``[2, n]``: before and after the
        walk; None unless latent.
    """

    source: Source
    report: dict[str, Any]
    settings: PhaseSettings
    events: tuple[Event, ...]
    frequencies_hz: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]
    persistence: npt.NDArray[np.float64] | None = None
    distances: npt.NDArray[np.float64] | None = None
