"""How structured each frequency is: what the network could not learn of it."""

import numpy as np
import numpy.typing as npt

__all__ = ["bin_weights", "effective_bins", "per_noise_variance", "trigamma"]

Values = npt.NDArray[np.float64]

_HANN_BINS = 1.5  # noise bandwidth of a Hann window in bins: neighbours are not independent
_ASYMPTOTIC_FROM = 8.0
_FLAT_WEIGHT = 0.5


def trigamma(values: npt.ArrayLike) -> Values:
    """Second derivative of log Gamma for positive `values`, any shape, to 1e-12.

    Recurrence psi1(x) = psi1(x + 1) + 1/x^2 up to x >= 8, then the asymptotic series
    (Abramowitz and Stegun 6.4.6 and 6.4.12).
    """
    x = np.array(values, dtype=np.float64)
    total = np.zeros_like(x)
    while np.any(low := x < _ASYMPTOTIC_FROM):
        total += np.where(low, 1.0 / x**2, 0.0)
        x = np.where(low, x + 1.0, x)
    inverse = 1.0 / x
    square = inverse**2
    series = 1 / 6 - square * (1 / 30 - square * (1 / 42 - square * (1 / 30 - square * (5 / 66 - square * 691 / 2730))))
    return np.asarray(total + inverse * (1.0 + inverse * (0.5 + inverse * series)))


def effective_bins(filters: npt.NDArray[np.float32]) -> Values:
    """Independent bins each band ``[bands, F]`` averages, at least 1: ``[bands]``."""
    b = filters.astype(np.float64)
    squares = np.maximum((b**2).sum(axis=1), 1e-30)
    return np.asarray(np.maximum(1.0, b.sum(axis=1) ** 2 / squares / _HANN_BINS))


def per_noise_variance(band_errors: Values, *, filters: npt.NDArray[np.float32]) -> Values:
    """Errors ``[bands]`` in units of the log-energy variance that noise has in each band.

    The energy of a band of M independent bins of noise is gamma distributed with shape M, and the variance
    of its logarithm is psi1(M): wide bands look learnable only because they average.
    """
    return band_errors / trigamma(effective_bins(filters))


def bin_weights(band_errors: Values, *, filters: npt.NDArray[np.float32]) -> Values:
    """Weights ``[F]`` in [0, 1], 0 structured, of errors ``[bands]`` and the filters ``[bands, F]`` of the window.

    Bins that no filter covers take their nearest covered neighbour's value; a flat profile gives 0.5.
    """
    covered = filters.sum(axis=0, dtype=np.float64)
    known = np.flatnonzero(covered > 0.0)
    if not len(known) or not np.isfinite(band_errors).all():
        return np.full(filters.shape[1], _FLAT_WEIGHT)
    values = (filters.T.astype(np.float64) @ band_errors)[known] / covered[known]
    low, high = float(values.min()), float(values.max())
    if high - low <= 1e-9 * max(abs(high), 1e-12):
        return np.full(filters.shape[1], _FLAT_WEIGHT)
    bins = np.arange(filters.shape[1])
    right = np.clip(np.searchsorted(known, bins), 0, len(known) - 1)
    left = np.maximum(right - 1, 0)
    nearest = np.where(bins - known[left] < np.abs(known[right] - bins), left, right)
    return np.asarray((values[nearest] - low) / (high - low))
