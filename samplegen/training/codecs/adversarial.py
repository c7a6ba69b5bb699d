"""Losses of adversarial codec training, and the balancer that sets their shares.

Hinge losses and relative feature matching as in EnCodec (Défossez et al. 2022,
equations 2, 3 and 5), averaged over the discriminator's scales.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from samplegen.errors import UsageError


def hinge_discriminator_loss(real: Sequence[Tensor], fake: Sequence[Tensor]) -> Tensor:
    """Mean of ``relu(1 - D(real)) + relu(1 + D(fake))``: 0 for a perfect judge, 2 for a blind one."""
    terms = [
        functional.relu(1.0 - true).mean() + functional.relu(1.0 + made).mean()
        for true, made in zip(real, fake, strict=True)
    ]
    return torch.stack(terms).mean()


def hinge_generator_loss(fake: Sequence[Tensor]) -> Tensor:
    """Mean of ``relu(1 - D(fake))``: 0 when every logit of the fake is at least 1."""
    return torch.stack([functional.relu(1.0 - made).mean() for made in fake]).mean()


def feature_matching_loss(real: Sequence[Sequence[Tensor]], fake: Sequence[Sequence[Tensor]]) -> Tensor:
    """Mean over scales and layers of ``mean|real - fake| / mean|real|``; no gradient flows into `real`."""
    terms = [
        (true.detach() - made).abs().mean() / true.detach().abs().mean().clamp_min(1e-6)
        for truths, fakes in zip(real, fake, strict=True)
        for true, made in zip(truths, fakes, strict=True)
    ]
    return torch.stack(terms).mean()


class LossBalancer:
    """Gives each loss a fixed share of the gradient at the codec's output.

    The gradient of every loss at the output is divided by a running mean of its norm
    and weighted by its share (EnCodec, equation 4), so a share means what it says
    whatever the scale of the loss.

    Parameters
    ----------
    shares
        Loss name to weight; only their ratios matter.
    decay
        Of the running mean of the norms (bias-corrected).
    total_norm
        Norm that the summed gradient would have if all losses agreed.
    """

    def __init__(self, shares: Mapping[str, float], *, decay: float = 0.999, total_norm: float = 1.0) -> None:
        if not shares or min(shares.values()) < 0 or sum(shares.values()) <= 0:
            raise UsageError(f"Loss shares must be positive, not {dict(shares)}.")
        self._shares = {name: share / sum(shares.values()) for name, share in shares.items()}
        self._decay, self._total_norm = decay, total_norm
        self._norms = dict.fromkeys(self._shares, 0.0)
        self._weights = dict.fromkeys(self._shares, 0.0)

    def gradient(self, losses: Mapping[str, Tensor], output: Tensor) -> Tensor:
        """Balanced gradient with respect to `output` ``[B, C, T]``; hand it to ``output.backward``.

        Each name in `losses` must have a share; shares without a loss rest.
        """
        total = torch.zeros_like(output)
        for name, loss in losses.items():
            (gradient,) = torch.autograd.grad(loss, output, retain_graph=True)
            total += self._scale(name, gradient) * gradient
        return total

    def _scale(self, name: str, gradient: Tensor) -> float:
        norm = float(gradient.flatten(1).norm(dim=1).mean())
        self._norms[name] = self._decay * self._norms[name] + (1.0 - self._decay) * norm
        self._weights[name] = self._decay * self._weights[name] + (1.0 - self._decay)
        mean = self._norms[name] / self._weights[name]
        return self._total_norm * self._shares[name] / (mean + 1e-12)

    def state(self) -> dict[str, dict[str, float]]:
        """For a checkpoint."""
        return {"norms": dict(self._norms), "weights": dict(self._weights)}

    def load_state(self, state: Mapping[str, Mapping[str, float]]) -> None:
        """From a checkpoint."""
        self._norms.update({name: float(value) for name, value in state["norms"].items()})
        self._weights.update({name: float(value) for name, value in state["weights"].items()})
