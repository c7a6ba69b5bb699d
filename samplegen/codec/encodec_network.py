"""The network of the `encodec` family: its architecture, the published ones, and building it from the package."""

import math
import warnings
from dataclasses import dataclass
from typing import Any

from torch import nn

from samplegen.codec.torchaudio_shim import import_encodec
from samplegen.errors import UsageError

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
