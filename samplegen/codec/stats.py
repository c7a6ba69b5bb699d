"""Normalisation of codec latents to zero mean and unit deviation per channel (spec §2.2), and how far they go."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from samplegen.errors import ModelInvalidError

_LEAST_STD = 1e-3
_LEAST_SHARE = 0.25
_OUTSIDE = 0.001
_MOST_FRAMES = 60_000


@dataclass(frozen=True)
class LatentStats:
    """Per-channel mean and standard deviation, both ``[C]``."""

    mean: Tensor
    std: Tensor

    @classmethod
    def measure(cls, frames: Tensor) -> "LatentStats":
        """Statistics of ``[N, C]`` latent frames.

        A channel that hardly ever speaks counts as a quarter as lively as the others on average: else
        the few times it does would be outliers.
        """
        deviation = frames.std(0)
        return cls(frames.mean(0), deviation.clamp_min(max(_LEAST_STD, _LEAST_SHARE * float(deviation.mean()))))

    def normalise(self, latents: Tensor) -> Tensor:
        """``[B, C, N]`` raw to unit variance."""
        return (latents - self.mean[:, None]) / self.std[:, None]

    def denormalise(self, latents: Tensor) -> Tensor:
        """``[B, C, N]`` back to what the codec decodes."""
        return latents * self.std[:, None] + self.mean[:, None]

    def to_config(self) -> dict[str, list[float]]:
        """Plain lists for ``config.json``."""
        return {"mean": self.mean.tolist(), "std": self.std.tolist()}

    @classmethod
    def from_config(cls, value: Any, *, channels: int) -> "LatentStats":
        """Read `to_config` back.

        Raises
        ------
        ModelInvalidError
            If it is not two lists of `channels` numbers with positive deviations.
        """
        mean, std = _two_lists(value, ("mean", "std"), channels=channels)
        if not (std > 0).all():
            raise ModelInvalidError("The latent statistics hold a deviation that is not positive.")
        return cls(mean, std)


@dataclass(frozen=True)
class LatentRange:
    """Least and greatest value of each channel that real sounds have but for one frame in a thousand, both ``[C]``.

    What a generator makes beyond is an error, and is held there (docs/results/generated_latents.md).
    """

    low: Tensor
    high: Tensor

    @classmethod
    def measure(cls, frames: Tensor) -> "LatentRange":
        """Range of ``[N, C]`` latent frames."""
        some = frames[torch.linspace(0, len(frames) - 1, min(len(frames), _MOST_FRAMES)).long()]
        low, high = (torch.quantile(some, share, dim=0) for share in (_OUTSIDE, 1.0 - _OUTSIDE))
        return cls(low, high)

    def hold(self, latents: Tensor) -> Tensor:
        """``[B, C, N]`` raw latents within the range."""
        return latents.clamp(self.low[:, None], self.high[:, None])

    def to_config(self) -> dict[str, list[float]]:
        """Plain lists for ``config.json``."""
        return {"low": self.low.tolist(), "high": self.high.tolist()}

    @classmethod
    def from_config(cls, value: Any, *, channels: int) -> "LatentRange":
        """Read `to_config` back.

        Raises
        ------
        ModelInvalidError
            If it is not two lists of `channels` numbers, the first nowhere above the second.
        """
        low, high = _two_lists(value, ("low", "high"), channels=channels)
        if not (low <= high).all():
            raise ModelInvalidError("The latent range ends below where it begins.")
        return cls(low, high)


def _two_lists(value: Any, names: tuple[str, str], *, channels: int) -> tuple[Tensor, Tensor]:
    lists = [value.get(name) for name in names] if isinstance(value, dict) else [None, None]
    for numbers in lists:
        if not isinstance(numbers, list) or len(numbers) != channels:
            raise ModelInvalidError(f"The latent statistics must be two lists of {channels} numbers.")
        if not all(isinstance(number, int | float) and not isinstance(number, bool) for number in numbers):
            raise ModelInvalidError("The latent statistics hold something that is not a number.")
    first, second = (torch.tensor(numbers, dtype=torch.float32) for numbers in lists)
    return first, second
