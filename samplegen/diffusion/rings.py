"""Denoising a loop as a ring, whatever its number of frames (spec §7).

A length that the network divides goes through circular padding everywhere. Any other is wrapped:
``[end of the loop | loop | start of the loop]`` with at least 64 frames of context on each side,
of which only the loop is kept, turned by a random offset at every call so that no place is always
next to the cut.
"""

from typing import Any

import torch
from torch import Tensor

from samplegen.conditioning.types import Conditioning
from samplegen.diffusion.blending import Denoiser
from samplegen.errors import UsageError

CONTEXT_FRAMES = 64


def wrap_lengths(frames: int, *, context: int, multiple: int) -> tuple[int, int]:
    """Context on the left and on the right, both `context` or a little more, for a divisible total."""
    total = -(-(frames + 2 * context) // multiple) * multiple
    return context, total - frames - context


def ring_index(frames: int, *, left: int, right: int, offset: int) -> Tensor:
    """``[left + frames + right]`` places on the ring, which may go round several times."""
    return (torch.arange(-left, frames + right) + offset) % frames


class RingNetwork:
    """A network that sees its frames as a ring; takes the place of the network in guidance.

    Parameters
    ----------
    network
        A U-Net.
    context
        Frames of wrapped context, at least.
    generator
        CPU generator of the offsets.
    multiple
        Number that must divide the frames; the network's own by default. Tests and checkpoints that do
        not take circular padding may force wrapping with `always_wrap`.
    """

    def __init__(
        self,
        network: Denoiser,
        *,
        context: int = CONTEXT_FRAMES,
        generator: torch.Generator,
        multiple: int | None = None,
        always_wrap: bool = False,
    ) -> None:
        if context < 1:
            raise UsageError(f"A ring needs a frame of context or more, not {context}.")
        self.network = network
        self.context = context
        self.generator = generator
        self.multiple = multiple if multiple is not None else int(getattr(network, "multiple", 1))
        self.always_wrap = always_wrap

    def __call__(
        self,
        x: Tensor,
        alpha: Tensor | float,
        conditioning: Conditioning,
        *,
        circular: bool = True,
        arrival: Tensor | float | None = None,
        **frames_too: Tensor,
    ) -> Tensor:
        """``[B, C, N]`` to ``[B, C, N]``; always a ring. Further tensors ``[B, ., N]`` are wrapped alike."""
        frames = x.shape[-1]
        to: dict[str, Any] = {} if arrival is None else {"arrival": arrival}
        if frames % self.multiple == 0 and not self.always_wrap:
            return self.network(x, alpha, conditioning, circular=True, **frames_too, **to)
        left, right = wrap_lengths(frames, context=self.context, multiple=self.multiple)
        offset = int(torch.randint(frames, (1,), generator=self.generator))
        index = ring_index(frames, left=left, right=right, offset=offset).to(x.device)
        wrapped = conditioning.with_beat(conditioning.beat[..., index])
        also = {name: tensor[..., index] for name, tensor in frames_too.items()}
        out = self.network(x[..., index], alpha, wrapped, circular=False, **also, **to)
        return out[..., left : left + frames].roll(offset, -1)


def ring_network(
    network: Denoiser, *, context: int = CONTEXT_FRAMES, generator: torch.Generator, always_wrap: bool = False
) -> RingNetwork:
    """Wrap a network so that it treats its frames as a ring."""
    return RingNetwork(network, context=context, generator=generator, always_wrap=always_wrap)
