"""The `Audio` value that every stage exchanges."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from samplegen.errors import InputError

Samples = npt.NDArray[np.float32]


class Extent(Protocol):
    """What can be said of audio without its samples."""

    @property
    def sample_rate(self) -> int:
        """In Hz."""

    @property
    def channels(self) -> int:
        """Number of channels C."""

    @property
    def length(self) -> int:
        """Samples per channel."""


@dataclass(frozen=True, eq=False)
class Audio:
    """Samples with their rate.

    Parameters
    ----------
    samples
        ``[C, T]`` float32, nominally in [-1, 1]; a ``[T]`` array becomes one channel.
        Made read-only.
    sample_rate
        In Hz, positive.

    Raises
    ------
    InputError
        If the array has another number of axes, no channel, or values that are not finite.
    """

    samples: Samples
    sample_rate: int

    def __post_init__(self) -> None:
        """Normalise the array once, so that everything behind may trust it."""
        samples = np.atleast_2d(np.asarray(self.samples, dtype=np.float32))
        if samples.ndim != 2 or samples.shape[0] == 0:
            raise InputError(f"Audio needs an array of shape [channels, samples], not {samples.shape}.")
        if self.sample_rate <= 0:
            raise InputError(f"A sample rate must be positive, not {self.sample_rate}.")
        if not np.isfinite(samples).all():
            raise InputError("The audio holds NaN or infinite values. Repair the file and try again.")
        if samples is self.samples or samples.base is not None:
            samples = samples.copy()
        samples.flags.writeable = False
        object.__setattr__(self, "samples", samples)

    @property
    def channels(self) -> int:
        """Number of channels C."""
        return int(self.samples.shape[0])

    @property
    def length(self) -> int:
        """Number of samples T per channel."""
        return int(self.samples.shape[1])

    @property
    def duration_s(self) -> float:
        """Duration in seconds."""
        return self.length / self.sample_rate

    def mono(self) -> "Audio":
        """The mean of all channels, ``[1, T]``."""
        return self if self.channels == 1 else self.with_samples(self.samples.mean(axis=0, keepdims=True))

    def with_samples(self, samples: Samples) -> "Audio":
        """New audio at the same rate."""
        return Audio(samples, self.sample_rate)
