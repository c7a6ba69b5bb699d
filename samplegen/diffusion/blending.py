"""Alpha blending (Heitz et al. 2023): one convention, spec §1.

Noise ``x0`` sits at alpha 0, data ``x1`` at alpha 1, ``x = (1 - alpha) x0 + alpha x1``, and the
network predicts the velocity ``v = x1 - x0``. Hence ``x1 = x + (1 - alpha) v`` and ``x0 = x - alpha v``.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from samplegen.conditioning.types import Conditioning
from samplegen.errors import UsageError

UNIFORM_SHARE = 0.2
STRATA = 10


class Denoiser(Protocol):
    """Anything that predicts a velocity: the U-Net and every wrapper around it."""

    def __call__(
        self, x: Tensor, alpha: Tensor | float, conditioning: Conditioning, *, circular: bool = False, **more: Any
    ) -> Tensor:
        """``[B, C, N]`` at ``alpha [B]`` (or one number) to ``v [B, C, N]``.

        `more` is what some networks take besides: ``arrival``, ``known`` and ``known_mask`` (see `UNet.forward`).
        """
        ...


def _column(alpha: Tensor | float, like: Tensor) -> Tensor | float:
    """Alpha shaped to multiply `like`, item by item, whatever the sizes happen to be."""
    if not isinstance(alpha, Tensor):
        return alpha
    if alpha.dim() == 0:
        return alpha.to(like.dtype)
    if alpha.shape != like.shape[:1]:
        raise UsageError(f"alpha must hold one value for each of {like.shape[0]} items, not {tuple(alpha.shape)}.")
    return alpha.to(like.dtype).view(-1, *[1] * (like.dim() - 1))


def blend(noise: Tensor, data: Tensor, alpha: Tensor | float) -> Tensor:
    """``(1 - alpha) noise + alpha data`` for ``[B, C, N]`` tensors and ``alpha [B]`` or a number."""
    weight = _column(alpha, data)
    return (1 - weight) * noise + weight * data


def velocity_target(noise: Tensor, data: Tensor) -> Tensor:
    """``x1 - x0``."""
    return data - noise


def data_from_velocity(x: Tensor, velocity: Tensor, alpha: Tensor | float) -> Tensor:
    """Predicted data ``x + (1 - alpha) v``."""
    return x + (1 - _column(alpha, x)) * velocity


def noise_from_velocity(x: Tensor, velocity: Tensor, alpha: Tensor | float) -> Tensor:
    """Predicted noise ``x - alpha v``."""
    return x - _column(alpha, x) * velocity


def draw_alpha(batch: int, *, generator: torch.Generator, logit_normal_share: float = 0.0) -> Tensor:
    """Draw ``[batch]`` alphas: uniform, or with `logit_normal_share` from the logit-normal option.

    The option is itself 20 % uniform, because editing needs well-trained ends (spec §1).
    """
    uniform = torch.rand(batch, generator=generator)
    centred = torch.sigmoid(torch.randn(batch, generator=generator))
    pick = torch.rand(batch, generator=generator) < logit_normal_share * (1 - UNIFORM_SHARE)
    return torch.where(pick, centred, uniform)


def draw_noise(shape: Sequence[int], *, generator: torch.Generator) -> Tensor:
    """Standard normal noise, drawn on the CPU."""
    return torch.randn(tuple(shape), generator=generator)


def _errors(
    network: Denoiser,
    data: Tensor,
    conditioning: Conditioning,
    noise: Tensor,
    alpha: Tensor,
    mask: Tensor | None,
    circular: bool,
    weights: Tensor | None = None,
) -> Tensor:
    predicted = network(blend(noise, data, alpha), alpha, conditioning, circular=circular)
    squared = (predicted.float() - velocity_target(noise, data).float()).square()
    squared = (squared if weights is None else squared * weights[:, None]).mean(1)
    if mask is None:
        return squared.mean(1)
    weight = mask.to(squared.dtype)
    return (squared * weight).sum(1) / weight.sum(1).clamp_min(1)


def blending_loss(
    network: Denoiser,
    data: Tensor,
    conditioning: Conditioning,
    *,
    generator: torch.Generator,
    mask: Tensor | None = None,
    logit_normal_share: float = 0.0,
    circular: bool = False,
    share: slice = slice(None),
    weights: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Mean squared velocity error.

    Parameters
    ----------
    data
        Normalised latents ``[B, C, N]``.
    mask
        ``[B, N]``, false on padded frames, which then do not count.
    share
        Items that the network is asked of; noise is drawn for all, so that several processes can share a batch.
    weights
        ``[C]``, mean 1: how much each channel's errors count; None is all alike.

    Returns
    -------
    tuple of Tensor
        The scalar loss (mean over items) and the detached loss of each item ``[B]``, in fp32.
    """
    noise = draw_noise(data.shape, generator=generator).to(data)[share]
    alpha = draw_alpha(data.shape[0], generator=generator, logit_normal_share=logit_normal_share).to(data.device)[share]
    mask = None if mask is None else mask[share]
    per_item = _errors(network, data[share], conditioning.part(share), noise, alpha, mask, circular, weights)
    return per_item.mean(), per_item.detach()


@torch.no_grad()
def stratified_loss(
    network: Denoiser,
    data: Tensor,
    conditioning: Conditioning,
    *,
    seed: int = 0,
    mask: Tensor | None = None,
    circular: bool = False,
    strata: int = STRATA,
) -> list[float]:
    """Loss at the middle of each alpha stratum, with noise that is the same at every call.

    The caller puts the network in evaluation mode and gives the averaged weights.
    """
    losses = []
    for stratum in range(strata):
        generator = torch.Generator().manual_seed(seed * strata + stratum)
        noise = draw_noise(data.shape, generator=generator).to(data)
        alpha = torch.full((data.shape[0],), (stratum + 0.5) / strata, device=data.device)
        losses.append(_errors(network, data, conditioning, noise, alpha, mask, circular).mean().item())
    return losses
