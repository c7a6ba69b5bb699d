"""Intervals and their tables."""

import json

import numpy as np
import pytest

from samplegen.evaluation.questions.estimates import (
    NONE,
    Estimate,
    bootstrap_estimate,
    half_sample_estimate,
    mean_estimate,
    share_estimate,
)
from samplegen.evaluation.questions.report import Report, Table, Target, summary, write_report


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"), [(0, 500, 0.0, 0.00763), (10, 10, 0.7225, 1.0), (50, 100, 0.4038, 0.5962)]
)
def test_shares_have_wilsons_interval(hits, count, low, high):
    share = share_estimate(hits, count)
    assert share.value == hits / count
    assert (share.low, share.high) == pytest.approx((low, high), abs=2e-4)
    assert share_estimate(0, 0) is NONE


def test_the_interval_of_a_mean_is_as_wide_as_theory_says():
    values = rng().standard_normal(400)
    found = mean_estimate(values, rng=rng())
    assert found.value == pytest.approx(values.mean())
    assert found.high - found.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.15)


def test_constants_have_no_spread_and_nothing_has_no_figure():
    same = bootstrap_estimate(lambda chosen: 3.0, 8, rng=rng())
    assert (same.value, same.low, same.high) == (3.0, 3.0, 3.0)
    assert bootstrap_estimate(lambda chosen: 3.0, 0, rng=rng()) is NONE
    assert NONE.shown() == "–"


def test_halves_vary_as_the_mean_of_all_does():
    first, second = rng().standard_normal((2, 300))
    found = half_sample_estimate(lambda a, b: float(first[a].mean() - second[b].mean()), (300, 300), rng=rng())
    assert found.value == pytest.approx(first.mean() - second.mean())
    assert found.high - found.low == pytest.approx(2 * 1.96 * np.sqrt(2 / 300), rel=0.25)


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(0.21, 0.15, 0.3, 9), "0.21 (0.15 to 0.30)"),
        (Estimate(-0.2, -1.0, -0.001, 9), "−0.20 (−1.00 to 0.00)"),
        (Estimate(1234.5, 1000, 2000, 9, digits=0), "1,234 (1,000 to 2,000)"),
        (Estimate(0.98, 0.94, 1.0, 50, percent=True), "98 % (94 to 100)"),
        (Estimate(0.0, 0.0, 0.0076, 500, percent=True, digits=3), "0.0 % (0.0 to 0.8)"),
    ],
)
def test_figures_are_shown_with_their_interval(estimate, text):
    assert estimate.shown() == text


def test_reports_are_written_as_a_page_and_as_figures(tmp_path):
    share = share_estimate(3, 4)
    table = Table("Shares.", {"mine": {"n": 4, "share": share}, "floor": {"n": 4, "share": NONE}})
    report = Report("tempo", "Tempo", (table,), targets=(Target("all", share, False),), settings={"n": 4})
    paths = write_report(tmp_path, report)
    page, figures = paths[0].read_text("utf-8"), json.loads(paths[1].read_text("utf-8"))
    assert "| mine | 4 | 75 % (30 to 95) |" in page and "| floor | 4 | – |" in page and "**missed**: all" in page
    rows = figures["tables"][0]["rows"]
    assert rows[0] == {"system": "mine", "n": 4, "share": {"value": 0.75, "low": share.low, "high": share.high, "n": 4}}
    assert rows[1]["share"]["value"] is None
    assert summary([report]) == "- **missed**: all; measured 75 % (30 to 95) (tempo)"
