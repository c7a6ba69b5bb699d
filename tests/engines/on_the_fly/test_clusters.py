"""k-means++ and the statistics of its clusters."""

from typing import Any

import numpy as np
import pytest

from samplegen.engines.on_the_fly.clusters import cross_entropy, find_clusters


def blobs(*, seed: int = 0, members: int = 20) -> np.ndarray:
    """Three groups of points [3n, 4], far apart, in order."""
    rng = np.random.default_rng(seed)
    centres = np.array([[0, 0, 0, 0], [10, 0, 0, 0], [0, 10, 0, 0]])
    return np.repeat(centres, members, axis=0) + rng.standard_normal((3 * members, 4))


@pytest.mark.parametrize("seed", range(5))
def test_separate_groups_are_found(seed: int) -> None:
    points = blobs()
    found = find_clusters(points, count=3, rng=np.random.default_rng(seed))
    assert sorted(found.sizes) == [20, 20, 20] and found.count == 3
    for group in np.split(found.labels, 3):
        assert len(set(group)) == 1
    for index in range(3):
        members = points[found.labels == index]
        np.testing.assert_allclose(found.centres[index], members.mean(axis=0))
        np.testing.assert_allclose(found.variances[index], members.var(axis=0))


def test_mean_cross_entropy_of_members_is_half_the_dimensions() -> None:
    points = blobs()
    found = find_clusters(points, count=3, rng=np.random.default_rng(0))
    own = cross_entropy(points, found)[np.arange(len(points)), found.labels]
    for index in range(3):
        assert own[found.labels == index].mean() == pytest.approx(2.0, rel=1e-12)


def test_variance_floor_and_lonely_members() -> None:
    points = np.array([[0.0, 0.0], [0.1, 0.0], [50.0, 50.0]])
    for covariance in ("diagonal", "full"):
        found = find_clusters(points, count=2, rng=np.random.default_rng(0), covariance=covariance)
        pair, single = (0, 1) if found.sizes[0] == 2 else (1, 0)
        np.testing.assert_allclose(found.variances[pair], 0.05)
        np.testing.assert_allclose(found.variances[single], 1.0)
        if found.covariances is not None:
            np.testing.assert_allclose(found.covariances[pair], 0.05 * np.eye(2), atol=1e-15)
            np.testing.assert_allclose(found.covariances[single], np.eye(2))


def test_full_covariance_shrinks_to_its_diagonal_and_keeps_the_floor() -> None:
    rng = np.random.default_rng(1)
    points = rng.standard_normal((30, 3)) @ np.array([[1.0, 0.9, 0.0], [0.0, 0.5, 0.0], [0.0, 0.0, 1.0]])
    found = find_clusters(points, count=1, rng=rng, covariance="full")
    assert found.covariances is not None
    sample = np.cov(points.T, bias=True)
    share = 3 / 33
    np.testing.assert_allclose(found.covariances[0], (1 - share) * sample + share * np.diag(np.diag(sample)))
    flat = points * [1.0, 1.0, 1e-3]
    floored = find_clusters(flat, count=1, rng=rng, covariance="full").covariances
    assert floored is not None
    assert np.linalg.eigvalsh(floored[0])[0] == pytest.approx(0.05)


def test_fewer_different_points_than_clusters() -> None:
    points = np.repeat([[0.0, 1.0], [2.0, 3.0]], 5, axis=0)
    found = find_clusters(points, count=6, rng=np.random.default_rng(0))
    assert found.count == 2 and sorted(found.sizes) == [5, 5]
    steady = find_clusters(np.full((7, 3), 0.25), count=4, rng=np.random.default_rng(0))
    assert steady.count == 1 and np.all(np.isfinite(steady.precisions))


@pytest.mark.parametrize("covariance", ["diagonal", "full"])
def test_one_point_is_one_cluster(covariance: Any) -> None:
    found = find_clusters(np.array([[3.0, 4.0]]), count=3, rng=np.random.default_rng(0), covariance=covariance)
    assert found.count == 1
    np.testing.assert_array_equal(found.centres, [[3.0, 4.0]])
    np.testing.assert_array_equal(cross_entropy(np.array([[4.0, 4.0]]), found), [[0.5]])


def test_no_cluster_is_ever_empty() -> None:
    for seed in range(60):
        rng = np.random.default_rng(seed)
        points = np.round(rng.standard_normal((int(rng.integers(2, 14)), 2)))  # many doubles
        found = find_clusters(points, count=8, rng=rng)
        assert found.sizes.min() > 0 and found.sizes.sum() == len(points)
        assert found.count == len(set(found.labels)) <= len(np.unique(points, axis=0))


def test_an_empty_cluster_restarts_at_the_farthest_point(monkeypatch: pytest.MonkeyPatch) -> None:
    points = np.array([[0.0], [0.2], [0.4], [9.0]])
    starts = np.array([[0.2], [-50.0]])  # nobody is nearest to the second
    monkeypatch.setattr("samplegen.engines.on_the_fly.clusters._seeds", lambda *_: starts)
    found = find_clusters(points, count=2, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(found.labels, [0, 0, 0, 1])


def test_same_seed_same_clusters() -> None:
    points = np.random.default_rng(0).standard_normal((50, 4))
    first, second = (find_clusters(points, count=5, rng=np.random.default_rng(3)) for _ in range(2))
    assert first.labels.tobytes() == second.labels.tobytes() and first.centres.tobytes() == second.centres.tobytes()
