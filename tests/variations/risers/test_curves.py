"""Curves: values by hand, and every malformed text refused in a plain sentence."""

import math

import numpy as np
import pytest

from samplegen.errors import UsageError
from samplegen.variations.risers.curves import Sweep, parse_curve

POSITIONS = [0.0, 0.25, 0.5, 1.0]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("linear", [0.0, 0.25, 0.5, 1.0]),
        ("exponential", [0.0, (math.e - 1) / (math.e**4 - 1), (math.e**2 - 1) / (math.e**4 - 1), 1.0]),
        ("s-curve", [0.0, 0.5 - math.sqrt(0.125), 0.5, 1.0]),
        ("power:2", [0.0, 0.0625, 0.25, 1.0]),
        ("power:0.5", [0.0, 0.5, math.sqrt(0.5), 1.0]),
        ("0:0,0.5:0.2,1:1", [0.0, 0.1, 0.2, 1.0]),
        ("0:1, 0.25:0.5, 1:0", [1.0, 0.5, 1 / 3, 0.0]),
        (" LINEAR ", [0.0, 0.25, 0.5, 1.0]),
    ],
)
def test_values_by_hand(text: str, values: list[float]) -> None:
    assert parse_curve(text).at(POSITIONS) == pytest.approx(values)


def test_positions_outside_are_those_at_the_edge() -> None:
    assert parse_curve("power:2").at([-1.0, 2.0]).tolist() == [0.0, 1.0]


def test_quarters_are_means() -> None:
    assert parse_curve("linear").quarters() == pytest.approx([0.125, 0.375, 0.625, 0.875])


def test_text_is_written_so_that_it_reads_back() -> None:
    for text in ("power:2.5", "0:0,0.5:0.2,1:1", "s-curve"):
        assert parse_curve(text).text == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not a curve"),
        ("cubic", "is not a curve"),
        ("power:", "exponent"),
        ("power:0", "exponent"),
        ("power:nan", "exponent"),
        ("power:11", "exponent"),
        ("0:0", "cannot be read"),
        ("0:0,1", "cannot be read"),
        ("0:0,1:1:1", "cannot be read"),
        ("0:0,x:0.5,1:1", "cannot be read"),
        ("0:0,0.5:nan,1:1", "cannot be read"),
        ("0:0,,1:1", "cannot be read"),
        ("0.1:0,1:1", "grow from 0 to 1"),
        ("0:0,0.9:1", "grow from 0 to 1"),
        ("0:0,0.6:1,0.5:1,1:1", "grow from 0 to 1"),
        ("0:0,0.5:0,0.5:1,1:1", "grow from 0 to 1"),
        ("0:0,1:1.5", "outside 0 to 1"),
        ("0:-0.1,1:1", "outside 0 to 1"),
        (",".join(f"{k / 99}:0.5" for k in range(100)), "2 to 64 points"),
    ],
)
def test_malformed_curves(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        parse_curve(text, option="--level-curve")
    assert str(caught.value).startswith("--level-curve")


def test_a_sweep_is_even_in_octaves() -> None:
    sweep = Sweep(parse_curve("linear"), 100.0, 1600.0)
    assert sweep.at(np.array([0.0, 0.25, 0.5, 1.0])) == pytest.approx([100.0, 200.0, 400.0, 1600.0])
