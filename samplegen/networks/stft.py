"""Short-time Fourier transforms whose frames lie inside the latent frames, on a line or on a ring."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Stft(nn.Module):
    """Same-framed transform and its inverse: T samples, T / hop frames, frame k centred on ``(k + 0.5) * hop``."""

    window: Tensor

    def __init__(self, n_fft: int, hop: int) -> None:
        super().__init__()
        self.n_fft, self.hop, self.pad = n_fft, hop, (n_fft - hop) // 2
        self.register_buffer("window", torch.hann_window(n_fft), persistent=False)

    def analyse(self, samples: Tensor, *, loop: bool) -> Tensor:
        """``[B, T]`` to complex ``[B, K, F]`` with K = T / hop frames of F bins."""
        padded = wrap(samples, self.pad) if loop else F.pad(samples, (self.pad, self.pad))
        spectrum = torch.stft(padded, self.n_fft, self.hop, window=self.window, center=False, return_complex=True)
        frames: Tensor = spectrum.transpose(1, 2)
        return frames

    def synthesise(self, spectrum: Tensor, *, loop: bool = False) -> Tensor:
        """Complex ``[B, K, F]`` to ``[B, K * hop]`` by windowed overlap-add; K frames of a ring when `loop`."""
        if loop:
            around = self.n_fft // self.hop
            line = self.synthesise(wrap(spectrum.transpose(1, 2), around).transpose(1, 2))
            return line[:, around * self.hop : -around * self.hop]
        frames = torch.fft.irfft(spectrum, n=self.n_fft, dim=-1) * self.window
        total = self._overlap_add(frames)
        total = total / self._weight(spectrum.shape[1]).clamp_min(1e-3)
        return total[:, self.pad : self.pad + spectrum.shape[1] * self.hop]

    def _weight(self, count: int) -> Tensor:
        """`_overlap_add` of `count` squared windows, all alike but at both ends."""
        pieces = self.window.square().reshape(-1, self.hop)
        until = F.pad(pieces.cumsum(0), (0, 0, 1, 0))
        block = torch.arange(count + len(pieces) - 1, device=pieces.device)
        weight = until[(block + 1).clamp_max(len(pieces))] - until[(block + 1 - count).clamp_min(0)]
        return weight.reshape(-1)

    def _overlap_add(self, frames: Tensor) -> Tensor:
        batch, count, _ = frames.shape
        parts = self.n_fft // self.hop
        pieces = frames.reshape(batch, count, parts, self.hop)
        total = frames.new_zeros(batch, count + parts - 1, self.hop)
        for k in range(parts):
            total[:, k : k + count] += pieces[:, :, k]
        return total.reshape(batch, -1)


def wrap(x: Tensor, amount: int) -> Tensor:
    """Extend the last axis by `amount` on both sides as if it were a ring, however short."""
    length = x.shape[-1]
    index = torch.arange(-amount, length + amount, device=x.device) % length
    return x.index_select(-1, index)
