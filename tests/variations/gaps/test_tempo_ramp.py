"""Beats under a linear tempo ramp, against figures worked out by hand."""

import numpy as np
import pytest

from samplegen.errors import UsageError
from samplegen.variations.gaps.tempo_ramp import TempoRamp


def test_from_60_to_120_in_three_beats_takes_two_seconds() -> None:
    ramp = TempoRamp(3, 60.0, 120.0)  # the mean is 90 BPM, 1.5 beats a second
    assert ramp.duration_s == 2.0
    # beat(t) = t + t^2 / 4: one second holds 1.25 beats, and beat 1 is at 2 sqrt(2) - 2 s.
    assert ramp.beats_at(np.array([0.0, 1.0, 2.0])).tolist() == [0.0, 1.25, 3.0]
    assert ramp.samples_of(np.array([0.0, 1.0, 2.0, 3.0]), sample_rate=1000).tolist() == [0, 828, 1464, 2000]
    assert ramp.bpm_at(np.array([-1.0, 0.0, 1.0, 2.0, 9.0])).tolist() == [60.0, 60.0, 90.0, 120.0, 120.0]


def test_before_and_after_the_tempo_is_constant() -> None:
    ramp = TempoRamp(3, 60.0, 120.0)
    assert ramp.beats_at(np.array([-2.0, 3.0])).tolist() == [-2.0, 5.0]


def test_equal_tempi_are_a_grid() -> None:
    assert TempoRamp(4, 120.0, 120.0).samples_of(np.arange(5.0), sample_rate=44_100).tolist() == [
        0, 22_050, 44_100, 66_150, 88_200,
    ]  # fmt: skip


def test_beats_and_samples_are_inverse_also_when_slowing_down() -> None:
    ramp = TempoRamp(8, 174.0, 87.3)
    places = ramp.samples_of(np.arange(9.0), sample_rate=48_000)
    assert np.allclose(ramp.beats_at(places / 48_000), np.arange(9), atol=1e-4)


@pytest.mark.parametrize(("beats", "bpm"), [(0, 120.0), (4, 0.0), (4, float("inf"))])
def test_what_has_no_time_is_refused(beats: int, bpm: float) -> None:
    with pytest.raises(UsageError, match="no tempo ramp"):
        TempoRamp(beats, 120.0, bpm)
