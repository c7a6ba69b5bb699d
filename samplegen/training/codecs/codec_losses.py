"""Reconstruction losses for codecs: multi-scale mel and compressed complex STFT.

Differentiable; level-relative where it matters. All take ``[B, C, T]`` and average
over the channels; the estimate comes first, the reference second. The measures
without gradient come from `samplegen.codec.measures`, offered here as well.
"""

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

from samplegen.codec.measures import hann, log_mel_deviations_db, log_mel_distance_db, mel_bands, snr_db, spectrum

__all__ = [
    "MEL_SCALES",
    "MultiScaleMelLoss",
    "complex_stft_loss",
    "log_mel_deviations_db",
    "log_mel_distance_db",
    "snr_db",
]

MEL_SCALES: dict[int, int] = {64: 8, 128: 12, 256: 24, 512: 40, 1024: 64, 2048: 96}
"""Window in samples to number of mel bands, at 44.1 kHz."""

_LOG_FLOOR = 1e-5


class MultiScaleMelLoss(nn.Module):
    """Mel loss over several windows: L1 of log10 plus relative L1 of the linear magnitudes.

    Parameters
    ----------
    sample_rate
        Of the audio, in Hz.
    scales
        Window in samples to number of bands; the hop is a quarter of the window.
    linear_weight
        Share of the linear term, which is divided by the mean of the reference
        so that quiet sounds count as much as loud ones.

    References
    ----------
    Défossez et al. 2022, "High Fidelity Neural Audio Compression", section 3.4.
    """

    def __init__(
        self, sample_rate: int = 44100, *, scales: dict[int, int] | None = None, linear_weight: float = 0.2
    ) -> None:
        super().__init__()
        self.windows = tuple(MEL_SCALES if scales is None else scales)
        self.linear_weight = linear_weight
        for n_fft, bands in (MEL_SCALES if scales is None else scales).items():
            self.register_buffer(f"window_{n_fft}", hann(n_fft).clone(), persistent=False)
            filters = mel_bands(n_fft, bands=bands, sample_rate=sample_rate).clone()
            self.register_buffer(f"filters_{n_fft}", filters, persistent=False)

    def _mel(self, samples: Tensor, n_fft: int) -> Tensor:
        window, filters = self.get_buffer(f"window_{n_fft}"), self.get_buffer(f"filters_{n_fft}")
        return filters @ spectrum(samples, window, n_fft // 4).abs()

    def forward(self, estimate: Tensor, reference: Tensor) -> Tensor:
        """Both ``[B, C, T]``; a scalar, zero for equal signals."""
        total = estimate.new_zeros(())
        for n_fft in self.windows:
            got, wanted = self._mel(estimate, n_fft), self._mel(reference, n_fft)
            log_term = functional.l1_loss(got.clamp_min(_LOG_FLOOR).log10(), wanted.clamp_min(_LOG_FLOOR).log10())
            total = total + log_term + self.linear_weight * functional.l1_loss(got, wanted) / (wanted.mean() + 1e-3)
        return total / len(self.windows)


def complex_stft_loss(
    estimate: Tensor, reference: Tensor, *, n_ffts: Sequence[int] = (2048, 512, 128), exponent: float = 0.3
) -> Tensor:
    """Mean distance of compressed complex spectra, ``X |X|^(exponent - 1)``: phase counts, at every level.

    The compression is smoothed near zero, so gradients stay finite on silence
    (Braun & Tashev 2021, "A consolidated view of loss functions", eq. 6).
    """
    total = estimate.new_zeros(())
    for n_fft in n_ffts:
        window = hann(n_fft).to(estimate.device)
        pair = (spectrum(samples, window, n_fft // 4) for samples in (estimate, reference))
        got, wanted = (_compress(bins, exponent) for bins in pair)
        total = total + (got - wanted).abs().mean()
    return total / len(n_ffts)


def _compress(bins: Tensor, exponent: float) -> Tensor:
    power = bins.real.square() + bins.imag.square()
    return bins * (power + 1e-4) ** ((exponent - 1.0) / 2.0)
