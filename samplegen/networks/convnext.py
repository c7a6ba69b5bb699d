"""What the autoencoders for CPUs have in common: layers at the frame rate, and encoding on a ring."""

from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from samplegen.networks.stft import wrap


class Kernels(Protocol):
    """The part of a configuration that shapes blocks."""

    @property
    def expansion(self) -> int:
        """Hidden width of a block in units of its width."""
        ...

    @property
    def kernel_size(self) -> int:
        """Frames seen by a block's depthwise convolution; odd."""
        ...


class Frames(Protocol):
    """The part of a configuration that says how samples become frames."""

    @property
    def hop_length(self) -> int:
        """Samples per latent frame."""
        ...

    @property
    def reach(self) -> int:
        """Latent frames on either side that can alter an encoded or a decoded frame."""
        ...


class ConvNextBlock(nn.Module):
    """Depthwise convolution over time, then a two-layer perceptron per frame; ``[B, N, W]`` in and out."""

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


def convnext(width: int, count: int, kernels: Kernels) -> nn.Sequential:
    """`count` blocks in a row."""
    return nn.Sequential(
        *[ConvNextBlock(width, expansion=kernels.expansion, kernel_size=kernels.kernel_size) for _ in range(count)]
    )


class FrameAutoencoder(nn.Module):
    """An autoencoder whose `encoder` takes ``[B, T]`` to ``[B, N, C]``."""

    config: Frames
    encoder: nn.Module

    def encode(self, samples: Tensor, *, loop: bool = False) -> Tensor:
        """``[B, T]`` with T a multiple of the hop to ``[B, C, N]``; exact on a ring when `loop`."""
        if not loop:
            line: Tensor = self.encoder(samples)
            return line.transpose(1, 2)
        reach, hop = self.config.reach, self.config.hop_length
        latents: Tensor = self.encoder(wrap(samples, reach * hop))
        return latents[:, reach:-reach].transpose(1, 2)
