"""Figures of enhancing: distances and steps of known sounds, and the table."""

import numpy as np
import pytest

from samplegen.audio.types import Audio
from samplegen.evaluation.enhance_report import (
    ENGINES,
    Case,
    Scores,
    log_spectral_distance,
    mean_with_interval,
    report_table,
    step_error_db,
    wins,
)
from samplegen.variations.edits.bands import Crossover
from tests.variations.edits.test_bands import RATE, noise
from tests.variations.test_enhance import limited


def test_distances() -> None:
    original = noise()
    assert log_spectral_distance(original, original) == 0.0
    quieter = original.with_samples(original.samples * np.float32(0.5))
    assert log_spectral_distance(quieter, original) == pytest.approx(6.02, abs=0.01)
    worse = limited(original)
    assert log_spectral_distance(worse, original, low_hz=8000.0) > log_spectral_distance(worse, original) > 30.0


def test_steps() -> None:
    crossover, original = Crossover(7600.0), noise()
    assert step_error_db(original, original, crossover) == 0.0
    assert step_error_db(limited(original), original, crossover) < -20.0


def test_table_and_wins() -> None:
    def case(family: str, model_db: float) -> Case:
        scores = {name: Scores(5.0, model_db if name == "model" else 9.0, 1.0, 70.0) for name in ENGINES}
        silence = Audio(np.zeros((1, 100), np.float32), RATE)
        return Case(family, 8000.0, silence, dict.fromkeys(ENGINES, silence), scores)

    cases, rng = [case("drums", 6.0), case("drums", 7.0), case("sustained", 12.0)], np.random.default_rng(0)
    table = report_table(cases, by=lambda one: one.family, rng=rng)
    assert "| drums (2) | model | 6.5 (6.0–7.0) | 5.0 (5.0–5.0) | 1.0 | 100 % | 70 | – |" in table
    found = wins(cases, rng=rng)
    assert found["drums"][0] == 2.5 and found["sustained"] == (-3.0, -3.0, -3.0)
    assert mean_with_interval([1.0, 1.0], rng=rng) == (1.0, 1.0, 1.0)
