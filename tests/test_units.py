"""Every conversion, at values worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samplegen import units


@pytest.mark.parametrize(
    ("bars", "bpm", "beats", "rate", "samples"),
    [
        (4, 128, 4, 44_100, 330_750),
        (1, 120, 4, 44_100, 88_200),
        (1, 174.3, 4, 44_100, 60_723),
        (2, 87.5, 3, 48_000, 197_486),
        (16, 60, 5, 44_100, 3_528_000),
    ],
)
def test_loop_length(bars: int, bpm: float, beats: int, rate: int, samples: int) -> None:
    assert units.bars_to_samples(bars, bpm=bpm, beats_per_bar=beats, sample_rate=rate) == samples


def test_decimal_tempi_round_as_written() -> None:
    assert units.bars_to_samples(1, bpm=0.3, beats_per_bar=1, sample_rate=3) == 600
    assert units.bars_to_samples(1, bpm=120, beats_per_bar=1, sample_rate=1) == 1  # a half goes up


@given(st.integers(1, 10**7), st.integers(1, 64))
def test_slices_cover_a_loop_evenly(length: int, slices: int) -> None:
    starts = [units.slice_to_sample(k, slices=slices, length=length) for k in range(slices + 1)]
    sizes = [b - a for a, b in zip(starts, starts[1:], strict=False)]
    assert starts[0] == 0
    assert starts[-1] == length
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize(
    ("samples", "old", "new", "expected"), [(441, 44_100, 48_000, 480), (3, 2, 1, 2), (1, 3, 1, 0)]
)
def test_samples_at_another_rate(samples: int, old: int, new: int, expected: int) -> None:
    assert units.samples_to_samples(samples, from_rate=old, to_rate=new) == expected


def test_time() -> None:
    assert units.seconds_to_samples(0.5, sample_rate=44_100) == 22_050
    assert units.samples_to_seconds(22_050, sample_rate=44_100) == 0.5
    assert units.bars_to_beats(3, beats_per_bar=7) == 21
    assert units.bars_to_seconds(4, bpm=120) == 8.0
    assert units.samples_to_bpm(330_750, beats=16, sample_rate=44_100) == 128.0


def test_frames() -> None:
    assert units.samples_to_frames(1280, hop_length=512) == 3
    assert units.frames_to_samples(3, hop_length=512) == 1536


def test_levels() -> None:
    assert units.db_to_gain(-20.0) == pytest.approx(0.1)
    assert units.gain_to_db(0.1) == pytest.approx(-20.0)
    assert units.gain_to_db(0.0) == units.gain_to_db(1e-30) == units.MIN_DB


def test_pitches() -> None:
    assert units.ratio_to_cents(2.0) == 1200.0
    assert units.cents_to_ratio(1200.0) == 2.0
    assert units.hz_to_midi(440.0) == 69.0
    assert units.midi_to_hz(60) == pytest.approx(261.6256, abs=1e-4)
    assert units.hz_to_midi(units.midi_to_hz(33.25)) == pytest.approx(33.25)
