"""Beats under a tempo that changes in a straight line over time."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from samplegen.errors import UsageError

Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class TempoRamp:
    """`beats` beats from time 0 on, over which the tempo goes linearly in time from one to the other.

    With b_0 and b_1 in beats a minute it lasts ``T = 120 beats / (b_0 + b_1)`` seconds, and
    ``beat(t) = (b_0 t + (b_1 - b_0) t^2 / 2T) / 60``. Before and after, each tempo is constant.
    """

    beats: int
    from_bpm: float
    to_bpm: float

    def __post_init__(self) -> None:
        """Refuse what has no time."""
        if self.beats < 1 or not (0 < self.from_bpm < float("inf") and 0 < self.to_bpm < float("inf")):
            raise UsageError(f"{self.beats} beats from {self.from_bpm:g} to {self.to_bpm:g} BPM make no tempo ramp.")

    @property
    def duration_s(self) -> float:
        """Of all its beats."""
        return 120.0 * self.beats / (self.from_bpm + self.to_bpm)

    def beats_at(self, times_s: Float64) -> Float64:
        """Beat count at each time, ``[N]``."""
        inside = np.clip(times_s, 0.0, self.duration_s)
        slope = (self.to_bpm - self.from_bpm) / (2.0 * self.duration_s)
        count = (self.from_bpm * inside + slope * np.square(inside)) / 60.0
        before, after = np.minimum(times_s, 0.0), np.maximum(times_s - self.duration_s, 0.0)
        return np.asarray(count + before * self.from_bpm / 60.0 + after * self.to_bpm / 60.0, np.float64)

    def bpm_at(self, times_s: Float64) -> Float64:
        """Tempo at each time, ``[N]``."""
        share = np.clip(times_s / self.duration_s, 0.0, 1.0)
        return np.asarray(self.from_bpm + (self.to_bpm - self.from_bpm) * share, np.float64)

    def samples_of(self, beats: Float64, *, sample_rate: int) -> npt.NDArray[np.int64]:
        """Nearest sample of each beat between 0 and all of them: the root of the ramp's square."""
        half = (self.to_bpm - self.from_bpm) / (2.0 * self.duration_s)
        root = np.sqrt(np.square(self.from_bpm) + 240.0 * half * np.asarray(beats, np.float64))
        # 2c / (b + sqrt(b^2 + 4ac)) is exact also where both tempi are the same.
        times = 120.0 * np.asarray(beats, np.float64) / (self.from_bpm + root)
        return np.asarray(np.floor(times * sample_rate + 0.5), np.int64)
