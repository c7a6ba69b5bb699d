import numpy as np
import pytest

from samplegen.engines.morph_chain.clips import Clips, export_events, find_attack
from samplegen.engines.on_the_fly.events import Event
from samplegen.errors import InputError
from tests.engines.morph_chain.signals import RATE, equal_events, plucks, source_of

MS = RATE // 1000


@pytest.mark.parametrize("attack", [0, 3, 200, 700])
def test_the_attack_of_a_click_is_its_first_sample(attack: int) -> None:
    clip = np.zeros((2, 4000), np.float32)
    clip[:, attack:] = 0.8 * np.exp(-np.arange(4000 - attack) / 40.0)
    clip[:, attack + 1300] += 1.0  # later than 40 ms, so not looked at
    assert find_attack(clip, sample_rate=RATE) == attack


def test_a_single_sample_and_a_tone_are_found_within_a_millisecond() -> None:
    clip = np.zeros((1, 4000), np.float32)
    clip[0, 300] = 1.0
    assert find_attack(clip, sample_rate=RATE) == 300
    clip[0, 300:] = np.sin(2 * np.pi * 1000 * np.arange(3700) / RATE)
    assert abs(find_attack(clip, sample_rate=RATE) - 300) <= MS


@pytest.mark.parametrize("length", [1, 5, 4000])
def test_silence_strikes_at_once(length: int) -> None:
    assert find_attack(np.zeros((1, length), np.float32), sample_rate=RATE) == 0


def test_clips_are_the_events_however_little_memory_there_is() -> None:
    source = plucks(6)
    events = equal_events(source, 5000)
    for limit in (0, 50_000, 10**9):
        clips = Clips(source, events, memory_limit=limit)
        for number in (3, 0, 3, 2, 1, 3):
            event = events[number]
            assert np.array_equal(clips.read(number), source.read(event.start, event.end))
            assert clips.length(number) == 5000


def test_clips_are_read_once_while_there_is_room() -> None:
    reads: list[int] = []
    source = plucks(6)

    class Counting:
        sample_rate, channels, length = source.sample_rate, source.channels, source.length

        def read(self, start: int, stop: int) -> np.ndarray:
            reads.append(start)
            return source.read(start, stop)

    clips = Clips(Counting(), equal_events(source, 5000), memory_limit=2 * 5000 * 2 * 4)
    for number in (0, 1, 2, 0, 1, 2):
        clips.read(number)
    assert reads == [0, 5000, 10_000, 10_000]


def test_events_are_exported_as_they_are() -> None:
    source = source_of(np.arange(20_000).reshape(2, -1) / 20_000)
    made = list(export_events(source, [Event(5, 9), Event(0, 10_000)]))
    assert np.array_equal(made[0].samples, source.read(5, 9)) and made[0].sample_rate == RATE
    assert made[1].length == 10_000


@pytest.mark.parametrize("events", [[], [Event(0, 10_001)], [Event(-1, 5)], [Event(5, 5)]])
def test_events_outside_the_recording_are_not_exported(events: list[Event]) -> None:
    with pytest.raises(InputError):
        list(export_events(source_of(np.zeros((1, 10_000))), events))
