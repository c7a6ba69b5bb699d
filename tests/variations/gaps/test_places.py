"""How gaps are named, and which samples they are."""

import pytest

from samplegen.errors import UsageError
from samplegen.variations.gaps.places import Gap, Time, parse_gap, place_gaps

TIME = Time(120.0, 2, 4)  # a beat lasts half a second


def place(*texts: str, seconds: float = 4.0, time: Time | None = TIME) -> tuple[Gap, ...]:
    asked = [parse_gap(text) for text in texts]
    return place_gaps(asked, length=round(1000 * seconds), sample_rate=1000, time=time, name="a.wav")


@pytest.mark.parametrize(
    ("text", "gap"),
    [
        ("1.20:1.45", (1200, 1450)), ("0:.5s", (0, 500)), ("2b:3b", (1000, 1500)), ("2.5beats:3b", (1250, 1500)),
        ("1bar:2bar", (2000, 4000)), ("0:1bar", (0, 2000)), ("7.5b:0.5b", (3750, 4250)), ("3.9:4.2", (3900, 4200)),
    ],
)  # fmt: skip
def test_gaps_are_samples(text: str, gap: tuple[int, int]) -> None:
    assert place(text) == (Gap(*gap),)


def test_gaps_that_touch_are_one() -> None:
    assert place("2b:3b", "0:0.2", "1.4:1.8") == (Gap(0, 200), Gap(1000, 1800))
    assert place("3.9:4.2", "0.1:0.3") == (Gap(3900, 4300),)


@pytest.mark.parametrize("text", ["", "1.2", "1:2:3", "a:b", "-1:2", "1x:2", "nan:1", "1e3:2"])
def test_what_is_no_gap_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a gap"):
        parse_gap(text)


@pytest.mark.parametrize(
    ("text", "time", "why"),
    [
        ("4:5", None, "outside"), ("3.9:4.2", None, "outside"), ("9:10", TIME, "outside"), ("3:20", TIME, "outside"),
        ("1.4:1.2", None, "ends where it starts"), ("1:1", TIME, "ends where it starts"), ("0:3.95", None, "leaves"),
        ("0:4", TIME, "leaves"), ("1:5", TIME, "leaves"), ("1b:2b", None, "no tempo"),
    ],
)  # fmt: skip
def test_gaps_that_cannot_be_are_refused(text: str, time: Time | None, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        place(text, time=time)


def test_many_gaps_leave_something() -> None:
    with pytest.raises(UsageError, match="leaves 0.0"):
        place("0:1", "1:2", "2:3.99", time=None)
