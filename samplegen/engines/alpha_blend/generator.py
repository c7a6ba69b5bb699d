"""The generator: a codec, a U-Net, its latent statistics and what it understands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from samplegen.audio.resample import resample_ring
from samplegen.audio.types import Audio
from samplegen.codec.base import Codec, Latents
from samplegen.codec.stats import LatentStats
from samplegen.conditioning.beat_phase import loop_phase, one_shot_phase
from samplegen.conditioning.embedder import TagEmbedder
from samplegen.conditioning.types import Conditioning
from samplegen.diffusion.guidance import Guidance, guided_velocity
from samplegen.diffusion.rings import ring_network
from samplegen.diffusion.samplers import named_sampler
from samplegen.diffusion.schedules import alpha_grid
from samplegen.engines.alpha_blend.rings import RingPlan, hold_period, plan_ring
from samplegen.errors import UsageError
from samplegen.networks.precision import fast_inference
from samplegen.networks.unet import UNet
from samplegen.units import bars_to_samples, seconds_to_samples

FAMILY = "generator-alpha-blend"
_BLEND_S = 0.005
_MOST_STEPS = 1000
_MOST_ONE_SHOT_FRAMES = 4096

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Sampling:
    """How latents are drawn: solver, steps, grid and guidance (spec §5, §6)."""

    sampler: str = "midpoint"
    steps: int = 8
    shape: float = 0.5
    beat_scale: float = 1.5
    embedding_scale: float = 2.0
    interval: tuple[float, float] = (0.15, 0.9)
    rescale: float = 0.7

    def __post_init__(self) -> None:
        """Refuse what no loop can be sampled with."""
        if self.steps > _MOST_STEPS:
            raise UsageError(f"Sampling takes {_MOST_STEPS} steps at most, not {self.steps}.")
        named_sampler(self.sampler)
        alpha_grid(self.steps, shape=self.shape)
        self.guidance()

    def guidance(self) -> Guidance:
        """The guidance part."""
        return Guidance(self.beat_scale, self.embedding_scale, self.interval, self.rescale)


@dataclass(frozen=True)
class LoopPlan:
    """Time of a loop: exact samples and the ring it is made on."""

    bpm: float
    bars: int
    beats_per_bar: int
    ring: RingPlan


@dataclass(frozen=True)
class Description:
    """What a generator's ``config.json`` says beside its architecture.

    Parameters
    ----------
    kinds, loop_kinds, styles
        Tags it was trained on, by role.
    low_bpm, high_bpm
        Tempo range of its training loops.
    one_shot_frames
        Window of a one-shot in latent frames.
    licence
        Of the sounds it makes; `attributions` are lines owed to its training data.
    """

    kinds: tuple[str, ...]
    loop_kinds: tuple[str, ...]
    styles: tuple[str, ...]
    low_bpm: float
    high_bpm: float
    one_shot_frames: int
    licence: str = "CC0-1.0"
    attributions: tuple[str, ...] = ()
    training_licences: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse ranges that hold nothing."""
        if not 1 <= self.one_shot_frames <= _MOST_ONE_SHOT_FRAMES:
            raise UsageError(f"one_shot_frames is {self.one_shot_frames}; allowed: 1 to {_MOST_ONE_SHOT_FRAMES}.")
        if not 0 < self.low_bpm <= self.high_bpm:
            raise UsageError(f"The tempo range {self.low_bpm:g} to {self.high_bpm:g} holds no tempo.")


@dataclass(eq=False)
class Generator:
    """A loaded generator; `load_generator` makes one."""

    name: str
    hash: str
    codec: Codec
    network: UNet
    stats: LatentStats
    embedder: TagEmbedder
    description: Description
    sampling: Sampling = field(default_factory=Sampling)

    def plan_loop(self, *, bpm: float, bars: int, beats_per_bar: int) -> LoopPlan:
        """Exact length and ring of a loop at the codec's rate."""
        length = bars_to_samples(bars, bpm=bpm, beats_per_bar=beats_per_bar, sample_rate=self.codec.sample_rate)
        ring = plan_ring(length, hop_length=self.codec.hop_length, multiple=self.network.multiple)
        return LoopPlan(bpm, bars, beats_per_bar, ring)

    def make_loops(
        self, plan: LoopPlan, *, tags: Sequence[Sequence[str]], seeds: Sequence[int], progress: Progress | None = None
    ) -> list[Audio]:
        """One loop per seed, ``[1, L]`` each, closed by construction.

        The same call gives the same bytes. In another company a loop may differ in rounding, and on a
        ring that the network cannot divide in the turns of its wrapped context.

        Parameters
        ----------
        tags, seeds
            Condition words and noise seed of each loop; equal lengths.
        """
        ring = plan.ring
        beat = loop_phase(
            ring.frames,
            bars=plan.bars * ring.repeats,
            beats_per_bar=plan.beats_per_bar,
            bpm=plan.bpm,
            frame_rate=self._frame_rate,
            latency_s=self.codec.latency_s,
        )
        offsets = torch.Generator().manual_seed(_mix(seeds))
        network = ring_network(self.network, generator=offsets)
        latents = self._sample(network, beat, tags, seeds, repeats=ring.repeats, circular=True, progress=progress)
        samples = self.codec.decode(Latents(latents, self._frame_rate), loop=True).numpy()
        return [self._close(row, ring) for row in samples]

    def make_one_shots(
        self, *, tags: Sequence[Sequence[str]], seeds: Sequence[int], progress: Progress | None = None
    ) -> list[Audio]:
        """One raw one-shot per seed, ``[1, window]``; the caller trims it to its natural length."""
        frames = self.description.one_shot_frames
        beat = one_shot_phase(frames, frame_rate=self._frame_rate, window_frames=frames, latency_s=self.codec.latency_s)
        latents = self._sample(self.network, beat, tags, seeds, repeats=1, circular=False, progress=progress)
        samples = self.codec.decode(Latents(latents, self._frame_rate)).numpy()
        return [Audio(row, self.codec.sample_rate) for row in samples]

    @property
    def _frame_rate(self) -> float:
        return self.codec.sample_rate / self.codec.hop_length

    def _sample(
        self,
        network: object,
        beat: Tensor,
        tags: Sequence[Sequence[str]],
        seeds: Sequence[int],
        *,
        repeats: int,
        circular: bool,
        progress: Progress | None,
    ) -> Tensor:
        shape = (self.codec.dimension, beat.shape[-1])
        noise = torch.stack([torch.randn(shape, generator=torch.Generator().manual_seed(seed)) for seed in seeds])
        conditioning = self._condition(beat, tags)
        velocity = guided_velocity(network, conditioning, self.sampling.guidance(), circular=circular)  # type: ignore[arg-type]
        held = lambda x, alpha: hold_period(velocity(x, alpha), repeats=repeats)  # noqa: E731
        grid = alpha_grid(self.sampling.steps, shape=self.sampling.shape)
        start = hold_period(noise, repeats=repeats) * repeats**0.5
        with torch.inference_mode(), fast_inference():
            latents = named_sampler(self.sampling.sampler)(held, start, grid, progress=progress)
        return self.stats.denormalise(latents.float())

    def _condition(self, beat: Tensor, tags: Sequence[Sequence[str]]) -> Conditioning:
        vectors = self.embedder.embed_tags(tags)
        every = torch.ones(len(tags), dtype=torch.bool)
        return Conditioning(beat.expand(len(tags), -1, -1), vectors, every, vectors.norm(dim=1) > 0)

    def _close(self, samples: np.ndarray, ring: RingPlan) -> Audio:
        """Resample a decoded ring ``[1, frames * hop]`` to the exact length and keep one period."""
        whole = resample_ring(samples, length=ring.length * ring.repeats)
        if ring.repeats == 1:
            return Audio(whole, self.codec.sample_rate)
        period = whole[:, : ring.length].copy()
        blend = min(seconds_to_samples(_BLEND_S, sample_rate=self.codec.sample_rate), ring.length)
        rise = (0.5 - 0.5 * np.cos(np.pi * np.arange(blend) / blend)).astype(np.float32)
        after = whole[:, ring.length : ring.length + blend]
        period[:, :blend] = after * (1 - rise) + period[:, :blend] * rise
        return Audio(period, self.codec.sample_rate)


def _mix(seeds: Sequence[int]) -> int:
    """One seed from many, in order."""
    mixed = 0
    for seed in seeds:
        mixed = (mixed * 1_000_003 + seed) % (1 << 62)
    return mixed
