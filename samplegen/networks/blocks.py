"""Building blocks of the 1-D U-Net: every one works on a line (zero padding) and on a ring."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SINUSOID_BASE = 1e4
CHANNELS_PER_GROUP = 4
MAX_GROUPS = 32


def group_count(channels: int) -> int:
    """Most groups (at most 32) that divide `channels` and keep four channels each.

    One channel per group would be instance norm, which erases a channel's level over the clip.
    """
    most = max(1, min(MAX_GROUPS, channels // CHANNELS_PER_GROUP))
    return next(groups for groups in range(most, 0, -1) if channels % groups == 0)


def normalisation(channels: int) -> nn.GroupNorm:
    """Group norm; statistics are accumulated in fp32 whatever the dtype of the input."""
    return nn.GroupNorm(group_count(channels), channels)


def pad_ring(x: Tensor, *, left: int, right: int) -> Tensor:
    """Extend ``[B, C, N]`` periodically at both ends (``left, right <= N``)."""
    return torch.cat([x[..., x.shape[-1] - left :], x, x[..., :right]], dim=-1)


def sinusoid(alpha: Tensor, *, dimension: int) -> Tensor:
    """Embed ``1000 * alpha``: ``[B]`` to ``[B, dimension]`` in fp32, base 10^4 (spec §3)."""
    half = dimension // 2
    steps = torch.arange(half, dtype=torch.float32, device=alpha.device) / half
    angles = 1000.0 * alpha.float()[:, None] * torch.exp(-math.log(SINUSOID_BASE) * steps)
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class Conv(nn.Conv1d):
    """Odd-kernel convolution, "same" length (divided by `stride`), padded with zeros or round the ring."""

    def __init__(self, inputs: int, outputs: int, *, kernel: int = 3, stride: int = 1) -> None:
        super().__init__(inputs, outputs, kernel, stride=stride, padding=kernel // 2)

    def forward(self, x: Tensor, circular: bool = False) -> Tensor:
        """``[B, inputs, N]`` to ``[B, outputs, N / stride]``."""
        reach = self.kernel_size[0] // 2
        if not circular or reach == 0:
            return super().forward(x)
        return F.conv1d(pad_ring(x, left=reach, right=reach), self.weight, self.bias, self.stride)


def zero(layer: nn.Conv1d | nn.Linear) -> None:
    """Start a layer at zero so that its block begins as the identity."""
    nn.init.zeros_(layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


class ResidualBlock(nn.Module):
    """GN, SiLU, conv-3, GN·(1+γ)+β, SiLU, dropout, zero-init conv-3, plus a skip (spec §4)."""

    def __init__(self, inputs: int, outputs: int, *, time_dimension: int, dropout: float) -> None:
        super().__init__()
        self.norm_in = normalisation(inputs)
        self.conv_in = Conv(inputs, outputs)
        self.norm_out = normalisation(outputs)
        self.modulation = nn.Linear(time_dimension, 2 * outputs)
        self.dropout = nn.Dropout(dropout)
        self.conv_out = Conv(outputs, outputs)
        self.skip = nn.Conv1d(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        zero(self.conv_out)

    def forward(self, x: Tensor, time: Tensor, *, circular: bool) -> Tensor:
        """``[B, inputs, N]`` and an activated ``[B, T]`` embedding to ``[B, outputs, N]``."""
        h = self.conv_in(F.silu(self.norm_in(x)), circular)
        scale, shift = self.modulation(time)[..., None].chunk(2, dim=1)
        h = self.norm_out(h) * (1 + scale.to(h.dtype)) + shift.to(h.dtype)
        skip: Tensor = self.skip(x)
        change: Tensor = self.conv_out(self.dropout(F.silu(h)), circular)
        return skip + change


class Downsample(nn.Module):
    """Strided conv-3: half the frames."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = Conv(inputs, outputs, stride=2)

    def forward(self, x: Tensor, *, circular: bool) -> Tensor:
        """``[B, inputs, N]`` to ``[B, outputs, N / 2]``."""
        result: Tensor = self.conv(x, circular)
        return result


class Upsample(nn.Module):
    """Nearest neighbour, then conv-3: twice the frames without a checkerboard."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = Conv(inputs, outputs)

    def forward(self, x: Tensor, *, circular: bool) -> Tensor:
        """``[B, inputs, N]`` to ``[B, outputs, 2 N]``."""
        result: Tensor = self.conv(x.repeat_interleave(2, dim=-1), circular)
        return result
