"""Solvers of ``dx / dalpha = v(x, alpha)`` along a given grid (spec §6).

Every sampler is ``(velocity, x, alphas, *, progress=None) -> x`` with ``velocity(x [B, C, N], alpha)``.
`jump` alone asks for the mean velocity up to where it arrives: ``velocity(x, alpha, arrival)``.
A falling grid integrates from data back to noise.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from torch import Tensor

from samplegen.diffusion.schedules import alpha_grid
from samplegen.errors import UsageError

# (x [B, C, N], alpha) to v [B, C, N]; where a network knows mean velocities also (x, alpha, arrival).
Velocity = Callable[..., Tensor]
Progress = Callable[[int, int], None]

INVERSION_STEPS = 25


class Sampler(Protocol):
    """What `SAMPLERS` holds; `progress` is called with (steps done, steps in all)."""

    def __call__(
        self, velocity: Velocity, x: Tensor, alphas: Sequence[float], *, progress: Progress | None = None
    ) -> Tensor:
        """Integrate ``x [B, C, N]`` along `alphas`."""
        ...


Step = Callable[[Velocity, Tensor, float, float], Tensor]


def _walk(step: Step, velocity: Velocity, x: Tensor, alphas: Sequence[float], progress: Progress | None) -> Tensor:
    total = len(alphas) - 1
    for done, (alpha, arrival) in enumerate(zip(alphas, alphas[1:], strict=False), start=1):
        x = step(velocity, x, alpha, arrival)
        if progress is not None:
            progress(done, total)
    return x


def _euler_step(velocity: Velocity, x: Tensor, alpha: float, arrival: float) -> Tensor:
    return x + (arrival - alpha) * velocity(x, alpha)


def _midpoint_step(velocity: Velocity, x: Tensor, alpha: float, arrival: float) -> Tensor:
    half = (arrival - alpha) / 2
    return x + 2 * half * velocity(x + half * velocity(x, alpha), alpha + half)


def _ahead_step(velocity: Velocity, x: Tensor, alpha: float, arrival: float) -> Tensor:
    return x + (arrival - alpha) * velocity(x, arrival)


def _jump_step(velocity: Velocity, x: Tensor, alpha: float, arrival: float) -> Tensor:
    return x + (arrival - alpha) * velocity(x, alpha, arrival)


def euler(velocity: Velocity, x: Tensor, alphas: Sequence[float], *, progress: Progress | None = None) -> Tensor:
    """Velocity at the start of each step (Heitz et al. 2023, algorithm 2): first order, one evaluation a step."""
    return _walk(_euler_step, velocity, x, alphas, progress)


def midpoint(velocity: Velocity, x: Tensor, alphas: Sequence[float], *, progress: Progress | None = None) -> Tensor:
    """Velocity half-way through each step: second order, two evaluations a step. The default."""
    return _walk(_midpoint_step, velocity, x, alphas, progress)


def heun(velocity: Velocity, x: Tensor, alphas: Sequence[float], *, progress: Progress | None = None) -> Tensor:
    """Mean of the velocities at both ends (Karras et al. 2022, algorithm 1); the last step is Euler's."""
    last = alphas[-1]

    def step(velocity: Velocity, x: Tensor, alpha: float, arrival: float) -> Tensor:
        first = velocity(x, alpha)
        ahead = x + (arrival - alpha) * first
        if arrival == last:
            return ahead
        return x + (arrival - alpha) * 0.5 * (first + velocity(ahead, arrival))

    return _walk(step, velocity, x, alphas, progress)


def euler_ahead(velocity: Velocity, x: Tensor, alphas: Sequence[float], *, progress: Progress | None = None) -> Tensor:
    """LADMG's loop, for ablation only: velocity at the *arrival* alpha, and the last step is left out.

    1 / T of the noise stays in the result, which its look-ahead offsets in part.
    """
    return _walk(_ahead_step, velocity, x, alphas[:-1], progress)


def jump(velocity: Velocity, x: Tensor, alphas: Sequence[float], *, progress: Progress | None = None) -> Tensor:
    """Mean velocity over each step, of a network that was trained to know it: exact whatever the number of steps."""
    return _walk(_jump_step, velocity, x, alphas, progress)


SAMPLERS: dict[str, Sampler] = {
    "euler": euler, "heun": heun, "midpoint": midpoint, "euler_ahead": euler_ahead, "jump": jump,
}  # fmt: skip

_EVALUATIONS: dict[str, Callable[[int], int]] = {
    "euler": lambda steps: steps,
    "heun": lambda steps: 2 * steps - 1,
    "midpoint": lambda steps: 2 * steps,
    "euler_ahead": lambda steps: steps - 1,
    "jump": lambda steps: steps,
}


def named_sampler(name: str) -> Sampler:
    """Return a registered sampler.

    Raises
    ------
    UsageError
        If there is none of that name.
    """
    if name not in SAMPLERS:
        raise UsageError(f"There is no sampler '{name}': choose one of {', '.join(SAMPLERS)}.")
    return SAMPLERS[name]


def evaluations(sampler: str, steps: int) -> int:
    """Network evaluations (NFE) of a sampler by name; guidance branches are not counted."""
    named_sampler(sampler)
    return _EVALUATIONS[sampler](steps)


def invert(
    velocity: Velocity,
    data: Tensor,
    *,
    steps: int = INVERSION_STEPS,
    shape: float = 1.0,
    progress: Progress | None = None,
) -> Tensor:
    """Noise that leads to ``data [B, C, N]``: midpoint from 1 to 0, for a velocity without guidance (spec §7)."""
    return midpoint(velocity, data, alpha_grid(steps, shape=shape)[::-1], progress=progress)
