"""Multi-scale STFT discriminator: one small 2-D network per window size on real and imaginary parts.

The design of EnCodec's (Défossez et al. 2022, section 3.4; ``encodec.msstftd``), without
torchaudio and einops: a test checks that logits and feature maps have the same shapes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

_SLOPE = 0.2


@dataclass(frozen=True)
class DiscriminatorConfig:
    """Size of a `MultiScaleStftDiscriminator`.

    Parameters
    ----------
    channels
        Of the audio.
    filters
        Width of every layer.
    n_ffts
        Windows in samples, one network each; the hop is a quarter.
    dilations
        Of the strided layers, along time.
    """

    channels: int = 1
    filters: int = 32
    n_ffts: tuple[int, ...] = (2048, 1024, 512, 256, 128)
    dilations: tuple[int, ...] = (1, 2, 4)


class StftDiscriminator(nn.Module):
    """One scale: ``[B, C, T]`` to logits ``[B, 1, frames, bins']`` and five feature maps."""

    def __init__(self, n_fft: int, *, channels: int, filters: int, dilations: Sequence[int]) -> None:
        super().__init__()
        self.n_fft = n_fft
        self.register_buffer("window", torch.hann_window(n_fft), persistent=False)
        layers = [_conv(2 * channels, filters, (3, 9))]
        layers += [_conv(filters, filters, (3, 9), stride=2, dilation=dilation) for dilation in dilations]
        self.layers = nn.ModuleList([*layers, _conv(filters, filters, (3, 3))])
        self.last = _conv(filters, 1, (3, 3))

    def forward(self, samples: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits and feature maps of ``[B, C, T]``, T at least one window."""
        batch, channels, length = samples.shape
        window, flat = self.get_buffer("window"), samples.reshape(batch * channels, length)
        bins = torch.stft(flat, self.n_fft, self.n_fft // 4, window=window, center=False, return_complex=True)
        bins = bins / window.square().sum().sqrt()
        bins = bins.view(batch, channels, *bins.shape[1:]).transpose(2, 3)
        hidden = torch.cat([bins.real, bins.imag], dim=1)
        features = []
        for layer in self.layers:
            hidden = functional.leaky_relu(layer(hidden), _SLOPE)
            features.append(hidden)
        return self.last(hidden), features


def _conv(wide_in: int, wide_out: int, kernel: tuple[int, int], *, stride: int = 1, dilation: int = 1) -> nn.Module:
    padding = ((kernel[0] - 1) * dilation // 2, (kernel[1] - 1) // 2)
    conv = nn.Conv2d(wide_in, wide_out, kernel, stride=(1, stride), dilation=(dilation, 1), padding=padding)
    normed: nn.Module = weight_norm(conv)
    return normed


class MultiScaleStftDiscriminator(nn.Module):
    """Judges audio at several time-frequency resolutions.

    Parameters
    ----------
    config
        Its size.
    """

    def __init__(self, config: DiscriminatorConfig) -> None:
        super().__init__()
        self.scales = nn.ModuleList(
            StftDiscriminator(n_fft, channels=config.channels, filters=config.filters, dilations=config.dilations)
            for n_fft in config.n_ffts
        )

    def forward(self, samples: Tensor) -> tuple[list[Tensor], list[list[Tensor]]]:
        """Logits and feature maps of each scale for ``[B, C, T]``."""
        outputs = [scale(samples) for scale in self.scales]
        return [logits for logits, _ in outputs], [features for _, features in outputs]
