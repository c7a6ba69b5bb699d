"""Integrated loudness after ITU-R BS.1770-4, on numpy alone: scipy's filters take longer to import than to run."""

from typing import Final

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]

BLOCK_S: Final = 0.4
MOST_CHANNELS: Final = 5
_STEP: Final = 0.25
_ABSOLUTE_LUFS, _RELATIVE_LU, _OFFSET_LUFS = -70.0, -10.0, -0.691
_CHANNEL_GAINS = (1.0, 1.0, 1.0, 1.41, 1.41)
# The slower filter falls below 1e-50 within half a second, so pieces that overlap by one are filtered exactly.
_WARM_UP_S, _PIECE = 0.5, 1 << 20
# Gain in dB, Q and frequency: a shelf for the head, a high-pass for the ear.
_SHELF, _HIGH_PASS = (4.0, 2.0**-0.5, 1500.0), (0.0, 0.5, 38.0)


def integrated_lufs(samples: npt.NDArray[np.floating], *, sample_rate: int) -> float:
    """Gated loudness of ``[C, T]``, 0.4 s or longer; minus infinity or NaN where every block is gated."""
    blocks = _block_powers(samples, sample_rate)
    with np.errstate(divide="ignore", invalid="ignore"):
        levels = _OFFSET_LUFS + 10.0 * np.log10(blocks)
        loud = levels >= _ABSOLUTE_LUFS
        threshold = _OFFSET_LUFS + 10.0 * np.log10(blocks[loud].mean() if loud.any() else 0.0) + _RELATIVE_LU
        kept = (levels > threshold) & (levels > _ABSOLUTE_LUFS)
        return float(_OFFSET_LUFS + 10.0 * np.log10(blocks[kept].mean() if kept.any() else 0.0))


def _block_powers(samples: npt.NDArray[np.floating], rate: int) -> Float64:
    """Mean square of each block over all channels, weighted, ``[blocks]``."""
    count = int(np.round((samples.shape[1] / rate - BLOCK_S) / (BLOCK_S * _STEP))) + 1
    edges = [(int(BLOCK_S * (j * _STEP) * rate), int(BLOCK_S * (j * _STEP + 1) * rate)) for j in range(count)]
    powers = np.zeros(count)
    for gain, channel in zip(_CHANNEL_GAINS, samples, strict=False):
        squares = np.square(_weighted(channel.astype(np.float64), rate))
        powers += [gain * squares[low:high].sum() / (BLOCK_S * rate) for low, high in edges]
    return powers


def _weighted(channel: Float64, rate: int) -> Float64:
    """K-weighted ``[T]``: both filters at once, as products of spectra, piece by piece."""
    warm_up = int(_WARM_UP_S * rate)
    made = np.empty_like(channel)
    for first in range(0, channel.size, _PIECE):
        start, stop = max(0, first - warm_up), min(channel.size, first + _PIECE)
        size = _fast_size(stop - start + warm_up)
        spectrum = np.fft.rfft(channel[start:stop], size) * _response(size, rate)
        made[first:stop] = np.fft.irfft(spectrum, size)[first - start : stop - start]
    return made


def _response(size: int, rate: int) -> npt.NDArray[np.complex128]:
    """Of both filters at the bins of a transform (Bristow-Johnson's equaliser cookbook)."""
    z = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    gain_db, q, hz = _SHELF
    a, cosine, alpha = _angles(gain_db, q, hz, rate)
    root = 2.0 * np.sqrt(a) * alpha
    up = (
        a * (a + 1 + (a - 1) * cosine + root),
        -2 * a * (a - 1 + (a + 1) * cosine),
        a * (a + 1 + (a - 1) * cosine - root),
    )
    down = (a + 1 - (a - 1) * cosine + root, 2 * (a - 1 - (a + 1) * cosine), a + 1 - (a - 1) * cosine - root)
    _, cosine, alpha = _angles(*_HIGH_PASS, rate)
    high = ((1 + cosine) / 2, -(1 + cosine), (1 + cosine) / 2)
    low = (1 + alpha, -2 * cosine, 1 - alpha)
    made: npt.NDArray[np.complex128] = _at(z, up) / _at(z, down) * _at(z, high) / _at(z, low)
    return made


def _angles(gain_db: float, q: float, hz: float, rate: int) -> tuple[float, float, float]:
    turn = 2.0 * np.pi * hz / rate
    return 10.0 ** (gain_db / 40.0), float(np.cos(turn)), float(np.sin(turn)) / (2.0 * q)


def _at(z: npt.NDArray[np.complex128], taps: tuple[float, float, float]) -> npt.NDArray[np.complex128]:
    return np.asarray(taps[0] + z * (taps[1] + z * taps[2]))


def _fast_size(least: int) -> int:
    """Smallest even length from `least` on that has no factor above 5."""
    best = 1 << (least - 1).bit_length()
    for five in (5**k for k in range(10)):
        for three in (3**k for k in range(15)):
            odd = five * three
            if 2 * odd <= best:
                twos = max(1, (-(-least // odd) - 1).bit_length())
                best = min(best, odd << twos) if odd << twos >= least else best
    return best
