"""Training of the spectral codec: reconstruction first, then an adversary for noise texture."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Generator, Tensor, nn

from samplegen.codec.measures import log_mel_deviations_db
from samplegen.networks.discriminators import DiscriminatorConfig, MultiScaleStftDiscriminator
from samplegen.networks.precision import fast_inference
from samplegen.networks.spectral import SpectralAutoencoder, SpectralConfig
from samplegen.training.codecs.adversarial import feature_matching_loss, hinge_discriminator_loss, hinge_generator_loss
from samplegen.training.codecs.codec_losses import MEL_SCALES, MultiScaleMelLoss, complex_stft_loss
from samplegen.training.codecs.codec_task import CodecTask
from samplegen.training.codecs.segments import SegmentSource
from samplegen.training.optimisation import cosine_rate, seeded
from samplegen.training.parallel import from_first, shared

COMPLEX_WINDOWS = (2048, 512, 128)
_VALIDATION_BATCH = 16


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
        Standard deviation of the noise added to the learned latents in training, so that a
        generator's small errors decode to small errors.
    latent_penalty
        Weight of the mean square of the latents; with the noise it fixes their scale.
    complex_weight, time_weight, mel_weight
        Weights of the reconstruction losses.
    scales_per_step
        Mel windows drawn per step, of six; one complex window is drawn besides. On a
        CPU the losses cost as much as the network, and an unbiased draw halves them.
    adversarial_weight, feature_weight
        Weights of the adversary's losses; both 0 leaves it out. It then judges windows
        `adversary_windows` (one drawn per step) with `adversary_filters` filters, on a
        random stretch of `adversary_length` samples: texture is local, and it is the
        dearest part of a step.
    waveform_dropped
        Share of steps in which the waveform latents are left out.
    freeze_encoder
        Train the decoder alone, so that latents made before stay valid.
    """

    batch: int = 8
    length: int = 32768
    rate: float = 8e-4
    latent_noise: float = 0.1
    latent_penalty: float = 1e-3
    complex_weight: float = 0.3
    time_weight: float = 0.5
    mel_weight: float = 1.5
    scales_per_step: int = 3
    adversarial_weight: float = 0.0
    feature_weight: float = 0.0
    adversary_windows: tuple[int, ...] = (2048, 1024, 512, 256)
    adversary_filters: int = 16
    adversary_length: int = 8192
    waveform_dropped: float = 0.5
    freeze_encoder: bool = False
    device: str = "cpu"
    seed: int = 0


class SpectralTask(CodecTask):
    """Training of a `SpectralAutoencoder` (a `TrainingTask`).

    Parameters
    ----------
    source
        Training segments.
    validation
        Fixed held-out segments ``[B, 1, T]``.
    """

    def __init__(
        self, config: SpectralConfig, training: SpectralTrainingConfig, *, source: SegmentSource, validation: Tensor
    ) -> None:
        self.config, self.training = config, training
        self._device = torch.device(training.device)
        judged = training.adversarial_weight or training.feature_weight
        with seeded(training.seed):
            self.model = SpectralAutoencoder(config).to(self._device)
            self.judge = _Judge(training) if judged else None
        super().__init__(self.model, rate=training.rate, seed=training.seed, freeze_encoder=training.freeze_encoder)
        self._reconstruct = shared(self.model, self.reconstruct)
        self._source, self._validation = source, validation
        self._mels = [
            MultiScaleMelLoss(config.sample_rate, scales={n_fft: bands}).to(self._device)
            for n_fft, bands in MEL_SCALES.items()
        ]

    def step(self, step: int, *, progress: float) -> dict[str, float]:
        """One step on a fresh batch."""
        cosine_rate(self.optimiser, peak=self.training.rate, step=step, progress=progress)
        samples = self._source.draw_batch(self.training.batch, self.training.length, self.generator).to(self._device)
        estimate, latents = self._reconstruct(samples)
        judged = self.judge.learn(samples, estimate, generator=self.generator) if self.judge else {}
        losses = self.reconstruction_losses(estimate, samples, latents)
        if self.judge:
            losses |= self.judge.losses(samples, estimate)
        self.optimiser.zero_grad(set_to_none=True)
        torch.stack(list(losses.values())).sum().backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.average.update(self.model)
        return {name: float(value.detach()) for name, value in losses.items()} | judged | {"gradient": float(norm)}

    def reconstruct(self, samples: Tensor) -> tuple[Tensor, Tensor]:
        """``[B, 1, T]`` to its noisy-latent reconstruction and the latents ``[B, C, N]``.

        In a share of the steps the decoder does without the waveform latents.
        """
        with fast_inference(self._device.type):
            latents = self.model.encode(samples[:, 0]).float()
            noise = torch.randn(latents.shape, generator=self.generator).to(latents)
            noise[:, : self.config.wave_bins] = 0.0
            given = latents + self.training.latent_noise * noise
            if float(torch.rand((), generator=self.generator)) < self.training.waveform_dropped:
                given = given[:, self.config.wave_bins :]
            estimate = self.model.decode(given)
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
            "latent": weights.latent_penalty * latents[:, self.config.wave_bins :].square().mean(),
        }

    @torch.inference_mode()
    def validate(self) -> dict[str, float]:
        """Log-mel distance in dB and SNR of the averaged weights on held-out segments.

        With all latents, and with the learned ones alone, whose distance is the score.
        """
        with self.average.applied(self.model):
            self.model.eval()
            latents = [self.model.encode(samples[:, 0].to(self._device)) for samples in self._batches()]
            learned = self._distance([part[:, self.config.wave_bins :] for part in latents])
            figures = self._distance(latents) | {f"learned_{name}": value for name, value in learned.items()}
            self.model.train()
        return figures | {"score": learned["log_mel_db"], "latent_std": float(torch.cat(latents).std())}

    def _batches(self) -> list[Tensor]:
        count = -(-len(self._validation) // _VALIDATION_BATCH)
        return [self._validation[k * _VALIDATION_BATCH : (k + 1) * _VALIDATION_BATCH] for k in range(count)]

    def _distance(self, latents: list[Tensor]) -> dict[str, float]:
        estimate = torch.cat([self.model.decode(part) for part in latents])[:, None].float().cpu()
        deviation, cells = log_mel_deviations_db(estimate, self._validation)
        error = (self._validation - estimate).square().sum()
        snr = 10 * torch.log10(self._validation.square().sum() / error)
        return {"log_mel_db": float(deviation.sum() / cells.sum()), "snr_db": float(snr)}

    def state(self) -> dict[str, Any]:
        """Weights, average, optimisers and generator."""
        return super().state() | ({"judge": self.judge.state()} if self.judge else {})

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        super().load_state(state)
        if self.judge:
            self.judge.load_state(state["judge"])


def _pieces(count: int) -> list[int]:
    return [min(16, count - start) for start in range(0, count, 16)]


def _both_logits(judge: nn.Module, real: Tensor, fake: Tensor) -> tuple[list[Tensor], list[Tensor]]:
    return judge(real)[0], judge(fake)[0]


class _Judge:
    """The adversary: one small network per window, of which each step trains and asks one."""

    def __init__(self, training: SpectralTrainingConfig) -> None:
        self._training = training
        sizes = [
            DiscriminatorConfig(filters=training.adversary_filters, n_ffts=(n_fft,))
            for n_fft in training.adversary_windows
        ]
        self.networks = nn.ModuleList(MultiScaleStftDiscriminator(size) for size in sizes).to(training.device)
        self.optimiser = torch.optim.AdamW(self.networks.parameters(), lr=training.rate, betas=(0.5, 0.9))
        self._logits = [shared(network, partial(_both_logits, network)) for network in self.networks]
        self._chosen: nn.Module = self.networks[0]
        self._start = 0

    def learn(self, real: Tensor, fake: Tensor, *, generator: Generator) -> dict[str, float]:
        """Choose a window and train its network to tell `fake` from `real`."""
        drawn = int(torch.randint(len(self.networks), (), generator=generator))
        number = int(from_first(drawn))  # gradients are averaged, so all train the same one
        self._chosen = self.networks[number]
        room = max(1, real.shape[-1] - self._training.adversary_length)
        self._start = int(torch.randint(room, (), generator=generator))
        real, fake = self._stretch(real), self._stretch(fake)
        with fast_inference(self._training.device):
            true_logits, made_logits = self._logits[number](real, fake.detach())
        loss = hinge_discriminator_loss([x.float() for x in true_logits], [x.float() for x in made_logits])
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        return {"judge": float(loss.detach())}

    def losses(self, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        """What the codec is to lower."""
        real, fake = self._stretch(real), self._stretch(fake)
        self._chosen.requires_grad_(False)
        with fast_inference(self._training.device):
            with torch.no_grad():
                _, true_features = self._chosen(real)
            logits, features = self._chosen(fake)
        self._chosen.requires_grad_(True)
        return {
            "adversarial": self._training.adversarial_weight * hinge_generator_loss([x.float() for x in logits]),
            "features": self._training.feature_weight * feature_matching_loss(true_features, features).float(),
        }

    def _stretch(self, samples: Tensor) -> Tensor:
        return samples[..., self._start : self._start + self._training.adversary_length]

    def state(self) -> dict[str, Any]:
        return {"networks": self.networks.state_dict(), "optimiser": self.optimiser.state_dict()}

    def load_state(self, state: dict[str, Any]) -> None:
        self.networks.load_state_dict(state["networks"])
        self.optimiser.load_state_dict(state["optimiser"])
