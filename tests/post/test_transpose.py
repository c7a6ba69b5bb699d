"""Transposed sounds have the asked pitch; loops keep length, attacks and seam."""

import numpy as np
import pytest

from samplegen.audio.key import estimate_pitch
from samplegen.audio.quality import measure_seam
from samplegen.audio.types import Audio, Samples
from samplegen.errors import UsageError
from samplegen.post.transpose import transpose_one_shot, transpose_ring

RATE = 44_100
BEATS, BEAT = 4, 15_000


def pulse_loop() -> Audio:
    """Four decaying notes of 110 Hz, one a beat."""
    time = np.arange(12_000) / RATE
    note = np.exp(-7.0 * time) * (1.0 - np.exp(-2_000.0 * time)) * np.sign(np.sin(2 * np.pi * 110.0 * time)) * 0.4
    samples = np.zeros(BEATS * BEAT, np.float32)
    for beat in range(BEATS):
        samples[beat * BEAT : beat * BEAT + note.size] += note.astype(np.float32)
    return Audio(samples, RATE)


def attacks_ms(samples: Samples) -> list[float]:
    """Where the level first passes 30 % of its maximum around every beat of a ring, in ms from the beat."""
    level = np.convolve(np.abs(np.tile(samples, 3)), np.ones(64) / 64, "same")
    found = []
    for beat in range(BEATS):
        around = level[samples.size + beat * BEAT - 1_500 :][:4_000]
        found.append(1e3 * (int(np.argmax(around > 0.3 * around.max())) - 1_500) / RATE)
    return found


@pytest.mark.parametrize("semitones", [-6.0, -0.3, 4.23, 6.0])
def test_a_loop_keeps_length_attacks_and_seam(semitones: float) -> None:
    loop = pulse_loop()
    made = transpose_ring(loop, semitones=semitones)
    assert made.length == loop.length
    assert np.abs(np.array(attacks_ms(made.samples[0])) - attacks_ms(loop.samples[0])).max() < 3.0
    assert measure_seam(made, bars=1, beats_per_bar=4).passed
    before, after = estimate_pitch(loop).midi, estimate_pitch(made).midi
    assert before is not None and after is not None
    assert after - before == pytest.approx(semitones, abs=0.05)


@pytest.mark.parametrize("semitones", [-6.0, 0.5, 6.0])
def test_a_one_shot_is_played_at_another_speed(semitones: float) -> None:
    time = np.arange(RATE // 2) / RATE
    sound = Audio((0.5 * np.exp(-3 * time) * np.sin(2 * np.pi * 220.0 * time)).astype(np.float32), RATE)
    made = transpose_one_shot(sound, semitones=semitones)
    assert made.length == round(sound.length / 2 ** (semitones / 12))
    after = estimate_pitch(made).midi
    assert after is not None and after == pytest.approx(57.0 + semitones, abs=0.05)
    assert np.abs(made.samples).max() == pytest.approx(np.abs(sound.samples).max(), rel=0.05)


def test_stereo_and_silence_and_the_same_bytes() -> None:
    loop = pulse_loop()
    stereo = loop.with_samples(np.vstack([loop.samples[0], -0.5 * loop.samples[0]]))
    made = transpose_ring(stereo, semitones=2.0)
    assert made.channels == 2
    assert np.array_equal(made.samples, transpose_ring(stereo, semitones=2.0).samples)
    silence = Audio(np.zeros(30_000, np.float32), RATE)
    assert not transpose_ring(silence, semitones=3.0).samples.any()
    assert transpose_ring(loop, semitones=0.0) is loop
    assert transpose_one_shot(Audio(np.zeros((1, 0), np.float32), RATE), semitones=2.0).length == 0


@pytest.mark.parametrize("semitones", [25.0, float("nan"), float("-inf")])
def test_senseless_intervals_are_refused(semitones: float) -> None:
    for transpose in (transpose_ring, transpose_one_shot):
        with pytest.raises(UsageError, match="makes no sense; give -24 to 24"):
            transpose(pulse_loop(), semitones=semitones)
