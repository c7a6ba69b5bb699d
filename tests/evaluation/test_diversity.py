"""Vendi score, coverage and the extrapolated Fréchet distance, by closed forms."""

import numpy as np
import pytest

from samplegen.errors import UsageError
from samplegen.evaluation.distances import frechet_distance
from samplegen.evaluation.diversity import density_coverage, frechet_at_infinity, vendi_score


def test_vendi_counts_different_sounds() -> None:
    assert np.isclose(vendi_score(np.eye(5)), 5.0)
    assert np.isclose(vendi_score(np.ones((7, 3))), 1.0)
    assert np.isclose(vendi_score(np.repeat(np.eye(3), 4, axis=0) * 9.0), 3.0)
    with pytest.raises(UsageError, match="vectors"):
        vendi_score(np.zeros((0, 3)))


def test_equal_sets_cover_and_far_ones_do_not() -> None:
    real = np.random.default_rng(0).standard_normal((60, 4))
    density, coverage = density_coverage(np.random.default_rng(1).standard_normal((60, 4)), real)
    assert 0.7 < density < 1.3 and coverage > 0.9
    assert density_coverage(real + 50.0, real) == (0.0, 0.0)
    one_mode = density_coverage(np.repeat(real[:1], 60, axis=0), real)
    assert one_mode[1] < 0.2
    with pytest.raises(UsageError, match="Coverage"):
        density_coverage(real, real[:5])


def test_extrapolation_takes_out_most_of_what_small_sets_add() -> None:
    rng = np.random.default_rng(2)
    reference = rng.standard_normal((4000, 12))
    few = [rng.standard_normal((40, 12)) for _ in range(5)]
    plain = np.mean([frechet_distance(some, reference) for some in few])
    endless = np.mean([frechet_at_infinity(some, reference, generator=rng) for some in few])
    assert plain > 1.0 and abs(endless) < 0.4 * plain
    with pytest.raises(UsageError, match="eight"):
        frechet_at_infinity(few[0][:7], reference, generator=rng)
