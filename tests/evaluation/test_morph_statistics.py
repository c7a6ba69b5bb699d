"""Statistics of specs/morph_chain.md §11; the brackets there are a prototype's and the published engine's."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from samplegen.engines.morph_chain.presets import PRESETS
from samplegen.engines.morph_chain.result import Chain
from samplegen.errors import UsageError
from samplegen.evaluation.morph_statistics import (
    ChainFigures,
    mean_figures,
    measure,
    measure_chain,
    repeated_bigrams,
    statistics_table,
)
from samplegen.evaluation.recordings import make_recordings


@pytest.mark.parametrize(
    ("sequence", "share"), [([1, 2, 3, 4], 0.0), ([1, 2, 1, 2, 1], 0.5), ([1, 1, 1], 0.5), ([1], 0.0), ([], 0.0)]
)
def test_repeated_bigrams(sequence: list[int], share: float) -> None:
    assert repeated_bigrams(sequence) == share


def chain_of(z: Sequence[float], sequence: tuple[int, ...]) -> Chain:
    points = np.array(z)[:, None]
    return Chain(0, 0, np.ones(len(z)), np.ones(len(z)), points, sequence, stopped_early=False)


def test_figures_of_a_chain_by_hand() -> None:
    labels = np.array([0, 0, 0, 0, 0, 0, 1, 1])
    patches = np.array([[0.0], [1], [2], [3], [4], [5], [10], [20]], np.float32)
    chain = chain_of([5.0, 4, 3, 2, 1, 0.5, 0, 2], (6, 7, 0, 1, 2, 3, 2, 3))
    made = measure_chain(chain, labels=labels, centre=np.array([1.0]), patches=patches)
    assert made.distance_ratio == pytest.approx(0.25)
    assert made.share_gain == 1.0
    assert made.diversity == pytest.approx(6 / 8)
    assert made.repeated_bigrams == pytest.approx(1 / 7)
    assert made.spectral_change == pytest.approx(1.0 / (31 / 3) - 1.0)


def test_small_clusters_have_no_share_nor_distance() -> None:
    made = measure_chain(
        chain_of([2.0, 1.0], (0, 1)),
        labels=np.array([0, 0, 1]),
        centre=np.zeros(1),
        patches=np.zeros((3, 1), np.float32),
    )
    assert math.isnan(made.distance_ratio) and math.isnan(made.share_gain) and math.isnan(made.spectral_change)
    assert made.diversity == 1.0


def test_means_leave_out_what_is_missing() -> None:
    nan = float("nan")
    made = mean_figures([ChainFigures(0.2, nan, 1.0, 0.0, nan), ChainFigures(0.4, 0.5, 0.5, 0.1, nan)])
    assert (made.distance_ratio, made.share_gain, made.diversity) == pytest.approx((0.3, 0.5, 0.75))
    assert math.isnan(made.spectral_change)
    with pytest.raises(UsageError):
        mean_figures([])


def test_the_table_ends_with_the_prototype() -> None:
    lines = statistics_table([("drums", "custom", [ChainFigures(0.2, 0.3, 0.9, 0.02, -0.1)])]).splitlines()
    assert lines[2] == "| drums, custom | 0.20 | +0.30 | 90 % | 2 % | -10 % |"
    assert lines[3].startswith("| **all** |") and lines[4].startswith("| prototype")


def assert_chains_settle(chains: Sequence[ChainFigures]) -> None:
    made = mean_figures(chains)
    assert made.distance_ratio <= 0.4
    assert made.share_gain >= 0.15
    assert made.repeated_bigrams <= 0.05
    assert made.spectral_change < 0.0
    assert made.diversity >= 0.85


def test_chains_settle_on_a_real_recording(shared_audio: Path) -> None:
    """Few chains, so of the material where shares say most; `test_chains_settle_on_all` is the statistic itself."""
    melodic = {"melodic": make_recordings(shared_audio)["melodic"]}
    measured = measure(melodic, presets=["stochastic_melt", "plasma_burst"], seeds=[1, 2])
    assert_chains_settle([figures for _, _, chains in measured for figures in chains])


@pytest.mark.slow
def test_chains_settle_on_all(shared_audio: Path) -> None:
    presets = [name for name in PRESETS if name != "custom"]
    measured = list(measure(make_recordings(shared_audio), presets=presets, seeds=[1, 2, 3]))
    assert_chains_settle([figures for _, _, chains in measured for figures in chains])
