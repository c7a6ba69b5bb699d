"""Stereo width from mono: a side that is as loud as asked everywhere, and nothing of the middle (specs §6).

M is the sound, S an edit's difference under M's own envelope, without bass, without attacks, and without all
that it has in common with M. Left is M + S and right M - S, hence (L + R) / 2 = M whatever S is, and with S
orthogonal to M the correlation of left and right is (1 - r) / (1 + r) for a ratio r of energies.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.signal import butter, sosfilt

from samplegen.audio.onsets import detect_onsets
from samplegen.audio.types import Audio, Samples
from samplegen.pack.sound import PEAK_CEILING_DB
from samplegen.post.fades import raised_cosine
from samplegen.units import db_to_gain, seconds_to_samples
from samplegen.variations.edits.alignment import onset_sample
from samplegen.variations.edits.deltas import follow_levels

DEFAULT_WIDTH: Final = 0.4
DEFAULT_LOW_MONO_HZ: Final = 150.0
# Of the side's energy to the middle's, above the bass: more is out of phase rather than wide.
MAX_RATIO: Final = 1.0
DUCK_S: Final = 0.005
_BEFORE_S: Final = 0.008
_RISE_S: Final = 0.010
_ORDER: Final = 8
# Corner of the high-pass above the highest mono frequency: -24 dB there.
_CORNER: Final = 2.0 ** (24.0 / 48.0)
_BANDS_PER_OCTAVE: Final = 2.0
_PASSES: Final = 3
_IN_S: Final = 0.001
_WRAP_S: Final = 0.25

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Band:
    """Weights `values` of the bins `where` of a spectrum; zero elsewhere."""

    where: slice
    values: Floats


def ratio_of(correlation: float) -> float:
    """Energy of the side over the middle's that gives a correlation of left and right: ``(1 - c) / (1 + c)``."""
    return (1.0 - correlation) / (1.0 + correlation)


def correlation_of(width: float) -> float:
    """What `width` asks for: 0 is mono (correlation 1), 1 is fully decorrelated (0)."""
    return 1.0 - width


def make_side(
    middle: Audio,
    delta: Samples,
    *,
    width: float,
    low_mono_hz: float = DEFAULT_LOW_MONO_HZ,
    duck: bool = True,
    ring: bool = False,
) -> tuple[Samples, float]:
    """The side ``[1, T]`` of `middle` ``[1, T]``, and the correlation of left and right that it gives.

    Where `middle` is mostly bass the width cannot be had without a side louder than the middle above the bass;
    then `MAX_RATIO` is what it gets.

    Parameters
    ----------
    delta
        ``[1, T]``: what differs from `middle`, such as an edit minus its round trip.
    width
        0 to 1, see `correlation_of`.
    low_mono_hz
        Below it all stays in the middle.
    duck
        Silence S for 5 ms at onsets: attacks stay in the centre.
    ring
        The end joins the start.
    """
    own, rate = middle.samples.astype(np.float64)[0], middle.sample_rate
    silent = np.zeros_like(middle.samples)
    if width == 0.0 or not delta.any():
        return silent, 1.0
    wrap = min(seconds_to_samples(_WRAP_S, sample_rate=rate), middle.length) if ring else 0
    padded = np.pad(middle.samples, ((0, 0), (wrap, wrap)), mode="wrap")
    side = follow_levels(np.pad(delta, ((0, 0), (wrap, wrap)), mode="wrap"), padded)[0].astype(np.float64)
    if duck:
        side *= np.pad(duck_curve(middle, ring=ring), (wrap, wrap), mode="wrap")
    side = high_pass(side, hz=low_mono_hz, sample_rate=rate)[wrap : wrap + middle.length]
    upper = high_pass(np.pad(own, (wrap, 0), mode="wrap"), hz=low_mono_hz, sample_rate=rate)[wrap:]
    side = without_middle(side, own, upper, low_hz=low_mono_hz * _CORNER, sample_rate=rate, ring=ring)
    power, whole, above = (float(signal @ signal) for signal in (side, own, upper))
    if min(power, whole) <= 1e-12 * max(whole, 1e-12):
        return silent, 1.0
    ratio = min(ratio_of(correlation_of(width)), MAX_RATIO * above / whole)
    made = (side * np.sqrt(ratio * whole / power)).astype(np.float32)[None]
    return made, (1.0 - ratio) / (1.0 + ratio)


def to_stereo(middle: Samples, side: Samples, *, bit_depth: int = 24) -> tuple[Samples, float]:
    """Left and right ``[2, T]`` in whole steps of a file of `bit_depth`, and the gain that clipping asked for.

    Middle and side are rounded, not their sums: the file's fold-down is exactly the (rounded) middle.
    """
    steps = float(2 ** (bit_depth - 1))
    peak = float((np.abs(middle) + np.abs(side)).max(initial=0.0)) + 1.0 / steps
    gain = min(1.0, db_to_gain(PEAK_CEILING_DB) / peak) if peak > 0.0 else 1.0
    own, other = (np.rint(signal.astype(np.float64) * (gain * steps)) for signal in (middle, side))
    return (np.concatenate([own + other, own - other]) / steps).astype(np.float32), gain


def duck_curve(audio: Audio, *, ring: bool) -> Floats:
    """``[T]``: 0 from shortly before each onset to 5 ms after it, back to 1 within 10 ms more."""
    count, rate = audio.length, audio.sample_rate
    before, hold, rise = (seconds_to_samples(s, sample_rate=rate) for s in (_BEFORE_S, DUCK_S, _RISE_S))
    dip = np.concatenate([
        0.5 + 0.5 * np.cos(np.pi * np.arange(before) / before), np.zeros(hold),
        0.5 - 0.5 * np.cos(np.pi * np.arange(rise) / rise),
    ])  # fmt: skip
    curve = np.ones(count)
    onsets = np.rint(detect_onsets(audio, ring=ring) * rate).astype(int).tolist()
    for onset in onsets if ring else [onset_sample(audio), *onsets]:
        places = np.arange(dip.size) + onset - before
        inside = np.ones(dip.size, bool) if ring else (places >= 0) & (places < count)
        places = places[inside] % count
        curve[places] = np.minimum(curve[places], dip[inside])
    return curve


def high_pass(signal: Floats, *, hz: float, sample_rate: int) -> Floats:
    """``[T]`` without what lies below `hz`; causal, so that nothing sounds before its attack."""
    corner = min(hz * _CORNER, 0.45 * sample_rate)
    return np.asarray(sosfilt(butter(_ORDER, corner, "highpass", fs=sample_rate, output="sos"), signal))


def _ends(length: int, *, sample_rate: int) -> Floats:
    """``[T]``: in within 1 ms, out within 5 ms; cut off, a side would click and splash into the bass."""
    curve = np.ones(length)
    for seconds, part in ((_IN_S, curve), (DUCK_S, curve[::-1])):
        count = min(length, seconds_to_samples(seconds, sample_rate=sample_rate))
        part[:count] *= raised_cosine(count)
    return curve


def without_middle(side: Floats, own: Floats, upper: Floats, *, low_hz: float, sample_rate: int, ring: bool) -> Floats:
    """`side` ``[T]`` minus its projection on half-octave bands of `own`, and at last on all of it.

    The bands overlap smoothly, so that their filters are short; the projection is on all of them together.
    `upper` is `own` without bass: what is taken out leaves the bass alone.
    """
    size = side.size if ring else 1 << (side.size + sample_rate // 10).bit_length()
    spectrum = np.fft.rfft(own, size)
    bands = half_octaves(size // 2 + 1, step_hz=sample_rate / size, low_hz=low_hz)
    gram = _gram(np.square(np.abs(spectrum)), bands)
    ends = np.ones(1) if ring else _ends(side.size, sample_rate=sample_rate)
    made = side * ends
    for _ in range(_PASSES):  # what is cut off at the end is not quite orthogonal
        common = (np.conj(spectrum) * np.fft.rfft(made, size)).real
        weights = np.linalg.solve(gram, [float(common[band.where] @ band.values) for band in bands])
        shape = np.zeros(spectrum.size)
        for band, weight in zip(bands, weights, strict=True):
            shape[band.where] += weight * band.values
        made = (made - np.fft.irfft(spectrum * shape, size)[: side.size]) * ends
    shared = float(upper @ own)
    return made - upper * (float(made @ own) / shared) if abs(shared) > 1e-12 else made


def half_octaves(bins: int, *, step_hz: float, low_hz: float) -> list[Band]:
    """Raised cosines over the logarithm of frequency from `low_hz` to the last of `bins`; they sum to one above it."""
    octaves = np.log2(np.maximum(np.arange(bins) * step_hz, 1e-3) / low_hz) * _BANDS_PER_OCTAVE
    found = []
    for centre in range(1, max(2, int(np.ceil(octaves[-1])) + 1) + 1):
        first, stop = np.searchsorted(octaves, (centre - 1, centre + 1))
        values = 0.5 + 0.5 * np.cos(np.pi * (octaves[first:stop] - centre))
        if stop > first:
            found.append(Band(slice(int(first), int(stop)), values))
    return found


def _gram(power: Floats, bands: Sequence[Band]) -> Floats:
    """Inner products of a signal's bands; only neighbours overlap."""
    gram = np.zeros((len(bands), len(bands)))
    for row, one in enumerate(bands):
        for column, other in enumerate(bands[: row + 1]):
            shared = slice(one.where.start, other.where.stop) if column < row else one.where
            if shared.stop > shared.start:
                left = one.values[: shared.stop - one.where.start]
                right = other.values[shared.start - other.where.start :]
                gram[row, column] = gram[column, row] = float((left * right) @ power[shared])
    gram += np.eye(len(bands)) * (1e-9 * np.trace(gram) + 1e-20)
    return gram
