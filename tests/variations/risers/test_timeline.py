"""Exact lengths, and pulses that stand on the beat grid."""

from fractions import Fraction

import numpy as np
import pytest

from samplegen.errors import UsageError
from samplegen.variations.risers.curves import parse_curve
from samplegen.variations.risers.timeline import Timeline, place_pulses, pulse_gain


@pytest.mark.parametrize("bpm", [60.0, 87.5, 119.99, 128.0, 174.3, 200.0])
@pytest.mark.parametrize("meter", [(4, 4), (3, 4), (7, 8), (2, 2), (5, 16)])
@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_length_is_that_of_the_bars(bpm: float, meter: tuple[int, int], rate: int) -> None:
    exact = Fraction(3 * meter[0] * 60 * rate) / Fraction(str(bpm))
    assert abs(Timeline(bpm, 3, meter, rate).length - exact) <= Fraction(1, 2)


def test_linear_density_goes_from_quarters_to_thirty_seconds() -> None:
    timeline = Timeline(120.0, 4)  # a bar is 88,200 samples, a thirty-second 2,756.25
    pulses = place_pulses(timeline, density=parse_curve("linear"))
    counts = [int((pulses.notes == note).sum()) for note in (4, 8, 16, 32)]
    assert counts == [4, 8, 16, 32]
    assert pulses.starts[:5].tolist() == [0, 22_050, 44_100, 66_150, 88_200]
    assert pulses.starts[-1] == timeline.length - 2_756  # round(127 · 2756.25) = 350044
    assert pulses.spans.sum() == timeline.length


@pytest.mark.parametrize("meter", [(4, 4), (3, 4), (7, 8), (5, 16), (3, 2)])
@pytest.mark.parametrize("curve", ["linear", "s-curve", "0:1,0.3:0,0.6:1,1:0.2"])
@pytest.mark.parametrize("direction", ["up", "down"])
def test_pulses_stand_on_the_grid_of_their_note(meter: tuple[int, int], curve: str, direction: str) -> None:
    timeline = Timeline(133.7, 2, meter, direction=direction)  # type: ignore[arg-type]
    pulses = place_pulses(timeline, density=parse_curve(curve))
    per_whole = Fraction(timeline.length * meter[1], timeline.bars * meter[0])
    for start, note in zip(pulses.starts.tolist(), pulses.notes.tolist(), strict=True):
        step = per_whole / note
        assert abs(start - round(start / step) * step) <= Fraction(1, 2)
        assert meter[1] <= note <= 32
    assert pulses.starts[0] == 0 and (pulses.spans > 0).all()


def test_falling_pulses_get_rarer() -> None:
    pulses = place_pulses(Timeline(120.0, 4, direction="down"), density=parse_curve("linear"))
    assert (np.diff(pulses.notes) <= 0).all() and pulses.notes[0] == 32 and pulses.notes[-1] == 4


def test_pulses_keep_the_power_and_open_smoothly() -> None:
    pulses = place_pulses(Timeline(120.0, 2), density=parse_curve("linear"))
    gain = pulse_gain(pulses, depth=0.9, hold=0.7, sample_rate=44_100)
    for start, span in zip(pulses.starts[1:], pulses.spans[1:], strict=True):
        assert np.mean(gain[start : start + span] ** 2) == pytest.approx(1.0, abs=0.15)
        assert gain[start + 200] > gain[start] and gain[start + 200] > 1.2
    assert np.abs(np.diff(gain)).max() < 0.05
    assert (pulse_gain(pulses, depth=0.0, hold=1.0, sample_rate=44_100) == 1.0).all()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"bars": 0}, "0 bars"),
        ({"bpm": 0.0}, "tempo of 0"),
        ({"bpm": float("nan")}, "tempo of nan"),
        ({"bars": 300}, "may last 300"),
        ({"direction": "sideways"}, "up, down, impact"),
    ],
)
def test_impossible_timelines(arguments: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Timeline(**{"bpm": 120.0, "bars": 4, **arguments})  # type: ignore[arg-type]
