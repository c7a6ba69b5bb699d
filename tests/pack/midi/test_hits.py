import numpy as np
import pytest

from samplegen.audio.types import Audio
from samplegen.pack.midi.hits import BANDS, CLASSES, FLOOR_DB, Rule, find_hits, load_rule
from tests.pack.midi.loops import SAMPLE_RATE, loop


def test_levels_stand_below_the_loudest_and_above_the_floor() -> None:
    hits = find_hits(loop())
    assert hits.levels_db.shape[1:] == (4, BANDS) and hits.low_db.shape[1:] == (2, 12)
    assert hits.levels_db.max() == 0.0 and hits.levels_db.min() >= FLOOR_DB - 1e-3
    assert hits.features.dtype == np.float32


def test_nothing_is_found_in_silence() -> None:
    hits = find_hits(Audio(np.zeros(SAMPLE_RATE, np.float32), SAMPLE_RATE))
    assert len(hits.times_s) == 0 and load_rule().probabilities(hits.features).shape == (0, len(CLASSES))


def test_a_rule_is_one_hidden_layer() -> None:
    rule = Rule(
        hidden_weight=np.array([[1.0, -1.0]], np.float32), hidden_bias=np.array([0.0, 0.5], np.float32),
        weight=np.array([[2.0], [3.0]], np.float32), bias=np.array([-1.0], np.float32),
        thresholds=np.array([0.5], np.float32),
    )  # fmt: skip
    assert rule.probabilities(np.array([[1.0]], np.float32))[0, 0] == pytest.approx(1 / (1 + np.exp(-1.0)))


def test_the_bundled_rule_fits_its_features() -> None:
    rule, features = load_rule(), find_hits(loop()).features
    chances = rule.probabilities(features)
    assert chances.shape == (len(features), len(CLASSES)) and ((chances >= 0) & (chances <= 1)).all()
