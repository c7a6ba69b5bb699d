from fractions import Fraction

import numpy as np
import pytest

from samplegen.engines.morph_chain.clips import Clips
from samplegen.engines.morph_chain.grid import Grid, Slot, fit_chain, lay_slots, share_steps
from samplegen.engines.morph_chain.ring import lay_ring, render_ring
from samplegen.errors import UsageError
from tests.engines.morph_chain.signals import RATE, click_train, equal_events, plucks, source_of


@pytest.mark.parametrize(
    ("grid", "steps"),
    [
        (Grid(128), 8),
        (Grid(87.5, step=Fraction(1, 16)), 16),
        (Grid(174.3, beats_per_bar=3), 6),
        (Grid(120, beats_per_bar=7, beat_unit=8), 7),
        (Grid(120, step=Fraction(1, 12)), 12),
        (Grid(120, step=Fraction(1)), 1),
    ],
)
def test_steps_of_a_bar(grid: Grid, steps: int) -> None:
    assert grid.steps_per_bar == steps
    assert grid.step_s * steps == pytest.approx(grid.beats_per_bar * 60 / grid.bpm)


def test_clips_get_the_nearest_whole_number_of_steps() -> None:
    grid = Grid(120)  # a step of 0.25 s
    assert [grid.slots(round(s * 1000), sample_rate=1000) for s in (0.01, 0.37, 0.38, 0.62, 0.63)] == [1, 1, 2, 2, 3]


def test_bars_are_rounded_up_unless_given() -> None:
    assert [Grid(120).bars_for(steps) for steps in (1, 8, 9, 17)] == [1, 1, 2, 3]
    assert Grid(120, bars=4).bars_for(99) == 4


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"bpm": 0.0}, "BPM"),
        ({"bpm": float("nan")}, "BPM"),
        ({"bpm": 120, "bars": 0}, "bars"),
        ({"bpm": 120, "step": Fraction(2, 3)}, "divide"),
        ({"bpm": 120, "step": Fraction(0)}, "divide"),
        ({"bpm": 120, "step": Fraction(1, 4), "beats_per_bar": 7, "beat_unit": 8}, "divide"),
        ({"bpm": 120, "beats_per_bar": 0}, "meter"),
        ({"bpm": 10, "bars": 200}, "hour"),
        ({"bpm": 900, "step": Fraction(1, 32)}, "10 ms"),
    ],
)
def test_grids_that_cannot_be_laid(values: dict[str, object], word: str) -> None:
    with pytest.raises(UsageError, match=word):
        Grid(**values)  # type: ignore[arg-type]


def test_steps_are_shared_in_proportion() -> None:
    assert share_steps([10, 20, 10], steps=8) == [2, 4, 2]
    assert share_steps([10, 20, 10], steps=80) == [20, 40, 20]
    assert share_steps([1, 1, 1], steps=4) == [1, 2, 1]
    assert sum(share_steps([7, 5, 3, 11], steps=32)) == 32


def fit(sequence: list[int], steps: int) -> list[tuple[int, int]]:
    return fit_chain(sequence, slots=lambda event: 1 + event % 2, steps=steps, more=lambda: 9)


def test_a_chain_that_fits_stays() -> None:
    assert fit([0, 1, 2], 4) == [(0, 1), (1, 2), (2, 1)]


def test_a_long_chain_is_thinned_from_end_to_end() -> None:
    made = fit([0, 2, 4, 6, 8, 10, 12, 14, 16], 5)
    assert made == [(0, 1), (4, 1), (8, 1), (12, 1), (16, 1)]


def test_a_short_chain_walks_on_and_its_last_clip_is_cut() -> None:
    assert fit([0], 4) == [(0, 1), (9, 2), (9, 1)]


@pytest.mark.parametrize("steps", range(0, 12))
def test_every_share_is_filled_exactly(steps: int) -> None:
    assert sum(taken for _, taken in fit([1, 2, 3, 4, 5], steps)) == steps


def test_slots_follow_each_other_across_chains() -> None:
    assert lay_slots([[(5, 2), (6, 1)], [], [(7, 3)]]) == (Slot(5, 0, 0, 2), Slot(6, 0, 2, 1), Slot(7, 2, 3, 3))


def ring_of(clips: Clips, events: list[int], *, length: int, steps_each: int = 1) -> np.ndarray:
    slots = lay_slots([[(event, steps_each) for event in events]])
    steps = steps_each * len(events)
    return render_ring(
        lay_ring(slots, steps=steps, length=length, clips=clips, xfade_s=0.008), length=length, clips=clips
    )


@pytest.mark.parametrize("attack", [0, 5, 300])
@pytest.mark.parametrize("length", [20_001, 88_200])
def test_attacks_lie_on_the_grid(attack: int, length: int) -> None:
    source = click_train(8, every=5000, attack=attack)
    clips = Clips(source, equal_events(source, 5000))
    made = ring_of(clips, [0, 3, 5, 2, 1, 7, 6], length=length)
    tolerance = RATE // 1000
    for k in range(7):
        on = round(k * length / 7)
        span = np.abs(made[0, np.arange(on - 1000, on + 1000) % length])
        assert abs(int((span > 0.2).argmax()) - 1000) <= tolerance
    assert (np.abs(made[0]) > 0.2).sum() <= 7 * 60


def test_a_ring_has_no_seam() -> None:
    source = plucks(12)
    made = ring_of(Clips(source, equal_events(source, 5512)), list(range(12)), length=60_003)
    steps = np.abs(np.diff(np.concatenate((made, made[:, :1]), axis=1)))
    assert steps[:, -1].max() <= steps[:, :-1].max()


def test_a_sustained_tone_has_no_seam_either() -> None:
    source = source_of(0.5 * np.sin(2 * np.pi * 200 * np.arange(80_000) / RATE)[None])
    made = ring_of(Clips(source, equal_events(source, 8000)), [4, 2, 7, 1], length=30_000)
    around = np.concatenate((made[:, -400:], made[:, :400]), axis=1)
    assert np.abs(np.diff(around)).max() <= 1.5 * np.abs(np.diff(made[:, 400:-400])).max()


def test_long_clips_are_cut_and_short_ones_leave_silence() -> None:
    source = plucks(4)
    clips = Clips(source, equal_events(source, 5512))
    tight = ring_of(clips, [0, 1, 2, 3], length=4000)
    assert tight.shape == (2, 4000) and np.isfinite(tight).all()
    wide = ring_of(clips, [0, 1, 2, 3], length=40_000)
    assert not wide[:, 6000:9500].any() and wide[:, 10_000:10_200].any()


def test_one_clip_may_fill_the_ring() -> None:
    source = plucks(2)
    made = ring_of(Clips(source, equal_events(source, 5512)), [1], length=3001)
    assert made.shape == (2, 3001)
    assert np.abs(made[:, 0] - made[:, -1]).max() < 0.5
