"""Stereo width that folds down to the same mono."""

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_TAPS = 24
_GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0


def widen(
    samples: npt.NDArray[np.float32],
    *,
    sample_rate: int,
    amount: float,
    spread_ms: float,
    low_cut_hz: float,
) -> npt.NDArray[np.float32]:
    """Add a decorrelated side to ``[1 or 2, T]``; returns ``[2, T]``.

    Left is M + S and right M - S, so (L + R) / 2 is the mono input whatever S is. S is M
    after a high-pass at `low_cut_hz` (the bass stays in the middle) and a sparse decaying
    filter of `spread_ms` with 24 taps of mixed sign, in the manner of velvet noise
    (Alary, Politis, Välimäki, "Velvet-noise decorrelator", DAFx 2017), scaled to `amount`
    times the power of M. The existing side of a stereo input stays.
    """
    middle = samples.astype(np.float64).mean(axis=0)
    side = 0.5 * (samples[0].astype(np.float64) - samples[-1])
    side += amount * _scatter(_high_pass(middle, low_cut_hz, sample_rate), spread_ms, sample_rate)
    return np.stack([middle + side, middle - side]).astype(np.float32)


def taps(*, spread_ms: float, sample_rate: int) -> tuple[tuple[int, float], ...]:
    """Delay in samples and gain of each tap; the squares of the gains sum to one."""
    step = spread_ms / 1000.0 * sample_rate / _TAPS
    gains = [10.0 ** (-index / _TAPS) for index in range(_TAPS)]
    norm = math.sqrt(sum(gain * gain for gain in gains))
    # A golden-ratio jitter keeps the distances irregular, so no pitch is heard.
    delays = [round(step * (index + 0.25 + 0.5 * math.fmod(index * _GOLDEN, 1.0))) for index in range(_TAPS)]
    signs = [1.0 if math.fmod(index * _GOLDEN * 3.0, 1.0) < 0.5 else -1.0 for index in range(_TAPS)]
    return tuple((delay, sign * gain / norm) for delay, sign, gain in zip(delays, signs, gains, strict=True))


def _scatter(signal: Floats, spread_ms: float, sample_rate: int) -> Floats:
    scattered = np.zeros_like(signal)
    for delay, gain in taps(spread_ms=spread_ms, sample_rate=sample_rate):
        if delay < len(signal):
            scattered[delay:] += gain * signal[: len(signal) - delay]
    return scattered


def _high_pass(signal: Floats, cutoff_hz: float, sample_rate: int) -> Floats:
    from pedalboard import HighpassFilter

    samples = signal.astype(np.float32)[None]
    for _ in range(2):
        samples = HighpassFilter(cutoff_hz)(samples, float(sample_rate))
    return np.asarray(samples[0], dtype=np.float64)
