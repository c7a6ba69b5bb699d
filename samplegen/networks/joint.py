"""A small joint embedding of text and audio: two towers whose unit vectors meet (CLIP, CLAP).

Radford et al. 2021, arXiv:2103.00020; Wu et al. 2023, arXiv:2211.06687, for audio.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from samplegen.errors import UsageError


@dataclass(frozen=True)
class JointConfig:
    """Architecture of a `JointEmbedding`.

    Parameters
    ----------
    dimension
        Length of the shared vectors.
    buckets, text_width, text_blocks
        Hashed n-grams, width and depth of the text tower.
    bands, audio_width, audio_blocks
        Mel bands, first width and blocks per level (three levels) of the audio tower.
    """

    dimension: int = 192
    buckets: int = 16_384
    text_width: int = 160
    text_blocks: int = 2
    bands: int = 64
    audio_width: int = 128
    audio_blocks: int = 2

    def __post_init__(self) -> None:
        """Refuse what cannot be built before anything is allocated."""
        for name, value in vars(self).items():
            most = 1 << 20 if name == "buckets" else 4096
            if not 1 <= value <= most:
                raise UsageError(f"{name} is {value}; 1 to {most} are allowed.")


class _Block(nn.Module):
    """Depthwise convolution along the sequence, then a perceptron; residual, ``[B, N, W]``."""

    def __init__(self, width: int, *, kernel_size: int) -> None:
        super().__init__()
        self.mix = nn.Conv1d(width, width, kernel_size, padding=kernel_size // 2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.widen = nn.Linear(width, 3 * width)
        self.narrow = nn.Linear(3 * width, width)
        self.scale = nn.Parameter(torch.full((width,), 0.2))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """`mask` is ``[B, N, 1]``, 0 where there is nothing."""
        y = self.mix((x * mask).transpose(1, 2)).transpose(1, 2)
        update: Tensor = self.narrow(F.gelu(self.widen(self.norm(y)), approximate="tanh")) * self.scale
        return x + update


class TextTower(nn.Module):
    """Words as sums of n-gram vectors, mixed with their neighbours, pooled by attention."""

    def __init__(self, config: JointConfig) -> None:
        super().__init__()
        width = config.text_width
        self.pieces = nn.EmbeddingBag(config.buckets, width, mode="mean")
        nn.init.normal_(self.pieces.weight, std=0.3)
        self.norm = nn.LayerNorm(width)
        self.blocks = nn.ModuleList(_Block(width, kernel_size=3) for _ in range(config.text_blocks))
        self.attention = nn.Linear(width, 1)
        self.out = nn.Sequential(nn.Linear(2 * width, 2 * width), nn.GELU(), nn.Linear(2 * width, config.dimension))

    def words(self, buckets: Tensor, offsets: Tensor) -> Tensor:
        """``[words, W]`` of flat bucket numbers and where each word begins."""
        made: Tensor = self.pieces(buckets, offsets)
        return made

    def forward(self, words: Tensor, mask: Tensor) -> Tensor:
        """``[B, N, W]`` word vectors and their ``[B, N, 1]`` mask to ``[B, D]``, not normalised."""
        x = self.norm(words)
        for block in self.blocks:
            x = block(x, mask)
        weights = torch.softmax(self.attention(x).masked_fill(mask == 0, -1e4), dim=1)
        pooled = torch.cat([(x * weights).sum(1), (x * mask).sum(1) / mask.sum(1).clamp_min(1.0)], dim=-1)
        made: Tensor = self.out(pooled)
        return made


class AudioTower(nn.Module):
    """Log-mel frames through three levels of halved rate, pooled by mean, deviation, maximum and attention."""

    def __init__(self, config: JointConfig) -> None:
        super().__init__()
        widths = [config.audio_width, config.audio_width * 3 // 2, config.audio_width * 2]
        self.first = nn.Conv1d(config.bands, widths[0], 4, stride=2, padding=1)
        self.levels = nn.ModuleList()
        self.downs = nn.ModuleList()
        for index, width in enumerate(widths):
            self.levels.append(nn.ModuleList(_Block(width, kernel_size=7) for _ in range(config.audio_blocks)))
            if index + 1 < len(widths):
                self.downs.append(nn.Conv1d(width, widths[index + 1], 2, stride=2))
        last = widths[-1]
        self.norm = nn.LayerNorm(last)
        self.attention = nn.Linear(last, 4)
        self.out = nn.Sequential(
            nn.Dropout(0.2), nn.Linear(7 * last + 4, 2 * last), nn.GELU(), nn.Dropout(0.1),
            nn.Linear(2 * last, config.dimension),
        )  # fmt: skip

    def forward(self, mels: Tensor, mask: Tensor, extras: Tensor) -> Tensor:
        """``[B, bands, N]`` (N a multiple of 8), ``[B, N]`` mask, ``[B, 4]`` measures, to ``[B, D]``."""
        x = self.first(mels).transpose(1, 2)
        kept = mask[:, None]
        kept = F.max_pool1d(kept, 2)
        for index, level in enumerate(self.levels):
            for block in level:  # type: ignore[attr-defined]
                x = block(x, kept.transpose(1, 2))
            if index < len(self.downs):
                x = self.downs[index](x.transpose(1, 2)).transpose(1, 2)
                kept = F.max_pool1d(kept, 2)
        x = self.norm(x)
        there = kept.transpose(1, 2)
        total = there.sum(1).clamp_min(1.0)
        mean = (x * there).sum(1) / total
        deviation = (((x - mean[:, None]).square() * there).sum(1) / total + 1e-5).sqrt()
        highest = x.masked_fill(there == 0, -1e4).amax(1)
        weights = torch.softmax(self.attention(x).masked_fill(there == 0, -1e4), dim=1)
        attended = torch.einsum("bnw,bna->baw", x, weights).flatten(1)
        made: Tensor = self.out(torch.cat([mean, deviation, highest, attended, extras], dim=-1))
        return made


class JointEmbedding(nn.Module):
    """Both towers, the temperature of their contrast, and which buckets training has seen (``[buckets]``, 0 or 1)."""

    seen: Tensor

    def __init__(self, config: JointConfig) -> None:
        super().__init__()
        self.config = config
        self.text = TextTower(config)
        self.audio = AudioTower(config)
        self.log_scale = nn.Parameter(torch.tensor(math.log(10.0)))
        self.register_buffer("seen", torch.zeros(config.buckets, dtype=torch.uint8))
