"""Classifier-free guidance with separate scales for beat and embedding (spec §5).

Nested, rhythm first: ``v = v0 + w_b (v_b - v0) + w_t (v_bt - v_b)``.
Independent: ``v = v0 + w_b (v_b - v0) + w_t (v_t - v0)``.
Both are weighted sums of branches, so a branch whose weight is zero is never evaluated.

A negative prompt n stands wherever a branch would have no embedding, so that the sum moves away from it:
``v = v_n + w_b (v_bn - v_n) + w_t (v_bt - v_bn)`` in the nested form. Were v_n left as v0, n would be
weighted by w_b - w_t, and attract as soon as the beat pulls more than the text.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from samplegen.conditioning.types import Conditioning, concatenate
from samplegen.diffusion.blending import Denoiser, data_from_velocity
from samplegen.diffusion.samplers import Velocity
from samplegen.errors import UsageError

Transform = Callable[[Tensor, Tensor, float], Tensor]
Form = Literal["nested", "independent"]


@dataclass(frozen=True, order=True)
class Branch:
    """Which conditions one evaluation sees."""

    beat: bool
    embedding: bool


UNCONDITIONAL = Branch(False, False)
CONDITIONAL = Branch(True, True)


@dataclass(frozen=True)
class Guidance:
    """How strongly conditions pull.

    Parameters
    ----------
    beat_scale, embedding_scale
        w_b and w_t; 1 and 1 in the nested form is the conditional model itself.
    interval
        Alphas between which to guide; outside, one conditional evaluation does.
    rescale
        Share in [0, 1] of the predicted data that is brought back to the conditional prediction's
        standard deviation (Lin et al. 2024, eq. 15-16); 0 is off.
    form
        ``"nested"`` or ``"independent"``.
    optimised_scale
        Scale v0 by ``<v_c, v0> / |v0|^2`` for each item (Fan et al. 2025, CFG-Zero*, eq. 9).
    zero_first
        Return zero at alpha 0, where the estimate is worst (the same paper).
    """

    beat_scale: float = 1.0
    embedding_scale: float = 1.0
    interval: tuple[float, float] = (0.15, 0.9)
    rescale: float = 0.7
    form: Form = "nested"
    optimised_scale: bool = False
    zero_first: bool = False

    def __post_init__(self) -> None:
        if self.form not in ("nested", "independent"):
            raise UsageError(f"Guidance is 'nested' or 'independent', not '{self.form}'.")
        if not 0 <= self.rescale <= 1:
            raise UsageError(f"The guidance rescale mixes between 0 and 1, not {self.rescale}.")
        low, high = self.interval
        if not 0 <= low <= high <= 1:
            raise UsageError(f"The guidance interval rises within 0 and 1, not {low} to {high}.")

    def weights(self) -> dict[Branch, float]:
        """Weight of every branch; they sum to 1."""
        beat, embedding = self.beat_scale, self.embedding_scale
        if self.form == "nested":
            return {UNCONDITIONAL: 1 - beat, Branch(True, False): beat - embedding, CONDITIONAL: embedding}
        return {UNCONDITIONAL: 1 - beat - embedding, Branch(True, False): beat, Branch(False, True): embedding}

    def acts_at(self, alpha: float) -> bool:
        """Whether `alpha` lies in the interval."""
        return self.interval[0] <= alpha <= self.interval[1]


NO_GUIDANCE = Guidance()


def needed_branches(
    guidance: Guidance, conditioning: Conditioning, *, negative: Tensor | None = None
) -> dict[Branch, float]:
    """Fewest branches and their weights for this batch: zero weights vanish, absent conditions merge branches."""
    beat, embedding = bool(conditioning.has_beat.any()), bool(conditioning.has_embedding.any())
    embedding = embedding or negative is not None
    merged: dict[Branch, float] = {}
    for branch, weight in guidance.weights().items():
        same = Branch(branch.beat and beat, branch.embedding and embedding)
        merged[same] = merged.get(same, 0.0) + weight
    return {branch: weight for branch, weight in sorted(merged.items()) if abs(weight) > 1e-9}


def restrict(conditioning: Conditioning, branch: Branch, *, negative: Tensor | None = None) -> Conditioning:
    """Copy with only the conditions of a branch; `negative` ``[B, D]`` stands where there is no embedding."""
    every = torch.ones_like(conditioning.has_beat)
    if negative is None or branch.embedding:
        return conditioning.drop(beat=every & (not branch.beat), embedding=every & (not branch.embedding))
    instead = replace(conditioning, embedding=negative, has_embedding=(negative != 0).any(1))
    return instead.drop(beat=every & (not branch.beat), embedding=~every)


def optimal_scale(conditional: Tensor, unconditional: Tensor) -> Tensor:
    """``<v_c, v0> / |v0|^2`` of each item, ``[B, 1, 1]``."""
    product = (conditional * unconditional).sum((1, 2), keepdim=True)
    return product / unconditional.square().sum((1, 2), keepdim=True).clamp_min(1e-12)


def rescale_data(x: Tensor, guided: Tensor, conditional: Tensor, alpha: float, *, mix: float) -> Tensor:
    """Velocity whose predicted data has, by the share `mix`, the spread of the conditional prediction."""
    if alpha >= 1 or mix == 0:
        return guided
    data = data_from_velocity(x, guided, alpha)
    wanted = data_from_velocity(x, conditional, alpha).std((1, 2), keepdim=True)
    factor = wanted / data.std((1, 2), keepdim=True).clamp_min(1e-8)
    return (data * (mix * factor + 1 - mix) - x) / (1 - alpha)


def combine(
    guidance: Guidance, x: Tensor, velocities: dict[Branch, Tensor], weights: dict[Branch, float], alpha: float
) -> Tensor:
    """Guided velocity of evaluated branches, each ``[B, C, N]``; the richest one counts as conditional."""
    ranked = sorted(velocities, key=lambda branch: branch.beat + branch.embedding)
    conditional = velocities[ranked[-1]]
    if guidance.optimised_scale and UNCONDITIONAL in velocities and len(velocities) > 1:
        unconditional = velocities[UNCONDITIONAL]
        scale = optimal_scale(velocities[ranked[1]], unconditional)
        velocities = {**velocities, UNCONDITIONAL: scale * unconditional}
    guided = torch.stack([weight * velocities[branch] for branch, weight in weights.items()]).sum(0)
    return rescale_data(x, guided, conditional, alpha, mix=guidance.rescale)


def guided_velocity(
    network: Denoiser,
    conditioning: Conditioning,
    guidance: Guidance = NO_GUIDANCE,
    *,
    negative: Tensor | None = None,
    circular: bool = False,
    transform: Transform | None = None,
) -> Velocity:
    """Velocity function for a sampler; all branches of a step go through the network in one call.

    It takes ``(x, alpha)``, and the alpha to arrive at where the network knows mean velocities.

    Parameters
    ----------
    network
        The U-Net or a wrapper around it.
    conditioning
        Of the batch that will be sampled.
    negative
        ``[B, D]`` embeddings to move away from; rows of zeros are none.
    circular
        Passed on to the network.
    transform
        ``(x, velocity, alpha) -> velocity``, applied last (see `masks.keep_known`).
    """
    weights = needed_branches(guidance, conditioning, negative=negative)
    branches = list(weights)
    joined = concatenate([restrict(conditioning, branch, negative=negative) for branch in branches])

    def evaluate(x: Tensor, alpha: float, to: dict[str, float]) -> Tensor:
        if not guidance.acts_at(alpha):
            return network(x, alpha, conditioning, circular=circular, **to)
        if len(branches) == 1:
            return weights[branches[0]] * network(x, alpha, joined, circular=circular, **to)
        out = network(x.repeat(len(branches), 1, 1), alpha, joined, circular=circular, **to)
        velocities = dict(zip(branches, out.chunk(len(branches)), strict=True))
        return combine(guidance, x, velocities, weights, alpha)

    @torch.no_grad()
    def velocity(x: Tensor, alpha: float, arrival: float | None = None) -> Tensor:
        if guidance.zero_first and alpha == 0:
            result = torch.zeros_like(x)
        else:
            result = evaluate(x, alpha, {} if arrival is None else {"arrival": arrival})
        return result if transform is None else transform(x, result, alpha)

    return velocity
