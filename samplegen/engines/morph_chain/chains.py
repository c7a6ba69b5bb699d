"""All chains' way through latent space, advanced together (specs/morph_chain.md §3)."""

import math

import numpy as np
import numpy.typing as npt

from samplegen.engines.morph_chain.result import Chain
from samplegen.engines.morph_chain.selection import Selector, event_distances, mechanisms, neighbour_distance
from samplegen.engines.morph_chain.settings import MorphSettings
from samplegen.engines.on_the_fly.annealing import denoise, temperatures
from samplegen.engines.on_the_fly.clusters import Clusters, cross_entropy
from samplegen.engines.on_the_fly.streams import Streams

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]


def seed_events(latents: Float64, clusters: Clusters) -> Int64:
    """``[K]`` event of each cluster that lies farthest from its centre (the first of equals)."""
    squared = ((latents - clusters.centres[clusters.labels]) ** 2).sum(axis=1)
    own = clusters.labels[None, :] == np.arange(clusters.count)[:, None]
    return np.asarray(np.where(own, squared, -1.0).argmax(axis=1), np.int64)


def corrupt(seeds: Float64, *, temperature: float, normals: Float64) -> Float64:
    """Starting points ``[K, L]``: seeds + T0·N(0, I)."""
    return np.asarray(seeds + temperature * normals)


def walk(latents: Float64, clusters: Clusters, *, settings: MorphSettings, streams: Streams) -> tuple[Chain, ...]:
    """The K chains without their events, shortened where they stop early.

    Parameters
    ----------
    latents
        ``[n, L]`` standardised.
    clusters
        K of them.
    settings
        Within their limits.
    streams
        Chain c draws from "chain c diffusion" alone, and every chain takes all
        steps before it is cut: no chain's length can alter another.
    """
    heat = temperatures(
        settings.diffusion_steps,
        start=settings.temperature_start,
        end=settings.temperature_end,
        kind=settings.annealing,
        custom=settings.temperatures,
    )
    heat = heat if len(latents) > 1 else heat[:0]  # nothing to walk between
    seeds = seed_events(latents, clusters)
    points = _diffuse(latents[seeds], clusters, heat=heat, settings=settings, streams=streams)
    own = np.arange(clusters.count)
    flat = cross_entropy(points.reshape(-1, points.shape[2]), clusters)
    entropy = flat.reshape(len(points), clusters.count, clusters.count)[:, own, own]
    track = np.concatenate(([settings.temperature_start], heat))
    return tuple(_cut(c, int(seeds[c]), track, entropy[:, c], points[:, c], settings) for c in own.tolist())


def _diffuse(
    seeds: Float64, clusters: Clusters, *, heat: Float64, settings: MorphSettings, streams: Streams
) -> Float64:
    """Points ``[N+1, K, L]``, the corrupted start first."""
    count, size = seeds.shape
    steps = len(heat)
    drawn = [streams.stream(f"chain {c} diffusion").standard_normal((steps + 1, size)) for c in range(count)]
    normals = np.stack(drawn, axis=1)
    points = np.empty((steps + 1, count, size))
    points[0] = corrupt(seeds, temperature=settings.temperature_start, normals=normals[0])
    for t in range(steps):
        points[t + 1] = denoise(
            points[t],
            clusters,
            own=np.arange(count),
            temperature=float(heat[t]),
            fraction=t / max(1, steps - 1),
            strength=settings.denoising_strength,
            guidance=settings.guidance,
            noise=settings.noise,
            normals=normals[t + 1],
        )
    return points


def _cut(cluster: int, seed: int, track: Float64, entropy: Float64, points: Float64, settings: MorphSettings) -> Chain:
    steps = stop_step(
        entropy, threshold=settings.entropy_threshold, earliest=settings.min_steps_fraction * (len(entropy) - 1)
    )
    kept = slice(0, steps + 1)
    return Chain(
        cluster=cluster,
        seed_event=seed,
        temperatures=track[kept].copy(),
        ce=entropy[kept].copy(),
        z=points[kept].copy(),
        sequence=(),
        stopped_early=steps < len(entropy) - 1,
    )


def stop_step(entropy: Float64, *, threshold: float, earliest: float) -> int:
    """Updates a chain takes: up to the first, not before `earliest`, that ends below `threshold`.

    `entropy` is ``[N+1]``, index 0 before the first update.
    """
    first = max(1, math.ceil(earliest - 1e-9))
    below = np.flatnonzero(entropy[first:] < threshold)
    return first + int(below[0]) if len(below) else len(entropy) - 1


class EventChoice:
    """The events nearest to chains, with the generators to go on choosing.

    Parameters
    ----------
    latents
        ``[n, L]`` standardised.
    clusters
        Their sizes cap the mechanisms.
    settings
        Within their limits.
    streams
        Chain c draws from "chain c selection" alone.
    """

    def __init__(self, latents: Float64, clusters: Clusters, *, settings: MorphSettings, streams: Streams) -> None:
        self._latents = latents
        self._epsilon = neighbour_distance(latents)
        self._limits = [mechanisms(len(latents), own=int(size), settings=settings) for size in clusters.sizes]
        self._selectors = [
            Selector(limits, rng=streams.stream(f"chain {c} selection")) for c, limits in enumerate(self._limits)
        ]

    def sequence(self, chain: Chain) -> tuple[int, ...]:
        """One event for every point of `chain`; a lone event sounds once."""
        if len(self._latents) == 1:
            return (0,)
        distances = event_distances(chain.z, self._latents) + self._epsilon
        selector = self._selectors[chain.cluster]
        heat = chain.temperatures.tolist()
        return tuple(
            selector.choose(row, temperature=temperature) for row, temperature in zip(distances, heat, strict=True)
        )

    def next_event(self, chain: Chain) -> int:
        """One more event from where `chain` came to rest."""
        distances = event_distances(chain.z[-1:], self._latents)[0] + self._epsilon
        return self._selectors[chain.cluster].choose(distances, temperature=float(chain.temperatures[-1]))
