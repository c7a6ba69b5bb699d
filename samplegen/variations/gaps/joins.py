"""Fillings brought into gaps: level, stereo, and joins that leave every known sample as it is.

What sounds before a gap is continued into it, what sounds after it is continued backwards, and within
10 ms both give way to the filling. Nothing outside the gap is touched.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter, lfiltic

from samplegen.audio.features import mel_filterbank
from samplegen.audio.types import Samples
from samplegen.post.fades import equal_power
from samplegen.units import db_to_gain, seconds_to_samples
from samplegen.variations.gaps.places import Gap

FADE_S: Final = 0.010
ATTACK_FADE_S: Final = 0.001
# A rise by this much within a fade is an attack, which the fade must not soften.
ATTACK_DB: Final = 9.0
MAX_MATCH_DB: Final = 6.0
ORDER: Final = 64
_MATCH_S: Final = 0.5
_CONTEXT_S: Final = 0.05
_QUIET: Final = 1e-4
_SIDE_S: Final = 1.0
_FFT: Final = 1024
_MOST_WIDTH: Final = 2.0
_FLUX_S: Final = 0.023
_FLUX_BANDS: Final = 40
_FLUX_STEP_S: Final = 0.005
_FLOOR_DB: Final = -60.0

Floats = npt.NDArray[np.float64]


def around(samples: Samples, gap: Gap, *, before: int, after: int, ring: bool) -> tuple[Samples, Samples]:
    """What lies before and after a gap of ``[C, T]``, as much as there is; round the seam on a ring."""
    length = samples.shape[1]
    if ring:
        rest = max(0, length - gap.length)
        left = np.arange(gap.start - min(before, rest), gap.start) % length
        right = np.arange(gap.stop, gap.stop + min(after, rest)) % length
        return samples[:, left], samples[:, right]
    return samples[:, max(0, gap.start - before) : gap.start], samples[:, gap.stop : gap.stop + after]


def splice(
    filling: Samples, *, before: Samples, after: Samples, sample_rate: int
) -> Samples:  # fmt: skip
    """The filling as it goes into its gap, both ``[C, T]``: what is around is continued and faded over to it.

    Parameters
    ----------
    before, after
        Known samples ``[C, n]`` up to the gap and from its end on; nothing is asked for where the sound ends.
    """
    made = filling.astype(np.float64)
    fade = min(seconds_to_samples(FADE_S, sample_rate=sample_rate), made.shape[1] // 2)
    short = min(seconds_to_samples(ATTACK_FADE_S, sample_rate=sample_rate), fade)
    rise = _rise(before, made, fade, short)
    if before.shape[1]:
        _join_start(made, continued(before, count=fade, sample_rate=sample_rate), fade, rise)
    if after.shape[1]:
        flipped, back = made[:, ::-1].copy(), after[:, ::-1]
        # A hit right behind the gap must not be heard before it.
        fall = short if _rises(made[:, -fade:], after[:, : max(1, fade // 2)]) else fade
        _join_start(flipped, continued(back, count=fall, sample_rate=sample_rate), fall, fall)
        made = flipped[:, ::-1]
    return made.astype(np.float32)


def continued(known: Samples, *, count: int, sample_rate: int) -> Floats:
    """``[C, count]`` samples that linear prediction expects behind ``[C, T]`` (Burg's method, which never grows)."""
    context = known[:, -seconds_to_samples(_CONTEXT_S, sample_rate=sample_rate) :].astype(np.float64)
    made = np.zeros((context.shape[0], count))
    for channel, samples in enumerate(context):
        order = min(ORDER, samples.size // 3)
        if order < 1 or float(np.abs(samples).max(initial=0.0)) < 1e-7:
            continue
        a = burg(samples, order=order)
        made[channel] = lfilter([1.0], a, np.zeros(count), zi=lfiltic([1.0], a, samples[::-1]))[0]
    return made


def burg(samples: Floats, *, order: int) -> Floats:
    """Prediction error filter ``[order + 1]`` with a_0 = 1 of least forward and backward error (Burg 1975)."""
    a, forward, backward = np.ones(1), samples[1:].copy(), samples[:-1].copy()
    for _ in range(order):
        energy = float(forward @ forward + backward @ backward)
        if energy <= 1e-20:
            break
        k = -2.0 * float(forward @ backward) / energy
        a = np.append(a, 0.0) + k * np.append(a, 0.0)[::-1]
        forward, backward = (forward + k * backward)[1:], (backward + k * forward)[:-1]
    return a


def match_level(
    filling: Samples, *, known: tuple[Samples, Samples], made: tuple[Samples, Samples], rate: int
) -> Samples:
    """`filling` with a gain that goes from that of its left to that of its right surroundings, at most 6 dB.

    Parameters
    ----------
    known, made
        The last and the next samples around the gap, as they are and as the filling's maker made them.
    """
    count = seconds_to_samples(_MATCH_S, sample_rate=rate)
    gains = [
        _match_db(known[0][:, -count:], made[0][:, -count:]), _match_db(known[1][:, :count], made[1][:, :count])
    ]  # fmt: skip
    if gains[0] is None and gains[1] is None:
        return filling
    left, right = (gains[0] if gains[0] is not None else gains[1]), (gains[1] if gains[1] is not None else gains[0])
    ramp = np.linspace(float(left or 0.0), float(right or 0.0), filling.shape[1])
    return (filling * 10.0 ** (ramp / 20.0)).astype(np.float32)


def widen(filling: Samples, *, known: Samples, seed: int, rate: int) -> Samples:
    """A filling ``[1, T]`` in stereo ``[2, T]``, as wide in every band as the known sound ``[2, n]`` is.

    The side is what the known middle predicts of the known side, and beside it the filling's own sound with
    random phases at the level of the rest.
    """
    middle, side = known.mean(axis=0).astype(np.float64), (0.5 * (known[0] - known[1])).astype(np.float64)
    count = seconds_to_samples(_SIDE_S, sample_rate=rate)
    spectra = [_frames(part[: 2 * count]) for part in (middle, side)]
    power = np.square(np.abs(spectra[0])).sum(axis=0) + 1e-12
    transfer = (spectra[1] * np.conj(spectra[0])).sum(axis=0) / power
    rest = np.sqrt(np.square(np.abs(spectra[1] - transfer * spectra[0])).sum(axis=0) / power)
    turns = np.exp(2j * np.pi * np.random.default_rng(seed).random(rest.size))
    turns[[0, -1]] = 1.0
    window = np.hanning(_FFT)
    spread = np.minimum(rest, _MOST_WIDTH) * turns / np.sqrt(np.square(window).mean())  # what the window takes away
    direct = np.minimum(np.abs(transfer), _MOST_WIDTH) * np.exp(1j * np.angle(transfer))
    response = np.roll(np.fft.irfft(direct + spread), _FFT // 2) * window
    padded = np.pad(filling[0].astype(np.float64), _FFT // 2)
    made = np.convolve(padded, response)[_FFT : _FFT + filling.shape[1]]
    return np.stack([filling[0] + made, filling[0] - made]).astype(np.float32)


def flux(samples: Samples, places: npt.NDArray[np.int64], *, sample_rate: int, ring: bool) -> Floats:
    """Mean change in dB over 40 mel bands between the 23 ms before and after each sample, ``[places]``."""
    n_fft = 1 << max(4, round(np.log2(_FLUX_S * sample_rate)))
    mono = samples.mean(axis=0)
    index = places[:, None] + np.arange(-n_fft, n_fft)
    index = index % mono.size if ring else np.clip(index, 0, mono.size - 1)
    halves = mono[index].reshape(len(places), 2, n_fft) * np.hanning(n_fft)
    bank = mel_filterbank(sample_rate=sample_rate, n_fft=n_fft, n_mels=_FLUX_BANDS).T.astype(np.float64)
    levels = np.abs(np.fft.rfft(halves, axis=-1)) @ bank
    floor = float(np.abs(mono).max(initial=0.0)) * n_fft / 4 * db_to_gain(_FLOOR_DB) + 1e-9
    decibels = 20.0 * np.log10(levels + floor)
    return np.asarray(np.abs(decibels[:, 1] - decibels[:, 0]).mean(axis=-1))


def join_flux(samples: Samples, gap: Gap, *, sample_rate: int, ring: bool, open_end: bool = False) -> float:
    """Largest flux of the gap's two joins by the 95th percentile of the flux elsewhere; up to 1 is inconspicuous."""
    length = samples.shape[1]
    joins = np.array([gap.start, gap.stop][: 1 if open_end else 2], np.int64)
    step = max(1, seconds_to_samples(_FLUX_STEP_S, sample_rate=sample_rate))
    inside = np.arange(step, length, step, dtype=np.int64)
    away = seconds_to_samples(2 * _FLUX_S, sample_rate=sample_rate)
    known = ~_near(inside, Gap(gap.start - away, gap.stop + away), length=length)
    inside = inside[known] if known.sum() >= 10 else inside
    usual = (
        float(np.percentile(flux(samples, inside, sample_rate=sample_rate, ring=ring), 95.0)) if inside.size else 0.0
    )
    found = flux(samples, joins, sample_rate=sample_rate, ring=ring)
    return float(found.max()) / max(usual, 0.5)


def _near(places: npt.NDArray[np.int64], gap: Gap, *, length: int) -> npt.NDArray[np.bool_]:
    return np.asarray((places - gap.start) % length < gap.length)


def _join_start(made: Floats, tail: Floats, fade: int, rise: int) -> None:
    """Fade `tail` out and the beginning of `made` in, in place; equal power, less where both are alike."""
    if not fade:
        return
    falling, rising = np.cos(0.5 * np.pi * np.arange(fade) / fade), np.ones(fade)
    rising[:rise] = equal_power(rise)
    alike = _alike(tail, made[:, :fade]) if rise == fade else 0.0
    made[:, :fade] = (tail * falling + made[:, :fade] * rising) / np.sqrt(1.0 + 2.0 * alike * falling * rising)


def _alike(first: Floats, second: Floats) -> float:
    power = float(np.sum(first * first)) * float(np.sum(second * second))
    return min(1.0, max(0.0, float(np.sum(first * second)) / np.sqrt(power))) if power > 0.0 else 0.0


def _rise(before: Samples, made: Floats, fade: int, short: int) -> int:
    """How fast the filling may come in: within 1 ms where it begins with an attack."""
    quiet = before[:, -fade:] if fade and before.shape[1] else np.zeros((1, 1))
    return short if fade and _rises(quiet, made[:, :fade]) else fade


def _rises(quiet: npt.NDArray[np.floating], loud: npt.NDArray[np.floating]) -> bool:
    levels = [float(np.sqrt(np.square(part.astype(np.float64)).mean())) if part.size else 0.0 for part in (quiet, loud)]
    return levels[1] > max(levels[0] * db_to_gain(ATTACK_DB), 1e-3)


def _match_db(known: Samples, made: Samples) -> float | None:
    levels = [float(np.sqrt(np.square(part.astype(np.float64)).mean())) if part.size else 0.0 for part in (known, made)]
    if min(levels) < _QUIET:
        return None
    return float(np.clip(20.0 * np.log10(levels[0] / levels[1]), -MAX_MATCH_DB, MAX_MATCH_DB))


def _frames(samples: Floats) -> npt.NDArray[np.complex128]:
    padded = np.pad(samples, (0, max(0, _FFT - samples.size)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FFT)[:: _FFT // 4]
    return np.asarray(np.fft.rfft(frames * np.hanning(_FFT), axis=1))
