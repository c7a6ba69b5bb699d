"""Tempo to a tenth of a BPM, and 124 is never 128."""

import csv

import numpy as np
import pytest

from samplegen.audio.io import read_audio
from samplegen.audio.tempo import MIN_CONFIDENCE, estimate_tempo, tempo_error_bpm, tempo_matches
from samplegen.audio.types import Audio
from tests.audio.signals import RATE, drum_loop, hit, noise, place, sine


def octave_error_bpm(measured: float, *, bpm: float) -> float:
    return min(abs(measured * octave - bpm) for octave in (0.5, 1.0, 2.0))


@pytest.mark.parametrize("bpm", [61.0, 87.5, 100.3, 127.4, 128.0, 174.3, 199.0])
@pytest.mark.parametrize(("bars", "ring", "tolerance"), [(4, True, 0.06), (4, False, 0.1), (1, True, 0.1)])
def test_drum_loops(bpm: float, bars: int, ring: bool, tolerance: float) -> None:
    estimate = estimate_tempo(drum_loop(bpm=bpm, bars=bars), ring=ring)
    assert estimate.bpm is not None
    assert octave_error_bpm(estimate.bpm, bpm=bpm) < tolerance
    assert estimate.confidence > 0.5


@pytest.mark.parametrize("bars", [1, 2, 4])
@pytest.mark.parametrize("ring", [False, True])
def test_a_wrong_tempo_in_the_right_length_is_found_out(bars: int, ring: bool) -> None:
    length = round(4 * bars * 60 / 128 * RATE)
    long = drum_loop(bpm=124, bars=bars)
    loop = long.with_samples(long.samples[:, :length])
    matches, measured = tempo_matches(loop, bpm=128, ring=ring)
    assert not matches
    assert measured == pytest.approx(124, abs=0.3)


@pytest.mark.parametrize("ring", [False, True])
def test_only_octaves_are_the_same_grid(ring: bool) -> None:
    loop = drum_loop(bpm=100, bars=2)
    for factor in (1.0, 2.0, 0.5):
        matches, measured = tempo_matches(loop, bpm=100 * factor, ring=ring)
        assert matches
        assert measured == pytest.approx(100 * factor, abs=0.2)
    for factor in (1.5, 2 / 3, 0.75, 1.02):
        assert not tempo_matches(loop, bpm=100 * factor, ring=ring)[0], factor


@pytest.mark.parametrize(("measured", "error"), [(128.5, 0.5), (63.5, -1.0), (255.0, -0.5), (85.0, 42.0)])
def test_error_in_the_nearest_octave(measured: float, error: float) -> None:
    assert tempo_error_bpm(measured, bpm=128.0) == pytest.approx(error)


def test_tolerance() -> None:
    loop = drum_loop(bpm=120, bars=4)
    assert tempo_matches(loop, bpm=121, tolerance_bpm=1.5, ring=True)[0]
    assert not tempo_matches(loop, bpm=121, ring=True)[0]


def test_four_beats_suffice_on_a_ring() -> None:
    kick = hit(hz=55, decay_ms=90, brightness=0.05)
    loop = place([(k * 0.5, kick) for k in range(4)], length=2 * RATE)
    assert tempo_matches(loop, bpm=120, ring=True)[0]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("ring", [False, True])
def test_noise_is_not_trusted(seed: int, ring: bool) -> None:
    audio = noise(6.0, seed=seed)
    estimate = estimate_tempo(audio, ring=ring)
    assert estimate.confidence < MIN_CONFIDENCE
    if estimate.bpm is not None:
        assert not tempo_matches(audio, bpm=estimate.bpm, ring=ring)[0]


@pytest.mark.parametrize("length", [1, 100, 9999])
@pytest.mark.parametrize("ring", [False, True])
def test_silence_has_no_tempo(length: int, ring: bool) -> None:
    silence = Audio(np.zeros(length, np.float32), RATE)
    assert estimate_tempo(silence, ring=ring).bpm is None
    assert tempo_matches(silence, bpm=120, ring=ring) == (False, None)


def test_a_steady_tone_has_no_tempo() -> None:
    assert estimate_tempo(sine(100, seconds=4.0), ring=True).bpm is None


def test_candidates_are_sorted_and_hold_the_best() -> None:
    estimate = estimate_tempo(drum_loop(bpm=110, bars=2), ring=True)
    scores = [score for _, score in estimate.candidates]
    assert scores == sorted(scores, reverse=True)
    assert estimate.candidates[0][0] == pytest.approx(estimate.bpm, rel=0.002)


def test_real_loops(shared_audio: object) -> None:
    """Measured over all 122 loops: 120 within 0.5 BPM (octaves allowed), every sixth is read here."""
    with (shared_audio / "index.csv").open(newline="") as file:  # type: ignore[operator]
        rows = [row for row in csv.DictReader(file) if row["class"].startswith("loop_")][::6]
    exact = same_grid = 0
    for row in rows:
        audio = read_audio(shared_audio / row["path"], mono=True)  # type: ignore[operator]
        measured = estimate_tempo(audio, ring=True).bpm
        exact += measured is not None and abs(measured - float(row["bpm"])) < 0.5
        same_grid += measured is not None and octave_error_bpm(measured, bpm=float(row["bpm"])) < 0.5
    print(f"{same_grid} of {len(rows)} loops on the right grid, {exact} in the right octave")
    assert same_grid >= 0.95 * len(rows)
