"""Reading at a changing speed: what passes, what must not fold back, and what a sine becomes."""

import numpy as np
import pytest

from samplegen.audio.types import Samples
from samplegen.variations.risers.curves import Float64
from samplegen.variations.risers.reading import Reading
from samplegen.variations.risers.timeline import Timeline
from samplegen.variations.risers.varispeed import read_at, read_places, speeds

RATE = 44_100


def sine(hz: float, length: int) -> Samples:
    return np.sin(2.0 * np.pi * hz * np.arange(length) / RATE).astype(np.float32)[None]


def rms_db(samples: Samples) -> float:
    return float(10.0 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-30))


def test_speed_one_gives_the_same_back() -> None:
    wave = sine(9_000.0, 8_000)
    made = read_at(wave, np.arange(8_000, dtype=np.float64))
    assert rms_db(made[:, 100:-100] - wave[:, 100:-100]) < -80.0


@pytest.mark.parametrize("semitones", [-12.0, 3.0, 7.0, 12.0])
def test_a_sine_read_faster_is_the_higher_sine(semitones: float) -> None:
    places = read_places(np.full(6_000, speeds(semitones)))
    made = read_at(sine(1_000.0, 20_000), places)[0, 200:-200]
    expected = np.sin(2.0 * np.pi * 1_000.0 * places / RATE)[200:-200]
    assert rms_db(made - expected) < -75.0


@pytest.mark.parametrize(("hz", "semitones"), [(15_000.0, 12.0), (20_000.0, 7.0), (21_000.0, 3.0), (9_000.0, 24.0)])
def test_what_would_fold_back_vanishes(hz: float, semitones: float) -> None:
    """Tones that would stand above Nyquist (here 11.0, 14.7, 18.5 and 5.5 kHz before reading)."""
    places = read_places(np.full(6_000, speeds(semitones)))
    assert rms_db(read_at(sine(hz, 40_000), places)[:, 300:-300]) < -60.0 - 3.01


def test_a_tone_that_rises_out_of_the_band_does_not_come_back() -> None:
    """12 kHz, read up an octave: from 22.05 kHz on it must vanish, not fold down."""
    timeline = Timeline(120.0, 1)
    reading = Reading(timeline, semitones=12.0)
    made = reading.read(sine(12_000.0, reading.length))[0]
    late = made[int(0.9 * made.size) : -400]  # log2(22.05 / 12) = 0.878 of the way
    spectrum = np.abs(np.fft.rfft(late * np.hanning(late.size))) / (0.25 * late.size)
    assert 20.0 * np.log10(spectrum.max()) < -60.0


def test_outside_is_silence() -> None:
    made = read_at(np.ones((1, 10), np.float32), np.arange(-300.0, 300.0))
    assert not made[0, :200].any() and not made[0, 400:].any()


def measured_hz(samples: Float64) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size), 1 << 17))
    return float(spectrum.argmax() * RATE / (1 << 17))


@pytest.mark.parametrize(("direction", "first", "last"), [("up", 0.0, 12.0), ("down", 12.0, 0.0)])
def test_pitch_moves_by_the_semitones_asked_for(direction: str, first: float, last: float) -> None:
    timeline = Timeline(120.0, 1, direction=direction)  # type: ignore[arg-type]
    reading = Reading(timeline, semitones=12.0)
    made = reading.read(sine(440.0, reading.length))[0].astype(np.float64)
    assert made.size == timeline.length
    for place, position in ((2_048, 2_048 / made.size), (made.size - 2_048, 1.0 - 2_048 / made.size)):
        semitones = 12.0 * np.log2(measured_hz(made[place - 2_048 : place + 2_048]) / 440.0)
        assert semitones == pytest.approx(first + (last - first) * position, abs=0.15)


def test_the_bed_knows_the_finished_time() -> None:
    timeline = Timeline(120.0, 1)
    reading = Reading(timeline, semitones=12.0)
    assert reading.length > 1.4 * timeline.length  # the mean speed is 1 / ln 2 = 1.4427
    ends = reading.in_bed([0, timeline.length // 2, timeline.length])
    assert ends[0] == 0 and ends[2] == reading.length
    assert reading.progress(ends[1] / reading.length) == pytest.approx(0.5, abs=1e-3)
    plain = Reading(timeline, semitones=0.0)
    assert plain.length == timeline.length and plain.in_bed([5]).tolist() == [5]
