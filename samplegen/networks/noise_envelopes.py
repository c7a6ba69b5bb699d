"""Noise that sets in when it did: what the window of a transform smeared is taken back.

A frame with random phases sounds over its whole window, and so before the attack that it holds. But the powers of
frames that overlap say where in them it sounded: they are the sound's power seen through the square of the window,
and a few rounds of deconvolution (Richardson 1972; Lucy 1974) find a power over time that looks like that.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from samplegen.networks.stft import Stft, wrap

_LONGEST_STEP = 64  # samples between two points of an envelope
_EDGES_HZ = (400.0, 3200.0)  # each band above the first has its own envelope
_CROSSOVER_OCTAVES = 0.5
_ROUNDS = 5  # more make noise out of noise
_LEAST, _MOST = 0.02, 2.0
_SILENCE = 1e-12


class NoiseEnvelopes(nn.Module):
    """Synthesis of noise from spectra, each band with the envelope that its frames' powers tell.

    Parameters
    ----------
    stft
        The transform to synthesise with.
    """

    masks: Tensor
    kernel: Tensor

    def __init__(self, stft: Stft, *, sample_rate: int) -> None:
        super().__init__()
        self._stft = stft
        self._step = math.gcd(stft.hop // 2, _LONGEST_STEP)
        self._per_frame, self._pad = stft.hop // self._step, stft.pad // self._step
        self.register_buffer("masks", _bands(stft.n_fft // 2 + 1, sample_rate=sample_rate), persistent=False)
        self.register_buffer("kernel", stft.window.square().reshape(-1, self._step).mean(1), persistent=False)

    @torch.no_grad()
    def synthesise(self, noise: Tensor, power: Tensor, *, beside: Tensor, loop: bool) -> Tensor:
        """``[B, K * hop]`` samples.

        Parameters
        ----------
        noise, power
            Spectrum ``[B, K, F]`` with random phases, and its power on average.
        beside
            Spectrum that is added as it is.
        """
        samples = self._stft.synthesise(beside + noise * self.masks[0], loop=loop)
        for mask in self.masks[1:]:
            gain = self._gain((power * mask).sum(-1), loop=loop)
            samples = samples + self._stft.synthesise(noise * mask, loop=loop) * gain
        return samples

    def _gain(self, power: Tensor, *, loop: bool) -> Tensor:
        """Of frames' powers ``[B, K]`` the gain at every sample, ``[B, K * hop]``."""
        frames = power[:, None] + _SILENCE
        weight = self._spread(torch.ones_like(frames[:1]), loop=loop)
        # What random phases make of it, in units in which an even power stays what it is.
        smeared = self._spread(frames, loop=loop) / (weight.square() * self._per_frame)
        found = smeared
        for _ in range(_ROUNDS):
            error = frames / self._seen(found, loop=loop).clamp_min(_SILENCE)
            found = found * self._spread(error, loop=loop) / weight
        gain = (found / smeared.clamp_min(_SILENCE)).sqrt().clamp(_LEAST, _MOST)[:, 0]
        line = wrap(gain, 1) if loop else F.pad(gain, (1, 1), mode="replicate")
        line = F.interpolate(line[:, None], scale_factor=self._step, mode="linear", align_corners=False)
        return line[:, 0, self._step : -self._step]

    def _seen(self, envelope: Tensor, *, loop: bool) -> Tensor:
        """Power over time ``[B, 1, K * per_frame]`` as frames see it, ``[B, 1, K]``."""
        around = wrap(envelope, self._pad) if loop else F.pad(envelope, (self._pad, self._pad))
        return F.conv1d(around, self.kernel[None, None], stride=self._per_frame)

    def _spread(self, frames: Tensor, *, loop: bool) -> Tensor:
        """The transpose of `_seen`: ``[B, 1, K]`` to ``[B, 1, K * per_frame]``."""
        more = len(self.kernel) // self._per_frame if loop else 0
        whole = F.conv_transpose1d(wrap(frames, more), self.kernel[None, None], stride=self._per_frame)
        first = more * self._per_frame + self._pad
        return whole[..., first : first + frames.shape[-1] * self._per_frame]


def _bands(bins: int, *, sample_rate: int) -> Tensor:
    """Weights of each bin in each band, ``[bands, F]``, which add up to 1."""
    octaves = torch.log2((torch.arange(bins) * (sample_rate / (2 * (bins - 1)))).clamp_min(20.0))
    rises = [
        torch.sin(((octaves - math.log2(edge)) / _CROSSOVER_OCTAVES + 0.5).clamp(0.0, 1.0) * math.pi / 2).square()
        for edge in _EDGES_HZ
    ]
    above = torch.stack([torch.ones(bins), *rises])
    return above - torch.stack([*rises, torch.zeros(bins)])
