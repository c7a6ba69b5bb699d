"""Calibration: the bisection converges, tables invert what was measured, and hold for one model alone."""

import json
from pathlib import Path

import numpy as np
import pytest

from samplegen.errors import ModelInvalidError, UsageError
from samplegen.variations.takes.calibration import (
    TABLE_NAME,
    ClassRow,
    HumanizeTable,
    bisect,
    find_table,
    read_table,
    write_table,
)

ROW = ClassRow(4.0, (0.1, 0.2, 0.3), (1.0, 2.0, 2.5), 2.0, 6)
TABLE = HumanizeTable("abc", {"snare": ROW, "overall": ROW}, "a command")


def test_bisection_on_a_toy_generator_with_a_known_distance_law() -> None:
    rng = np.random.default_rng(4)
    noise = rng.standard_normal((8, 400))

    def median(strength: float) -> float:  # takes x + s n are sqrt(2) s apart
        takes = strength * noise
        distances = [np.sqrt(np.square(a - b).mean()) for i, a in enumerate(takes) for b in takes[:i]]
        return float(np.median(distances))

    assert bisect(median, target=0.3, low=0.0, high=1.0, tolerance=0.005) == pytest.approx(0.3 / np.sqrt(2), rel=0.08)
    assert bisect(lambda s: s**2, target=0.25, low=0.0, high=1.0, tolerance=1e-6, rounds=40) == pytest.approx(0.5)
    assert bisect(lambda s: s, target=5.0, low=0.0, high=1.0) == 1.0  # out of reach
    with pytest.raises(UsageError, match="rises"):
        bisect(lambda s: s, target=1.0, low=1.0, high=1.0)


@pytest.mark.parametrize(
    ("amount", "strength", "gain"),
    [(0.0, 0.0, 4.0), (0.5, 0.1, 4.0), (1.0, 0.2, 4.0), (1.25, 0.3, 4.0), (2.5, 0.3, 8.0)],
)
def test_amounts_become_strengths_and_then_gains(amount: float, strength: float, gain: float) -> None:
    drive = ROW.drive(amount)
    assert (drive.strength, drive.gain) == (pytest.approx(strength), pytest.approx(gain))


def test_tables_hold_for_their_model(tmp_path: Path) -> None:
    write_table(tmp_path, TABLE)
    assert read_table(tmp_path, model_hash="abc") == TABLE
    assert read_table(tmp_path, model_hash="other") is None
    assert TABLE.row("kazoo") == ROW
    assert find_table(str(tmp_path / "missing"), model_hash="abc") is None


@pytest.mark.parametrize("change", [{"strengths": [0.2, 0.1, 0.3]}, {"gain": None}, {"distances_db": []}, {"gain": -1}])
def test_damaged_tables_are_refused(tmp_path: Path, change: dict[str, object]) -> None:
    value = json.loads(write_table(tmp_path, TABLE).read_text("utf-8"))
    value["classes"]["snare"] |= change
    (tmp_path / TABLE_NAME).write_text(json.dumps(value), "utf-8")
    with pytest.raises(ModelInvalidError, match=TABLE_NAME):
        read_table(tmp_path, model_hash="abc")
