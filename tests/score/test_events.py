import pytest

from samplegen.errors import UsageError
from samplegen.score.events import Event, sort_events, steps_per_beat, swing_beat


@pytest.mark.parametrize(("meter", "steps"), [((4, 4), 4), ((3, 4), 4), ((7, 8), 2), ((6, 8), 2), ((2, 2), 8)])
def test_a_beat_has_its_sixteenths(meter: tuple[int, int], steps: int) -> None:
    assert steps_per_beat(meter) == steps


@pytest.mark.parametrize("meter", [(4, 0), (0, 4), (4, 3)])
def test_impossible_meters_are_refused(meter: tuple[int, int]) -> None:
    with pytest.raises(UsageError, match=f"{meter[0]}/{meter[1]}"):
        steps_per_beat(meter)


@pytest.mark.parametrize(
    ("beat", "step", "meter", "swung"),
    [
        (0.0, 16, (4, 4), 0.0),
        (0.25, 16, (4, 4), 0.3),
        (0.5, 16, (4, 4), 0.5),
        (2.75, 16, (4, 4), 2.8),
        (0.5, 8, (4, 4), 0.6),
        (0.25, 8, (4, 4), 0.3),
        (0.5, 16, (6, 8), 0.6),
        (6.5, 16, (7, 8), 6.6),
        (6.5, 8, (7, 8), 6.5),  # the bar ends inside the pair of eighths
    ],
)
def test_sixty_percent_swing_moves_the_second_of_two_steps(
    beat: float, step: int, meter: tuple[int, int], swung: float
) -> None:
    assert swing_beat(beat, swing=0.6, step=step, meter=meter) == pytest.approx(swung)


def test_straight_swing_changes_nothing() -> None:
    assert all(swing_beat(k / 24, swing=0.5, step=16, meter=(4, 4)) == pytest.approx(k / 24) for k in range(96))


def test_the_order_of_events_is_fixed() -> None:
    events = [Event(1.0, "snare", 0.5), Event(0.0, "kick", 0.5), Event(1.0, "clap", 0.5)]
    assert [event.kind for event in sort_events(events)] == ["kick", "clap", "snare"]
