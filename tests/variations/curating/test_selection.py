"""Diverse selection: in a toy mixture, with quality, quotas and sounds that stay."""

import numpy as np
import pytest

from samplegen.errors import UsageError
from samplegen.evaluation.diversity import vendi_score
from samplegen.variations.curating.selection import likeness, map_positions, select_diverse


def mixture(*, modes: int = 6, common: int = 200, rare: int = 6, seed: int = 0) -> np.ndarray:
    """Unit vectors: most from one mode, a few from each other."""
    rng = np.random.default_rng(seed)
    centres = np.linalg.qr(rng.standard_normal((16, 16)))[0][:modes]
    counts = [common, *[rare] * (modes - 1)]
    rows = np.concatenate(
        [centre + 0.08 * rng.standard_normal((n, 16)) for centre, n in zip(centres, counts, strict=True)]
    )
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def test_beats_random_selection_on_the_vendi_score() -> None:
    for seed in range(3):
        vectors, rng = mixture(seed=seed), np.random.default_rng(seed)
        chosen = vendi_score(vectors[select_diverse(vectors, count=12, diversity=1.0)])
        random = [vendi_score(vectors[rng.permutation(len(vectors))[:12]]) for _ in range(50)]
        assert chosen > 1.5 * max(random)


def test_diversity_trades_with_quality() -> None:
    vectors = mixture()
    quality = np.linspace(1.0, 0.05, len(vectors))
    scores = []
    for diversity in (0.0, 0.5, 1.0):
        chosen = select_diverse(vectors, count=10, diversity=diversity, quality=quality)
        scores.append((vendi_score(vectors[chosen]), quality[chosen].mean()))
    assert scores[0][0] < scores[1][0] < scores[2][0]
    assert scores[0][1] > scores[1][1] > scores[2][1]
    assert select_diverse(vectors, count=3, diversity=0.0, quality=quality) == [0, 1, 2]


def test_quotas_groups_and_what_is_alike() -> None:
    vectors = mixture()
    groups = ["a" if row % 2 else "b" for row in range(len(vectors))]
    chosen = select_diverse(vectors, count=9, diversity=0.7, groups=groups, quotas={"a": 2, "b": 3})
    assert sorted(groups[row] for row in chosen) == ["a", "a", "b", "b", "b"]
    alike = np.ones((len(vectors), len(vectors)), bool)
    assert len(select_diverse(vectors, count=9, diversity=0.7, alike=alike)) == 1


def test_what_stays_is_not_returned_and_repels() -> None:
    one, other = np.eye(2)
    vectors = np.stack([one, 0.999 * one + 0.01 * other, other])
    assert select_diverse(vectors, count=1, diversity=1.0, fixed=1) == [2]
    assert select_diverse(vectors[:1], count=3, diversity=1.0, fixed=1) == []


def test_never_takes_one_twice_nor_more_than_there_are() -> None:
    same = np.ones((5, 3))
    assert sorted(select_diverse(same, count=9, diversity=1.0)) == list(range(5))


def test_likeness_is_one_on_the_diagonal_and_falls_with_distance() -> None:
    kernel = likeness([[0.0, 0.0], [1.0, 0.0], [3.0, 0.0]])
    assert np.allclose(np.diag(kernel), 1.0)
    assert kernel[0, 1] > kernel[1, 2] > kernel[0, 2] > 0.0


def test_refuses_a_diversity_that_means_nothing() -> None:
    with pytest.raises(UsageError, match="--diversity 1.5"):
        select_diverse(np.eye(3), count=1, diversity=1.5)


def test_the_map_spans_its_square_and_stays_when_asked_again() -> None:
    vectors = mixture()
    places = map_positions(vectors)
    assert places.min() == 0.0 and places.max() == 1.0 and places.shape == (len(vectors), 2)
    assert np.array_equal(places, map_positions(vectors.copy()))
    assert np.array_equal(map_positions(np.ones((3, 4))), np.full((3, 2), 0.5))
