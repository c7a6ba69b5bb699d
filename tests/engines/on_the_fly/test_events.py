import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplegen.audio.source import as_source
from samplegen.audio.types import Audio
from samplegen.engines.on_the_fly.events import Event, check_events, segment
from samplegen.errors import InputError, UsageError

RATE = 1000  # at this rate a frame has 25 samples, a hop 10, and an onset in frame k cuts silence at 10 k + 11


def _silence(length=1000, *, channels=1):
    return as_source(Audio(np.zeros((channels, length), np.float32), RATE))


def _flux(*frames, length=1000):
    flux = np.zeros(1 + (length - 25) // 10)
    flux[list(frames)] = 1.0
    return flux


def _edges(segmentation):
    events = segmentation.events
    assert all(left.end == right.start for left, right in zip(events, events[1:], strict=False))
    return [events[0].start, *(event.end for event in events)]


def test_an_onset_is_dropped_if_too_near_to_the_last_one_kept():
    found = segment(_silence(), flux=_flux(10, 25, 31, 60), fewest=1)
    assert _edges(found) == [0, 321, 611, 1000]  # 261 is 150 ms behind 111, and 111 itself too near to the beginning
    assert (found.min_event_s, found.equal_frames) == (0.20, False)


def test_smaller_minima_are_tried_until_there_are_enough_events():
    flux = _flux(10, 25, 31, 60)
    enough = segment(_silence(), flux=flux, fewest=1, wanted=3)
    assert enough.min_event_s == 0.20
    retried = segment(_silence(), flux=flux, fewest=1, wanted=4)
    assert retried.min_event_s == 0.10
    assert _edges(retried) == [0, 111, 261, 611, 1000]
    assert segment(_silence(), flux=flux, fewest=1, wanted=99).min_event_s == 0.10


def test_too_few_events_become_equal_frames():
    found = segment(_silence(), flux=_flux(10, 25, 31, 60))
    assert found.equal_frames
    assert _edges(found) == [125 * part for part in range(9)]


@pytest.mark.parametrize(
    ("length", "frame_s", "count"),
    [(8000, None, 16), (800, None, 8), (500, None, 5), (250, None, 2), (2300, 0.5, 5), (740, 0.5, 1), (300, 0.5, 1)],
)
def test_equal_frames_tile_the_recording(length, frame_s, count):
    found = segment(_silence(length), flux=_flux(length=length), equal_frame_s=frame_s)
    assert found.equal_frames
    edges = _edges(found)
    assert (edges[0], edges[-1], len(found.events)) == (0, length, count)
    assert min(event.length for event in found.events) >= 100
    assert np.ptp(np.diff(edges)) <= 1


def test_a_short_remainder_joins_its_predecessor():
    assert _edges(segment(_silence(), flux=_flux(30, 90), fewest=1)) == [0, 311, 1000]
    assert _edges(segment(_silence(), flux=_flux(30, 78), fewest=1)) == [0, 311, 791, 1000]


def test_long_stretches_become_the_fewest_equal_parts():
    found = segment(_silence(10_000), flux=_flux(500, length=10_000), fewest=1)
    assert _edges(found) == [0, 2505, 5011, 7505, 10_000]


def test_an_onset_must_rise_above_its_surroundings():
    """With 21 ones in 41 frames, mean + deviation is 1.012: maxima of 1 are none, an outlier is one."""
    flux = _flux(*range(0, 98, 2), 97)
    assert _edges(segment(_silence(), flux=flux, fewest=1)) == [0, 1000]
    flux[50] = 9.0
    assert _edges(segment(_silence(), flux=flux, fewest=1)) == [0, 511, 1000]


def test_a_plateau_is_one_onset_and_a_ramp_none():
    flux = _flux()
    flux[40:43] = 1.0
    assert _edges(segment(_silence(), flux=flux, fewest=1)) == [0, 411, 1000]
    assert _edges(segment(_silence(), flux=np.arange(98.0), fewest=1)) == [0, 1000]


def _bursts(starts, *, rate, length, seed=0):
    """Noise bursts over a floor, with 2 ms of digital silence from 6 to 4 ms before each."""
    generator = np.random.default_rng(seed)
    samples = generator.normal(0.0, 1e-3, length)
    for start in starts:
        decay = np.exp(-np.arange(min(rate // 5, length - start)) / (0.03 * rate))
        samples[start : start + decay.size] += 0.5 * decay * generator.uniform(-1.0, 1.0, decay.size)
        samples[start - round(0.006 * rate) : start - round(0.004 * rate)] = 0.0
    return samples[None].astype(np.float32)


@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000])
def test_cuts_lie_in_the_quietest_place_before_each_attack(rate):
    starts = [round(time * rate) for time in (0.3, 0.641, 0.98, 1.333, 1.7, 2.055)]
    samples = _bursts(starts, rate=rate, length=round(2.3 * rate))
    found = segment(as_source(Audio(samples, rate)))
    assert not found.equal_frames
    cuts = np.array(_edges(found)[1:-1])
    before = (np.array(starts) - cuts) / rate
    assert cuts.shape == (6,)
    assert (np.abs(before - 0.005) < 0.001).all()


def test_silent_or_inverted_channels_change_no_event():
    rate = 22_050
    mono = _bursts([round(time * rate) for time in (0.3, 0.641, 0.98, 1.333)], rate=rate, length=round(1.6 * rate))
    expected = segment(as_source(Audio(mono, rate)))
    assert len(expected.events) == 5
    for other in (0 * mono, -mono):
        assert segment(as_source(Audio(np.concatenate([other, mono]), rate))) == expected


def test_quiet_places_are_searched_across_the_blocks_of_a_long_recording():
    length = 45_000
    frames = range(30, 4490, 40)
    found = segment(_silence(length), flux=_flux(*frames, length=length))
    assert _edges(found) == [0, *(10 * frame + 11 for frame in frames), length]


@settings(deadline=None, max_examples=40)
@given(
    length=st.integers(250, 9000),
    seed=st.integers(0, 2**32 - 1),
    sparse=st.floats(0.0, 1.0),
    shortest=st.floats(0.02, 0.5),
    ratio=st.floats(2.0, 8.0),
    wanted=st.integers(0, 30),
)
def test_events_tile_any_recording_within_their_limits(length, seed, sparse, shortest, ratio, wanted):
    generator = np.random.default_rng(seed)
    samples = generator.normal(0.0, 0.1, (2, length)).astype(np.float32)
    flux = generator.exponential(1.0, 1 + (length - 25) // 10)
    flux[generator.uniform(size=flux.size) < sparse] = 0.0
    longest = shortest * ratio
    source = as_source(Audio(samples, RATE))
    found = segment(source, flux=flux, min_event_s=shortest, max_event_s=longest, wanted=wanted)
    edges = _edges(found)
    assert (edges[0], edges[-1]) == (0, length)
    lengths = np.diff(edges)
    assert lengths.min() > 0
    if found.equal_frames:
        assert lengths.min() >= 100
    else:
        assert len(lengths) >= 4
        assert lengths.max() <= longest * RATE + 1
        assert lengths.min() >= min(found.min_event_s, longest / 2) * RATE - 1


def test_flux_is_taken_from_the_source_if_not_given():
    samples = _bursts([6000, 13_000, 20_000, 27_000], rate=22_050, length=33_000)
    source = as_source(Audio(samples, 22_050))
    assert len(segment(source, fewest=1).events) == 5


@pytest.mark.parametrize(("shortest", "longest"), [(0.0, 3.0), (-0.1, 3.0), (0.5, 0.4)])
def test_limits_that_make_no_sense_are_refused(shortest, longest):
    with pytest.raises(UsageError, match="0 < minimum <= maximum"):
        segment(_silence(), min_event_s=shortest, max_event_s=longest)


def test_a_list_of_the_user_is_kept_as_it_is():
    events = [Event(500, 700), Event(0, 600), Event(999, 1000)]
    assert check_events(events, length=1000) == tuple(events)
    assert events[0].length == 200


@pytest.mark.parametrize(
    ("events", "message"),
    [
        ([], "list of events is empty"),
        ([Event(0, 10), Event(-1, 10)], "Event 2 .*-1 to 10.* outside"),
        ([Event(0, 1001)], "Event 1 .*0 to 1001.* outside .* 0 to 1000"),
        ([Event(5, 5)], "Event 1 ends at sample 5"),
        ([Event(5, 4)], "Event 1 ends at sample 4"),
    ],
)
def test_a_list_outside_the_recording_is_refused(events, message):
    with pytest.raises(InputError, match=message):
        check_events(events, length=1000)
