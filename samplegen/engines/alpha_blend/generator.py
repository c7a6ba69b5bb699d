"""The generator: a codec, a U-Net, its latent statistics and what it understands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from samplegen.audio.resample import resample_ring
from samplegen.audio.types import Audio
from samplegen.codec.base import Codec, Latents, NoteCodec
from samplegen.codec.notes import Notes
from samplegen.codec.stats import LatentRange, LatentStats
from samplegen.conditioning.beat_phase import loop_phase, one_shot_phase
from samplegen.conditioning.embedder import Embedder, TagEmbedder
from samplegen.conditioning.kind_ear import KindEar
from samplegen.conditioning.mixing import slerp
from samplegen.conditioning.types import Conditioning
from samplegen.conditioning.words_and_sound import WordsAndSound
from samplegen.diffusion.guidance import Guidance, guided_velocity
from samplegen.diffusion.rings import ring_network
from samplegen.diffusion.samplers import named_sampler
from samplegen.diffusion.schedules import alpha_grid
from samplegen.engines.alpha_blend.rings import RingPlan, hold_period, plan_ring
from samplegen.errors import UsageError
from samplegen.networks.precision import fast_inference
from samplegen.networks.unet import UNet
from samplegen.units import bars_to_samples, seconds_to_samples

if TYPE_CHECKING:
    from samplegen.engines.alpha_blend.editing import Edited

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


@dataclass(frozen=True, eq=False)
class Towards:
    """The far ends of rows of sounds between two descriptions.

    Parameters
    ----------
    tags, clap
        As those of `Generator.make_loops`, of the far ends.
    positions
        Of each sound: 0 is the description itself, 1 the far end.
    """

    tags: Sequence[Sequence[str]]
    positions: Sequence[float]
    clap: Tensor | None = None


@dataclass(frozen=True, eq=False)
class _Wish:
    """Conditions of a batch: ``[B, D]`` vectors, what to move away from, and how hard."""

    vectors: Tensor
    negative: Tensor | None
    guidance: Guidance


@dataclass(eq=False)
class Generator:
    """A loaded generator; `load_generator` makes one.

    Attributes
    ----------
    embedder
        Of tags.
    joint
        Of tags and CLAP vectors, where the generator was trained with both.
    folder
        Where the model lies, if it was loaded.
    teacher
        Of a few-step student the generator that it learned from: guidance, negative prompts and edits are its.
    ear
        Tells kinds of one-shots apart, where the model has one.
    loop_range
        Within which the latents of its loops are held.
    """

    name: str
    hash: str
    codec: Codec
    network: UNet
    stats: LatentStats
    embedder: TagEmbedder
    description: Description
    sampling: Sampling = field(default_factory=Sampling)
    joint: WordsAndSound | None = None
    folder: Path | None = None
    teacher: str | None = None
    ear: KindEar | None = None
    loop_range: LatentRange | None = None

    def require_steerable(self) -> None:
        """Refuse what a few-step student cannot do, as its guidance is built in.

        Raises
        ------
        UsageError
            Names the teacher.
        """
        if self.teacher is not None:
            raise UsageError(
                f"The model {self.name} has its guidance built in: it takes no other guidance, no negative prompts and "
                f"no edits. Use --model {self.teacher}, which it learned from."
            )

    @property
    def clap(self) -> Embedder | None:
        """What turns prompts and sounds into its CLAP vectors; None where it knows tags alone."""
        return None if self.joint is None else self.joint.clap

    def plan_loop(self, *, bpm: float, bars: int, beats_per_bar: int) -> LoopPlan:
        """Exact length and ring of a loop at the codec's rate."""
        length = bars_to_samples(bars, bpm=bpm, beats_per_bar=beats_per_bar, sample_rate=self.codec.sample_rate)
        ring = plan_ring(length, hop_length=self.codec.hop_length, multiple=self.network.multiple)
        return LoopPlan(bpm, bars, beats_per_bar, ring)

    def make_loops(
        self,
        plan: LoopPlan,
        *,
        tags: Sequence[Sequence[str]],
        seeds: Sequence[int],
        clap: Tensor | None = None,
        negative: Tensor | None = None,
        guidance: Guidance | None = None,
        towards: Towards | None = None,
        notes: Sequence[Notes | None] | None = None,
        progress: Progress | None = None,
    ) -> list[Audio]:
        """One loop per seed, ``[1, L]`` each, closed by construction.

        The same call gives the same bytes. In another company a loop may differ in rounding, and on a
        ring that the network cannot divide in the turns of its wrapped context.

        Parameters
        ----------
        tags, seeds
            Condition words and noise seed of each loop; equal lengths.
        clap
            ``[B, D]`` CLAP vectors of each loop; zeros or None are none.
        negative
            ``[B, D]`` CLAP vectors to move away from (see `samplegen.diffusion.guidance`).
        guidance
            None is the model's own.
        towards
            Makes each loop lie between its description and another.
        notes
            What the partials of each are laid on; left as they are without, and where the codec knows no semitones.

        Raises
        ------
        UsageError
            On an unknown tag, or CLAP vectors for a model that was trained without.
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
        wish = self._wish(tags, clap, negative, guidance, towards)
        latents = self._sample(network, beat, wish, seeds, repeats=ring.repeats, circular=True, progress=progress)
        if self.loop_range is not None:
            latents = self.loop_range.hold(latents)
        samples = self.codec.decode(self._on_notes(latents, notes, loop=True), loop=True).numpy()
        return [self._close(row, ring) for row in samples]

    def make_one_shots(
        self,
        *,
        tags: Sequence[Sequence[str]],
        seeds: Sequence[int],
        clap: Tensor | None = None,
        negative: Tensor | None = None,
        guidance: Guidance | None = None,
        towards: Towards | None = None,
        notes: Sequence[Notes | None] | None = None,
        progress: Progress | None = None,
    ) -> list[Audio]:
        """One raw one-shot per seed, ``[1, window]``; the caller trims it to its natural length.

        Parameters and errors are those of `make_loops`.
        """
        frames = self.description.one_shot_frames
        beat = one_shot_phase(frames, frame_rate=self._frame_rate, window_frames=frames, latency_s=self.codec.latency_s)
        wish = self._wish(tags, clap, negative, guidance, towards)
        latents = self._sample(self.network, beat, wish, seeds, repeats=1, circular=False, progress=progress)
        samples = self.codec.decode(self._on_notes(latents, notes, loop=False)).numpy()
        return [Audio(row, self.codec.sample_rate) for row in samples]

    def edit(self, audios: Sequence[Audio], **wanted: Any) -> list["Edited"]:
        """Variations of sounds; see `samplegen.engines.alpha_blend.editing.edit_sounds`."""
        from samplegen.engines.alpha_blend.editing import edit_sounds

        return edit_sounds(self, audios, **wanted)

    @property
    def knows_notes(self) -> bool:
        """Whether `notes` are kept."""
        return isinstance(self.codec, NoteCodec)

    def _on_notes(self, latents: Tensor, notes: Sequence[Notes | None] | None, *, loop: bool) -> Latents:
        made = Latents(latents, self._frame_rate)
        if notes is None or not isinstance(self.codec, NoteCodec):
            return made
        return self.codec.hold_notes(made, notes, loop=loop)

    @property
    def _frame_rate(self) -> float:
        return self.codec.sample_rate / self.codec.hop_length

    def _sample(
        self,
        network: object,
        beat: Tensor,
        wish: _Wish,
        seeds: Sequence[int],
        *,
        repeats: int,
        circular: bool,
        progress: Progress | None,
    ) -> Tensor:
        shape = (self.codec.dimension, beat.shape[-1])
        noise = torch.stack([torch.randn(shape, generator=torch.Generator().manual_seed(seed)) for seed in seeds])
        velocity = guided_velocity(
            network,  # type: ignore[arg-type]
            _conditioning(beat, wish.vectors),
            wish.guidance,
            negative=wish.negative,
            circular=circular,
        )
        held = lambda x, alpha, *to: hold_period(velocity(x, alpha, *to), repeats=repeats)  # noqa: E731
        grid = alpha_grid(self.sampling.steps, shape=self.sampling.shape)
        start = hold_period(noise, repeats=repeats) * repeats**0.5
        with torch.inference_mode(), fast_inference():
            latents = named_sampler(self.sampling.sampler)(held, start, grid, progress=progress)
        return self.stats.denormalise(latents.float())

    def _wish(
        self,
        tags: Sequence[Sequence[str]],
        clap: Tensor | None,
        negative: Tensor | None,
        guidance: Guidance | None,
        towards: Towards | None,
    ) -> _Wish:
        if guidance is not None or negative is not None:
            self.require_steerable()
        vectors = self._embed(tags, clap)
        if towards is not None:
            far, at = self._embed(towards.tags, towards.clap), torch.tensor(towards.positions)
            size = self.embedder.dimension
            parts = [slerp(vectors[:, part], far[:, part], at) for part in (slice(size), slice(size, None))]
            vectors = torch.cat(parts, dim=1)
        away = None if negative is None else self._embed([()] * len(tags), negative)
        return _Wish(vectors, away, guidance or self.sampling.guidance())

    def _embed(self, tags: Sequence[Sequence[str]], clap: Tensor | None) -> Tensor:
        """Condition vectors ``[B, D]``."""
        if self.joint is not None:
            return self.joint.condition(tags=tags, vectors=clap)
        if clap is not None:
            raise UsageError(f"The model {self.name} was trained without CLAP. Describe the sound with tags alone.")
        return self.embedder.embed_tags(tags)

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


def _conditioning(beat: Tensor, vectors: Tensor) -> Conditioning:
    """One beat ``[1, 8, N]`` for all, and their vectors ``[B, D]``."""
    every = torch.ones(len(vectors), dtype=torch.bool)
    return Conditioning(beat.expand(len(vectors), -1, -1), vectors, every, vectors.norm(dim=1) > 0)


def _mix(seeds: Sequence[int]) -> int:
    """One seed from many, in order."""
    mixed = 0
    for seed in seeds:
        mixed = (mixed * 1_000_003 + seed) % (1 << 62)
    return mixed
