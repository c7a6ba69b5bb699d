"""How far a decoded sound is from the original: log-mel distance in dB and SNR.

The two figures that every codec card quotes. All take ``[B, C, T]`` and average
over the channels; the estimate comes first, the reference second.
"""

import math
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional

# Cached tensors are made outside inference mode: a first call inside it would spoil them for training.
_WINDOW = 2048
_HOP = 512
_BANDS = 96
_FLOOR = 1e-4
_LISTENED_DB = 50.0
_CLIPPED_DB = 70.0


@lru_cache(maxsize=64)
@torch.inference_mode(False)
def mel_bands(n_fft: int, *, bands: int, sample_rate: int, low_hz: float = 20.0) -> Tensor:
    """Triangular filters of height 1, equally spaced on the HTK mel scale.

    Returns
    -------
    Tensor
        ``[bands, n_fft // 2 + 1]``, from `low_hz` to half the sample rate. Shared: do not change it.
    """
    low, high = (2595.0 * math.log10(1.0 + hz / 700.0) for hz in (low_hz, sample_rate / 2.0))
    mel = torch.linspace(low, high, bands + 2, dtype=torch.float64)
    edges = (700.0 * (10.0 ** (mel / 2595.0) - 1.0))[:, None]
    hz = torch.linspace(0.0, sample_rate / 2.0, n_fft // 2 + 1, dtype=torch.float64)
    rising = (hz - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - hz) / (edges[2:] - edges[1:-1])
    return torch.minimum(rising, falling).clamp_min(0.0).float()


@lru_cache(maxsize=16)
@torch.inference_mode(False)
def hann(n_fft: int) -> Tensor:
    """Periodic Hann window, ``[n_fft]``. Shared: do not change it."""
    return torch.hann_window(n_fft)


def spectrum(samples: Tensor, window: Tensor, hop_length: int) -> Tensor:
    """``[B, C, T]`` to complex ``[B * C, F, frames]``; short input is zero-padded to one window."""
    n_fft = window.shape[0]
    flat = samples.flatten(0, 1)
    flat = functional.pad(flat, (0, max(0, n_fft - flat.shape[-1])))
    return torch.stft(flat, n_fft, hop_length, window=window, return_complex=True)


@torch.no_grad()
def log_mel_deviations_db(estimate: Tensor, reference: Tensor, *, sample_rate: int = 44100) -> tuple[Tensor, Tensor]:
    """Sum of absolute log-mel differences, and number of cells summed, per item of the batch.

    96 bands, window 2048, hop 512. Frames whose loudest band lies more than 50 dB
    below the loudest cell of the reference are left out; both spectra are floored
    70 dB below that cell.

    Returns
    -------
    tuple of Tensor
        Two ``[B]`` tensors; their quotient is each item's distance in dB. Silent
        references have no frame above their own floor and compare on all of them.
    """
    batch = reference.shape[0]
    window = hann(_WINDOW).to(reference.device)
    filters = mel_bands(_WINDOW, bands=_BANDS, sample_rate=sample_rate).to(reference.device)
    mels = (filters @ spectrum(samples, window, _HOP).abs() for samples in (estimate, reference))
    got, wanted = (20.0 * mel.clamp_min(_FLOOR).log10() for mel in mels)
    loudest = wanted.amax((1, 2), keepdim=True)
    heard = (wanted.amax(1, keepdim=True) > loudest - _LISTENED_DB).expand_as(wanted)
    floor = loudest - _CLIPPED_DB
    difference = (torch.maximum(got, floor) - torch.maximum(wanted, floor)).abs() * heard
    return difference.reshape(batch, -1).sum(1), heard.reshape(batch, -1).sum(1).to(difference.dtype)


def log_mel_distance_db(estimate: Tensor, reference: Tensor, *, sample_rate: int = 44100) -> float:
    """Mean absolute log-mel difference in dB over the batch, the measure of every codec table here.

    See `log_mel_deviations_db`; all heard cells of the batch weigh the same.
    """
    deviation, cells = log_mel_deviations_db(estimate, reference, sample_rate=sample_rate)
    return float(deviation.sum() / cells.sum())


@torch.no_grad()
def snr_db(estimate: Tensor, reference: Tensor) -> float:
    """Energy of the reference over energy of the error, in dB, over the whole batch (at most 200)."""
    error = (reference - estimate).double().square().sum()
    signal = reference.double().square().sum()
    return float(10.0 * torch.log10((signal + 1e-20) / (error + 1e-20 * (signal + 1.0))))
