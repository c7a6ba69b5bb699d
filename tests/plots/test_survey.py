"""A recording reduced to columns: the same whatever the blocks, and never held whole."""

import numpy as np
import pytest

from samplegen.audio.source import as_source
from samplegen.audio.types import Audio
from samplegen.plots.survey import survey
from tests.plots.results import RATE, FakeSource, noise


def test_envelope_holds_every_sample_of_every_channel():
    samples = np.zeros((2, 1600 * 10), np.float32)
    samples[0, 5], samples[1, 12_345] = 0.7, -0.9
    found = survey(as_source(Audio(samples, RATE)), window_s=0.03, hop_s=0.01)
    assert found.low.shape == found.high.shape == (1600,) and found.duration_s == 2.0
    assert np.flatnonzero(found.high).tolist() == [0] and found.high[0] == np.float32(0.7)
    assert np.flatnonzero(found.low).tolist() == [1234] and found.low[1234] == np.float32(-0.9)


def test_a_sine_lies_where_it_should_at_its_level():
    found = survey(FakeSource(4 * RATE), window_s=0.03, hop_s=0.01)
    middle = found.levels_db[:, 5:-5]
    rows_hz = (np.arange(len(middle)) + 0.5) * found.top_hz / len(middle)
    assert np.abs(rows_hz[middle.argmax(axis=0)] - 750).max() < 40
    assert np.allclose(middle.max(axis=0), 20 * np.log10(0.5), atol=0.6)
    # A sine of amplitude a has the mean square a²/2; 0 dB is 20 µPa.
    assert np.allclose(found.intensity_db, 10 * np.log10(0.125) - 20 * np.log10(2e-5), atol=0.05)


def test_nothing_above_five_kilohertz_is_kept():
    found = survey(FakeSource(44_100, sample_rate=44_100), window_s=0.005, hop_s=0.01)
    assert 5000 <= found.top_hz < 5100 and found.levels_db.shape[1] == 100


def test_blocks_leave_no_mark():
    long = noise(25.0, channels=1)
    whole, half = (survey(as_source(long), window_s=0.03, hop_s=0.01, columns=n) for n in (1600, 800))
    by_hand = np.array([part.max() for part in np.split(long.samples[0], 800)])
    assert np.array_equal(half.high, by_hand)
    assert np.array_equal(np.maximum(whole.high[::2], whole.high[1::2]), half.high)
    # Noise that fades smoothly has no column that stands out at 10 s and 20 s.
    levels = 10 * np.log10((10 ** (half.levels_db / 10)).mean(axis=0))
    assert np.abs(np.diff(levels)).max() < 3.0


def test_an_hour_is_read_in_blocks_once():
    rate = RATE // 4
    hour = FakeSource(3600 * rate, sample_rate=rate, channels=1)
    found = survey(hour, window_s=0.03, hop_s=0.0075)
    assert hour.largest <= 10.1 * rate and hour.total < 1.01 * hour.length
    assert found.levels_db.shape[1] == found.low.size == found.intensity_db.size == 1600
    assert np.isfinite(found.levels_db).all() and found.levels_db.max() > -20


@pytest.mark.parametrize("length", [1, 7, 240, 1601])
def test_very_short_and_silent_recordings_are_finite(length):
    found = survey(as_source(Audio(np.zeros((1, length), np.float32), RATE)), window_s=0.03, hop_s=0.01)
    for values in (found.low, found.high, found.levels_db, found.intensity_db):
        assert np.isfinite(values).all()
