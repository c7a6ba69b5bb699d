"""Takes in turn: never twice in a row, patterns of exact length whose tails go round, grooves by kind."""

from itertools import islice, pairwise

import numpy as np
import pytest

from samplegen.audio.types import Audio
from samplegen.errors import InputError, UsageError
from samplegen.score.music import Music, Note, Track
from samplegen.variations.takes.playing import (
    Strike,
    TakeSet,
    parse_pattern,
    pattern_length,
    place_music,
    place_pattern,
    render,
    shuffled,
)

RATE = 44_100


def click(level: float, *, length: int = 10, channels: int = 1) -> Audio:
    samples = np.zeros((channels, length), np.float32)
    samples[:, 0] = level
    return Audio(samples, RATE)


def ramp(length: int) -> Audio:
    return Audio(np.linspace(0.1, 0.0, length, dtype=np.float32)[None], RATE)


@pytest.mark.parametrize("count", [2, 3, 8])
def test_no_take_comes_twice_in_a_row_and_all_come(count: int) -> None:
    order = list(islice(shuffled(count, rng=np.random.default_rng(1)), 40 * count))
    assert all(one != other for one, other in pairwise(order))
    assert sorted(np.bincount(order)) == [40] * count


def test_a_single_take_repeats() -> None:
    assert list(islice(shuffled(1, rng=np.random.default_rng(1)), 3)) == [0, 0, 0]


def test_patterns() -> None:
    assert parse_pattern("x.X- o_|x") == (100, 0, 127, 0, 50, 0, 100)
    for wrong in ("", "....", "x.z", "x" * 2000):
        with pytest.raises(UsageError, match="--pattern"):
            parse_pattern(wrong)


def test_steps_lie_on_the_grid_and_swing_is_late() -> None:
    steps = (100,) * 16
    assert pattern_length(16, bpm=124.0, sample_rate=RATE) == 85_355  # 240 / 124 s
    straight = [strike.start for strike in place_pattern(steps, kind="", bpm=124.0, sample_rate=RATE)]
    assert straight == [round(step * 85_355 / 16) for step in range(16)]
    swung = [strike.start for strike in place_pattern(steps, kind="", bpm=124.0, sample_rate=RATE, swing=2 / 3)]
    assert swung[::2] == straight[::2]
    assert (swung[1] - swung[0]) / (straight[2] - straight[0]) == pytest.approx(2 / 3, abs=1e-4)
    with pytest.raises(UsageError, match="--swing 0.9"):
        place_pattern(steps, kind="", bpm=124.0, sample_rate=RATE, swing=0.9)


def test_tails_go_round_the_ring() -> None:
    takes = TakeSet("a", "kick", ((ramp(1500),),))
    loop = render([Strike(900, "", 127)], [takes], length=1000, seed=1, ring=True, sample_rate=RATE)
    assert loop.length == 1000
    wanted = np.zeros(3000)
    wanted[900:2400] = ramp(1500).samples[0]
    np.testing.assert_allclose(loop.samples[0], wanted.reshape(3, 1000).sum(axis=0), atol=1e-6)
    open_end = render([Strike(900, "", 127)], [takes], length=1000, seed=1, ring=False, sample_rate=RATE)
    assert open_end.length == 2400


def test_layers_follow_velocity_and_kinds_stand_in() -> None:
    snare = TakeSet("s", "snare", ((click(0.1),), (click(0.4),)))
    strikes = [Strike(0, "snare", 127), Strike(100, "snare", 63), Strike(200, "clap", 127), Strike(300, "kick", 127)]
    made = render(strikes, [snare], length=400, seed=1, ring=True, sample_rate=RATE).samples[0]
    assert (made[0], made[200], made[300]) == (pytest.approx(0.4), pytest.approx(0.4), 0.0)
    assert made[100] == pytest.approx(0.1, rel=0.05)
    with pytest.raises(InputError, match="No hit is of a kind"):
        render([Strike(0, "kick", 127)], [snare], length=400, seed=1, ring=True, sample_rate=RATE)


def test_every_strike_takes_another_take() -> None:
    takes = TakeSet("a", "hat_closed", (tuple(click(0.1 * k) for k in range(1, 5)),))
    strikes = [Strike(20 * k, "hat_closed", 127) for k in range(32)]
    made = render(strikes, [takes], length=640, seed=3, ring=True, sample_rate=RATE).samples[0][::20]
    assert (np.abs(np.diff(made)) > 0.05).all()


def test_grooves_by_their_drums() -> None:
    notes = (Note(0, 60, 36, 100), Note(480, 60, 38, 90), Note(2000, 60, 42, 80), Note(0, 60, 60, 80, channel=0))
    strikes, length = place_music(Music((Track(notes),)), sample_rate=RATE)
    assert [(strike.start, strike.kind) for strike in strikes] == [
        (0, "kick"), (22_050, "snare"), (91_875, "hat_closed"),
    ]  # fmt: skip
    assert length == 2 * 88_200  # the second bar of 120 BPM was begun
    with pytest.raises(InputError, match="no note"):
        place_music(Music((Track(()),)), sample_rate=RATE)
