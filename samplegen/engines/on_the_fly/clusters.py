"""Identities in a recording: k-means++ over latents, and each cluster's statistics (morph_chain.md §2)."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Covariance = Literal["diagonal", "full"]

VARIANCE_FLOOR = 0.05

_ROUNDS = 60
_NOTHING_LEFT = 1e-12  # sum of squared distances at which no further centre makes sense


@dataclass(frozen=True, eq=False)
class Clusters:
    """Clusters of n latents; every one has a member.

    Parameters
    ----------
    centres
        ``[K, L]``: the members' means.
    variances
        ``[K, L]``: population variances, at least 0.05; 1 for a single member.
    covariances
        ``[K, L, L]`` in full mode, else None.
    labels
        ``[n]``: the cluster of each latent.
    sizes
        ``[K]``: members.
    """

    centres: Floats
    variances: Floats
    covariances: Floats | None
    labels: npt.NDArray[np.intp]
    sizes: npt.NDArray[np.intp]

    @property
    def count(self) -> int:
        """K."""
        return len(self.centres)

    @cached_property
    def precisions(self) -> Floats:
        """Inverse variances ``[K, L]``, or inverse covariances ``[K, L, L]`` in full mode."""
        if self.covariances is None:
            return 1.0 / self.variances
        return np.asarray(np.linalg.inv(self.covariances), dtype=np.float64)


def find_clusters(
    latents: Floats, *, count: int, rng: np.random.Generator, covariance: Covariance = "diagonal"
) -> Clusters:
    """Clusters of latents ``[n, L]``: k-means++, at most 60 Lloyd rounds; fewer where fewer points differ.

    Arthur and Vassilvitskii, "k-means++: the advantages of careful seeding", 2007. ``full``
    covariance shrinks towards its diagonal by L/(members+L) and floors the eigenvalues at 0.05.
    """
    latents = np.asarray(latents, dtype=np.float64)
    labels = _lloyd(latents, _seeds(latents, count, rng))
    _, labels = np.unique(labels, return_inverse=True)  # a cluster left empty drops out
    sizes = np.bincount(labels)
    groups = [latents[labels == index] for index in range(len(sizes))]
    return Clusters(
        centres=np.stack([group.mean(axis=0) for group in groups]),
        variances=np.stack([_variances(group) for group in groups]),
        covariances=np.stack([_covariance(group) for group in groups]) if covariance == "full" else None,
        labels=labels,
        sizes=sizes,
    )


def cross_entropy(z: Floats, clusters: Clusters) -> Floats:
    """½ Σ (z-μ)²/σ² of each point ``[B, L]`` against each cluster: ``[B, K]``; Mahalanobis in full mode."""
    offset = z[:, np.newaxis] - clusters.centres
    if clusters.covariances is None:
        offset *= offset
        result: Floats = np.einsum("bkl,kl->bk", offset, clusters.precisions)
    else:
        result = np.einsum("bki,kij,bkj->bk", offset, clusters.precisions, offset, optimize=True)
    result *= 0.5
    return result


def _seeds(latents: Floats, count: int, rng: np.random.Generator) -> Floats:
    """First centres ``[≤ count, L]``: one uniform, the next by squared distance to the nearest so far."""
    chosen = [int(rng.integers(len(latents)))]
    nearest = np.full(len(latents), np.inf)
    while len(chosen) < count:
        offset = latents - latents[chosen[-1]]
        nearest = np.minimum(nearest, np.einsum("nl,nl->n", offset, offset))
        running = np.cumsum(nearest)
        if running[-1] < _NOTHING_LEFT:
            break
        drawn = np.searchsorted(running, rng.random() * running[-1], side="right")
        chosen.append(min(int(drawn), len(latents) - 1))
    return latents[chosen]


def _lloyd(latents: Floats, centres: Floats) -> npt.NDArray[np.intp]:
    """Labels ``[n]`` once they repeat, or after the last round."""
    labels = np.full(len(latents), -1)
    for _ in range(_ROUNDS):
        scores = latents @ centres.T
        scores -= 0.5 * np.einsum("kl,kl->k", centres, centres)
        before, labels = labels, np.argmax(scores, axis=1)
        if np.array_equal(labels, before):
            break
        centres = _means(latents, labels, centres)
    return labels


def _means(latents: Floats, labels: npt.NDArray[np.intp], centres: Floats) -> Floats:
    """New centres; one without members restarts at the point farthest from its own centre."""
    sizes = np.bincount(labels, minlength=len(centres))
    members = (labels == np.arange(len(centres))[:, np.newaxis]).astype(np.float64)
    result: Floats = (members @ latents) / np.maximum(sizes, 1)[:, np.newaxis]
    empty = np.flatnonzero(sizes == 0)
    if len(empty):
        farthest = np.argsort(-np.sum((latents - centres[labels]) ** 2, axis=1), kind="stable")
        result[empty] = latents[farthest[: len(empty)]]
    return result


def _variances(group: Floats) -> Floats:
    if len(group) < 2:
        return np.ones(group.shape[1])
    result: Floats = np.maximum(group.var(axis=0), VARIANCE_FLOOR)
    return result


def _covariance(group: Floats) -> Floats:
    """Shrunk covariance ``[L, L]`` of members ``[n, L]`` with floored eigenvalues."""
    size, width = group.shape
    if size < 2:
        return np.eye(width)
    offset = group - group.mean(axis=0)
    matrix = offset.T @ offset / size
    shrinkage = width / (size + width)
    matrix = (1.0 - shrinkage) * matrix + shrinkage * np.diag(np.diag(matrix))
    values, basis = np.linalg.eigh(matrix)
    result: Floats = (basis * np.maximum(values, VARIANCE_FLOOR)) @ basis.T
    return result
