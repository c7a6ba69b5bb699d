"""Figures of transfers and tweaks: areas, correlations, agreement of signs, and the judge."""

import numpy as np
import pytest

from samplegen.evaluation.transfer_report import (
    KindProbabilities,
    Sweep,
    area_of,
    area_under,
    best_strength,
    sweep_rows,
)
from samplegen.evaluation.tweak_report import HEADER, SliderRun, sign_agreement, slider_row
from tests.variations.hit_sounds import drum


def test_area_under_the_best_that_is_reachable() -> None:
    assert area_under([1.0], [1.0]) == 1.0
    assert area_under([0.2, 0.8], [1.0, 0.5]) == pytest.approx(0.5 * 0.8 + 0.5 * 0.2)
    assert area_under([0.2, 0.1], [1.0, 0.5]) == pytest.approx(0.2)  # weaker and less alike adds nothing
    assert area_under([0.9], [-0.5]) == 0.0


def test_sweeps() -> None:
    sweep = Sweep((0.3, 0.6), np.array([[0.1, 0.3], [0.9, 0.9]]), np.array([[0.9, 0.9], [0.7, 0.5]]))
    rng = np.random.default_rng(0)
    assert best_strength(sweep) == 1
    rows = sweep_rows("model", sweep, rng=rng)
    assert rows[1][:2] == ["model", "0.6"] and rows[1][2].startswith("0.90") and rows[1][4].startswith("50 %")
    assert area_of(sweep, rng=rng).startswith("0.60")


def test_a_judge_knows_what_it_was_taught() -> None:
    pytest.importorskip("sklearn")
    from samplegen.evaluation.one_shot_classifier import one_shot_features
    from samplegen.post.trim import trim_one_shot

    sounds = [drum(seed=seed, hz=hz) for hz in (60.0, 2000.0) for seed in range(8)]
    kinds = ["kick"] * 8 + ["snare"] * 8
    judge = KindProbabilities(np.stack([one_shot_features(trim_one_shot(sound)) for sound in sounds]), kinds)
    found = judge.probabilities([drum(seed=50, hz=65.0), drum(seed=51, hz=1900.0)], "snare")
    assert found[0] < 0.3 < 0.7 < found[1]


def test_slider_runs() -> None:
    settings = (-1.0, 0.0, 1.0)
    moved = np.zeros((2, 3, 6))
    moved[0, :, 0], moved[0, :, 1] = (-0.5, 0.0, 0.5), (0.2, 0.0, 0.7)
    run = SliderRun("body", settings, moved, np.ones((2, 3)), np.full((2, 3), 0.4))
    assert run.correlations().tolist() == [1.0, 0.0]
    np.testing.assert_allclose(run.slopes(), [0.5, 0.0])
    np.testing.assert_allclose(run.off_target(), [0.45, 0.0])
    row = slider_row(run, anchor=np.array([2.0, 0.5]), rng=np.random.default_rng(0))
    assert len(row) == len(HEADER) and row[1].startswith("50 %") and row[5].startswith("50 %")


def test_signs() -> None:
    moved = np.array([[1.0, -0.2, 0, 0, 0, 0], [0, 0.5, 0, 0, 0, 0]])
    share, count = sign_agreement([{"body": 0.5, "brightness": 1.0}, {"brightness": 1.0}], moved,
                                  rng=np.random.default_rng(0))  # fmt: skip
    assert count == 3 and share.startswith("67 %")
