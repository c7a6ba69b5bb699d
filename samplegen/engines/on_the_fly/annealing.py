"""The annealed walk in latent space: temperatures and one denoising step (morph_chain.md §3)."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from samplegen.engines.on_the_fly.clusters import Clusters, cross_entropy
from samplegen.errors import UsageError

Floats = npt.NDArray[np.float64]
Annealing = Literal["exponential", "linear", "custom"]
Noise = Literal["equilibrium", "documented"]

COLDEST = 0.05


def temperatures(
    steps: int, *, start: float, end: float, kind: Annealing = "exponential", custom: Sequence[float] = ()
) -> Floats:
    """Temperature of each step ``[steps]``, from `start` to `end`, the end used as at least 0.05.

    ``exponential`` keeps a constant ratio, ``linear`` a constant difference; ``custom`` interpolates
    the given positive values over the walk.

    Raises
    ------
    UsageError
        If custom values are missing or not positive.
    """
    fraction = np.arange(steps) / max(1, steps - 1)
    if kind == "custom":
        return _interpolated(fraction, custom)
    last = max(COLDEST, end)
    if kind == "linear":
        return start + (last - start) * fraction
    result: Floats = start * (last / start) ** fraction
    return result


def _interpolated(fraction: Floats, custom: Sequence[float]) -> Floats:
    values = np.asarray(custom, dtype=np.float64)
    if values.size == 0 or not np.all(np.isfinite(values) & (values > 0)):
        raise UsageError(f"Custom annealing needs a list of positive temperatures, not {list(custom)}.")
    return np.interp(fraction, np.linspace(0.0, 1.0, values.size), values)


def denoise(
    z: Floats,
    clusters: Clusters,
    *,
    own: npt.NDArray[np.integer],
    temperature: float,
    fraction: float,
    strength: float,
    guidance: float = 1.0,
    noise: Noise = "equilibrium",
    normals: Floats | None,
) -> Floats:
    """One step of all walkers ``[B, L]`` at once, towards a blend of the clusters.

    Parameters
    ----------
    own
        ``[B]``: the cluster each walker is pulled to as the walk goes on.
    fraction
        Of the walk done, 0 to 1.
    strength
        0 to 1; the step is strength·(1-0.4·fraction)/(1+temperature).
    guidance
        0 lets the walker choose (the published behaviour), 1 ends with its own cluster alone.
    noise
        ``equilibrium`` holds the variance at temperature times the cluster's; ``documented`` is
        0.4·√temperature·(1-fraction).
    normals
        ``[B, L]`` from N(0, 1), or None for a walk without noise.
    """
    shares = _shares(z, clusters, own=own, temperature=temperature, guided=guidance * fraction)
    step = strength * (1.0 - 0.4 * fraction) / (1.0 + temperature)
    basis, precision, target = _blend(shares, clusters)
    gain = np.minimum(1.0, step * precision)  # unclamped, tight clusters overshoot and blow up
    place = _into(basis, z)
    place = place - gain * (place - target)
    if normals is not None:
        if noise == "documented":
            place += 0.4 * np.sqrt(temperature) * (1.0 - fraction) * _into(basis, normals)
        else:
            place += np.sqrt(temperature * (1.0 - (1.0 - gain) ** 2) / precision) * _into(basis, normals)
    return _out_of(basis, place)


def _shares(
    z: Floats, clusters: Clusters, *, own: npt.NDArray[np.integer], temperature: float, guided: float
) -> Floats:
    """Weights of the clusters ``[B, K]``, the own one raised by guidance."""
    entropy = cross_entropy(z, clusters)
    entropy -= entropy.min(axis=1, keepdims=True)
    shares = np.exp(entropy / -temperature)
    shares *= (1.0 - guided) / shares.sum(axis=1, keepdims=True)
    shares[np.arange(len(z)), own] += guided
    return shares


def _blend(shares: Floats, clusters: Clusters) -> tuple[Floats | None, Floats, Floats]:
    """(basis [B, L, L] or None, precision [B, L], target [B, L]), the latter two in that basis."""
    if clusters.covariances is None:
        precision = shares @ clusters.precisions
        return None, precision, (shares @ (clusters.precisions * clusters.centres)) / precision
    matrices = np.einsum("bk,kij->bij", shares, clusters.precisions)
    pulls = shares @ np.einsum("kij,kj->ki", clusters.precisions, clusters.centres)
    precision, basis = np.linalg.eigh(matrices)
    return basis, precision, _into(basis, pulls) / precision


def _into(basis: Floats | None, z: Floats) -> Floats:
    return z if basis is None else np.einsum("bij,bi->bj", basis, z)


def _out_of(basis: Floats | None, z: Floats) -> Floats:
    return z if basis is None else np.einsum("bij,bj->bi", basis, z)
