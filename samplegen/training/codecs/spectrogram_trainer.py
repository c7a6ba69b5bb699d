"""Training of the spectrogram codec: levels, how sure they are, and no audio at all.

The losses compare spectrograms, so a step needs neither phases nor an inverse transform and takes
a fifth of the time of one that decodes.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor, nn

from samplegen.codec.measures import log_mel_deviations_db, mel_bands
from samplegen.networks.partials import lobe_powers
from samplegen.networks.precision import fast_inference
from samplegen.networks.spectrogram import (
    LOWEST_HZ,
    Spectrogram,
    SpectrogramAutoencoder,
    SpectrogramConfig,
    log_magnitudes,
    roughness,
    scaled,
)
from samplegen.networks.stft import Stft
from samplegen.training.codecs.segments import SegmentSource
from samplegen.training.optimisation import WeightAverage, cosine_rate, seeded
from samplegen.training.parallel import rank, shared

_VALIDATION_BATCH = 16
_HEARD_NEPERS = 7.5  # what is 65 dB below the loudest cell hardly counts
_LEAST_WEIGHT, _LEAST_ROUGHNESS = 0.1, 0.02
_FIRST_SEGMENTS = 192
_MEL_FLOOR_DB = -55.0
_TONAL_HZ = 4600.0
_RANK_STRIDE = 7919
_AVERAGE = 0.999


@dataclass(frozen=True)
class SpectrogramTrainingConfig:
    """How a spectrogram codec is trained.

    Parameters
    ----------
    batch, length
        Segments per step and process, and samples per segment.
    rate
        Peak learning rate of AdamW.
    latent_noise
        Standard deviation of the noise added to the latents in training, so that a generator's
        small errors decode to small errors.
    latent_penalty
        Weight of the mean square of the learned latents; with the noise it fixes their scale.
    level_weight, mel_weight, loud_weight, tonal_weight, roughness_weight
        Weights of the losses: absolute error of log magnitudes and of log mel bands, error of the
        magnitudes themselves relative to the sound (so that what is loud is right), absolute error
        of the log magnitudes of long frames where partials are, and the
        likelihood of the roughness of the first.
    tones
        Share of segments with synthetic tones.
    freeze_encoder
        Train the decoder alone, so that latents made before stay valid.
    """

    batch: int = 8
    length: int = 32768
    rate: float = 8e-4
    latent_noise: float = 0.1
    latent_penalty: float = 1e-3
    level_weight: float = 1.0
    mel_weight: float = 1.0
    loud_weight: float = 0.7
    tonal_weight: float = 0.3
    roughness_weight: float = 0.2
    tones: float = 0.3
    freeze_encoder: bool = False
    device: str = "cpu"
    seed: int = 0


class SpectrogramTask:
    """Training of a `SpectrogramAutoencoder` (a `TrainingTask`).

    Parameters
    ----------
    source
        Training segments.
    validation
        Fixed held-out segments ``[B, 1, T]``.
    """

    def __init__(
        self,
        config: SpectrogramConfig,
        training: SpectrogramTrainingConfig,
        *,
        source: SegmentSource,
        validation: Tensor,
    ) -> None:
        self.config, self.training = config, training
        self._device = torch.device(training.device)
        with seeded(training.seed):
            self.model = SpectrogramAutoencoder(config).to(self._device)
        self._source, self._validation = source, validation
        self.model.begin_with(self._first_levels())
        if training.freeze_encoder:
            self.model.encoder.requires_grad_(False)
        self.average = WeightAverage(self.model, decay=_AVERAGE)
        self.generator = Generator().manual_seed(training.seed + _RANK_STRIDE * rank())
        trained = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        self.optimiser = torch.optim.AdamW(trained, lr=training.rate, betas=(0.8, 0.99), weight_decay=1e-3)
        self._losses = shared(self.model, self.losses)
        bands = 96 if config.n_fft >= 2048 else 64
        self._mel = mel_bands(config.n_fft, bands=bands, sample_rate=config.sample_rate).T.to(self._device)
        self._weights = _audibility(config).to(self._device)
        self._long = Stft(config.tone_fft, config.hop_length).to(self._device)
        self._long_bins = min(config.tone_fft // 2, round(_TONAL_HZ / config.sample_rate * config.tone_fft))
        powers = lobe_powers(config.tones, lowest_hz=LOWEST_HZ, n_fft=config.tone_fft, sample_rate=config.sample_rate)
        self._long_lobes = powers[:, : self._long_bins].to(self._device)

    @torch.no_grad()
    def _first_levels(self) -> Tensor:
        """Latent frames' worth of log magnitudes of some segments, ``[N, F * stack]``, the same in all processes."""
        generator = Generator().manual_seed(self.training.seed)
        samples = self._source.draw_batch(_FIRST_SEGMENTS, self.training.length, generator)[:, 0].to(self._device)
        levels = scaled(log_magnitudes(self.model.decoder.stft, samples))
        return levels.reshape(-1, self.config.stack * self.config.bins)

    def step(self, step: int, *, progress: float) -> dict[str, float]:
        """One step on a fresh batch."""
        cosine_rate(self.optimiser, peak=self.training.rate, step=step, progress=progress)
        samples = self._source.draw_batch(self.training.batch, self.training.length, self.generator)
        losses = self._losses(samples[:, 0].to(self._device))
        self.optimiser.zero_grad(set_to_none=True)
        torch.stack(list(losses.values())).sum().backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.average.update(self.model)
        return {name: float(value.detach()) for name, value in losses.items()} | {"gradient": float(norm)}

    def losses(self, samples: Tensor) -> dict[str, Tensor]:
        """Weighted losses of ``[B, T]``, whose latents are decoded with noise on them."""
        with fast_inference(self._device.type):
            latents = self.model.encode(samples).float()
            noise = torch.randn(latents.shape, generator=self.generator).to(latents)
            spectrogram = self.model.spectrogram(latents + self.training.latent_noise * noise)
        made = self.model.decoder.levels(spectrogram)
        wanted = log_magnitudes(self.model.decoder.stft, samples)
        loudest = wanted.amax((1, 2), keepdim=True)
        weight = self._weights * (_LEAST_WEIGHT + torch.sigmoid((wanted - loudest + _HEARD_NEPERS) * 1.5))
        error = made - wanted
        expected = spectrogram.roughness + _LEAST_ROUGHNESS
        likelihood = torch.log(expected) + roughness(error.detach()) / expected
        training = self.training
        return {
            "level": training.level_weight * (weight * error.abs()).mean(),
            "roughness": training.roughness_weight * (weight * likelihood).mean(),
            "mel": training.mel_weight * self._mel_error(made, wanted),
            "loud": training.loud_weight * _relative_error(torch.exp(made), torch.exp(wanted)),
            "tonal": training.tonal_weight * self._tonal_error(spectrogram, samples),
            "latent": training.latent_penalty * latents[:, : self.config.learned].square().mean(),
        }

    def _mel_error(self, made: Tensor, wanted: Tensor) -> Tensor:
        heard, meant = (torch.exp(levels) @ self._mel for levels in (made, wanted))
        floor = meant.amax((1, 2), keepdim=True) * 10.0 ** (_MEL_FLOOR_DB / 20.0)
        return (torch.log(heard + floor) - torch.log(meant + floor)).abs().mean()

    def _tonal_error(self, made: Spectrogram, samples: Tensor) -> Tensor:
        """Error of long frames, in which partials stand apart; what is no partial counts as noise of its power."""
        config, stack = self.config, self.config.stack
        wanted = log_magnitudes(self._long, samples)[..., : self._long_bins]
        rest = _stacked(torch.exp(2.0 * made.log_magnitude), stack)
        longer = config.tone_fft // config.n_fft
        rest = rest.repeat_interleave(longer, dim=-1)[..., longer // 2 :][..., : self._long_bins] * longer
        power = _stacked(made.partials.square(), stack) @ self._long_lobes
        loudest = wanted.amax((1, 2), keepdim=True)
        weight = _LEAST_WEIGHT + torch.sigmoid((wanted - loudest + _HEARD_NEPERS) * 1.5)
        return (weight * (0.5 * torch.log(rest + power) - wanted).abs()).mean()

    @torch.inference_mode()
    def validate(self) -> dict[str, float]:
        """Log-mel distance in dB of decoded held-out segments, by the averaged weights."""
        with self.average.applied(self.model):
            self.model.eval()
            parts = torch.split(self._validation, _VALIDATION_BATCH)
            latents = [self.model.encode(samples[:, 0].to(self._device)) for samples in parts]
            estimate = torch.cat([self.model.decode(part) for part in latents])[:, None].float().cpu()
            self.model.train()
        deviation, cells = log_mel_deviations_db(estimate, self._validation)
        distance = float(deviation.sum() / cells.sum())
        learned = torch.cat(latents)[:, : self.config.learned]
        return {"score": distance, "log_mel_db": distance, "latent_std": float(learned.std())}

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
            self.generator.manual_seed(self.training.seed + _RANK_STRIDE * rank() + self.average.steps)

    def start_from(self, weights: dict[str, Tensor]) -> None:
        """Begin with the weights of another run (its average), as fine-tuning does."""
        fresh = self.model.state_dict()
        kept = {name: value for name, value in weights.items() if name in fresh and fresh[name].shape == value.shape}
        self.model.load_state_dict(kept, strict=False)
        self.average = WeightAverage(self.model, decay=_AVERAGE)


def _stacked(frames: Tensor, stack: int) -> Tensor:
    """Mean of each `stack` frames of ``[B, K, D]``."""
    return frames.reshape(frames.shape[0], -1, stack, frames.shape[-1]).mean(2)


def _relative_error(made: Tensor, wanted: Tensor) -> Tensor:
    """Spectral convergence (Arık, Jun & Diamos 2019), a mean over the batch."""
    return ((made - wanted).square().sum((1, 2)) / wanted.square().sum((1, 2))).sqrt().mean()


def _audibility(config: SpectrogramConfig) -> Tensor:
    """Weight of each bin, ``[F]``, mean near 1: bins are dense where hearing is not."""
    hertz = torch.arange(config.bins) * (config.sample_rate / config.n_fft)
    weight = 1.0 / (hertz + 200.0)
    return 0.25 + 0.75 * weight / weight.mean()
