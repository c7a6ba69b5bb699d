"""The `encodec` family: SEANet and residual vector quantiser of the ``encodec`` package behind `Codec`.

Latents are the encoder's continuous output, before the quantiser. Nothing of the
package that downloads or unpickles is used: weights come from a verified model
folder. The published 48 kHz model normalises each 1 s segment by its RMS; here the
whole signal is one segment with one gain, whose natural logarithm rides along as
the last latent channel (constant over the frames), so latents stay self-contained
and a generator learns levels too.
"""

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from samplegen.checkpoints import LoadedModel, load_model, read_config
from samplegen.codec.base import Latents
from samplegen.codec.latency import measure_latency
from samplegen.codec.ring import middle_repeat, repeat_three_times
from samplegen.codec.torchaudio_shim import import_encodec
from samplegen.errors import InputError, ModelInvalidError, UsageError

_QUIETEST = 1e-8
_LARGEST = 2048


@dataclass(frozen=True)
class EncodecConfig:
    """Architecture of an EnCodec.

    Parameters
    ----------
    sample_rate, channels
        Of the audio; one or two channels.
    ratios
        Up-sampling factors of the decoder; their product is the hop length.
    n_filters, dimension, n_residual_layers, lstm_layers
        Width of the first level, latent channels of the network, residual blocks a level, LSTM layers.
    n_q, bins
        Codebooks, and entries of each (a power of two).
    causal
        Pad on the left only. Ours is not: an offline codec gains from both sides.
    norm
        ``weight_norm`` or ``time_group_norm``.
    normalise
        Divide the signal by its RMS and keep the gain as one more latent channel.
    """

    sample_rate: int = 44100
    channels: int = 1
    ratios: tuple[int, ...] = (8, 4, 4, 4)
    n_filters: int = 32
    dimension: int = 128
    n_residual_layers: int = 1
    lstm_layers: int = 2
    n_q: int = 16
    bins: int = 1024
    causal: bool = False
    norm: str = "weight_norm"
    normalise: bool = False

    def __post_init__(self) -> None:
        """Refuse what the package would assert on."""
        if self.channels not in (1, 2):
            raise UsageError(f"EnCodec takes 1 or 2 channels, not {self.channels}.")
        if not self.ratios or min(self.ratios) < 2:
            raise UsageError(f"EnCodec ratios must all be 2 or more, not {self.ratios}.")
        sizes = (self.n_filters, self.dimension, self.n_q, self.n_residual_layers, self.sample_rate / 1000)
        if min(sizes) < 1 or max(sizes) > _LARGEST or not 0 <= self.lstm_layers <= 8 or self.hop_length > 65536:
            raise UsageError(f"EnCodec sizes must be positive and at most {_LARGEST}: {self}.")
        if not 2 <= self.bins <= 65536 or self.bins & (self.bins - 1):
            raise UsageError(f"EnCodec bins must be a power of two, not {self.bins}.")
        if self.norm not in ("weight_norm", "time_group_norm", "none"):
            raise UsageError(f"EnCodec norm must be weight_norm, time_group_norm or none, not {self.norm!r}.")
        if self.causal and self.norm == "time_group_norm":
            raise UsageError("EnCodec with time_group_norm cannot be causal. Use weight_norm.")

    @property
    def hop_length(self) -> int:
        """Samples per latent frame."""
        return math.prod(self.ratios)

    @property
    def latent_dimension(self) -> int:
        """Latent channels C, with the gain channel where there is one."""
        return self.dimension + int(self.normalise)


PUBLISHED: dict[str, EncodecConfig] = {
    "encodec_24khz": EncodecConfig(24000, 1, (8, 5, 4, 2), n_q=32, causal=True),
    "encodec_48khz": EncodecConfig(48000, 2, (8, 5, 4, 2), n_q=16, norm="time_group_norm", normalise=True),
}
"""Architectures of the published weights (Défossez et al. 2022; encodec 0.1.1, ``EncodecModel._get_model``)."""


def build_encodec(config: EncodecConfig) -> nn.Module:
    """Build an ``encodec.model.EncodecModel`` with fresh weights, in training mode."""
    package = import_encodec()
    shared: dict[str, Any] = {
        "channels": config.channels,
        "dimension": config.dimension,
        "n_filters": config.n_filters,
        "n_residual_layers": config.n_residual_layers,
        "ratios": list(config.ratios),
        "norm": config.norm,
        "causal": config.causal,
        "lstm": config.lstm_layers,
    }
    with warnings.catch_warnings():  # the package uses torch's older weight_norm; its keys are in the weights
        warnings.simplefilter("ignore", FutureWarning)
        encoder, decoder = package.modules.SEANetEncoder(**shared), package.modules.SEANetDecoder(**shared)
    quantizer = package.quantization.ResidualVectorQuantizer(
        dimension=config.dimension, n_q=config.n_q, bins=config.bins, kmeans_init=False
    )
    kbps = config.n_q * math.log2(config.bins) * math.ceil(config.sample_rate / config.hop_length) / 1000.0
    model: nn.Module = package.EncodecModel(
        encoder, decoder, quantizer, [kbps], config.sample_rate, config.channels, normalize=config.normalise
    )
    return model


class EncodecCodec:
    """An EnCodec as a `Codec`.

    Parameters
    ----------
    config
        Its architecture.
    tensors
        State dictionary of the package's ``EncodecModel``.
    name, weights_hash
        Model name, and SHA-256 of the weights.
    latency_s
        From the model's card; measured with a click when None.
    snap
        Quantise latents before decoding them.
    bandwidth_kbps
        Of the quantiser; None uses every codebook.

    Raises
    ------
    ModelInvalidError
        If the tensors do not fit the architecture.
    UsageError
        If the bandwidth is below one codebook or above all of them.
    """

    def __init__(
        self,
        config: EncodecConfig,
        tensors: Mapping[str, Tensor],
        *,
        name: str,
        weights_hash: str,
        latency_s: float | None = None,
        snap: bool = False,
        bandwidth_kbps: float | None = None,
    ) -> None:
        self.config, self.name, self.hash, self.snap = config, name, weights_hash, snap
        self.sample_rate, self.channels = config.sample_rate, config.channels
        self.hop_length, self.dimension = config.hop_length, config.latent_dimension
        self.codebooks = _count_codebooks(config, bandwidth_kbps)
        self._model: Any = build_encodec(config)
        try:
            self._model.load_state_dict({key: value.float() for key, value in tensors.items()})
        except RuntimeError as error:
            raise ModelInvalidError(f"The weights of {name!r} do not fit its config. Get the model again.") from error
        self._model.eval().requires_grad_(False)
        self.latency_s = 0.0
        self.latency_s = measure_latency(self) if latency_s is None else latency_s

    @classmethod
    def from_published(cls, name: str, *, snap: bool = False, bandwidth_kbps: float | None = None) -> "EncodecCodec":
        """Load the published ``encodec_24khz`` or ``encodec_48khz``, once pulled into a model folder.

        Raises
        ------
        UsageError
            For another name.
        ModelMissingError, ModelInvalidError
            If it was never pulled, or does not verify.
        """
        if name not in PUBLISHED:
            raise UsageError(f"No published EnCodec is called {name!r}. Use one of: {', '.join(PUBLISHED)}.")
        loaded = load_model(name)
        return cls(
            PUBLISHED[name],
            loaded.tensors,
            name=name,
            weights_hash=loaded.hash,
            latency_s=_read_latency(loaded.config),
            snap=snap,
            bandwidth_kbps=bandwidth_kbps,
        )

    @classmethod
    def from_model(
        cls, loaded: LoadedModel, *, snap: bool = False, bandwidth_kbps: float | None = None
    ) -> "EncodecCodec":
        """Load a codec of our own from a verified model folder whose config says ``"family": "encodec"``.

        Raises
        ------
        ModelInvalidError
            If the config is of another family or unfit.
        """
        family = loaded.config.get("family")
        if family != "encodec":
            raise ModelInvalidError(f"The model {loaded.name!r} is of the family {family!r}, not 'encodec'.")
        return cls(
            read_config(loaded.config.get("architecture"), EncodecConfig, where=f"{loaded.name}: architecture"),
            loaded.tensors,
            name=loaded.name,
            weights_hash=loaded.hash,
            latency_s=_read_latency(loaded.config),
            snap=snap,
            bandwidth_kbps=bandwidth_kbps,
        )

    @torch.inference_mode()
    def encode(self, samples: Tensor, *, loop: bool = False) -> Latents:
        """``[B, channels, T]`` to ``[B, C, ceil(T / hop_length)]``; the last frame is filled up with silence.

        Raises
        ------
        InputError
            If the shape is wrong, or T of a loop is no multiple of the hop.
        """
        self._check_samples(samples, loop=loop)
        frame_rate = self.sample_rate / self.hop_length
        gain = self._gain(samples)
        padded = functional.pad(samples / gain, (0, -samples.shape[-1] % self.hop_length))
        frames = padded.shape[-1] // self.hop_length
        values = self._model.encoder(repeat_three_times(padded) if loop else padded)
        values = values[..., frames : 2 * frames] if loop else values[..., :frames]
        if self.config.normalise:
            values = torch.cat([values, gain.log().expand(-1, 1, frames)], dim=1)
        return Latents(values, frame_rate)

    @torch.inference_mode()
    def decode(self, latents: Latents, *, loop: bool = False) -> Tensor:
        """``[B, C, N]`` to ``[B, channels, N * hop_length]``; `loop` decodes three repeats and keeps the middle.

        Raises
        ------
        InputError
            If the latents have another number of channels or no frame.
        """
        values = latents.values
        if values.ndim != 3 or values.shape[1] != self.dimension or values.shape[2] == 0:
            raise InputError(f"{self.name!r} decodes [B, {self.dimension}, N] latents, not {list(values.shape)}.")
        if loop:
            samples = self._decode_frames(repeat_three_times(values))
            return middle_repeat(samples, sample_rate=self.sample_rate)
        return self._decode_frames(values)

    def quantise(self, values: Tensor) -> Tensor:
        """Nearest sums of codebook entries to network latents ``[B, dimension, N]``."""
        codes = self._model.quantizer.vq.encode(values, n_q=self.codebooks)
        return _as_tensor(self._model.quantizer.decode(codes))

    def _decode_frames(self, values: Tensor) -> Tensor:
        network = values[:, : self.config.dimension]
        if self.snap:
            network = self.quantise(network)
        samples = _as_tensor(self._model.decoder(network))[..., : values.shape[-1] * self.hop_length]
        if self.config.normalise:
            samples = samples * values[:, self.config.dimension :].mean(-1, keepdim=True).exp()
        return samples

    def _gain(self, samples: Tensor) -> Tensor:
        """RMS of the mono mix, ``[B, 1, 1]``, or 1 where the model does not normalise."""
        if not self.config.normalise:
            return samples.new_ones(samples.shape[0], 1, 1)
        return samples.mean(1, keepdim=True).square().mean(2, keepdim=True).sqrt() + _QUIETEST

    def _check_samples(self, samples: Tensor, *, loop: bool) -> None:
        if samples.ndim != 3 or samples.shape[1] != self.channels or samples.shape[2] == 0:
            raise InputError(f"{self.name!r} encodes [B, {self.channels}, T] samples, not {list(samples.shape)}.")
        if loop and samples.shape[2] % self.hop_length:
            raise InputError(f"A loop of {samples.shape[2]} samples is no multiple of the hop {self.hop_length}.")


def _as_tensor(value: Any) -> Tensor:
    assert isinstance(value, Tensor)
    return value


def _count_codebooks(config: EncodecConfig, bandwidth_kbps: float | None) -> int:
    if bandwidth_kbps is None:
        return config.n_q
    kbps = math.log2(config.bins) * math.ceil(config.sample_rate / config.hop_length) / 1000.0
    count = math.floor(bandwidth_kbps / kbps + 1e-6)
    if not 1 <= count <= config.n_q:
        most = kbps * config.n_q
        raise UsageError(f"A bandwidth of {bandwidth_kbps} kbit/s is out of range. Use {kbps:.2f} to {most:.2f}.")
    return count


def _read_latency(config: Mapping[str, Any]) -> float | None:
    value = config.get("latency_s")
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
