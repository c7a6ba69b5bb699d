"""Which event sounds at a latent vector: four mechanisms against loops (specs/morph_chain.md §4)."""

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from samplegen.engines.morph_chain.settings import AUTO, MorphSettings

Float64 = npt.NDArray[np.float64]

SPARSE_POOL = 20
TABU_PENALTY = 5.0
FEWEST_TOP, FEWEST_TABU = 3, 4
_BLOCK_EVENTS = 512


@dataclass(frozen=True)
class Mechanisms:
    """The four mechanisms in numbers: k nearest, queue length, factor, lowest temperature."""

    top_k: int
    tabu: int
    penalty: float
    t_min: float


def mechanisms(events: int, *, own: int, settings: MorphSettings | None = None) -> Mechanisms:
    """Mechanisms for a pool of `events` of which `own` belong to the chain's cluster.

    Settings that are not "auto" replace the formulas, within what the pool allows.
    """
    chosen = settings or MorphSettings()
    scarcity = max(0.0, 1.0 - events / SPARSE_POOL)
    top_k = max(FEWEST_TOP, _round(events * (0.25 + 0.25 * scarcity)))
    tabu = max(FEWEST_TABU, _round(events * (0.25 + 0.15 * scarcity)))
    top_k, tabu = min(top_k, max(own, FEWEST_TOP)), min(tabu, max(own, FEWEST_TABU))
    top_k = top_k if chosen.top_k == AUTO else chosen.top_k
    tabu = tabu if chosen.tabu_size == AUTO else chosen.tabu_size
    return Mechanisms(
        min(top_k, events),
        min(tabu, events - 1),
        TABU_PENALTY if chosen.tabu_penalty == AUTO else chosen.tabu_penalty,
        0.08 + 0.27 * scarcity if chosen.t_sel_min == AUTO else chosen.t_sel_min,
    )


def _round(value: float) -> int:
    """Half up; the small addend keeps n·0.25 and the like exact."""
    return math.floor(value + 0.5 + 1e-9)


def event_distances(z: Float64, latents: Float64) -> Float64:
    """Squared distances ``[S, n]`` of vectors ``[S, L]`` to all events ``[n, L]``."""
    squared = np.einsum("sl,sl->s", z, z)[:, None] + np.einsum("nl,nl->n", latents, latents) - 2.0 * (z @ latents.T)
    return np.asarray(np.maximum(squared, 0.0))


def neighbour_distance(latents: Float64) -> float:
    """Median squared distance ε of the events ``[n, L]`` to their nearest neighbour.

    Where most events have a twin, the mean stands in, and 1 where all are equal:
    with ε = 0 the tabu factor would have nothing to act on.
    """
    events = len(latents)
    if events < 2:
        return 1.0
    nearest = np.empty(events)
    for first in range(0, events, _BLOCK_EVENTS):
        squared = event_distances(latents[first : first + _BLOCK_EVENTS], latents)
        rows = np.arange(len(squared))
        squared[rows, rows + first] = np.inf
        nearest[first : first + len(squared)] = squared.min(axis=1)
    nearest.sort()  # np.median would load numpy.ma, which takes longer than a chain
    median = 0.5 * float(nearest[(len(nearest) - 1) // 2] + nearest[len(nearest) // 2])
    return median or float(nearest.mean()) or 1.0


def probabilities(distances: Float64, *, temperature: float) -> Float64:
    """Shares ∝ exp(−d/T) for ``[k]`` distances."""
    weights = np.exp((distances.min() - distances) / temperature)
    return np.asarray(weights / weights.sum())


class Selector:
    """Chooses the events of one chain, one after the other.

    Parameters
    ----------
    mechanisms
        Numbers of the four mechanisms.
    rng
        The chain's own stream; one draw per choice.
    """

    def __init__(self, mechanisms: Mechanisms, *, rng: np.random.Generator) -> None:
        self._mechanisms = mechanisms
        self._recent: deque[int] = deque(maxlen=mechanisms.tabu)
        self._rng = rng

    def choose(self, distances: Float64, *, temperature: float) -> int:
        """Index of the next event.

        Parameters
        ----------
        distances
            ``[n]`` squared distances with ε added.
        temperature
            Of the chain at this step.
        """
        penalised = distances.copy()
        penalised[list(set(self._recent))] *= self._mechanisms.penalty
        nearest = _smallest(penalised, self._mechanisms.top_k)
        weights = probabilities(penalised[nearest], temperature=max(temperature, self._mechanisms.t_min))
        drawn = int(np.searchsorted(np.cumsum(weights), self._rng.random(), side="right"))
        event = int(nearest[min(drawn, len(nearest) - 1)])
        self._recent.append(event)
        return event


def _smallest(values: Float64, count: int) -> npt.NDArray[np.intp]:
    """Indices of the `count` smallest values, ascending; ties in the order of time."""
    if count >= len(values):
        return np.argsort(values, kind="stable")
    part = np.sort(np.argpartition(values, count - 1)[:count])
    return np.asarray(part[np.argsort(values[part], kind="stable")])
