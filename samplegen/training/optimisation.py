"""Pieces every trainer shares: learning rate, weight average, and torch's own random draws."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

WARM_UP_STEPS = 200


def cosine_rate(
    optimiser: torch.optim.Optimizer, *, peak: float, step: int, progress: float, warm_up: int = WARM_UP_STEPS
) -> float:
    """Set and return the learning rate: linear warm-up, then half a cosine over `progress` 0–1, floor 1 % of peak."""
    rate = peak * min(1.0, (step + 1) / warm_up) * (0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * progress)))
    for group in optimiser.param_groups:
        group["lr"] = rate
    return rate


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Fix torch's global generator for a while: first weights and dropout know no other one."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


class WeightAverage:
    """Exponential moving average of a model's weights, with warm-up.

    Parameters
    ----------
    decay
        Share kept per step, once ``step`` is well above ``1 / (1 - decay)``.
    """

    def __init__(self, model: nn.Module, *, decay: float) -> None:
        self._decay = decay
        self.steps = 0
        self._weights = {name: value.detach().clone() for name, value in model.state_dict().items()}

    def update(self, model: nn.Module) -> None:
        """Move towards the model's present weights."""
        self.steps += 1
        decay = min(self._decay, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            for name, value in model.state_dict().items():
                if value.is_floating_point():
                    self._weights[name].lerp_(value, 1.0 - decay)
                else:
                    self._weights[name].copy_(value)

    @property
    def weights(self) -> dict[str, Tensor]:
        """The averaged state dictionary."""
        return self._weights

    @contextmanager
    def applied(self, model: nn.Module) -> Iterator[None]:
        """Put the averaged weights into `model` for a while."""
        own = {name: value.detach().clone() for name, value in model.state_dict().items()}
        model.load_state_dict(self._weights)
        try:
            yield
        finally:
            model.load_state_dict(own)

    def state(self) -> dict[str, object]:
        """For a checkpoint."""
        return {"steps": self.steps, "weights": self._weights}

    def load_state(self, state: dict[str, object]) -> None:
        """From a checkpoint."""
        self.steps = int(state["steps"])  # type: ignore[call-overload]
        weights = state["weights"]
        assert isinstance(weights, dict)
        for name, value in weights.items():
            self._weights[name].copy_(value)
