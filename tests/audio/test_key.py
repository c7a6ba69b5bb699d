"""Keys of cadences and pitches of tones."""

import numpy as np
import pytest

from samplegen.audio.key import NOTES, estimate_key, estimate_pitch
from samplegen.audio.types import Audio
from samplegen.units import hz_to_midi, midi_to_hz
from tests.audio.signals import RATE, hit, noise, sine

MAJOR_CADENCE = [(60, 64, 67), (65, 69, 72), (67, 71, 74), (60, 64, 67)]
MINOR_CADENCE = [(57, 60, 64), (62, 65, 69), (52, 56, 59), (57, 60, 64)]


def chords(cadence: list[tuple[int, ...]], *, shift: float) -> Audio:
    time = np.arange(RATE // 2) / RATE
    parts = [
        sum(np.sin(2 * np.pi * midi_to_hz(note + shift) * h * time) / h for note in chord for h in (1, 2, 3))
        for chord in cadence
    ]
    return Audio((0.05 * np.concatenate(parts)).astype(np.float32), RATE)


@pytest.mark.parametrize("shift", [0, 1, 4, 7, 9])
@pytest.mark.parametrize("detune", [0.0, 0.3])
def test_cadences(shift: int, detune: float) -> None:
    major = estimate_key(chords(MAJOR_CADENCE, shift=shift + detune))
    minor = estimate_key(chords(MINOR_CADENCE, shift=shift + detune))
    assert (major.tonic, major.mode) == (NOTES[shift], "major")
    assert minor.name == NOTES[(9 + shift) % 12] + "m"
    assert min(major.confidence, minor.confidence) > 0.6


def test_no_key_in_noise_or_silence() -> None:
    assert estimate_key(noise(3.0)).confidence < 0.3
    assert estimate_key(Audio(np.zeros(100, np.float32), RATE)).confidence == 0.0


@pytest.mark.parametrize("hz", [30.0, 55.0, 110.0, 440.0, 1046.5, 2000.0])
@pytest.mark.parametrize("sample_rate", [22_050, 44_100])
def test_pitch_of_a_sine(hz: float, sample_rate: int) -> None:
    estimate = estimate_pitch(sine(hz, seconds=0.5, sample_rate=sample_rate))
    assert estimate.midi == pytest.approx(hz_to_midi(hz), abs=0.1)
    assert estimate.confidence > 0.9


def test_pitch_of_a_harmonic_sound_with_a_weak_fundamental() -> None:
    time = np.arange(RATE) / RATE
    tone = sum(a * np.sin(2 * np.pi * 82.4 * h * time) for h, a in ((1, 0.05), (2, 0.3), (3, 0.3), (4, 0.2)))
    estimate = estimate_pitch(Audio(np.asarray(tone, np.float32), RATE))
    assert estimate.midi == pytest.approx(hz_to_midi(82.4), abs=0.1)


def test_pitch_of_a_kick() -> None:
    assert estimate_pitch(Audio(hit(hz=55, decay_ms=90, brightness=0.02), RATE)).midi == pytest.approx(33.0, abs=0.5)


@pytest.mark.parametrize("audio", [noise(0.5), Audio(np.zeros(7, np.float32), RATE)], ids=["noise", "silence"])
def test_no_pitch(audio: Audio) -> None:
    assert estimate_pitch(audio).midi is None
