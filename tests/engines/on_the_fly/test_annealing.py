"""Temperatures and the denoising step: closed forms of morph_chain.md §11 and phase_diffusion.md §10."""

from typing import Any

import numpy as np
import pytest

from samplegen.engines.on_the_fly.annealing import denoise, temperatures
from samplegen.engines.on_the_fly.clusters import Clusters, cross_entropy, find_clusters
from samplegen.errors import UsageError


def clusters_at(centres: Any, *, variances: Any = None, full: bool = False) -> Clusters:
    """Clusters [K, L] of given centres and (default unit) variances."""
    centres = np.asarray(centres, dtype=np.float64)
    variances = np.ones_like(centres) if variances is None else np.asarray(variances, dtype=np.float64)
    covariances = np.stack([np.diag(row) for row in variances]) if full else None
    labels = np.arange(len(centres))
    return Clusters(centres, variances, covariances, labels, np.ones_like(labels))


def step(z: Any, clusters: Clusters, **options: Any) -> np.ndarray:
    z = np.atleast_2d(np.asarray(z, dtype=np.float64))
    defaults = {
        "own": np.zeros(len(z), dtype=int),
        "temperature": 1.0,
        "fraction": 0.0,
        "strength": 0.6,
        "normals": None,
    }
    return denoise(z, clusters, **(defaults | options))


def test_exponential_schedule() -> None:
    values = temperatures(30, start=2.0, end=0.1)
    assert values[0] == 2.0 and values[-1] == pytest.approx(0.1)
    np.testing.assert_allclose(values[1:] / values[:-1], 0.901855, atol=1e-6)
    assert temperatures(31, start=2.0, end=0.1)[15] == pytest.approx(0.447214, abs=1e-6)


def test_linear_and_custom_schedules() -> None:
    assert temperatures(31, start=2.0, end=0.1, kind="linear")[15] == pytest.approx(1.05)
    np.testing.assert_allclose(temperatures(5, start=9, end=9, kind="custom", custom=[1, 3, 2]), [1, 2, 3, 2.5, 2])
    np.testing.assert_allclose(temperatures(3, start=9, end=9, kind="custom", custom=[0.7]), 0.7)


@pytest.mark.parametrize(("start", "end"), [(3.0, 0.3), (0.3, 0.05)])
def test_phase_temperatures_end_at_a_tenth_but_not_below_the_floor(start: float, end: float) -> None:
    values = temperatures(20, start=start, end=0.1 * start)
    assert (values[0], values[-1]) == (start, pytest.approx(end))


@pytest.mark.parametrize("kind", ["exponential", "linear"])
def test_the_end_is_at_least_the_floor_and_one_step_starts_hot(kind: Any) -> None:
    assert temperatures(10, start=1.0, end=0.01, kind=kind)[-1] == pytest.approx(0.05)
    np.testing.assert_array_equal(temperatures(1, start=1.5, end=0.1, kind=kind), [1.5])


@pytest.mark.parametrize("custom", [[], [1.0, 0.0], [-1.0], [float("nan")]])
def test_custom_temperatures_must_be_positive(custom: list[float]) -> None:
    with pytest.raises(UsageError, match="positive temperatures"):
        temperatures(5, start=1, end=0.1, kind="custom", custom=custom)


@pytest.mark.parametrize(("fraction", "expected"), [(0.0, 1.4), (1.0, 1.64)])
@pytest.mark.parametrize("full", [False, True])
def test_one_dimension_one_cluster(fraction: float, expected: float, full: bool) -> None:
    assert step([2.0], clusters_at([[0.0]], full=full), fraction=fraction) == pytest.approx(expected)


@pytest.mark.parametrize(("fraction", "size"), [(0.0, 0.30), (1.0, 0.18)])
def test_step_sizes_at_temperature_one(fraction: float, size: float) -> None:
    assert 1.0 - step([1.0], clusters_at([[0.0]]), fraction=fraction)[0, 0] == pytest.approx(size)


@pytest.mark.parametrize(("temperature", "expected"), [(1.0, 0.488635), (2.0, 0.448984)])
@pytest.mark.parametrize("full", [False, True])
def test_two_clusters_pull_by_temperature(temperature: float, expected: float, full: bool) -> None:
    both = clusters_at([[1.0], [-1.0]], full=full)
    assert step([0.5], both, temperature=temperature)[0, 0] == pytest.approx(expected, abs=1e-6)
    assert step([0.0], both, temperature=temperature)[0, 0] == pytest.approx(0.0, abs=1e-15)


def test_guidance_ends_with_the_own_cluster_alone() -> None:
    both = clusters_at([[1.0], [-1.0]])
    alone = step([0.5], clusters_at([[-1.0]]), fraction=1.0)
    assert step([0.5], both, own=np.array([1]), fraction=1.0) == pytest.approx(alone[0, 0])
    assert step([0.5], both, own=np.array([1]), fraction=1.0, guidance=0.0)[0, 0] > 0.48  # as published: the nearer


def test_walkers_do_not_see_each_other() -> None:
    rng = np.random.default_rng(0)
    clusters = clusters_at(rng.standard_normal((3, 4)), variances=rng.uniform(0.1, 2, (3, 4)))
    z, normals, own = rng.standard_normal((6, 4)), rng.standard_normal((6, 4)), np.array([0, 1, 2, 2, 1, 0])
    together = step(z, clusters, own=own, normals=normals, fraction=0.4)
    for index in range(6):
        here = slice(index, index + 1)
        alone = step(z[here], clusters, own=own[here], normals=normals[here], fraction=0.4)
        np.testing.assert_allclose(together[here], alone, rtol=1e-12)


def test_full_covariance_with_diagonal_matrices_is_the_diagonal_path() -> None:
    rng = np.random.default_rng(1)
    centres, variances = rng.standard_normal((4, 5)), rng.uniform(0.05, 2, (4, 5))
    z, normals, own = rng.standard_normal((8, 5)), rng.standard_normal((8, 5)), rng.integers(0, 4, 8)
    plain, full = clusters_at(centres, variances=variances), clusters_at(centres, variances=variances, full=True)
    np.testing.assert_allclose(cross_entropy(z, full), cross_entropy(z, plain), rtol=1e-10)
    for noise in ("equilibrium", "documented"):
        for fraction in (0.0, 0.5, 1.0):
            options = {"own": own, "normals": normals, "noise": noise, "fraction": fraction, "temperature": 0.3}
            np.testing.assert_allclose(step(z, full, **options), step(z, plain, **options), atol=1e-10)


@pytest.mark.parametrize(
    ("temperature", "variances", "steps", "full"),
    [(0.5, [0.3, 1.0, 2.5], 60, False), (2.0, [0.3, 0.2, 0.1], 6, True)],
)
def test_equilibrium_noise_holds_the_temperature(
    temperature: float, variances: list[float], steps: int, full: bool
) -> None:
    rng = np.random.default_rng(2)
    cluster = clusters_at([[1.0, -1.0, 0.0]], variances=[variances], full=full)
    z = np.zeros((30_000, 3))
    for _ in range(steps):
        z = step(z, cluster, temperature=temperature, fraction=0.5, normals=rng.standard_normal(z.shape))
    np.testing.assert_allclose(z.var(axis=0), temperature * np.array(variances), rtol=0.02)
    assert cross_entropy(z, cluster).mean() == pytest.approx(3 * temperature / 2, rel=0.02)


def test_clamped_gain_draws_straight_from_the_equilibrium() -> None:
    cluster = clusters_at([[0.0]], variances=[[0.05]])
    moved = step([3.0], cluster, temperature=0.2, strength=1.0, normals=np.array([[1.0]]))
    assert moved[0, 0] == pytest.approx(np.sqrt(0.2 * 0.05))


def test_documented_noise_fades_with_the_walk() -> None:
    cluster, normals = clusters_at([[0.0]]), np.array([[1.0]])
    for fraction, level in ((0.0, 0.8), (0.5, 0.4), (1.0, 0.0)):
        moved = step([0.0], cluster, temperature=4.0, fraction=fraction, noise="documented", normals=normals)
        assert moved[0, 0] == pytest.approx(level)


@pytest.mark.parametrize("covariance", ["diagonal", "full"])
def test_tight_clusters_do_not_blow_up(covariance: Any) -> None:
    rng = np.random.default_rng(4)
    points = np.repeat([[1.0] * 6, [-1.0] * 6], 10, axis=0) + 1e-9 * rng.standard_normal((20, 6))
    clusters = find_clusters(points, count=2, rng=rng, covariance=covariance)
    own = np.array([0, 1])
    z = clusters.centres[own] + 10.0 * rng.standard_normal((2, 6))
    for fraction, temperature in zip(np.linspace(0, 1, 60), temperatures(60, start=10, end=0.01), strict=True):
        normals = rng.standard_normal(z.shape)
        z = step(z, clusters, own=own, temperature=temperature, fraction=fraction, strength=1.0, normals=normals)
    assert np.all(np.abs(z - clusters.centres[own]) < 0.5)


def test_far_and_cold_walkers_stay_finite() -> None:
    both = clusters_at([[1.0], [-1.0]])
    assert np.all(np.isfinite(step([[1e6], [-1e6]], both, own=np.array([1, 0]), temperature=1e-3, fraction=0.7)))
