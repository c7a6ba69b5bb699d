from dataclasses import replace

import numpy as np
import pytest

from samplegen.audio.resample import resample
from samplegen.audio.types import Audio
from samplegen.errors import InputError
from samplegen.pack.midi.transcribe import MAX_SECONDS, measure_length, quantise, transcribe
from samplegen.score.events import Event, Pattern
from tests.pack.midi.loops import BEATS, ROCK, SAMPLE_RATE, loop

SIXTEENTH_S = 0.125


def grid(pattern: Pattern) -> set[tuple[float, str]]:
    return {(event.start, event.kind) for event in quantise(pattern).events}


@pytest.mark.parametrize("bpm", [90.0, 120.0, 174.3])
def test_kick_snare_and_hat_of_a_plain_beat(bpm: float) -> None:
    told = transcribe(loop(bpm=bpm), bpm=bpm)
    assert grid(told.pattern) == set(ROCK)
    assert (told.bpm, told.pattern.bars, told.pattern.beats) == (bpm, 1, 4)
    for event in told.pattern.events:
        assert abs(event.start - round(event.start * 2) / 2) * 60 / bpm < 0.006


def test_the_hit_at_the_seam_is_at_zero_and_there_once() -> None:
    """Turned by 3 ms to the left, the kick's attack lies at the end of the ring."""
    audio = loop(BEATS)
    turned = audio.with_samples(np.roll(audio.samples, -round(0.003 * SAMPLE_RATE), axis=1))
    kicks = [event.start for event in transcribe(turned, bpm=120.0).pattern.events if event.kind == "kick"]
    assert len(kicks) == 2 and kicks[0] == pytest.approx(0.0, abs=0.004) and kicks[1] == pytest.approx(2.0, abs=0.02)


def test_late_hits_stay_late_until_they_are_quantised() -> None:
    told = transcribe(loop(late_s=0.02), bpm=120.0)
    late = [event.start - round(event.start * 2) / 2 for event in told.pattern.events]
    assert np.array(late) * 0.5 == pytest.approx(0.02, abs=0.005)
    assert grid(told.pattern) == set(ROCK)


def test_softer_hits_have_smaller_velocities() -> None:
    """As the renderer plays: gain is velocity to the power of 1.5."""
    mixed = Audio(loop(((0.0, "kick"),)).samples + loop(((2.0, "kick"),), gain=0.3).samples, SAMPLE_RATE)
    first, second = (event.velocity for event in transcribe(mixed, bpm=120.0).pattern.events if event.kind == "kick")
    assert first == pytest.approx(0.9)
    assert second == pytest.approx(0.9 * 0.3 ** (1 / 1.5), rel=0.02)


def test_other_rates_channels_and_levels_read_the_same() -> None:
    audio = loop()
    stereo = Audio(np.concatenate([audio.samples, audio.samples]) * 0.1, SAMPLE_RATE)
    assert grid(transcribe(stereo, bpm=120.0).pattern) == set(ROCK)
    assert grid(transcribe(resample(audio, sample_rate=48_000), bpm=120.0).pattern) == set(ROCK)


def test_the_tempo_is_measured_where_it_is_not_told() -> None:
    told = transcribe(loop(bpm=127.0, bars=4))
    assert told.measured and told.bpm == pytest.approx(127.0, abs=0.01) and told.pattern.bars == 4


@pytest.mark.parametrize(
    ("seconds", "bars", "ring"), [(2.0, 1, True), (4.001, 2, True), (3.0, 2, False), (0.2, 1, False)]
)
def test_whole_bars_are_rings_and_others_recordings(seconds: float, bars: int, ring: bool) -> None:
    audio = Audio(np.zeros(round(seconds * SAMPLE_RATE), np.float32), SAMPLE_RATE)
    length = measure_length(audio, bpm=120.0)
    assert (length.bars, length.ring) == (bars, ring)


def test_a_recording_that_ends_inside_a_bar_keeps_its_times() -> None:
    audio = loop(bars=2)
    cut = audio.with_samples(audio.samples[:, : round(2.7 * SAMPLE_RATE)])
    told = transcribe(cut, bpm=120.0)
    assert told.pattern.bars == 2
    assert grid(told.pattern) >= {(0.0, "kick"), (1.0, "snare"), (4.0, "kick"), (5.0, "snare")}


@pytest.mark.parametrize("value", [0.0, 0.5])
def test_silence_and_direct_current_hold_no_drums(value: float) -> None:
    audio = Audio(np.full(88_200, value, np.float32), SAMPLE_RATE)
    assert transcribe(audio, bpm=120.0).pattern.events == ()


def test_very_short_recordings_pass() -> None:
    assert transcribe(Audio(np.ones(1, np.float32), SAMPLE_RATE)).pattern.bars == 1


def test_long_recordings_are_refused() -> None:
    with pytest.raises(InputError, match="lasts 601 s"):
        transcribe(Audio(np.zeros(1000 * (int(MAX_SECONDS) + 1), np.float32), 1000))


def test_of_two_hits_on_one_sixteenth_the_louder_stays() -> None:
    pattern = Pattern((Event(0.99, "kick", 0.4), Event(1.02, "kick", 0.8), Event(3.95, "snare", 0.5)), "", 1, (4, 4))
    assert quantise(pattern) == replace(pattern, events=(Event(0.0, "snare", 0.5), Event(1.0, "kick", 0.8)))
