"""Training of our own EnCodec: reconstruction, quantiser and adversary under one balancer.

The public recipe (alpha-blending spec, section 2): shares time L1 0.1, mel 1,
adversarial 3, feature matching 3 at the codec's output; the commitment loss
outside; the discriminator updated in two of three steps; Adam 3e-4 with betas
(0.5, 0.9); weight average 0.99.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor

from samplegen.checkpoints import save_model
from samplegen.codec.encodec_family import FAMILY, EncodecCodec
from samplegen.codec.encodec_network import EncodecConfig, build_encodec
from samplegen.codec.measures import log_mel_distance_db, snr_db
from samplegen.networks.discriminators import DiscriminatorConfig, MultiScaleStftDiscriminator
from samplegen.training.codecs.adversarial import (
    LossBalancer,
    feature_matching_loss,
    hinge_discriminator_loss,
    hinge_generator_loss,
)
from samplegen.training.codecs.mel_loss import MultiScaleMelLoss
from samplegen.training.codecs.segments import SegmentSource
from samplegen.training.optimisation import WeightAverage, cosine_rate
from samplegen.training.parallel import from_first, rank, shared

_SEED_STRIDE, _RANK_STRIDE = 1_000_003, 7919


@dataclass(frozen=True)
class EncodecTrainingConfig:
    """How an EnCodec is trained.

    Parameters
    ----------
    batch, seconds
        Segments per step and process, and their duration. The quantiser learns its codes from the
        first process's.
    rate
        Peak learning rate of both optimisers.
    time_share, mel_share, adversarial_share, feature_share
        Shares of the balancer.
    commitment_weight
        Of the quantiser's loss, outside the balancer.
    discriminator_share
        Probability that a step updates the discriminator.
    adversary_start
        Progress (0–1) from which the adversary takes part. The public recipe starts at
        0; short runs want 0.1 to 0.5, as a fresh judge's gradient gets its share too.
    quantised_share
        Probability that a step decodes quantised latents; below 1 the decoder also
        learns the continuous ones that generators give it.
    weight_decay_average
        Share kept per step by the weight average.
    device
        ``cpu``, ``cuda`` or ``mps``.
    """

    batch: int = 16
    seconds: float = 1.0
    rate: float = 3e-4
    time_share: float = 0.1
    mel_share: float = 1.0
    adversarial_share: float = 3.0
    feature_share: float = 3.0
    commitment_weight: float = 1.0
    discriminator_share: float = 2.0 / 3.0
    adversary_start: float = 0.0
    quantised_share: float = 1.0
    weight_decay_average: float = 0.99
    device: str = "cpu"
    seed: int = 0


class EncodecTask:
    """Adversarial training of an EnCodec (a `TrainingTask`).

    Every step draws from a generator seeded by (seed, step), so a resumed run goes on
    exactly as an unbroken one.

    Parameters
    ----------
    config, discriminator, training
        Architecture of both networks, and the recipe.
    source
        Training segments.
    validation
        Fixed held-out segments ``[B, C, T]``.
    """

    def __init__(
        self,
        config: EncodecConfig,
        training: EncodecTrainingConfig,
        *,
        source: SegmentSource,
        validation: Tensor,
        discriminator: DiscriminatorConfig | None = None,
    ) -> None:
        self.config, self.training = config, training
        self._device = torch.device(training.device)
        self._source, self._validation = source, validation
        with _seeded(training.seed, self._device):
            self.model: Any = build_encodec(config).to(self._device)
            judge = discriminator or DiscriminatorConfig(channels=config.channels)
            self.discriminator = MultiScaleStftDiscriminator(judge).to(self._device)
        self._reconstruct = shared(self.model, self.reconstruct)
        self._judge = shared(self.discriminator, self._both_logits)
        self.average = WeightAverage(self.model, decay=training.weight_decay_average)
        self.optimiser, self.judge_optimiser = (
            torch.optim.Adam(network.parameters(), lr=training.rate, betas=(0.5, 0.9))
            for network in (self.model, self.discriminator)
        )
        self._mel = MultiScaleMelLoss(config.sample_rate).to(self._device)
        self._balancer = LossBalancer(
            {
                "time": training.time_share,
                "mel": training.mel_share,
                "adversarial": training.adversarial_share,
                "features": training.feature_share,
            }
        )

    @property
    def segment_length(self) -> int:
        """Samples per segment: the configured duration in whole frames."""
        hop = self.config.hop_length
        return max(1, round(self.training.seconds * self.config.sample_rate / hop)) * hop

    def step(self, step: int, *, progress: float) -> dict[str, float]:
        """One update of the codec and, mostly, of the discriminator on a fresh batch."""
        seed = self.training.seed * _SEED_STRIDE + step + 1
        generator = Generator().manual_seed(seed + _RANK_STRIDE * rank())
        real = self._source.draw_batch(self.training.batch, self.segment_length, generator).to(self._device)
        real = real.expand(-1, self.config.channels, -1)
        for optimiser in (self.optimiser, self.judge_optimiser):
            cosine_rate(optimiser, peak=self.training.rate, step=step, progress=progress)
        update_judge, quantise = (
            from_first(float(torch.rand((), generator=generator))) < share
            for share in (self.training.discriminator_share, self.training.quantised_share)
        )
        with _seeded(seed, self._device):  # the quantiser replaces dead codes at random
            fake, commitment = self._reconstruct(real, quantise=quantise)
        adversarial = progress >= self.training.adversary_start
        judged = self._update_discriminator(real, fake.detach()) if adversarial and update_judge else {}
        return judged | self._update_codec(real, fake, commitment, adversarial=adversarial)

    def reconstruct(self, samples: Tensor, *, quantise: bool) -> tuple[Tensor, Tensor]:
        """Decode ``[B, C, T]`` again; also the commitment loss (zero where not quantised)."""
        latents = self.model.encoder(samples)
        commitment = samples.new_zeros(())
        if quantise:
            result = self.model.quantizer(latents, self.model.frame_rate)
            latents, commitment = result.quantized, result.penalty
        return self.model.decoder(latents)[..., : samples.shape[-1]], commitment

    def _update_discriminator(self, real: Tensor, fake: Tensor) -> dict[str, float]:
        real_logits, fake_logits = self._judge(real, fake)
        loss = hinge_discriminator_loss(real_logits, fake_logits)
        self.judge_optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        self.judge_optimiser.step()
        return {"discriminator": float(loss.detach())}

    def _both_logits(self, real: Tensor, fake: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        return self.discriminator(real)[0], self.discriminator(fake)[0]

    def _update_codec(self, real: Tensor, fake: Tensor, commitment: Tensor, *, adversarial: bool) -> dict[str, float]:
        losses = {"time": (real - fake).abs().mean(), "mel": self._mel(fake, real)}
        if adversarial:
            losses |= self._adversarial_losses(real, fake)
        gradient = self._balancer.gradient(losses, fake)
        self.optimiser.zero_grad(set_to_none=True)
        outputs, gradients = [fake], [gradient]
        if commitment.requires_grad:
            outputs.append(commitment)
            gradients.append(torch.full_like(commitment, self.training.commitment_weight))
        torch.autograd.backward(outputs, gradients)
        self.optimiser.step()
        self.average.update(self.model)
        return {name: float(loss.detach()) for name, loss in (losses | {"commitment": commitment}).items()}

    def _adversarial_losses(self, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        with torch.no_grad():
            _, real_features = self.discriminator(real)
        fake_logits, fake_features = self.discriminator(fake)
        return {
            "adversarial": hinge_generator_loss(fake_logits),
            "features": feature_matching_loss(real_features, fake_features),
        }

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Log-mel distance in dB and SNR of the averaged weights, continuous (the score) and quantised."""
        with self.average.applied(self.model):
            self.model.eval()
            pieces = [
                [self.reconstruct(part.to(self._device), quantise=quantise)[0].cpu() for quantise in (False, True)]
                for part in torch.split(self._validation, 8)
            ]
            self.model.train()
        continuous, quantised = (torch.cat(parts) for parts in zip(*pieces, strict=True))
        rate = self.config.sample_rate
        distance = log_mel_distance_db(continuous, self._validation, sample_rate=rate)
        return {
            "score": distance,
            "log_mel_db": distance,
            "quantised_log_mel_db": log_mel_distance_db(quantised, self._validation, sample_rate=rate),
            "snr_db": snr_db(continuous, self._validation),
        }

    def state(self) -> dict[str, Any]:
        """Both networks and optimisers, weight average and balancer; tensors, numbers and names only."""
        return {name: part.state_dict() for name, part in self._parts().items()} | {
            "average": self.average.state(),
            "balancer": self._balancer.state(),
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        self.average.load_state(state["average"])
        self._balancer.load_state(state["balancer"])

    def _parts(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "discriminator": self.discriminator,
            "optimiser": self.optimiser,
            "judge_optimiser": self.judge_optimiser,
        }


def save_encodec(task: EncodecTask, folder: Path, *, card: str, metadata: dict[str, Any] | None = None) -> None:
    """Write the averaged weights as a model folder that `EncodecCodec.from_model` reads.

    The config holds the family, the architecture, the recipe, the latency measured
    with a click, and `metadata` (licences, steps, figures).
    """
    tensors = {name: value.detach().cpu() for name, value in task.average.weights.items()}
    codec = EncodecCodec(task.config, tensors, name=folder.name, weights_hash="")
    config = (metadata or {}) | {
        "family": FAMILY,
        "architecture": asdict(task.config),
        "training": asdict(task.training),
        "latency_s": codec.latency_s,
    }
    save_model(folder, tensors=tensors, config=config, card=card)


@contextmanager
def _seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch's own generators for what takes no generator, and restore them after."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield
