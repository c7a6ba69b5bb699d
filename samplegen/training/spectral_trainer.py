"""Training of the spectral codec: reconstruction first, then an adversary for noise texture."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor, nn

from samplegen.networks.spectral import SpectralAutoencoder, SpectralConfig
from samplegen.training.codec_losses import (
    MEL_SCALES,
    MultiScaleMelLoss,
    complex_stft_loss,
    log_mel_deviations_db,
)
from samplegen.training.optimisation import WeightAverage, cosine_rate, to_bfloat16
from samplegen.training.parallel import average_gradients, rank
from samplegen.training.segments import SegmentSource

COMPLEX_WINDOWS = (2048, 512, 128)


@dataclass(frozen=True)
class SpectralTrainingConfig:
    """How a spectral codec is trained.

    Parameters
    ----------
    batch, length
        Segments per step and process, and samples per segment.
    rate
        Peak learning rate of AdamW.
    latent_noise
        Standard deviation of the noise added to latents in training, so that a
        generator's small errors decode to small errors.
    latent_penalty
        Weight of the mean square of the latents; with the noise it fixes their scale.
    complex_weight, time_weight, mel_weight
        Weights of the reconstruction losses.
    scales_per_step
        Mel windows drawn per step, of six; one complex window is drawn besides. On a
        CPU the losses cost as much as the network, and an unbiased draw halves them.
    """

    batch: int = 16
    length: int = 32768
    rate: float = 8e-4
    latent_noise: float = 0.1
    latent_penalty: float = 1e-3
    complex_weight: float = 0.5
    time_weight: float = 1.0
    mel_weight: float = 1.5
    scales_per_step: int = 3
    seed: int = 0


class SpectralTask:
    """Reconstruction training of a `SpectralAutoencoder` (a `TrainingTask`)."""

    def __init__(self, config: SpectralConfig, training: SpectralTrainingConfig, *, source: SegmentSource,
                 validation: Tensor) -> None:
        torch.manual_seed(training.seed)
        self.config, self.training = config, training
        self.model = SpectralAutoencoder(config)
        self.average = WeightAverage(self.model, decay=0.999)
        self.generator = Generator().manual_seed(training.seed + 7919 * rank())
        self._source, self._validation = source, validation
        self._mels = [MultiScaleMelLoss(config.sample_rate, scales={n: bands}) for n, bands in MEL_SCALES.items()]
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(), lr=training.rate, betas=(0.8, 0.99), weight_decay=1e-3
        )

    def step(self, step: int, *, progress: float) -> dict[str, float]:
        """One step on a fresh batch."""
        cosine_rate(self.optimiser, peak=self.training.rate, step=step, progress=progress)
        samples = self._source.draw_batch(self.training.batch, self.training.length, self.generator)
        estimate, latents = self.reconstruct(samples)
        losses = self.reconstruction_losses(estimate, samples, latents)
        total = torch.stack(list(losses.values())).sum()
        self.optimiser.zero_grad(set_to_none=True)
        total.backward()
        average_gradients(self.model.parameters())
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.average.update(self.model)
        return {name: float(value.detach()) for name, value in losses.items()} | {"gradient": float(norm)}

    def reconstruct(self, samples: Tensor) -> tuple[Tensor, Tensor]:
        """``[B, 1, T]`` to its noisy-latent reconstruction and the latents ``[B, C, N]``."""
        with to_bfloat16():
            latents = self.model.encode(samples[:, 0]).float()
            noise = torch.randn(latents.shape, generator=self.generator)
            estimate = self.model.decode(latents + self.training.latent_noise * noise)
        return estimate.float()[:, None], latents

    def reconstruction_losses(self, estimate: Tensor, samples: Tensor, latents: Tensor) -> dict[str, Tensor]:
        """Weighted losses of a batch."""
        weights = self.training
        chosen = torch.randperm(len(self._mels), generator=self.generator)[: weights.scales_per_step].tolist()
        mel = torch.stack([self._mels[index](estimate, samples) for index in chosen]).mean()
        n_fft = COMPLEX_WINDOWS[int(torch.randint(len(COMPLEX_WINDOWS), (), generator=self.generator))]
        return {
            "mel": weights.mel_weight * mel,
            "complex": weights.complex_weight * complex_stft_loss(estimate, samples, n_ffts=(n_fft,)),
            "time": weights.time_weight * (estimate - samples).abs().mean(),
            "latent": weights.latent_penalty * latents.square().mean(),
        }

    @torch.inference_mode()
    def validate(self) -> dict[str, float]:
        """Log-mel distance in dB and SNR of the averaged weights on held-out segments."""
        with self.average.applied(self.model):
            self.model.eval()
            pieces = [self.model.decode(self.model.encode(part[:, 0])) for part in self._validation.split(16)]
            latents = torch.cat([self.model.encode(part[:, 0]) for part in self._validation.split(16)])
            self.model.train()
        estimate = torch.cat(pieces)[:, None]
        deviation, cells = log_mel_deviations_db(estimate, self._validation)
        distance = float(deviation.sum() / cells.sum())
        error = (self._validation - estimate).square().sum()
        snr = 10 * torch.log10(self._validation.square().sum() / error)
        return {"score": distance, "log_mel_db": distance, "snr_db": float(snr), "latent_std": float(latents.std())}

    def state(self) -> dict[str, Any]:
        """Weights, average, optimiser and generator."""
        return {
            "model": self.model.state_dict(),
            "average": self.average.state(),
            "optimiser": self.optimiser.state_dict(),
            "generator": self.generator.get_state(),
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self.model.load_state_dict(state["model"])
        self.average.load_state(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        if rank() == 0:
            self.generator.set_state(state["generator"])
        else:
            self.generator.manual_seed(self.training.seed + 7919 * rank() + int(self.average.steps))
