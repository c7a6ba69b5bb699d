"""Where a sampler evaluates: alpha grids from noise (0) to data (1), both ends included (spec §6)."""

from samplegen.errors import UsageError

DEFAULT_SHAPE = 0.5


def shape_alpha(u: float, *, shape: float) -> float:
    """``g(u) = u / (u + s (1 - u))``: uniform for s = 1, finer near the data for s < 1."""
    return u / (u + shape * (1.0 - u))


def unshape_alpha(alpha: float, *, shape: float) -> float:
    """Inverse of `shape_alpha`."""
    return shape * alpha / (1.0 - alpha + shape * alpha)


def alpha_grid(steps: int, *, shape: float = 1.0, start: float = 0.0) -> list[float]:
    """Rising grid of ``steps + 1`` alphas from exactly `start` to exactly 1.

    A later start keeps the spacing law: it cuts the full curve and spreads the steps over what is left.
    With ``start = 1`` nothing is left to do and the grid is ``[1.0]``.

    Raises
    ------
    UsageError
        If there are no steps, `shape` is not positive, or `start` is outside [0, 1].
    """
    if steps < 1:
        raise UsageError(f"Sampling takes one step or more, not {steps}.")
    if not 0 < shape < float("inf"):
        raise UsageError(f"The grid shape must be a positive number (1 is uniform), not {shape}.")
    if not 0 <= start <= 1:
        raise UsageError(f"Sampling starts at an alpha between 0 and 1, not {start}.")
    if start == 1:
        return [1.0]
    first = unshape_alpha(start, shape=shape)
    inner = [shape_alpha(first + (1.0 - first) * k / steps, shape=shape) for k in range(1, steps)]
    return [float(start), *inner, 1.0]
