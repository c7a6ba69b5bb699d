"""What the trainings of the codecs for CPUs share: averaged weights, and going on where they stopped."""

from typing import Any

import torch
from torch import Generator, Tensor, nn

from samplegen.training.optimisation import WeightAverage
from samplegen.training.parallel import rank

_RANK_STRIDE = 7919
_AVERAGE = 0.999


class CodecTask:
    """The part of a `TrainingTask` that does not depend on the losses.

    Parameters
    ----------
    model
        Encoder and decoder.
    rate
        Peak learning rate of AdamW.
    seed
        Of the draws; each process has its own.
    freeze_encoder
        Train the decoder alone, so that latents made before stay valid.
    """

    def __init__(self, model: nn.Module, *, rate: float, seed: int, freeze_encoder: bool) -> None:
        self._module, self._seed = model, seed
        if freeze_encoder:
            model.get_submodule("encoder").requires_grad_(False)
        self.average = WeightAverage(model, decay=_AVERAGE)
        self.generator = Generator().manual_seed(seed + _RANK_STRIDE * rank())
        trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        self.optimiser = torch.optim.AdamW(trained, lr=rate, betas=(0.8, 0.99), weight_decay=1e-3)

    def state(self) -> dict[str, Any]:
        """Weights, average, optimiser and generator."""
        return {
            "model": self._module.state_dict(),
            "average": self.average.state(),
            "optimiser": self.optimiser.state_dict(),
            "generator": self.generator.get_state(),
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self._module.load_state_dict(state["model"])
        self.average.load_state(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        if rank() == 0:
            self.generator.set_state(state["generator"])
        else:
            self.generator.manual_seed(self._seed + _RANK_STRIDE * rank() + self.average.steps)

    def start_from(self, weights: dict[str, Tensor]) -> None:
        """Begin with the weights of another run (its average), as fine-tuning does."""
        fresh = self._module.state_dict()
        kept = {name: value for name, value in weights.items() if name in fresh and fresh[name].shape == value.shape}
        self._module.load_state_dict(kept, strict=False)
        self.average = WeightAverage(self._module, decay=_AVERAGE)
