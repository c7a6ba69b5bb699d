import numpy as np
import pytest

from samplegen.score.events import Event, Pattern
from samplegen.score.feel import draw_looseness, loosen
from samplegen.score.styles import STYLES


def _hats(bars: int) -> Pattern:
    return Pattern(tuple(Event(k / 4, "hat_closed", 0.5) for k in range(bars * 16)), "hiphop", bars, (4, 4))


def _shifts_ms(pattern: Pattern, *, bpm: float) -> np.ndarray:
    beats = np.array([event.start for event in pattern.events])
    return (beats * 4 - np.round(beats * 4)) / 4 * 60_000.0 / bpm


def test_full_looseness_has_the_spread_of_drummers_in_time_at_any_tempo() -> None:
    for bpm in (80.0, 160.0):
        shifts = np.concatenate(
            [
                _shifts_ms(loosen(_hats(1), rng=np.random.default_rng(seed), bpm=bpm, amount=1.0), bpm=bpm)
                for seed in range(40)
            ]
        )
        assert np.std(shifts) == pytest.approx(16.5, rel=0.15)
        assert abs(np.mean(shifts)) < 2.0


def test_the_feel_repeats_from_bar_to_bar() -> None:
    loose = loosen(_hats(8), rng=np.random.default_rng(1), bpm=100.0, amount=0.3)
    bars = _shifts_ms(loose, bpm=100.0).reshape(8, 16)
    assert np.mean([np.corrcoef(bars[k], bars[k + 1])[0, 1] for k in range(1, 7)]) > 0.7


def test_the_first_beat_stays_and_everything_stays_on_the_ring() -> None:
    loose = loosen(_hats(2), rng=np.random.default_rng(2), bpm=170.0, amount=1.0)
    assert loose.events[0].start == 0.0
    assert all(0.0 <= event.start <= loose.beats and 0.0 < event.velocity <= 1.0 for event in loose.events)
    assert loosen(_hats(2), rng=np.random.default_rng(2), bpm=170.0, amount=0.0) == _hats(2)


@pytest.mark.parametrize("style", STYLES)
def test_electronic_styles_are_tight(style: str) -> None:
    drawn = [draw_looseness(style, rng=np.random.default_rng(seed)) for seed in range(200)]
    assert 0.0 in drawn
    assert max(drawn) <= (0.35 if style in ("house", "techno", "dnb", "trap") else 1.0)
