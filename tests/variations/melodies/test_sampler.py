"""The sampler: right pitch, right place, round the loop's end, another take each time; and colours at any pitch."""

import numpy as np
import pytest

from samplegen.audio.key import estimate_pitch
from samplegen.audio.tonality import second_pitch
from samplegen.audio.types import Audio
from samplegen.errors import InputError
from samplegen.units import midi_to_hz
from samplegen.variations.melodies.repitch import repitch
from samplegen.variations.melodies.sampler import Instrument, PlayedNote, Voice, play

RATE = 44_100


def pluck(midi: float, *, seconds: float = 0.6, gain: float = 0.5) -> Audio:
    time = np.arange(round(seconds * RATE)) / RATE
    hz = midi_to_hz(midi)
    tone = sum(np.sin(2 * np.pi * k * hz * time) / k for k in (1, 2, 3))
    made = gain * tone * np.exp(-3.0 * time) * np.minimum(1.0, time / 0.002) * np.minimum(1.0, (seconds - time) / 0.01)
    return Audio(made.astype(np.float32)[None], RATE)


def one(midi: float = 60.3) -> Instrument:
    return Instrument((Voice("pluck", (pluck(midi),), midi),))


@pytest.mark.parametrize("midi", [53, 60, 66, 72])
def test_notes_have_the_asked_pitch_whatever_the_source_is_tuned_to(midi: int) -> None:
    made = play([PlayedNote(0, RATE // 2, midi, 127)], one(), length=RATE, sample_rate=RATE, seed=0)
    heard = estimate_pitch(made).midi
    assert heard is not None and abs(heard - midi) < 0.1


def test_the_attack_falls_on_the_start_and_the_length_is_exact() -> None:
    made = play([PlayedNote(10_000, 4000, 60, 127)], one(), length=30_001, sample_rate=RATE, seed=0)
    assert made.samples.shape == (1, 30_001)
    level = np.abs(made.samples[0])
    assert abs(int(np.argmax(level > 0.1 * level.max())) - 10_000) < 60
    assert not made.samples[0, 20_000:].any(), "it is released after its note"


def test_what_rings_on_goes_round() -> None:
    long = play([PlayedNote(20_000, 24_000, 60, 127)], one(), length=60_000, sample_rate=RATE, seed=0).samples[0]
    ring = play([PlayedNote(20_000, 24_000, 60, 127)], one(), length=30_000, sample_rate=RATE, seed=0).samples[0]
    np.testing.assert_allclose(ring, long[:30_000] + long[30_000:], atol=1e-6)
    np.testing.assert_allclose(
        play([PlayedNote(100, 4000, 60, 90)], one(), length=30_000, sample_rate=RATE, seed=0).samples[0],
        np.roll(
            play([PlayedNote(5100, 4000, 60, 90)], one(), length=30_000, sample_rate=RATE, seed=0).samples[0], -5000
        ),
        atol=1e-7,
    )


def test_a_release_ends_in_silence_without_a_step() -> None:
    made = play([PlayedNote(0, 5000, 60, 127)], one(), length=RATE, sample_rate=RATE, seed=0, release_s=0.05)
    assert np.abs(np.diff(made.samples[0, 4900:7400])).max() < 0.08
    assert not made.samples[0, 7305:-100].any(), "what comes before its attack lies at the end"


def test_velocity_is_level_squared() -> None:
    loud, soft = (
        play([PlayedNote(0, 9000, 60, velocity)], one(), length=RATE, sample_rate=RATE, seed=0)
        for velocity in (127, 64)
    )
    ratio = np.abs(loud.samples).max() / np.abs(soft.samples).max()
    assert ratio == pytest.approx((127 / 64) ** 2, rel=1e-3)


def test_the_nearest_source_plays_and_says_how_far_it_is_shifted() -> None:
    both = Instrument((Voice("low", (pluck(48),), 48.0), Voice("high", (pluck(60),), 60.0)))
    assert [both.voices[both.voice_for(midi)].name for midi in (45, 53, 55, 63)] == ["low", "low", "high", "high"]
    assert both.farthest([47, 62]) == 2.0
    with pytest.raises(InputError, match="two octaves|24 semitones"):
        play([PlayedNote(0, 100, 100, 100)], both, length=RATE, sample_rate=RATE, seed=0)
    with pytest.raises(InputError, match="no note"):
        play([], both, length=RATE, sample_rate=RATE, seed=0)


def test_no_take_comes_twice_in_a_row() -> None:
    takes = tuple(Audio(np.full((1, 100), 0.1 * (k + 1), np.float32), RATE) for k in range(3))
    voice = Voice("steps", takes, 60.0)
    made = play([PlayedNote(200 * k, 100, 60, 127) for k in range(9)], Instrument((voice,)), length=1800,
                sample_rate=RATE, seed=1, release_s=0.001)  # fmt: skip
    played = [round(10 * float(made.samples[0, 200 * k + 50])) for k in range(9)]
    assert set(played) == {1, 2, 3} and all(a != b for a, b in zip(played, played[1:], strict=False))


def test_a_noise_sings_at_any_note_and_keeps_its_envelope() -> None:
    rng = np.random.default_rng(0)
    time = np.arange(RATE // 2) / RATE
    noise = Audio((0.3 * rng.standard_normal(time.size) * np.exp(-6 * time)).astype(np.float32)[None], RATE)
    for midi in (45.0, 57.0, 69.0):
        made = repitch(noise, midi=midi)
        heard = second_pitch(made).midi
        assert heard is not None and abs(heard - midi) < 0.1
        assert made.length == noise.length and np.isfinite(made.samples).all() and made.samples[0, -1] == 0.0
        levels = [
            [np.sqrt(np.mean(part**2)) for part in np.array_split(audio.samples[0], 8)] for audio in (noise, made)
        ]
        assert np.abs(20 * np.log10(np.array(levels[1]) / levels[0])).max() < 3.0
    assert np.array_equal(repitch(noise, midi=60.0, seed=1).samples, repitch(noise, midi=60.0, seed=1).samples)
