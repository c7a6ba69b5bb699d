"""A spectral autoencoder whose every layer runs at the latent frame rate.

A short-time Fourier transform feeds ConvNeXt blocks; the decoder ends in a head
that predicts magnitude and phase of every frame, and an inverse transform. On a
CPU nearly all work is dense products, so it decodes about a hundred times faster
than real time (the idea of Vocos: Siuzdak 2023, arXiv:2306.00814).

Framing is *same*: frame k of the inner transform is centred on
``(k + 0.5) * frame_hop`` and ``stack`` inner frames make one latent frame, so
latent n is centred on ``(n + 0.5) * hop_length``, N = T / hop exactly, and a ring
is decoded by wrapping the latents around.

Three parts add up, each for what it resolves best. Short frames carry attacks and noise,
one long frame per latent carries harmonics, and below `wave_hz` the waveform itself is
kept: the lowest bins of a modified discrete cosine transform (Princen & Bradley 1986),
companded so that their errors are relative to their size, are latents as they are. These
waveform latents may be left out: then the two transforms fill the low band as well. That
is what generators do, for whom the signs of a waveform are the hardest thing to learn.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from samplegen.errors import UsageError
from samplegen.networks.convnext import FrameAutoencoder, convnext
from samplegen.networks.stft import Stft, wrap

# Companding of cosine bins, which reach about 20 at full scale: linear below the floor, logarithmic above.
WAVE_FLOOR, WAVE_SCALE = 0.03, 0.4

_MOST = {"sample_rate": 768_000, "dimension": 1024, "encoder_width": 4096, "decoder_width": 4096}
_MOST_BLOCKS = {"encoder_blocks": 64, "decoder_blocks": 64, "expansion": 16, "kernel_size": 63}


@dataclass(frozen=True)
class SpectralConfig:
    """Architecture of a `SpectralAutoencoder`.

    Parameters
    ----------
    n_fft, frame_hop
        Inner transform, in samples; `n_fft` is a multiple of `frame_hop`.
    stack
        Inner frames per latent frame; ``hop_length = stack * frame_hop``.
    tonal_fft
        Long transform, one frame per latent frame; a multiple of the hop.
    wave_bins
        Latents that are companded cosine-transform bins of ``sample_rate / (2 * hop)`` Hz each;
        the rest are learned.
    dimension
        Latent channels.
    encoder_width, encoder_blocks, decoder_width, decoder_blocks
        ConvNeXt widths and depths.
    expansion
        Hidden width of a block in units of its width.
    kernel_size
        Frames seen by a block's depthwise convolution; odd.

    Raises
    ------
    UsageError
        If the sizes do not fit together, or are larger than any codec needs.
    """

    sample_rate: int = 44100
    n_fft: int = 1024
    frame_hop: int = 256
    stack: int = 4
    tonal_fft: int = 4096
    wave_bins: int = 32
    dimension: int = 128
    encoder_width: int = 320
    encoder_blocks: int = 4
    decoder_width: int = 384
    decoder_blocks: int = 8
    expansion: int = 3
    kernel_size: int = 7

    def __post_init__(self) -> None:
        """Refuse what cannot be built before anything is allocated."""
        for name, value in vars(self).items():
            most = (_MOST | _MOST_BLOCKS).get(name, 65536)
            if not (0 if name == "wave_bins" else 1) <= value <= most:
                raise UsageError(f"{name} is {value}; allowed: 1 to {most}.")
        if self.frame_hop % 2 or self.n_fft % self.frame_hop or self.tonal_fft % self.hop_length:
            raise UsageError("n_fft must be a multiple of frame_hop (which is even), and tonal_fft one of the hop.")
        if self.kernel_size % 2 == 0 or self.wave_bins >= min(self.dimension, self.hop_length):
            raise UsageError("kernel_size must be odd, and wave_bins below dimension and hop.")

    @property
    def hop_length(self) -> int:
        """Samples per latent frame."""
        return self.stack * self.frame_hop

    @property
    def bins(self) -> int:
        """Frequency bins of the inner transform."""
        return self.n_fft // 2 + 1

    @property
    def wave_hz(self) -> float:
        """Below it only the cosine bins sound; they reach two bins further, for the overlap."""
        return max(0, self.wave_bins - 2) * self.sample_rate / (2 * self.hop_length)

    @property
    def reach(self) -> int:
        """Latent frames on either side that can alter an encoded or a decoded frame."""
        overlap = -(-max(self.n_fft, self.tonal_fft) // (2 * self.hop_length))
        return max(self.encoder_blocks, self.decoder_blocks + 1) * (self.kernel_size // 2) + overlap


class CosineBins(nn.Module):
    """The lowest bins of a modified discrete cosine transform, companded; exact for what lies in them."""

    window: Tensor
    basis: Tensor

    def __init__(self, hop: int, count: int) -> None:
        super().__init__()
        self.hop, self.count = hop, count
        place = torch.arange(2 * hop, dtype=torch.float64) + 0.5
        bins = torch.arange(count, dtype=torch.float64)[:, None] + 0.5
        basis = torch.cos(torch.pi / hop * bins * (place + hop / 2)) * (2.0 / hop) ** 0.5
        window = torch.sin(torch.pi * place / (2 * hop))
        self.register_buffer("basis", (basis * window).float(), persistent=False)

    def analyse(self, samples: Tensor, *, loop: bool) -> Tensor:
        """``[B, T]`` to ``[B, N, count]``; frame n is centred on ``(n + 0.5) * hop``."""
        pad = self.hop // 2
        padded = wrap(samples, pad) if loop else F.pad(samples, (pad, pad))
        with torch.autocast(samples.device.type, enabled=False):
            bins = padded.float().unfold(-1, 2 * self.hop, self.hop) @ self.basis.T
        return torch.asinh(bins / WAVE_FLOOR) * WAVE_SCALE

    def synthesise(self, latents: Tensor) -> Tensor:
        """``[B, N, count]`` to ``[B, N * hop]``; bins are clamped a little above full scale."""
        bins = torch.sinh((latents / WAVE_SCALE).clamp(-8.0, 8.0)) * WAVE_FLOOR
        with torch.autocast(latents.device.type, enabled=False):
            halves = (bins @ self.basis).reshape(latents.shape[0], -1, 2, self.hop)
        early, late = F.pad(halves[:, :, 0], (0, 0, 0, 1)), F.pad(halves[:, :, 1], (0, 0, 1, 0))
        pad = self.hop // 2
        return (early + late).reshape(latents.shape[0], -1)[:, pad:-pad]


class SpectralEncoder(nn.Module):
    """``[B, T]`` samples to ``[B, N, C]`` latents."""

    def __init__(self, config: SpectralConfig) -> None:
        super().__init__()
        self.stack = config.stack
        self.stft = Stft(config.n_fft, config.frame_hop)
        self.tonal = Stft(config.tonal_fft, config.hop_length)
        self.wave = CosineBins(config.hop_length, config.wave_bins)
        width = config.encoder_width
        self.read = nn.Linear(3 * config.bins * config.stack, width)
        self.read_tonal = nn.Linear(config.tonal_fft // 2 + 1, width, bias=False)
        self.blocks = convnext(width, config.encoder_blocks, config)
        self.norm = nn.LayerNorm(width)
        self.write = nn.Linear(width, config.dimension - config.wave_bins)

    def forward(self, samples: Tensor, *, loop: bool = False) -> Tensor:
        """Encode; `loop` wraps the transform round the end (the blocks see `reach` wrapped by the caller)."""
        spectrum = self.stft.analyse(samples, loop=loop)
        magnitude = spectrum.abs()
        phasor = spectrum / (magnitude + 1e-4) * (magnitude + 1e-6) ** 0.3
        features = torch.cat([torch.log(magnitude + 1e-3) * 0.3 + 1.0, phasor.real, phasor.imag], dim=-1)
        stacked = features.reshape(features.shape[0], features.shape[1] // self.stack, -1)
        tonal = torch.log(self.tonal.analyse(samples, loop=loop).abs() + 1e-3) * 0.3 + 1.0
        hidden = self.norm(self.blocks(self.read(stacked) + self.read_tonal(tonal)))
        wave = self.wave.analyse(samples, loop=loop)
        return torch.cat([wave, self.write(hidden).to(wave.dtype)], dim=-1)


class SpectralDecoder(nn.Module):
    """``[B, N, C]`` latents to ``[B, N * hop]`` samples."""

    def __init__(self, config: SpectralConfig) -> None:
        super().__init__()
        self.dimension = config.dimension
        self.bins, self.tonal_bins = config.bins, config.tonal_fft // 2 + 1
        self.stft = Stft(config.n_fft, config.frame_hop)
        self.tonal = Stft(config.tonal_fft, config.hop_length)
        self.wave = CosineBins(config.hop_length, config.wave_bins)
        width = config.decoder_width
        self.read = nn.Conv1d(config.dimension, width, config.kernel_size, padding=config.kernel_size // 2)
        self.blocks = convnext(width, config.decoder_blocks, config)
        self.norm = nn.LayerNorm(width)
        self.write = nn.Linear(width, 3 * config.bins * config.stack)
        self.write_tonal = nn.Linear(width, 3 * self.tonal_bins)
        self.short_from = round(config.wave_hz / config.sample_rate * config.n_fft)
        self.tonal_from = round(config.wave_hz / config.sample_rate * config.tonal_fft)
        with torch.no_grad():
            self.write.weight.mul_(0.5)
            self.write_tonal.weight.mul_(0.5)
            self.write_tonal.bias[: self.tonal_bins] = -3.0

    def forward(self, latents: Tensor) -> Tensor:
        """Decode all latents, or the learned ones alone; magnitudes are clamped, so no latent can blow up."""
        low = latents.shape[-1] == self.dimension
        if not low:
            latents = F.pad(latents, (self.wave.count, 0))
        hidden = self.norm(self.blocks(self.read(latents.transpose(1, 2)).transpose(1, 2)))
        head = self.write(hidden).float()
        short = _polar(head.reshape(head.shape[0], -1, 3 * self.bins), first=self.short_from if low else 0)
        long = _polar(self.write_tonal(hidden).float(), first=self.tonal_from if low else 0)
        wave = self.wave.synthesise(latents[..., : self.wave.count].float())
        return self.stft.synthesise(short) + self.tonal.synthesise(long) + wave


class SpectralAutoencoder(FrameAutoencoder):
    """Encoder and decoder with the ring forms that loops need."""

    config: SpectralConfig
    encoder: SpectralEncoder

    def __init__(self, config: SpectralConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = SpectralEncoder(config)
        self.decoder = SpectralDecoder(config)

    def decode(self, latents: Tensor, *, loop: bool = False) -> Tensor:
        """``[B, C, N]`` to ``[B, N * hop]``; on a ring every sample sees its neighbours across the seam.

        C is the configured dimension, or that less the waveform latents, which come first.
        """
        if not loop:
            line: Tensor = self.decoder(latents.transpose(1, 2))
            return line
        reach, hop = self.config.reach, self.config.hop_length
        samples: Tensor = self.decoder(wrap(latents, reach).transpose(1, 2))
        return samples[:, reach * hop : -reach * hop]


def _polar(head: Tensor, *, first: int) -> Tensor:
    """``[B, K, 3 F]`` log magnitude and phase vector to a complex spectrum ``[B, K, F]``, zero below bin `first`."""
    log_magnitude, real, imag = head.chunk(3, dim=-1)
    magnitude = torch.exp(log_magnitude.clamp(-12.0, 7.0) - 1.0)
    unit = magnitude * torch.rsqrt(real * real + imag * imag + 1e-6)
    unit = F.pad(unit[..., first:], (first, 0))
    return torch.complex(unit * real, unit * imag)
