"""What a morph chain gives back: sound, chains and everything the figure and the report show."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from samplegen.audio.types import Audio
from samplegen.engines.morph_chain.settings import MorphSettings
from samplegen.engines.on_the_fly.clusters import Clusters
from samplegen.engines.on_the_fly.events import Event, Segmentation

Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Chain:
    """One cluster's way from noise to identity. Index 0 is the corrupted start at T0.

    Parameters
    ----------
    cluster
        Index of the cluster it settles into.
    seed_event
        Event it started from: the member farthest from the cluster's centre.
    temperatures, ce
        ``[S+1]``: temperature and cross-entropy of the own cluster after each of S steps.
    z
        ``[S+1, L]`` standardised latent vectors.
    sequence
        Index of the event chosen at each of the S+1 points.
    stopped_early
        Whether the entropy threshold ended it.
    start, end
        Samples ``start:end`` of the output it fills; equal if a grid left no room for it.
    """

    cluster: int
    seed_event: int
    temperatures: Float64
    ce: Float64
    z: Float64
    sequence: tuple[int, ...]
    stopped_early: bool
    start: int = 0
    end: int = 0

    @property
    def steps(self) -> int:
        """Number S of updates taken."""
        return len(self.ce) - 1


@dataclass(frozen=True)
class Placement:
    """One clip of the output: which event, of which chain (an index), and where it sounds in samples.

    On a grid `start` is where the attack lies, otherwise where the clip begins.
    """

    event: int
    chain: int
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class Voice:
    """What one network learned and did: all channels together, or one of them.

    Parameters
    ----------
    channel
        Index of the channel, None for all of them jointly.
    labels
        ``[n]`` cluster of each event.
    clusters
        Centres, variances and sizes in standardised latent space.
    radii
        ``[K]`` mean distance of a cluster's members to its centre.
    latents
        ``[n, L]`` standardised.
    spread
        Mean standard deviation of the raw latents.
    initial_loss, final_loss
        None if nothing was trained (one event).
    chains
        One per cluster.
    placements
        Clips in order of time.
    warnings
        What the user should know.
    """

    channel: int | None
    labels: npt.NDArray[np.intp]
    clusters: Clusters
    radii: Float64
    latents: Float64
    spread: float
    initial_loss: float | None
    final_loss: float | None
    chains: tuple[Chain, ...]
    placements: tuple[Placement, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class MorphResult:
    """The morphed sound ``[C, T]`` with how it came about.

    Parameters
    ----------
    audio
        Peak at most 0.95.
    settings
        As used, within their limits.
    segmentation
        The recording's events and the shortest length used.
    voices
        One, or one per channel.
    report
        JSON values only (specs/morph_chain.md §7).
    """

    audio: Audio
    settings: MorphSettings
    segmentation: Segmentation
    voices: tuple[Voice, ...]
    report: Mapping[str, Any]

    @property
    def events(self) -> tuple[Event, ...]:
        """Events of the recording in order of time."""
        return self.segmentation.events

    @property
    def chains(self) -> tuple[Chain, ...]:
        """Chains of the first voice."""
        return self.voices[0].chains

    @property
    def labels(self) -> npt.NDArray[np.intp]:
        """``[n]`` cluster of each event, in the first voice."""
        return self.voices[0].labels
