"""How many different sounds a set holds, and how it lies among real ones."""

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from samplegen.errors import UsageError
from samplegen.evaluation.distances import frechet_distance

Float64 = npt.NDArray[np.float64]

_TINY = 1e-12
_SIZES = 8
_DRAWS = 4
_LEAST_SHARE = 0.4


def vendi_score(vectors: npt.ArrayLike) -> float:
    """Effective number of different rows of ``[n, D]``: 1 where all are alike, n where all are orthogonal.

    The exponential of the entropy of the eigenvalues of ``K / n`` with the cosine as kernel K
    (Friedman and Dieng, "The Vendi Score", TMLR 2023).
    """
    rows = np.asarray(vectors, np.float64)
    if rows.ndim != 2 or not len(rows):
        raise UsageError(f"A Vendi score needs vectors [n, D], not {list(rows.shape)}.")
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), _TINY)
    values = np.linalg.svd(rows / np.sqrt(len(rows)), compute_uv=False) ** 2
    values = values[values > _TINY]
    return float(np.exp(-(values * np.log(values)).sum()))


def density_coverage(made: npt.ArrayLike, real: npt.ArrayLike, *, neighbours: int = 5) -> tuple[float, float]:
    """Density and coverage of made ``[n, D]`` among real ones ``[m, D]`` (Naeem et al., ICML 2020).

    Density is how many real neighbourhoods a made sound lies in, over `neighbours` (1 for real ones);
    coverage the share of real sounds in whose neighbourhood a made one lies.

    Raises
    ------
    UsageError
        If there are not more than `neighbours` real sounds.
    """
    real, made = np.asarray(real, np.float64), np.asarray(made, np.float64)
    if len(real) <= neighbours or not len(made):
        raise UsageError(f"Coverage needs more than {neighbours} real sounds and a made one, not {len(real)}.")
    radii = np.sort(cdist(real, real), axis=1)[:, neighbours]
    inside = cdist(real, made) < radii[:, None]
    return float(inside.sum() / (neighbours * len(made))), float(inside.any(axis=1).mean())


def precision_recall(made: npt.ArrayLike, real: npt.ArrayLike, *, neighbours: int = 5) -> tuple[float, float]:
    """Share of made sounds among real ones' neighbourhoods, and the other way round (Kynkäänniemi et al. 2019).

    Raises
    ------
    UsageError
        If either has not more than `neighbours` sounds.
    """
    real, made = np.asarray(real, np.float64), np.asarray(made, np.float64)
    if min(len(real), len(made)) <= neighbours:
        raise UsageError(f"Recall needs more than {neighbours} sounds of both, not {len(made)} and {len(real)}.")

    def inside(points: Float64, centres: Float64) -> float:
        radii = np.sort(cdist(centres, centres), axis=1)[:, neighbours]
        return float((cdist(centres, points) <= radii[:, None]).any(axis=0).mean())

    return inside(made, real), inside(real, made)


def frechet_at_infinity(
    made: Float64, reference: Float64, *, generator: np.random.Generator, sizes: int = _SIZES, draws: int = _DRAWS
) -> float:
    """Fréchet distance of ``[n, D]`` extrapolated to endlessly many sounds: it grows with 1 / n.

    The line through distances of parts of several sizes, at ``1 / n = 0`` (Chong and Forsyth, CVPR 2020;
    Gui et al., "Adapting Fréchet Audio Distance", ICASSP 2024). May lie below 0 where the sets are alike.

    Parameters
    ----------
    sizes, draws
        How many sizes, and how many parts of each.

    Raises
    ------
    UsageError
        With fewer than eight sounds.
    """
    if len(made) < 8:
        raise UsageError(f"An extrapolation needs eight sounds or more, not {len(made)}.")
    counts = np.unique(np.linspace(max(4, _LEAST_SHARE * len(made)), len(made), sizes).round().astype(int))
    inverse, found = [], []
    for size in counts:
        for _ in range(1 if size == len(made) else draws):
            part = made[generator.permutation(len(made))[:size]]
            inverse.append(1.0 / size)
            found.append(frechet_distance(part, reference))
    slope, intercept = np.polyfit(inverse, found, 1)
    return float(intercept)
