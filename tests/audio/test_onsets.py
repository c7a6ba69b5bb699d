"""Onsets where they were put."""

import numpy as np
import pytest

from samplegen.audio.onsets import detect_onsets, onset_envelope
from samplegen.audio.types import Audio
from tests.audio.signals import RATE, drum_loop, hit, noise, place, sine


def clicks(times: list[float], *, sample_rate: int, seconds: float = 2.0) -> Audio:
    samples = np.zeros(round(seconds * sample_rate), np.float32)
    samples[[round(t * sample_rate) for t in times]] = 0.5
    return Audio(samples, sample_rate)


@pytest.mark.parametrize("sample_rate", [8_000, 22_050, 44_100, 96_000])
@pytest.mark.parametrize("ring", [False, True])
def test_clicks(sample_rate: int, ring: bool) -> None:
    times = [0.1, 0.35, 0.7, 1.01, 1.5, 1.93]
    found = detect_onsets(clicks(times, sample_rate=sample_rate), ring=ring)
    np.testing.assert_allclose(found, times, atol=0.001)


@pytest.mark.parametrize("bpm", [90.0, 128.0, 174.3])
def test_every_onset_of_a_drum_loop_lies_on_its_grid(bpm: float) -> None:
    found = detect_onsets(drum_loop(bpm=bpm, bars=2), ring=True)
    grid = 60.0 / bpm / 4
    assert np.abs(found - grid * np.rint(found / grid)).max() < 0.005
    eighths = np.arange(16) * 2 * grid
    assert all(np.abs(found - t).min() < 0.005 for t in eighths)


def test_a_hit_at_the_start_is_found_with_and_without_a_ring() -> None:
    audio = place([(0.0, hit(hz=60, decay_ms=50, brightness=0.1))], length=RATE)
    for ring in (False, True):
        assert detect_onsets(audio, ring=ring).tolist() == pytest.approx([0.0], abs=0.002)


def test_turning_the_ring_turns_the_onsets() -> None:
    loop = drum_loop(bpm=120, bars=1)
    turned = loop.with_samples(np.roll(loop.samples, 5000, axis=1))
    straight = np.sort((detect_onsets(loop, ring=True) + 5000 / RATE) % loop.duration_s)
    np.testing.assert_allclose(detect_onsets(turned, ring=True), straight, atol=0.002)


@pytest.mark.parametrize("audio", [noise(2.0), sine(220, seconds=2.0)], ids=["noise", "sine"])
def test_steady_sound_has_no_onset_but_its_start(audio: Audio) -> None:
    assert (detect_onsets(audio) < 0.01).all()


@pytest.mark.parametrize("length", [0, 1, 10, 2000])
@pytest.mark.parametrize("ring", [False, True])
def test_short_silence(length: int, ring: bool) -> None:
    if length:
        assert detect_onsets(Audio(np.zeros(length, np.float32), RATE), ring=ring).size == 0
    envelope = onset_envelope(Audio(np.zeros(max(1, length), np.float32), RATE), ring=ring)
    assert not envelope.values.any()


def test_ring_frames_close_exactly() -> None:
    loop = drum_loop(bpm=97.3, bars=1)
    envelope = onset_envelope(loop, ring=True)
    assert envelope.values.size / envelope.frame_rate == pytest.approx(loop.duration_s, rel=1e-12)
