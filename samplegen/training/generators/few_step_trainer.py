"""Training of a student that makes in a few steps, without guidance, what its teacher makes in many with it.

Spec §6. The student predicts the mean velocity ``u(x, alpha, arrival)`` between two points of the teacher's
guided trajectory. ``trajectory`` regresses it on the teacher's states, later also from the states that the student
itself reaches (Ross et al. 2011, DAgger), so that errors of early steps are put right by later ones.
``shortcut`` knows the teacher's velocity alone and asks two steps to agree with one (Frans et al. 2024).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.func import functional_call

from samplegen.diffusion.guidance import NO_GUIDANCE, Guidance
from samplegen.diffusion.rings import ring_network
from samplegen.diffusion.samplers import Sampler, jump
from samplegen.engines.alpha_blend import Generator as SoundGenerator
from samplegen.errors import UsageError
from samplegen.networks.precision import fast_inference
from samplegen.networks.unet import UNet
from samplegen.training.generators.generator_trainer import decay_groups
from samplegen.training.generators.trajectories import Shards, Trajectory, velocity_of
from samplegen.training.optimisation import WeightAverage, cosine_rate

METHODS = ("trajectory", "shortcut")
STEPS = 4
_LISTED_EVERY, _WARM_UP = 16, 50


@dataclass(frozen=True)
class FewStepConfig:
    """How a student is trained.

    Parameters
    ----------
    method
        ``trajectory`` or ``shortcut``.
    rate, average
        Peak learning rate of AdamW, decay of the weight average.
    instant_share, step_share
        Shares of items that learn the velocity at a point, and one of the student's own `STEPS` steps; the rest
        learn steps of every other size.
    own_share, own_after
        Share of batches that begin where the student itself arrives, once that share of the training is over.
    """

    method: str = "trajectory"
    rate: float = 3e-4
    weight_decay: float = 0.0
    average: float = 0.998
    instant_share: float = 0.1
    step_share: float = 0.6
    own_share: float = 0.5
    own_after: float = 0.4
    device: str = "cpu"
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be trained."""
        if self.method not in METHODS:
            raise UsageError(f"A few-step training is by {' or '.join(METHODS)}, not {self.method!r:.40}.")
        shares = (self.instant_share, self.step_share, self.own_share, self.own_after)
        if not all(0 <= share <= 1 for share in shares) or self.instant_share + self.step_share > 1:
            raise UsageError(f"Shares are 0 to 1, instant and step together at most 1; {shares} given.")


class FewStepTask:
    """A student that starts as its teacher and learns from `Shards` (a `TrainingTask`).

    Parameters
    ----------
    held_out
        Trajectories on the student's grid that are never trained on.
    """

    def __init__(
        self, teacher: SoundGenerator, config: FewStepConfig, *, shards: Shards, held_out: Sequence[Trajectory]
    ) -> None:
        self.training, self._shards, self._held_out = config, shards, list(held_out)
        self._device = torch.device(config.device)
        self.config = replace(teacher.network.config, average_velocity=True, dropout=0.0)
        self.model = student_of(teacher.network).to(self._device)
        self.average = WeightAverage(self.model, decay=config.average)
        self.generator = Generator().manual_seed(config.seed)
        self.optimiser = torch.optim.AdamW(
            decay_groups(self.model, config.weight_decay), lr=config.rate, betas=(0.9, 0.99)
        )
        self._numbers: list[int] = []

    def step(self, step: int, *, progress: float) -> dict[str, float]:
        """One step on one shard."""
        cosine_rate(self.optimiser, peak=self.training.rate, step=step, progress=progress, warm_up=_WARM_UP)
        told = self._draw(step)
        own = (
            self.training.method == "trajectory" and told.regular and progress >= self.training.own_after
            and float(torch.rand((), generator=self.generator)) < self.training.own_share
        )  # fmt: skip
        conditioning = told.conditioning.to(self._device)
        seed = int(torch.randint(1 << 62, (), generator=self.generator))
        with fast_inference(self._device.type):
            x, alpha, arrival, target = self._lesson(told, seed, own=own)
            network = _network(self.model, told.circular, seed)
            to = {"arrival": arrival}
            predicted = network(x, alpha, conditioning, circular=told.circular, **to)
        loss = ((predicted.float() - target).square() * _weight(alpha, arrival, own=own)).mean()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.average.update(self.model)
        return {("own" if own else "taught"): float(loss.detach()), "gradient": float(norm)}

    def _draw(self, step: int) -> Trajectory:
        if not self._numbers or step % _LISTED_EVERY == 0:
            self._numbers = self._shards.numbers()
        while True:
            pick = int(torch.randint(len(self._numbers), (), generator=self.generator))
            told = self._shards.read(self._numbers[pick])
            if told is not None:
                return told
            self._numbers = self._shards.numbers()

    def _lesson(self, told: Trajectory, seed: int, *, own: bool) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """From where ``[B, C, N]``, its alpha and arrival ``[B]``, and the mean velocity to learn."""
        alphas, states = told.alphas.to(self._device), told.states.to(self._device).float()
        if own:
            return self._own_lesson(told, alphas, states, seed)
        begin, end = self._pairs(states.shape[1], len(alphas) - 1)
        rows = torch.arange(states.shape[1])
        alpha, arrival = alphas[begin], alphas[end]
        span = (arrival - alpha)[:, None, None]
        velocities = told.velocities.to(self._device).float()[begin, rows]
        if self.training.method == "shortcut":
            reached = self._two_steps(states[begin, rows], alpha, arrival, told, seed)
        else:
            reached = states[end, rows]
        mean = (reached - states[begin, rows]) / span.clamp_min(1e-6)
        return states[begin, rows], alpha, arrival, torch.where(span > 0, mean, velocities)

    def _pairs(self, batch: int, steps: int) -> tuple[Tensor, Tensor]:
        """First and last points of a step for each item; the same where the velocity at a point is learned."""
        config, stride = self.training, max(1, steps // STEPS)
        sort = torch.rand(batch, generator=self.generator)
        begin = torch.randint(steps, (batch,), generator=self.generator)
        length = 1 + (torch.rand(batch, generator=self.generator) * (steps - begin)).long()
        whole = sort < config.step_share
        begin = torch.where(whole, begin // stride * stride, begin)
        length = torch.where(whole, torch.minimum(torch.tensor(stride), steps - begin), length)
        return begin, begin + torch.where(sort >= 1 - config.instant_share, 0, length)

    @torch.no_grad()
    def _own_lesson(
        self, told: Trajectory, alphas: Tensor, states: Tensor, seed: int
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """From where the student arrives after some of its steps, to where the teacher is one step later."""
        steps = len(alphas) - 1
        usual = max(1, steps // STEPS)
        strides = [size for size in (usual, usual, usual, usual, 2 * usual, max(1, usual // 2)) if size < steps]
        stride = strides[int(torch.randint(len(strides), (), generator=self.generator))]
        taken = stride * int(torch.randint(1, steps // stride, (), generator=self.generator))
        network, x = _network(self.model, told.circular, seed), states[0]
        conditioning = told.conditioning.to(self._device)
        for begin in range(0, taken, stride):
            to = {"arrival": float(alphas[begin + stride])}
            velocity = network(x, float(alphas[begin]), conditioning, circular=told.circular, **to)
            x = x + (alphas[begin + stride] - alphas[begin]) * velocity.float()
        alpha, arrival = (alphas[place].expand(len(x)) for place in (taken, taken + stride))
        return x, alpha, arrival, (states[taken + stride] - x) / (arrival - alpha)[:, None, None]

    @torch.no_grad()
    def _two_steps(self, x: Tensor, alpha: Tensor, arrival: Tensor, told: Trajectory, seed: int) -> Tensor:
        """Where the averaged student arrives in two steps."""
        conditioning, middle = told.conditioning.to(self._device), (alpha + arrival) / 2
        for begin, end in ((alpha, middle), (middle, arrival)):
            weighted = _network(_Averaged(self.model, self.average), told.circular, seed)
            to = {"arrival": end}
            velocity = weighted(x, begin, conditioning, circular=told.circular, **to)
            x = x + (end - begin)[:, None, None] * velocity.float()
        return x

    def validate(self) -> dict[str, float]:
        """Distance of the averaged student's ends from the teacher's after `STEPS` steps."""
        return {"score": self.end_distance(steps=STEPS)}

    def end_distance(self, *, steps: int) -> float:
        """Distance of the averaged student's ends from the teacher's after that many steps."""
        with self.average.applied(self.model):
            self.model.eval()
            found = end_distance(self.model, self._held_out, steps=steps, device=self._device)
            self.model.train()
        return found

    def state(self) -> dict[str, Any]:
        """Weights, average, optimiser, generator."""
        return {
            "model": self.model.state_dict(), "average": self.average.state(),
            "optimiser": self.optimiser.state_dict(), "generator": self.generator.get_state(),
        }  # fmt: skip

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self.model.load_state_dict(state["model"])
        self.average.load_state(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.generator.set_state(state["generator"])


def _weight(alpha: Tensor, arrival: Tensor, *, own: bool) -> Tensor:
    """Of each item ``[B, 1, 1]``: from the student's own states it is what is missing at arrival that counts.

    As a velocity the same would count the more, the shorter the step is.
    """
    spans = (arrival - alpha)[:, None, None]
    return (STEPS * spans).square() if own else torch.ones_like(spans)


class _Averaged:
    """A network with the averaged weights, without copying them."""

    def __init__(self, model: UNet, average: WeightAverage) -> None:
        self._model, self._average, self.multiple = model, average, model.multiple

    def __call__(self, *given: Any, **named: Any) -> Tensor:
        made: Tensor = functional_call(self._model, self._average.weights, given, named)
        return made


def student_of(teacher: UNet) -> UNet:
    """A network that is told where its steps arrive and begins as exactly its teacher."""
    config = replace(teacher.config, average_velocity=True, dropout=0.0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        student = UNet(config)
    missing = student.load_state_dict(teacher.state_dict(), strict=False)
    assert not missing.unexpected_keys and all(name.startswith("reach.") for name in missing.missing_keys)
    return student


@torch.no_grad()
def end_distance(
    network: UNet, held_out: Sequence[Trajectory], *, steps: int, device: torch.device, sampler: Sampler = jump,
    guidance: Guidance = NO_GUIDANCE,
) -> float:  # fmt: skip
    """Root mean square of the differences from the teacher's ends, in units of those.

    `steps` divides those of the trajectories, or all of them are taken.
    """
    squares: list[float] = []
    for seed, told in enumerate(held_out):
        velocity = velocity_of(network, told.conditioning.to(device), guidance, circular=told.circular, seed=seed)
        alphas = told.alphas[:: max(1, (len(told.alphas) - 1) // steps)].tolist()
        with fast_inference(device.type):
            made = sampler(velocity, told.states[0].float().to(device), alphas).float().cpu()
        end = told.states[-1].float()
        squares.append(float((made - end).square().mean() / end.square().mean()))
    return float((sum(squares) / max(1, len(squares))) ** 0.5)


def _network(model: Any, circular: bool, seed: int) -> Any:
    return ring_network(model, generator=Generator().manual_seed(seed)) if circular else model
