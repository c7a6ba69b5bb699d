"""Blocks of the autoencoder for CPUs: dense products, one frame at a time but for a short convolution."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ConvNextBlock(nn.Module):
    """Depthwise convolution over time, then a two-layer perceptron per frame; ``[B, N, W]`` in and out.

    Parameters
    ----------
    expansion
        Hidden width of the perceptron in units of `width`.
    kernel_size
        Frames seen by the convolution; odd.
    """

    def __init__(self, width: int, *, expansion: int, kernel_size: int) -> None:
        super().__init__()
        self.mix = nn.Conv1d(width, width, kernel_size, padding=kernel_size // 2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.widen = nn.Linear(width, expansion * width)
        self.narrow = nn.Linear(expansion * width, width)
        self.scale = nn.Parameter(torch.full((width,), 0.1))

    def forward(self, x: Tensor) -> Tensor:
        """Residual update of ``[B, N, W]``."""
        y = self.mix(x.transpose(1, 2)).transpose(1, 2)
        update: Tensor = self.narrow(F.gelu(self.widen(self.norm(y)), approximate="tanh")) * self.scale
        return x + update


def convnext(width: int, count: int, *, expansion: int, kernel_size: int) -> nn.Sequential:
    """`count` blocks in a row."""
    return nn.Sequential(*[ConvNextBlock(width, expansion=expansion, kernel_size=kernel_size) for _ in range(count)])
