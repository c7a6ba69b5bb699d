from dataclasses import dataclass

import numpy as np
import pytest

from samplegen.score.clock import MIN_TICKS, clock_to_bpm, follow


@dataclass(frozen=True)
class Message:
    type: str
    time: float


def ticks(bpm: float, count: int, *, jitter_s: float = 0.0, start_s: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(0)
    return start_s + np.arange(count) * 60 / bpm / 24 + jitter_s * rng.uniform(-1, 1, count)


@pytest.mark.parametrize("bpm", [60.0, 120.0, 174.3])
def test_exact_ticks_are_exact(bpm: float) -> None:
    assert clock_to_bpm(ticks(bpm, 97)) == pytest.approx(bpm, rel=1e-9)


@pytest.mark.parametrize("bpm", [90.0, 128.0, 174.0])
def test_uneven_ticks_still_say_the_tempo(bpm: float) -> None:
    """As a USB port does it: up to 2 ms early or late, a tenth of a tick at 128 BPM."""
    assert clock_to_bpm(ticks(bpm, 97, jitter_s=0.002)) == pytest.approx(bpm, abs=0.25)


def test_a_lost_tick_and_a_hiccup_change_little() -> None:
    times = np.delete(ticks(128.0, 98), 70)
    times[40] += 0.015
    assert clock_to_bpm(times) == pytest.approx(128.0, abs=0.01)


def test_too_few_ticks_say_nothing_and_neither_do_absurd_tempi() -> None:
    assert clock_to_bpm(ticks(120.0, MIN_TICKS - 1)) is None and clock_to_bpm(ticks(120.0, MIN_TICKS)) is not None
    assert clock_to_bpm(ticks(5.0, 97)) is None and clock_to_bpm(np.zeros(97)) is None


def stream(*parts: np.ndarray) -> list[Message]:
    return [Message("clock", float(time)) for part in parts for time in part]


def test_a_steady_clock_is_told_once_and_a_change_once_more() -> None:
    slow = ticks(120.0, 240)
    fast = ticks(130.0, 240, start_s=slow[-1] + 60 / 130 / 24)
    told = list(follow(iter(stream(slow, fast))))
    assert (told[0], told[-1]) == (120.0, 130.0) and len(told) <= 6
    assert list(follow(iter(stream(ticks(128.0, 2400, jitter_s=0.0005))))) == [128.0]


def test_a_pause_and_a_start_begin_anew() -> None:
    first, second = ticks(120.0, 60), ticks(90.0, 60, start_s=20.0)
    assert list(follow(iter(stream(first, second)))) == [120.0, 90.0]
    messages = [*stream(ticks(120.0, 40)), Message("start", 1.0), *stream(ticks(120.0, 40, start_s=1.0))]
    assert list(follow(iter([*messages, Message("note_on", 3.0)]))) == []
