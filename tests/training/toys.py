"""A training that takes microseconds, and what processes of its own do with it."""

import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor, nn

from samplegen.errors import UsageError
from samplegen.training import log, parallel
from samplegen.training.loop import Schedule, run_training
from samplegen.training.optimisation import WeightAverage


class Toy:
    """Three numbers that follow random ones; keeps what it was asked."""

    def __init__(self, *, scores: tuple[float, ...] = (1.0,), size: int = 3) -> None:
        self.model = nn.Linear(size, 1, bias=False)
        nn.init.zeros_(self.model.weight)
        self.average = WeightAverage(self.model, decay=0.9)
        self.generator = Generator().manual_seed(7)
        self._loss_of = parallel.shared(self.model, self._loss)
        self.optimiser = torch.optim.AdamW(self.model.parameters(), lr=0.1)
        self.progress: list[float] = []
        self._scores = list(scores)

    def step(self, step: int, *, progress: float) -> dict[str, float]:
        self.progress.append(progress)
        for group in self.optimiser.param_groups:
            group["lr"] = 0.1 * (1.0 - progress)
        target = torch.randn(self.model.weight.shape, generator=self.generator)
        loss = self._loss_of(target)
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        self.average.update(self.model)
        return {"loss": float(loss.detach())}

    def _loss(self, target: Tensor) -> Tensor:
        return (self.model.weight - target).square().mean()

    def validate(self) -> dict[str, float]:
        return {"score": self._scores.pop(0) if len(self._scores) > 1 else self._scores[0], "steps": 0.5}

    def state(self) -> dict[str, Any]:
        return {
            "model": self.model.state_dict(),
            "average": self.average.state(),
            "optimiser": self.optimiser.state_dict(),
            "generator": self.generator.get_state(),
        }

    def load_state(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.average.load_state(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.generator.set_state(state["generator"])


def half_of_a_batch(folder: Path) -> None:
    """Each process takes its share of four items; writes the mean gradient and loss, and what the first one said."""
    model = nn.Linear(3, 2)
    nn.init.constant_(model.weight, 0.5)
    nn.init.constant_(model.bias, 0.1)
    through = parallel.shared(model, partial(loss_of, model))
    loss = through(items()[parallel.own_share(4)])
    loss.backward()  # type: ignore[no-untyped-call]
    means = parallel.mean_of_all({"loss": float(loss.detach()), "rank": parallel.rank()})
    told = parallel.from_first(10.0 + parallel.rank())
    gradients = [parameter.grad for parameter in model.parameters()]
    torch.save({"gradients": gradients, "told": told, "means": means}, folder / f"{parallel.rank()}.pt")


def items() -> Tensor:
    """Four inputs ``[4, 3]``."""
    return torch.arange(12.0).reshape(4, 3) / 10


def loss_of(model: nn.Module, batch: Tensor) -> Tensor:
    """A loss that is a mean over the batch."""
    loss: Tensor = model(batch).sin().square().mean()
    return loss


def one_fails(folder: Path) -> None:
    """The second process fails after three steps, while the first one waits for its gradient."""

    def report_and_fail(step: int, progress: float, losses: dict[str, float]) -> None:
        raise AssertionError("only the first process reports")

    log._tensorboard = lambda folder: None
    task: Any = Toy() if parallel.rank() == 0 else _Failing()
    run_training(
        task,
        folder=folder,
        schedule=Schedule(max_steps=10**9),
        report=None if parallel.rank() == 0 else report_and_fail,
    )


class _Failing(Toy):
    def step(self, step: int, *, progress: float) -> dict[str, float]:
        if step == 3:
            raise UsageError("The second process does not like step 3.")
        return super().step(step, progress=progress)


class _Slow(Toy):
    """The second process is slower, so the first one mostly waits inside an exchange."""

    def step(self, step: int, *, progress: float) -> dict[str, float]:
        time.sleep(0.05 * parallel.rank())
        return super().step(step, progress=progress)


def train_for_ever(folder: Path, steps: int) -> None:
    """Until somebody interrupts, or very long; says on stdout when it has begun."""
    log._tensorboard = lambda folder: None

    def report(step: int, progress: float, losses: dict[str, float]) -> None:
        if step == 3:
            print("begun", flush=True)

    run_training(_Slow(), folder=folder, schedule=Schedule(max_steps=steps), report=report)


if __name__ == "__main__":
    parallel.launch(train_for_ever, Path(sys.argv[1]), int(sys.argv[2]), processes=2)
    print("done", flush=True)
