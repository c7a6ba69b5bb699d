"""A codec whose latents are changed before they are decoded, for ablations."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from samplegen.codec.base import Codec, Latents

Change = Callable[[Tensor], Tensor]


class ChangedCodec:
    """`codec` with `change` between network and decoder; ``[B, C, N]`` to the same."""

    def __init__(self, codec: Codec, change: Change) -> None:
        self._codec, self._change = codec, change

    def __getattr__(self, name: str) -> Any:
        return getattr(self._codec, name)

    def decode(self, latents: Latents, *, loop: bool = False) -> Tensor:
        """As the codec does with changed latents."""
        return self._codec.decode(replace(latents, values=self._change(latents.values)), loop=loop)


def learned_channels(codec: Codec) -> int:
    """Channels before the roll of semitones; all, where there is none."""
    tones = getattr(getattr(getattr(codec, "_network", None), "config", None), "tones", 0)
    return codec.dimension - int(tones)


def quantised(bits: int, *, low: Tensor, high: Tensor) -> Change:
    """Latents on ``2 ** bits`` even steps between `low` and `high`, ``[C, 1]`` each."""
    step = (high - low).clamp_min(1e-6) / (2**bits - 1)
    return lambda x: low + step * ((x - low) / step).round().clamp(0, 2**bits - 1)


def fewer_components(count: int, *, frames: Tensor) -> Change:
    """The first D channels on the `count` principal components of `frames` ``[n, D]``, the rest as they are."""
    learned, mean = frames.shape[1], frames.mean(dim=0)
    kept = torch.linalg.svd(frames - mean, full_matrices=False).Vh[:count]

    def change(x: Tensor) -> Tensor:
        flat = x[:, :learned].transpose(1, 2) - mean
        return torch.cat([(flat @ kept.T @ kept + mean).transpose(1, 2), x[:, learned:]], dim=1)

    return change
