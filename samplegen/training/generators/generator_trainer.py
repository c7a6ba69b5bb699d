"""Training of the alpha-blending generator on encoded loops and one-shots."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor, nn

from samplegen.codec.stats import LatentStats
from samplegen.conditioning.dropout import Dropout, drop_conditions
from samplegen.conditioning.embedder import TagEmbedder
from samplegen.conditioning.types import Conditioning
from samplegen.diffusion.blending import Denoiser, blending_loss, stratified_loss
from samplegen.errors import UsageError
from samplegen.networks.precision import fast_inference
from samplegen.networks.unet import UNet, UNetConfig
from samplegen.training.encoding.latents import LatentSet
from samplegen.training.generators.batches import BatchDrawer, ConditionShares
from samplegen.training.generators.edit_batches import EditBatchDrawer, KnownShares, showing
from samplegen.training.optimisation import WeightAverage, cosine_rate, seeded
from samplegen.training.parallel import own_share, rank, shared, world_size

# Their inputs may grow: what was not there before counts nothing at first.
_GROWING = ("embedding.weight", "input.weight")
_NEW = ("shown.weight", "shown.bias")  # of a network that edits; its parent showed nothing
_SHOWN_SEED = 20_260_001
_VALIDATION_LOOPS, _VALIDATION_ONE_SHOTS = 16, 32


@dataclass(frozen=True)
class GeneratorTrainingConfig:
    """How a generator is trained.

    Parameters
    ----------
    loop_batch, one_shot_batch
        Items per step and process; steps alternate between the two. Which items and which noise all
        processes together see depends on the size of the whole alone.
    crop_frames
        Frames of a loop crop; a multiple of the network's.
    rate, weight_decay
        Peak learning rate and decay (none on norms and biases) of AdamW.
    average
        Decay of the weight average.
    logit_normal_share
        Share of alphas drawn from the logit-normal option of spec §1.
    loop_share
        Share of steps that train on loops.
    everything_dropped, beat_dropped, embedding_dropped
        Shares of items that lose these conditions (`Dropout`).
    channel_power
        Errors of a latent channel count by its raw deviation to this power; 0 is all alike.
    all_words, words_hidden, text_share, audio_share, nearest_cosine
        What the rest are shown (`ConditionShares`).
    gaps, endings, degraded
        What a network with ``inpainting`` inputs is shown of the sound itself (`KnownShares`).
    """

    loop_batch: int = 12
    one_shot_batch: int = 24
    crop_frames: int = 192
    rate: float = 1e-3
    weight_decay: float = 0.01
    average: float = 0.999
    logit_normal_share: float = 0.5
    loop_share: float = 0.55
    everything_dropped: float = 0.1
    beat_dropped: float = 0.05
    embedding_dropped: float = 0.08
    channel_power: float = 0.5
    all_words: float = 0.5
    words_hidden: float = 0.2
    text_share: float = 0.5
    audio_share: float = 0.25
    nearest_cosine: float = 0.75
    gaps: float = 0.35
    endings: float = 0.1
    degraded: float = 0.45
    device: str = "cpu"
    seed: int = 0

    @property
    def known(self) -> KnownShares:
        """How often an item shows what of itself."""
        return KnownShares(self.gaps, self.endings, self.degraded)

    @property
    def shares(self) -> ConditionShares:
        """How often an item shows what."""
        return ConditionShares(
            self.all_words, self.words_hidden, self.text_share, self.audio_share, self.nearest_cosine
        )


class GeneratorTask:
    """Alpha blending of a `UNet` on a `LatentSet` (a `TrainingTask`).

    Conditions are tags, and CLAP vectors behind them where the set has some.
    """

    def __init__(
        self, config: UNetConfig, training: GeneratorTrainingConfig, *, latents: LatentSet, embedder: TagEmbedder
    ) -> None:
        wanted = condition_dimension(latents, embedder)
        if config.embedding_dimension != wanted:
            raise UsageError(f"Conditions of these sounds have {wanted} numbers, not {config.embedding_dimension}.")
        self.config, self.training = config, training
        self._device = torch.device(training.device)
        with seeded(training.seed):
            self.model = UNet(config).to(self._device)
        self._network: Denoiser = shared(self.model)
        self.average = WeightAverage(self.model, decay=training.average)
        self.generator = Generator().manual_seed(training.seed)
        self.embedder = embedder
        self._latents = latents
        self._use(latents.stats())
        self._dropout = Dropout(training.everything_dropped, training.beat_dropped, training.embedding_dropped)
        self.optimiser = torch.optim.AdamW(
            decay_groups(self.model, training.weight_decay), lr=training.rate, betas=(0.9, 0.99)
        )

    def _use(self, stats: LatentStats) -> None:
        """Normalise by `stats` all that is drawn."""
        self.stats = stats
        self._channel_weights = channel_weights(stats, power=self.training.channel_power).to(self._device)
        drawer = EditBatchDrawer if self.config.inpainting else BatchDrawer
        self._drawer = _drawer(drawer, self._latents, self.embedder, stats, self.training, split="train")
        self._validation = _validation_batches(drawer, self._latents, self.embedder, stats, self.training)

    def step(self, step: int, *, progress: float) -> dict[str, float]:
        """One step on loops or on one-shots."""
        cosine_rate(self.optimiser, peak=self.training.rate, step=step, progress=progress)
        name, data, conditioning = self._draw()  # what all processes see, and drawn alike in each
        share = own_share(len(data))
        conditioning = drop_conditions(conditioning, generator=self.generator, dropout=self._dropout).to(self._device)
        data = data.to(self._device)
        dropout_seed = int(torch.randint(1 << 62, (), generator=self.generator))
        network, data = self._shown(self._network, data, self.generator, share=share)
        with seeded(dropout_seed + rank()), fast_inference(self._device.type):
            loss, _ = blending_loss(
                network,
                data,
                conditioning,
                generator=self.generator,
                logit_normal_share=self.training.logit_normal_share,
                share=share,
                weights=self._channel_weights,
            )
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.average.update(self.model)
        return {name: float(loss.detach()), "gradient": float(norm)}

    def _draw(self) -> tuple[str, Tensor, Conditioning]:
        wants_loops = float(torch.rand((), generator=self.generator)) < self.training.loop_share
        if (wants_loops or not self._drawer.has_one_shots) and self._drawer.has_loops:
            return "loops", *self._drawer.draw_loops(world_size() * self.training.loop_batch, self.generator)
        return "one_shots", *self._drawer.draw_one_shots(world_size() * self.training.one_shot_batch, self.generator)

    def _shown(
        self, network: Denoiser, data: Tensor, generator: Generator, *, share: slice = slice(None)
    ) -> tuple[Denoiser, Tensor]:
        """A network, shown what it may know of its share of a batch if it edits, and all sounds ``[B, C, N]``."""
        if not self.config.inpainting:
            return network, data
        known, degraded = self.training.known, self._latents.degraded is not None
        shown = showing(network, data, shares=known, has_degraded=degraded, generator=generator, share=share)
        return shown, data.chunk(2, dim=1)[0]

    def validate(self) -> dict[str, float]:
        """Loss of the averaged weights by alpha stratum on fixed held-out batches; no gradient, no dropout."""
        figures: dict[str, float] = {}
        with self.average.applied(self.model):
            self.model.eval()
            for name, (data, conditioning) in self._validation.items():
                generator = Generator().manual_seed(_SHOWN_SEED)
                network, data = self._shown(self.model, data.to(self._device), generator)
                with fast_inference(self._device.type):
                    losses = stratified_loss(network, data, conditioning.to(self._device))
                figures |= {f"{name}_{stratum}": loss for stratum, loss in enumerate(losses)}
                figures[name] = sum(losses) / len(losses)
            self.model.train()
        means = [figures[name] for name in self._validation]
        return figures | {"score": sum(means) / max(1, len(means))}

    def state(self) -> dict[str, Any]:
        """Weights, average, optimiser, generator, statistics."""
        return {
            "stats": self.stats.to_config(),
            "model": self.model.state_dict(),
            "average": self.average.state(),
            "optimiser": self.optimiser.state_dict(),
            "generator": self.generator.get_state(),
        }

    def start_from(self, weights: Mapping[str, Tensor], *, stats: LatentStats | None = None) -> None:
        """Begin with the averaged weights of another run, and the statistics of latents that it knew.

        Conditions that it did not have, behind its own, change nothing at first.

        Raises
        ------
        UsageError
            If its network was another one.
        """
        weights = _widened(weights, self.model.state_dict())
        if stats is not None:
            self._use(stats)
        self.model.load_state_dict(weights)
        self.average.load_state({"steps": 0, "weights": weights})

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        if "stats" in state:
            self._use(LatentStats.from_config(state["stats"], channels=self.config.channels))
        self.model.load_state_dict(state["model"])
        self.average.load_state(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.generator.set_state(state["generator"])


def channel_weights(stats: LatentStats, *, power: float) -> Tensor:
    """How much each channel's errors count, ``[C]``, mean 1: its raw deviation to `power`.

    Codecs are trained with the same noise on all latents, so what an error does to the sound goes with raw units.
    """
    weights = stats.std**power
    return weights / weights.mean()


def condition_dimension(latents: LatentSet, embedder: TagEmbedder) -> int:
    """Numbers of a condition: one a tag, and CLAP's."""
    return embedder.dimension + (0 if latents.vectors is None else latents.vectors.shape[2])


def _widened(weights: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights that take the conditions and inputs of `wanted`, of which they ignore those that they do not know."""
    made = dict(weights)
    for name in _NEW:
        if name in wanted and name not in made:
            made[name] = torch.zeros_like(wanted[name])
    for name in _GROWING:
        known, new = made.get(name), wanted.get(name)
        if known is None or new is None or known.dim() != new.dim():
            continue
        more = new.shape[1] - known.shape[1]
        if more > 0:
            made[name] = torch.cat([known, known.new_zeros(known.shape[0], more, *known.shape[2:])], dim=1)
    for name in sorted(made.keys() | wanted.keys()):
        shapes = [tuple(part[name].shape) if name in part else "absent" for part in (made, wanted)]
        if shapes[0] != shapes[1]:
            raise UsageError(
                f"The run to start from trained another network: its {name} is {shapes[0]}, here {shapes[1]}. "
                "Use the same size and architecture, and conditions that begin with its own."
            )
    return made


def decay_groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Optimiser groups: weight decay on matrices only, none on norms, biases and null vectors."""
    decayed = [p for p in model.parameters() if p.dim() > 1]
    rest = [p for p in model.parameters() if p.dim() <= 1]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": rest, "weight_decay": 0.0}]


def _drawer(
    sort: type[BatchDrawer], latents: LatentSet, embedder: TagEmbedder, stats: LatentStats,
    training: GeneratorTrainingConfig, *, split: str,
) -> BatchDrawer:  # fmt: skip
    return sort(latents, embedder, stats, split=split, crop_frames=training.crop_frames, shares=training.shares)


def _validation_batches(
    sort: type[BatchDrawer], latents: LatentSet, embedder: TagEmbedder, stats: LatentStats,
    training: GeneratorTrainingConfig,
) -> dict[str, tuple[Tensor, Conditioning]]:  # fmt: skip
    """Fixed batches of the held-out sources; of the training ones where a small library holds none out."""
    held_out = any(item.split == "held_out" for item in latents.items)
    split = "held_out" if held_out else "train"
    drawer = _drawer(sort, latents, embedder, stats, training, split=split)
    generator = Generator().manual_seed(20_260_000)
    batches = {}
    if drawer.has_loops:
        batches["loops"] = drawer.draw_loops(_VALIDATION_LOOPS, generator)
    if drawer.has_one_shots:
        batches["one_shots"] = drawer.draw_one_shots(_VALIDATION_ONE_SHOTS, generator)
    return batches
