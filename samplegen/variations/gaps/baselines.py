"""Fillings without a model: linear prediction, a copy from another bar, a crossfade (specs/applications.md §8)."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.linalg import LinAlgError, solve_toeplitz, solveh_banded
from scipy.signal import lfilter, lfiltic

from samplegen.audio.types import Samples
from samplegen.errors import InputError
from samplegen.units import seconds_to_samples, slice_to_sample
from samplegen.variations.gaps.joins import around
from samplegen.variations.gaps.places import Gap, Time

AR_LONGEST_S: Final = 0.060
AR_ORDER: Final = 256
_AR_CONTEXT_S: Final = 0.5
_AR_ROUNDS: Final = 2
_FLANK_S: Final = 0.1

Floats = npt.NDArray[np.float64]


def interpolate_ar(before: Samples, after: Samples, *, length: int, sample_rate: int) -> Samples:
    """``[C, length]`` between two known stretches: least squares of the prediction error (Janssen et al. 1986).

    Filter and samples are estimated in turn. Without an `after` it is the prediction itself.
    """
    context = seconds_to_samples(_AR_CONTEXT_S, sample_rate=sample_rate)
    made = np.zeros((before.shape[0], length), np.float32)
    for channel in range(before.shape[0]):
        left, right = before[channel, -context:].astype(np.float64), after[channel, :context].astype(np.float64)
        order = min(AR_ORDER, (left.size + right.size) // 3)
        if order < 1 or max(np.abs(left).max(initial=0.0), np.abs(right).max(initial=0.0)) < 1e-7:
            continue
        line = np.linspace(0.0, 1.0, length) if left.size and right.size else np.zeros(length)
        filled = (left[-1] if left.size else 0.0) * (1 - line) + (right[0] if right.size else 0.0) * line
        for round_number in range(_AR_ROUNDS):
            heard = np.concatenate([left, right] if round_number == 0 else [left, filled, right])
            filled = _least_squares(_prediction(heard, order=order), left, right, length)
        made[channel] = filled
    return made


def _prediction(samples: Floats, *, order: int) -> Floats:
    """Prediction error filter ``[order + 1]`` by the autocorrelation method, a_0 = 1."""
    windowed = samples * np.hanning(samples.size + 2)[1:-1]
    size = 1 << (2 * samples.size).bit_length()
    correlation = np.fft.irfft(np.square(np.abs(np.fft.rfft(windowed, size))), size)[: order + 1]
    correlation[0] = correlation[0] * (1.0 + 1e-9) + 1e-12
    return np.concatenate([[1.0], -solve_toeplitz(correlation[:order], correlation[1:])])


def _least_squares(a: Floats, left: Floats, right: Floats, length: int) -> Floats:
    """Samples between the two stretches whose prediction error is least: a banded system of equations."""
    order = a.size - 1
    padded = np.concatenate([np.zeros(max(0, order - left.size)), left[-order:] if order else left])
    behind = right[:order]
    known = np.concatenate([padded, np.zeros(length), behind])
    error = np.convolve(known, a)[order : order + length + behind.size]
    correlation = np.array([a[: order + 1 - lag] @ a[lag:] for lag in range(min(order + 1, length))])
    target = -np.convolve(error, a[::-1])[order : order + length]
    banded = np.zeros((correlation.size, length))
    banded[:] = correlation[:, None]
    if behind.size < order:  # nothing or little follows: the last equations are missing
        memory = lfiltic([1.0], a, padded[::-1])
        return np.asarray(lfilter([1.0], a, np.zeros(length), zi=memory)[0])
    try:
        return np.asarray(solveh_banded(banded, target, lower=True))
    except (LinAlgError, ValueError):
        return np.zeros(length)


def copies(samples: Samples, gaps: Sequence[Gap], gap: Gap, *, time: Time, sample_rate: int) -> list[Samples]:
    """What stands at the gap's position in other bars of a loop ``[C, T]``, best fitting first, ``[C, gap]`` each.

    In a loop of one bar other beats take the bars' place. What fits is told by the sound around the gap.

    Raises
    ------
    InputError
        If no other bar or beat is whole there.
    """
    length = samples.shape[1]
    units = time.bars if time.bars > 1 else time.beats_per_bar
    flank = seconds_to_samples(_FLANK_S, sample_rate=sample_rate)
    found: list[tuple[float, int]] = []
    for unit in range(1, units):
        shift = slice_to_sample(unit, slices=units, length=length)
        source = gap.moved(shift)
        if not any(_overlap(source, other, length=length) for other in gaps):
            found.append((_misfit(samples, gap, source, flank), shift))
    if not found:
        raise InputError(
            "No other bar of the loop has this place whole, so nothing can be copied. Ask for shorter gaps."
        )
    return [samples[:, np.arange(gap.start + shift, gap.stop + shift) % length] for _, shift in sorted(found)]


def _overlap(one: Gap, other: Gap, *, length: int) -> bool:
    return (one.start - other.start) % length < other.length or (other.start - one.start) % length < one.length


def _misfit(samples: Samples, gap: Gap, source: Gap, flank: int) -> float:
    own = np.concatenate(around(samples, gap, before=flank, after=flank, ring=True), axis=1)
    other = np.concatenate(around(samples, source, before=flank, after=flank, ring=True), axis=1)
    levels = [np.log10(np.abs(np.fft.rfft(part.mean(axis=0))) + 1e-2) for part in (own, other)]
    return float(np.abs(levels[0] - levels[1]).mean())


def crossfade_sides(before: Samples, after: Samples, *, length: int) -> Samples:
    """``[C, length]``: what precedes the gap, once more, faded over to what follows it."""
    left, right = _of_length(before[:, -length:], length), _of_length(after[:, :length], length)
    rise = np.sin(0.5 * np.pi * np.linspace(0.0, 1.0, length))
    return np.asarray(left * np.sqrt(1.0 - rise * rise) + right * rise, np.float32)


def _of_length(samples: Samples, length: int) -> Samples:
    if not samples.shape[1]:
        return np.zeros((samples.shape[0], length), np.float32)
    return np.tile(samples, (1, -(-length // samples.shape[1])))[:, :length]
