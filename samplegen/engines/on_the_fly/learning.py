"""From normalised patches to standardised latents and their clusters."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from samplegen.engines.on_the_fly.autoencoder import Autoencoder, Training, train
from samplegen.engines.on_the_fly.clusters import Clusters, Covariance, find_clusters
from samplegen.engines.on_the_fly.patches import Normalised
from samplegen.engines.on_the_fly.streams import Streams, one_thread

Floats = npt.NDArray[np.float64]

_BARELY_LEARNT = 0.95
_FLAT_STD = 1e-6  # of a raw code; below are rounding errors, not to be blown up to spread 1


@dataclass(frozen=True, eq=False)
class Learned:
    """What was learned from one recording.

    Parameters
    ----------
    model, training
        None where there was nothing to train on: one event, or events all alike.
    latents
        ``[n, L]``, standardised per dimension.
    latent_mean, latent_std
        ``[L]`` of the raw codes; a dimension that never changes has std 1.
    spread
        Mean population std of the raw codes over dimensions.
    clusters
        Of the standardised latents.
    warnings
        One sentence each.
    """

    model: Autoencoder | None
    training: Training | None
    latents: Floats
    latent_mean: Floats
    latent_std: Floats
    spread: float
    clusters: Clusters
    warnings: tuple[str, ...]

    def unstandardise(self, z: Floats) -> Floats:
        """Raw codes ``[…, L]``, fit for the decoder, of standardised ones."""
        return z * self.latent_std + self.latent_mean


def learn(
    patches: Normalised,
    *,
    latent_size: int,
    steps: int,
    clusters: int,
    covariance: Covariance = "diagonal",
    streams: Streams,
    progress: Callable[[int, int], None] | None = None,
) -> Learned:
    """Train an autoencoder on patches ``[n, D]`` and cluster their codes.

    Draws from the streams "weights", "training noise" and "k-means". BLAS runs in one thread, so
    the result depends on the seed alone. `clusters` is lowered to half the events. `progress` is
    called with (training steps done, steps in all).
    """
    values = patches.values
    warnings: list[str] = []
    model: Autoencoder | None = None
    training: Training | None = None
    codes = np.zeros((len(values), latent_size))
    with one_thread():
        if len(values) > 1 and not np.any(values):
            warnings.append("All events sound alike: there is one cluster and nothing to learn.")
        elif len(values) > 1:
            model = Autoencoder(values.shape[1], latent_size, rng=streams.stream("weights"))
            training = train(model, values, steps=steps, rng=streams.stream("training noise"), progress=progress)
            codes = model.encode(values).astype(np.float64)
            warnings += _training_warnings(training)
        mean, std = codes.mean(axis=0), codes.std(axis=0)
        scale = np.where(std > _FLAT_STD, std, 1.0)
        latents = (codes - mean) / scale
        wanted = min(clusters, max(1, len(values) // 2))
        found = find_clusters(latents, count=wanted, rng=streams.stream("k-means"), covariance=covariance)
    if found.count < clusters:
        warnings.append(
            f"{clusters} clusters became {found.count}, for want of different events ({len(values)} in all)."
        )
    return Learned(model, training, latents, mean, scale, float(std.mean()), found, tuple(warnings))


def _training_warnings(training: Training) -> list[str]:
    if training.ratio <= _BARELY_LEARNT:
        return []
    return [f"The network barely learned: its error only fell to {training.ratio:.0%} of the untrained one."]
