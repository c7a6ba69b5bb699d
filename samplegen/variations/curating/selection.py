"""Choosing sounds that are good and unlike each other: greedy determinantal selection with one weight.

Of all subsets the one is wanted whose ``diversity · log det K + (1 - diversity) · 2 · Σ log quality`` is largest,
K being how alike the chosen ones are. Each step takes what adds most (Chen, Zhang and Zhou, "Fast Greedy MAP
Inference for Determinantal Point Processes", NeurIPS 2018, with the quality weight of Kulesza and Taskar 2012, §2.3).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from samplegen.errors import UsageError

Float64 = npt.NDArray[np.float64]
Alike = npt.NDArray[np.bool_]

_LEAST_QUALITY: Final = 1e-3
_LEAST_GAIN: Final = 1e-9


def likeness(vectors: npt.ArrayLike) -> Float64:
    """``[n, n]`` of vectors ``[n, D]``: ``exp(-d² / 2σ²)``, σ² the median squared distance of two of them.

    Unlike the cosine it has full rank, so more vectors can be told apart than they have values.
    """
    rows = np.asarray(vectors, np.float64)
    norms = np.square(rows).sum(axis=1)
    squared = np.maximum(0.0, norms[:, None] + norms - 2.0 * rows @ rows.T)
    np.fill_diagonal(squared, 0.0)
    others = squared[np.triu_indices(len(rows), 1)]
    spread = float(np.median(others)) if others.size else 1.0
    return np.asarray(np.exp(-0.5 * squared / max(spread, 1e-12)))


def select_diverse(
    vectors: npt.ArrayLike,
    *,
    count: int,
    diversity: float,
    quality: npt.ArrayLike | None = None,
    groups: Sequence[str] | None = None,
    quotas: Mapping[str, int] | None = None,
    alike: Alike | None = None,
    fixed: int = 0,
) -> list[int]:
    """Indices of at most `count` vectors of ``[n, D]``, the best first.

    Parameters
    ----------
    diversity
        1 looks at unlikeness alone, 0 at quality alone.
    quality
        ``[n]``, above 0 up to 1; None is 1 for all.
    groups, quotas
        What each is, and how many of each are taken at most.
    alike
        ``[n, n]``: pairs of which at most one is taken.
    fixed
        The first so many are there already: others must differ from them; they are not returned.

    Raises
    ------
    UsageError
        If `diversity` is outside 0 to 1.
    """
    if not 0.0 <= diversity <= 1.0:
        raise UsageError(f"--diversity {diversity:g} is outside 0 (only the best) to 1 (as unlike as can be).")
    total = len(np.asarray(vectors))
    if total <= fixed:
        return []
    kernel = likeness(vectors)
    good = np.ones(total) if quality is None else np.asarray(quality, np.float64)
    bonus = (1.0 - diversity) * 2.0 * np.log(np.maximum(good, _LEAST_QUALITY))
    room = Counter(dict(quotas)) if quotas is not None else None
    free, gains, factors = np.ones(total, bool), np.diag(kernel).copy(), np.zeros((0, total))
    chosen: list[int] = []
    for step in range(fixed + count):
        if step < fixed:
            pick = step
        else:
            scores = np.where(free, diversity * np.log(np.maximum(gains, _LEAST_GAIN)) + bonus, -np.inf)
            pick = int(scores.argmax())
            if not np.isfinite(scores[pick]):
                break
            chosen.append(pick)
            if room is not None and groups is not None:
                room[groups[pick]] -= 1
        gains, factors = _without(pick, kernel, gains, factors)
        free[pick] = False
        if alike is not None:
            free &= ~alike[pick]
        if room is not None and groups is not None:
            free &= np.array([room[group] > 0 for group in groups])
    return chosen


def _without(pick: int, kernel: Float64, gains: Float64, factors: Float64) -> tuple[Float64, Float64]:
    """What is left of each one's variance once `pick` is known: one row of the Cholesky factor."""
    row = (kernel[pick] - factors[:, pick] @ factors) / np.sqrt(max(float(gains[pick]), _LEAST_GAIN))
    return np.maximum(0.0, gains - np.square(row)), np.vstack([factors, row])


def map_positions(vectors: npt.ArrayLike) -> Float64:
    """``[n, 2]`` in 0 to 1: the two directions in which vectors ``[n, D]`` differ most (principal components).

    The sign of a direction is chosen so that its largest loading is positive: equal vectors, equal map.
    """
    rows = np.asarray(vectors, np.float64)
    rows = rows - rows.mean(axis=0)
    _, _, directions = np.linalg.svd(rows, full_matrices=False)
    main = np.zeros((2, rows.shape[1]))
    main[: min(2, len(directions))] = directions[:2]
    main *= np.where(main[np.arange(2), np.abs(main).argmax(axis=1)] < 0.0, -1.0, 1.0)[:, None]
    places = rows @ main.T
    low, high = places.min(axis=0), places.max(axis=0)
    return np.asarray(np.where(high > low, (places - low) / np.where(high > low, high - low, 1.0), 0.5))
