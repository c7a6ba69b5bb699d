from dataclasses import dataclass

import numpy as np
import pytest

from samplegen.audio.types import Samples
from samplegen.engines.on_the_fly.checks import Recording, check_recording
from samplegen.errors import InputError

RATE = 8000


@dataclass(frozen=True)
class Memory:
    """A source that, unlike `Audio`, may hold NaN."""

    samples: Samples
    sample_rate: int = RATE

    @property
    def channels(self) -> int:
        return int(self.samples.shape[0])

    @property
    def length(self) -> int:
        return int(self.samples.shape[1])

    def read(self, start: int, stop: int) -> Samples:
        assert stop - start <= 10 * self.sample_rate, "a block of more than 10 s"
        return self.samples[:, start:stop]


def _quiet(seconds: float, *, channels: int = 1) -> Samples:
    return np.full((channels, round(seconds * RATE)), 0.1, np.float32)


def test_peak_is_the_highest_magnitude_in_any_block_and_channel():
    samples = _quiet(25.0, channels=2)
    samples[1, 24 * RATE] = -0.75
    assert check_recording(Memory(samples)) == Recording(peak=0.75, silent_channels=())


def test_channels_below_the_silence_peak_are_named():
    samples = _quiet(0.25, channels=3)
    samples[0] = 0.9e-5
    samples[2] = 0.0
    assert check_recording(Memory(samples)).silent_channels == (0, 2)


def test_values_that_are_not_finite_are_counted_in_all_blocks_and_the_first_is_dated():
    samples = _quiet(25.0, channels=2)
    samples[1, 12 * RATE] = np.nan
    samples[0, 12 * RATE + 1] = np.inf
    samples[0, 24 * RATE] = -np.inf
    with pytest.raises(InputError, match=r"holds 3 values that are NaN or infinite, the first at 12\.000 s"):
        check_recording(Memory(samples))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_one_bad_value_is_enough(bad):
    samples = _quiet(1.0)
    samples[0, 2000] = bad
    with pytest.raises(InputError, match=r"holds 1 value that is NaN or infinite, the first at 0\.250 s"):
        check_recording(Memory(samples))


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (_quiet(0.0), "holds no samples"),
        (_quiet(0.2), r"lasts 0\.200 s; at least 0\.25 s"),
        (_quiet(0.25)[:, 1:], r"lasts 0\.250 s; at least 0\.25 s"),
        (_quiet(1.0) * np.float32(0.9e-4), r"silent: its peak is 9e-06, at least 1e-05"),
        (np.zeros((2, RATE), np.float32), "silent: its peak is 0, at least 1e-05"),
    ],
)
def test_unusable_recordings_are_refused(samples, message):
    with pytest.raises(InputError, match=message):
        check_recording(Memory(samples))


def test_the_limits_themselves_are_allowed():
    samples = _quiet(0.25)
    samples[:] = 0.0
    samples[0, 7] = np.nextafter(np.float32(1e-5), np.float32(1))
    assert check_recording(Memory(samples)).silent_channels == ()
