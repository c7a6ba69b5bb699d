"""Statistics of specs/morph_chain.md §11; the brackets there are a prototype's and the published engine's."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from samplegen.audio.source import as_source
from samplegen.audio.types import Audio
from samplegen.engines.morph_chain.engine import morph
from samplegen.engines.morph_chain.presets import PRESETS, settings_for
from samplegen.engines.morph_chain.result import Chain
from samplegen.errors import UsageError
from samplegen.evaluation.morph_statistics import (
    ChainFigures,
    Measured,
    SoundFigures,
    mean_figures,
    measure,
    measure_chain,
    measure_sound,
    repeated_bigrams,
    statistics_table,
)
from samplegen.evaluation.recordings import make_recordings

RATE = 22_050


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
    assert made.own_share == made.share_gain == 1.0
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
    assert math.isnan(made.distance_ratio) and math.isnan(made.share_gain)
    assert math.isnan(made.own_share) and math.isnan(made.spectral_change)
    assert made.diversity == 1.0


def test_means_leave_out_what_is_missing() -> None:
    nan = float("nan")
    made = mean_figures([ChainFigures(0.2, nan, nan, 1.0, 0.0, nan), ChainFigures(0.4, 0.8, 0.5, 0.5, 0.1, nan)])
    assert (made.distance_ratio, made.own_share, made.share_gain) == pytest.approx((0.3, 0.8, 0.5))
    assert made.diversity == pytest.approx(0.75)
    assert math.isnan(made.spectral_change)
    with pytest.raises(UsageError):
        mean_figures([])


def tone(hz: float, *, level: float) -> np.ndarray:
    return level * np.sin(2.0 * np.pi * hz * np.arange(4 * RATE) / RATE)


def test_level_and_brightness_of_a_morph_leave_out_its_gaps() -> None:
    """Every event is the same tone, so whatever the chains choose has its level and centroid."""
    audio = Audio(np.float32([tone(1000.0, level=0.2)]), RATE)
    result = morph(as_source(audio), settings_for("plasma_burst", gap_sec=1.0, learning_steps=10))
    made = measure_sound(result, audio)
    assert result.audio.samples.size > 0 and made.level_db == pytest.approx(0.0, abs=0.3)
    assert made.brightness == pytest.approx(1.0, abs=0.05)


def test_a_louder_darker_recording_makes_a_morph_soft_and_bright() -> None:
    audio = Audio(np.float32([tone(1000.0, level=0.1)]), RATE)
    result = morph(as_source(audio), settings_for("plasma_burst", learning_steps=10))
    made = measure_sound(result, Audio(np.float32([tone(500.0, level=0.2)]), RATE))
    assert made.level_db == pytest.approx(-6.0, abs=0.3)
    assert made.brightness == pytest.approx(2.0, abs=0.1)


def test_the_table_has_a_mean_without_custom_and_ends_with_the_prototype() -> None:
    settled, restless = ChainFigures(0.2, 0.8, 0.3, 0.9, 0.02, -0.1), ChainFigures(0.4, 0.5, 0.1, 0.7, 0.1, 0.1)
    lines = statistics_table([
        Measured("drums", "deep_freeze", [settled], [SoundFigures(-1.0, 1.1), SoundFigures(-2.0, 1.3)]),
        Measured("drums", "custom", [restless], [SoundFigures(3.0, 0.5)]),
    ]).splitlines()  # fmt: skip
    settled_row = "90 % | 80 % | +0.30 | 0.20 | 2 % | -10 % | -1.5 dB | ×1.20 |"
    assert lines[2] == f"| deep_freeze, drums | {settled_row}"
    assert lines[3].startswith("| custom, drums | 70 %")
    assert lines[4] == f"| **all but custom** | {settled_row}" and lines[5].startswith("| prototype")
    assert len({line.count("|") for line in lines}) == 1


def assert_chains_settle(chains: Sequence[ChainFigures]) -> None:
    """What the specification asks."""
    made = mean_figures(chains)
    assert made.distance_ratio <= 0.4
    assert made.share_gain >= 0.15
    assert made.repeated_bigrams <= 0.05
    assert made.spectral_change < 0.0


def test_chains_settle_on_a_real_recording(shared_audio: Path) -> None:
    """Few chains, so of the material where shares say most; `test_chains_settle_on_all` is the statistic itself."""
    melodic = {"melodic": make_recordings(shared_audio)["melodic"]}
    measured = measure(melodic, presets=["stochastic_melt", "plasma_burst"], seeds=[1, 2])
    assert_chains_settle([figures for one in measured for figures in one.chains])


# Not the specification's figure: it asks for the published engine's 86.2 %, taken on other recordings. This keeps
# diversity from falling below what it was when it was measured, 86 % (docs/on_the_fly.md).
REGRESSION_DIVERSITY = 0.85


@pytest.mark.slow
def test_chains_settle_on_all(shared_audio: Path) -> None:
    presets = [name for name in PRESETS if name != "custom"]
    measured = list(measure(make_recordings(shared_audio), presets=presets, seeds=[1, 2, 3]))
    chains = [figures for one in measured for figures in one.chains]
    assert_chains_settle(chains)
    assert mean_figures(chains).diversity >= REGRESSION_DIVERSITY
