import numpy as np
import pytest

from samplegen.audio.types import Audio
from samplegen.errors import UsageError
from samplegen.post.trim import energy_envelope, trim_one_shot

RATE = 44100


def decay(*, lead: int = 0, seconds: float = 2.0, t60_s: float = 0.5, channels: int = 1) -> Audio:
    """A 1 kHz tone that falls 60 dB in `t60_s`, after `lead` samples of silence."""
    t = np.arange(round(seconds * RATE)) / RATE
    tone = 0.8 * 10.0 ** (-3.0 * t / t60_s) * np.sin(2 * np.pi * 1000 * t)
    return Audio(np.tile(np.concatenate([np.zeros(lead), tone]), (channels, 1)).astype(np.float32), RATE)


@pytest.mark.parametrize("lead", [0, 10, 44, 500, 20_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_the_onset_lies_within_a_millisecond(lead: int, channels: int) -> None:
    trimmed = trim_one_shot(decay(lead=lead, channels=channels))
    onset = np.argmax(np.abs(trimmed.samples[0]) > 0.1)
    assert onset <= 44 + 8
    assert (trimmed.samples[:, 0] == 0).all()
    assert trimmed.channels == channels


def test_the_attack_is_not_faded_when_there_is_room_before_it() -> None:
    noise = np.random.default_rng(0).uniform(-1e-4, 1e-4, 5000)
    hit = np.concatenate([noise, np.linspace(1.0, 0.5, 5000)]).astype(np.float32)
    trimmed = trim_one_shot(Audio(hit, RATE)).samples[0]
    assert trimmed[0] == 0
    assert trimmed[44] == 1.0 and trimmed[43] == pytest.approx(0.0, abs=1e-4)


def test_a_sound_that_starts_at_once_loses_only_a_tenth_of_a_millisecond() -> None:
    trimmed = trim_one_shot(Audio(np.linspace(1.0, 0.0, 4000, dtype=np.float32), RATE)).samples[0]
    assert trimmed[0] == 0 and trimmed[5] > 0.99


def test_the_tail_ends_at_60_db_with_a_fade_to_exact_zero() -> None:
    trimmed = trim_one_shot(decay(t60_s=0.5))
    assert trimmed.duration_s == pytest.approx(0.505, abs=0.01)
    assert (trimmed.samples[:, -1] == 0).all()
    assert trim_one_shot(decay(t60_s=0.5), threshold_db=-30).duration_s == pytest.approx(0.255, abs=0.01)


def test_nothing_loud_is_lost_in_the_tail() -> None:
    original = decay(t60_s=0.5).samples[0]
    kept = trim_one_shot(decay(t60_s=0.5)).length
    assert np.abs(original[kept:]).max() < 0.8 * 10 ** (-58 / 20)


def test_a_sound_that_is_loud_to_its_end_keeps_its_length() -> None:
    steady = Audio(np.sin(np.arange(4410) / 5).astype(np.float32), RATE)
    trimmed = trim_one_shot(steady)
    assert trimmed.length == 4410 and trimmed.samples[0, -1] == 0
    assert np.array_equal(trimmed.samples[0, 10:-221], steady.samples[0, 10:-221])


def test_the_longest_time_holds_and_ends_in_a_fade() -> None:
    trimmed = trim_one_shot(decay(), max_seconds=0.1)
    assert trimmed.length == 4410 and trimmed.samples[0, -1] == 0


def test_trimming_twice_changes_little() -> None:
    once = trim_one_shot(decay(lead=1000))
    assert abs(trim_one_shot(once).length - once.length) <= 0.01 * RATE


@pytest.mark.parametrize("length", [0, 1, 100])
def test_silence_stays(length: int) -> None:
    silence = Audio(np.zeros((1, length), np.float32), RATE)
    assert trim_one_shot(silence) is silence


def test_one_value_and_a_click() -> None:
    assert trim_one_shot(Audio(np.ones((1, 1), np.float32), RATE)).length == 1
    click = np.zeros(RATE, np.float32)
    click[20_000] = 1.0
    trimmed = trim_one_shot(Audio(click, RATE))
    assert np.argmax(trimmed.samples[0]) == 44 and trimmed.samples.max() == 1.0
    assert trimmed.length < 0.015 * RATE


def test_the_input_is_left_alone() -> None:
    audio = decay(lead=100)
    before = audio.samples.copy()
    trim_one_shot(audio)
    assert np.array_equal(audio.samples, before)


def test_the_envelope_of_a_constant_is_that_constant() -> None:
    envelope = energy_envelope(Audio(np.full((2, 2000), 0.5, np.float32), RATE))
    assert envelope[200:-200] == pytest.approx(0.5)
    assert envelope[0] == pytest.approx(0.5 * (111 / 221) ** 0.5)


@pytest.mark.parametrize(
    "options",
    [{"threshold_db": 0.0}, {"threshold_db": float("nan")}, {"max_seconds": 0.0}, {"max_seconds": -1}, {"fade_ms": -5}],
)
def test_values_that_make_no_sense_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        trim_one_shot(decay(seconds=0.1), **options)
