"""Figures of takes: filters are recognised as filters, equal sets cannot be told apart, intervals hold the figure."""

import numpy as np
import pytest
from scipy.signal import lfilter

from samplegen.audio.types import Audio
from samplegen.evaluation.humanize_report import (
    TakenSet,
    beyond_filter,
    bootstrap,
    kolmogorov,
    report_table,
    separability,
    set_statistics,
)
from samplegen.evaluation.round_robins import RealSet, aligned, measure_reality, residual_db
from tests.variations.hit_sounds import drum


def test_what_a_filter_does_is_no_take() -> None:
    source = drum()
    filtered = source.with_samples(lfilter([0.5, 0.3, -0.2], [1.0], source.samples).astype(np.float32))
    noise = 0.05 * np.random.default_rng(1).standard_normal(source.samples.shape).astype(np.float32)
    assert beyond_filter(source, filtered) < 1e-3
    assert beyond_filter(source, source.with_samples(source.samples + noise)) > 0.9
    assert beyond_filter(source, source) == 0.0


def test_distributions() -> None:
    rng = np.random.default_rng(2)
    sets = [set_statistics(np.exp(rng.normal(size=6)).tolist()) for _ in range(60)]
    others = [statistics + 3.0 for statistics in sets[:30]]
    assert separability(sets[:30], sets[30:], seed=1) < 0.7 < 0.95 < separability(others, sets[30:], seed=1)
    assert kolmogorov([1.0, 2.0], [3.0, 4.0]) == 1.0 and kolmogorov([1.0, 2.0], [1.0, 2.0]) == 0.0


def test_intervals_hold_the_figure() -> None:
    values = np.random.default_rng(3).normal(5.0, 1.0, size=40)
    sets = [TakenSet("snare", ())] * 40
    figure = bootstrap(sets, lambda some: float(values[list(some)].mean()), rng=np.random.default_rng(4))
    assert figure.low < figure.value < figure.high and figure.value == pytest.approx(values.mean())
    assert "| real | model |" in report_table({"real": {"sets": "3"}, "model": {"AUC": "0.6"}})


def test_reality_of_made_sets() -> None:
    sets = []
    for layer, gain in ((1, 0.1), (2, 0.3), (3, 1.0)):
        takes = [drum(seed=seed + 10 * layer) for seed in range(3)]
        moved = [take.with_samples(np.pad(gain * take.samples, ((0, 0), (50 * k, 0)))) for k, take in enumerate(takes)]
        sets.append(RealSet("snare", "a", layer, tuple(aligned(moved))))
    assert len({take.length for take in sets[0].takes}) == 1
    reality = measure_reality(sets)
    assert (reality.sets, reality.pairs) == (3, 9)
    assert reality.range_db == pytest.approx(20.0, abs=1.0)
    assert reality.median_db > 0.2
    one = drum()
    assert residual_db(one, Audio(0.5 * one.samples, one.sample_rate)) < -60.0
