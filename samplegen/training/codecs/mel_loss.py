"""Reconstruction loss for codecs: multi-scale mel, relative to the level where it matters.

Differentiable; the measures without gradient are in `samplegen.codec.measures`.
"""

from torch import Tensor, nn
from torch.nn import functional

from samplegen.codec.measures import hann, mel_bands, spectrum

MEL_SCALES: dict[int, int] = {64: 8, 128: 12, 256: 24, 512: 40, 1024: 64, 2048: 96}
"""Window in samples to number of mel bands, at 44.1 kHz."""

_LOG_FLOOR = 1e-5


class MultiScaleMelLoss(nn.Module):
    """Mel loss over the windows of `MEL_SCALES`, hop a quarter: L1 of log10 plus relative L1 of the magnitudes.

    Parameters
    ----------
    sample_rate
        Of the audio, in Hz.
    linear_weight
        Share of the linear term, which is divided by the mean of the reference
        so that quiet sounds count as much as loud ones.

    References
    ----------
    Défossez et al. 2022, "High Fidelity Neural Audio Compression", section 3.4.
    """

    def __init__(self, sample_rate: int = 44100, *, linear_weight: float = 0.2) -> None:
        super().__init__()
        self.linear_weight = linear_weight
        for n_fft, bands in MEL_SCALES.items():
            self.register_buffer(f"window_{n_fft}", hann(n_fft).clone(), persistent=False)
            filters = mel_bands(n_fft, bands=bands, sample_rate=sample_rate).clone()
            self.register_buffer(f"filters_{n_fft}", filters, persistent=False)

    def _mel(self, samples: Tensor, n_fft: int) -> Tensor:
        window, filters = self.get_buffer(f"window_{n_fft}"), self.get_buffer(f"filters_{n_fft}")
        return filters @ spectrum(samples, window, n_fft // 4).abs()

    def forward(self, estimate: Tensor, reference: Tensor) -> Tensor:
        """Both ``[B, C, T]``, averaged over the channels; a scalar, zero for equal signals."""
        total = estimate.new_zeros(())
        for n_fft in MEL_SCALES:
            got, wanted = self._mel(estimate, n_fft), self._mel(reference, n_fft)
            log_term = functional.l1_loss(got.clamp_min(_LOG_FLOOR).log10(), wanted.clamp_min(_LOG_FLOOR).log10())
            total = total + log_term + self.linear_weight * functional.l1_loss(got, wanted) / (wanted.mean() + 1e-3)
        return total / len(MEL_SCALES)
