"""A codec whose latents are changed before they are decoded, for ablations."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

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
