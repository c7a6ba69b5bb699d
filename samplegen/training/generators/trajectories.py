"""What a teacher does from noise to data under its own guidance, kept in shards for a student (spec §6).

A shard holds the teacher's states at every point of a grid of midpoint steps, and the guided velocity at
each, which a midpoint step computes anyway.
"""

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Generator, Tensor

from samplegen.conditioning.types import Conditioning
from samplegen.diffusion.guidance import Guidance, guided_velocity
from samplegen.diffusion.rings import ring_network
from samplegen.diffusion.samplers import Velocity
from samplegen.diffusion.schedules import alpha_grid, shape_alpha
from samplegen.engines.alpha_blend import Generator as SoundGenerator
from samplegen.engines.alpha_blend import load_generator
from samplegen.files import write_bytes
from samplegen.networks.precision import fast_inference
from samplegen.networks.unet import UNet
from samplegen.training.encoding.latents import LatentSet
from samplegen.training.generators.wishes import WishConfig, WishDrawer

_SUFFIX = ".safetensors"
_WAIT_S = 0.2


@dataclass(frozen=True)
class TrajectoryConfig:
    """How a teacher is solved.

    Parameters
    ----------
    steps
        Midpoint steps K; a multiple of the student's.
    regular_share
        Share of shards on the grid that students sample on; the others' alphas lie at random between.
    shape
        Of the grid (`samplegen.diffusion.schedules.alpha_grid`).
    """

    steps: int = 8
    regular_share: float = 0.6
    shape: float = 0.5


@dataclass(frozen=True, eq=False)
class Trajectory:
    """A batch on its way.

    Parameters
    ----------
    alphas
        ``[K + 1]``, rising from 0 to 1.
    states
        ``[K + 1, B, C, N]`` float16.
    velocities
        ``[K, B, C, N]`` float16: the teacher's guided velocity at the first K states.
    circular
        Whether the frames are a ring.
    regular
        Whether `alphas` are the student's own grid.
    """

    alphas: Tensor
    states: Tensor
    velocities: Tensor
    conditioning: Conditioning
    circular: bool
    regular: bool

    def to_bytes(self) -> bytes:
        """As a safetensors file."""
        flags = torch.tensor([self.circular, self.regular])
        parts = {
            "alphas": self.alphas, "states": self.states.half(), "velocities": self.velocities.half(), "flags": flags,
            "beat": self.conditioning.beat[0], "embedding": self.conditioning.embedding,
        }  # fmt: skip
        return save({name: part.contiguous() for name, part in parts.items()})

    @classmethod
    def from_bytes(cls, data: bytes) -> "Trajectory":
        """Read back `to_bytes`."""
        parts = load(data)
        embedding = parts["embedding"]
        every = torch.ones(len(embedding), dtype=torch.bool)
        beat = parts["beat"].expand(len(embedding), -1, -1)
        conditioning = Conditioning(beat, embedding, every, embedding.norm(dim=1) > 0)
        circular, regular = parts["flags"].tolist()
        return cls(parts["alphas"], parts["states"], parts["velocities"], conditioning, circular, regular)


def draw_grid(config: TrajectoryConfig, generator: Generator) -> tuple[list[float], bool]:
    """Alphas of K steps, and whether they are the regular ones."""
    regular = float(torch.rand((), generator=generator)) < config.regular_share
    if regular:
        return alpha_grid(config.steps, shape=config.shape), True
    away = (torch.rand(config.steps - 1, generator=generator) - 0.5).tolist()
    inner = [shape_alpha((k + 0.9 * off) / config.steps, shape=config.shape) for k, off in enumerate(away, start=1)]
    return [0.0, *inner, 1.0], False


@torch.inference_mode()
def solve(velocity: Velocity, noise: Tensor, alphas: Sequence[float]) -> tuple[Tensor, Tensor]:
    """States ``[K + 1, B, C, N]`` of midpoint steps, and the velocities ``[K, B, C, N]`` at the first K."""
    states, velocities = [noise], []
    for alpha, arrival in zip(alphas, alphas[1:], strict=False):
        half, x = (arrival - alpha) / 2, states[-1]
        velocities.append(velocity(x, alpha))
        states.append(x + 2 * half * velocity(x + half * velocities[-1], alpha + half))
    return torch.stack(states), torch.stack(velocities)


class Tutor:
    """Solves a teacher for conditions that people ask for."""

    def __init__(
        self, teacher: SoundGenerator, latents: LatentSet, wishes: WishConfig, config: TrajectoryConfig, *,
        split: str = "train", device: str = "cpu",
    ) -> None:  # fmt: skip
        self.teacher, self._config, self._device = teacher, config, torch.device(device)
        self._wishes = WishDrawer(teacher, latents, wishes, split=split)
        self._network = teacher.network.to(self._device).eval()

    def draw(self, seed: int, *, guidance: Guidance | None = None) -> Trajectory:
        """The trajectory of a seed, under the teacher's own guidance unless another is given."""
        generator = Generator().manual_seed(seed)
        conditioning, circular, frames = self._wishes.draw(generator)
        alphas, regular = draw_grid(self._config, generator)
        shape = (len(conditioning.embedding), self.teacher.codec.dimension, frames)
        noise = torch.randn(shape, generator=generator).to(self._device)
        velocity = velocity_of(
            self._network, conditioning.to(self._device), guidance or self.teacher.sampling.guidance(),
            circular=circular, seed=seed,
        )  # fmt: skip
        with fast_inference(self._device.type):
            states, velocities = solve(velocity, noise, alphas)
        made = (torch.tensor(alphas), states.half().cpu(), velocities.half().cpu())
        return Trajectory(*made, conditioning, circular, regular)


def velocity_of(
    network: UNet, conditioning: Conditioning, guidance: Guidance, *, circular: bool, seed: int
) -> Velocity:
    """Velocity of a network, on a ring where there is one, as generators sample it."""
    ring: Any = ring_network(network, generator=Generator().manual_seed(seed)) if circular else network
    return guided_velocity(ring, conditioning, guidance, circular=circular)


class Shards:
    """Trajectories on disk, the oldest of which make room for new ones."""

    def __init__(self, folder: Path, *, most_bytes: int) -> None:
        self._folder, self._most_bytes = folder, most_bytes

    def numbers(self) -> list[int]:
        """Of the shards that are there, rising."""
        return sorted(int(path.stem) for path in self._folder.glob(f"[0-9]*{_SUFFIX}"))

    def add(self, number: int, trajectory: Trajectory) -> None:
        """Write a shard, and remove old ones beyond the limit."""
        write_bytes(self._path(number), trajectory.to_bytes())
        sizes = {held: self._path(held).stat().st_size for held in self.numbers()}
        for oldest in sorted(sizes)[:-1]:
            if sum(sizes.values()) <= self._most_bytes:
                break
            self._path(oldest).unlink(missing_ok=True)
            del sizes[oldest]

    def read(self, number: int) -> Trajectory | None:
        """A shard; None if it made room meanwhile."""
        try:
            return Trajectory.from_bytes(self._path(number).read_bytes())
        except (FileNotFoundError, SafetensorError):
            return None

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:07d}{_SUFFIX}"


@dataclass(frozen=True)
class TutorJob:
    """Everything a process that fills shards needs."""

    teacher: str
    latents: Path
    folder: Path
    wishes: WishConfig
    config: TrajectoryConfig
    seed: int
    most_bytes: int
    device: str
    threads: int = 1


def fill_shards(job: TutorJob) -> None:
    """Fill shards until the process that asked for them has gone (see `few_step_runs`)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the training ends this process when it has saved
    torch.set_num_threads(job.threads)
    parent = os.getppid()
    shards = Shards(job.folder, most_bytes=job.most_bytes)
    tutor = Tutor(
        load_generator(job.teacher), LatentSet.load(job.latents), job.wishes, job.config, device=job.device
    )  # fmt: skip
    number = max(shards.numbers(), default=-1) + 1
    while os.getppid() == parent:
        shards.add(number, tutor.draw(shard_seed(job.seed, number)))
        number += 1


def shard_seed(seed: int, number: int) -> int:
    """Seed of a shard; those of other runs share none."""
    return (seed * 1_000_003 + number) * 2 + 1


def wait_for(shards: Shards, *, count: int, alive: Any) -> None:
    """Wait until `count` shards are there, or ``alive()`` is false."""
    while len(shards.numbers()) < count and alive():
        time.sleep(_WAIT_S)
