"""Editing with a trained velocity: inpainting, variation and morphing (spec §7).

Masks are true (1) where the latent is known: ``[N]``, ``[B, N]`` or ``[B, 1, N]``.
"""

import math
from collections.abc import Sequence
from typing import Any, Final

import torch
from torch import Tensor

from samplegen.conditioning.types import Conditioning
from samplegen.diffusion.blending import Denoiser, blend
from samplegen.diffusion.guidance import Transform
from samplegen.diffusion.samplers import Progress, Sampler, Velocity, midpoint
from samplegen.diffusion.schedules import DEFAULT_SHAPE, alpha_grid
from samplegen.errors import UsageError

# How far a network that edits trusts a frame that it is shown.
KNOWN: Final = 1.0
DEGRADED: Final = 0.5


def _frames_mask(mask: Tensor, like: Tensor) -> Tensor:
    return _by_frame(mask.bool(), like)


def _by_frame(mask: Tensor, like: Tensor) -> Tensor:
    mask = mask[None, None] if mask.dim() == 1 else mask[:, None] if mask.dim() == 2 else mask
    if mask.shape[-1] != like.shape[-1]:
        raise UsageError(f"The mask has {mask.shape[-1]} frames but the latent {like.shape[-1]}.")
    return mask.to(like.device)


def keep_known(known: Tensor, mask: Tensor) -> Transform:
    """Velocity transform towards the known data: ``v' = (x1' - x) / (1 - alpha)``, x1' known where masked (spec §7).

    Elsewhere x1' is the predicted data, so that v' is v itself.
    """
    keep = _frames_mask(mask, known)

    def transform(x: Tensor, velocity: Tensor, alpha: float) -> Tensor:
        if alpha >= 1:
            return velocity
        return torch.where(keep, (known - x) / (1 - alpha), velocity)

    return transform


def inpaint(
    velocity: Velocity,
    noise: Tensor,
    *,
    known: Tensor,
    mask: Tensor,
    alphas: Sequence[float],
    sampler: Sampler = midpoint,
    progress: Progress | None = None,
) -> Tensor:
    """Fill the unknown frames by replacing the predicted data; known frames come back bit for bit.

    `velocity` is any velocity function, `noise` and `known` are ``[B, C, N]``.
    """
    transform = keep_known(known, mask)
    filled: Velocity = lambda x, alpha, *to: transform(x, velocity(x, alpha, *to), alpha)  # noqa: E731
    result = sampler(filled, noise, alphas, progress=progress)
    return torch.where(_frames_mask(mask, known), known, result)


def jump_back(x: Tensor, noise: Tensor, *, alpha: float, arrival: float) -> Tensor:
    """From `arrival` back to a smaller `alpha` by adding fresh noise, at the right level of it (spec §7)."""
    share = alpha / arrival
    spread = math.sqrt(max(0.0, (1 - alpha) ** 2 - (share * (1 - arrival)) ** 2))
    return share * x + spread * noise


def inpaint_by_overwriting(
    velocity: Velocity,
    noise: Tensor,
    *,
    known: Tensor,
    mask: Tensor,
    alphas: Sequence[float],
    generator: torch.Generator,
    jumps: int = 2,
    sampler: Sampler = midpoint,
    progress: Progress | None = None,
) -> Tensor:
    """Fill the unknown frames by overwriting the known ones after each step, `jumps` times back and again.

    Costs ``jumps + 1`` times the evaluations (Lugmayr et al. 2022). Each step runs `sampler` on its two alphas.
    """
    keep = _frames_mask(mask, known)
    x, total = noise, len(alphas) - 1
    for done, (alpha, arrival) in enumerate(zip(alphas, alphas[1:], strict=False), start=1):
        for left in reversed(range(jumps + 1)):
            x = sampler(velocity, x, [alpha, arrival])
            x = torch.where(keep, blend(noise, known, arrival), x)
            if left:
                fresh = torch.randn(x.shape, generator=generator).to(x)
                x = jump_back(x, fresh, alpha=alpha, arrival=arrival)
        if progress is not None:
            progress(done, total)
    return torch.where(keep, known, x)


def masked_network(network: Denoiser, *, known: Tensor, mask: Tensor) -> Denoiser:
    """Give a network trained with inpainting inputs its latent and mask at every call.

    The mask says how far each frame is to be trusted: `KNOWN` (1, or true), `DEGRADED`, or 0.
    Repeats them for the branches of guidance; put it outside a ring: ``masked_network(ring_network(net))``.
    """
    keep = _by_frame(mask, known).expand(known.shape[0], 1, -1).to(known)

    def wrapped(
        x: Tensor, alpha: Tensor | float, conditioning: Conditioning, *, circular: bool = False, **more: Any
    ) -> Tensor:
        branches = x.shape[0] // known.shape[0]
        also = {"known": known.repeat(branches, 1, 1), "known_mask": keep.repeat(branches, 1, 1)}
        velocity: Tensor = network(x, alpha, conditioning, circular=circular, **also, **more)
        return velocity

    return wrapped


def vary(
    velocity: Velocity,
    source: Tensor,
    noise: Tensor,
    *,
    strength: float,
    steps: int,
    shape: float = DEFAULT_SHAPE,
    sampler: Sampler = midpoint,
    progress: Progress | None = None,
) -> Tensor:
    """Variation of a latent: start at ``alpha = 1 - strength`` and integrate to 1; strength 0 is the source itself.

    `steps` is what a whole run would take; a weaker variation takes its share of them, at least one.
    """
    if not 0 <= strength <= 1:
        raise UsageError(f"The strength of a variation lies between 0 and 1, not {strength}.")
    if strength == 0:
        return source.clone()
    start = 1.0 - strength
    alphas = alpha_grid(max(1, round(steps * strength)), shape=shape, start=start)
    return sampler(velocity, blend(noise, source, start), alphas, progress=progress)


def slerp(first: Tensor, second: Tensor, share: float) -> Tensor:
    """Spherical interpolation of each item, ``[B, ...]``; 0 gives `first`, 1 gives `second`.

    Keeps the spread of noises and the length of unit embeddings, where a straight line would lose half
    the variance midway.
    """
    if not 0 <= share <= 1:
        raise UsageError(f"A morph position lies between 0 and 1, not {share}.")
    if share in (0, 1):
        return (second if share else first).clone()
    a, b = first.flatten(1).double(), second.flatten(1).double()
    norms = (a.norm(dim=1) * b.norm(dim=1)).clamp_min(1e-12)
    angle = ((a * b).sum(1) / norms).clamp(-1, 1).acos()[:, None]
    sine = angle.sin()
    straight = sine < 1e-6
    weight_a = torch.where(straight, 1.0 - share, ((1 - share) * angle).sin() / sine.clamp_min(1e-6))
    weight_b = torch.where(straight, share, (share * angle).sin() / sine.clamp_min(1e-6))
    return (weight_a * a + weight_b * b).to(first.dtype).view_as(first)
