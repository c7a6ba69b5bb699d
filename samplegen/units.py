"""Conversions between seconds, samples, frames, bars, BPM, dB and MIDI.

The one place where a unit changes. Every function is named ``a_to_b``.
Rounding happens once, at the end (design §3), with ties away from zero for
positive values so that a result does not depend on banker's rounding.
"""

import math
from fractions import Fraction

A4_HZ = 440.0
A4_MIDI = 69
MIN_DB = -200.0


def _round(value: float | Fraction) -> int:
    return math.floor(value + Fraction(1, 2)) if isinstance(value, Fraction) else math.floor(value + 0.5)


def seconds_to_samples(seconds: float, *, sample_rate: int) -> int:
    """Nearest whole number of samples."""
    return _round(seconds * sample_rate)


def samples_to_samples(samples: int, *, from_rate: int, to_rate: int) -> int:
    """Nearest whole number of samples after a change of the sample rate."""
    return _round(Fraction(samples * to_rate, from_rate))


def samples_to_seconds(samples: int, *, sample_rate: int) -> float:
    """Duration in seconds."""
    return samples / sample_rate


def bars_to_beats(bars: int, *, beats_per_bar: int) -> int:
    """Beats in `bars` bars, counted in the meter's denominator."""
    return bars * beats_per_bar


def bars_to_seconds(bars: int, *, bpm: float, beats_per_bar: int = 4) -> float:
    """Duration of `bars` bars in seconds; one beat lasts 60/bpm."""
    return bars * beats_per_bar * 60.0 / bpm


def bars_to_samples(bars: int, *, bpm: float, beats_per_bar: int = 4, sample_rate: int) -> int:
    """Exact loop length: ``round(bars * beats * 60 * sr / bpm)`` (design §3).

    Computed in rationals so that decimal tempi such as 174.3 round as written.
    """
    exact = Fraction(bars * beats_per_bar * 60 * sample_rate) / Fraction(str(bpm))
    return _round(exact)


def slice_to_sample(index: int, *, slices: int, length: int) -> int:
    """Start of slice `index` of `slices` in `length` samples, never accumulated."""
    return _round(Fraction(index * length, slices))


def samples_to_frames(samples: int, *, hop_length: int) -> int:
    """Nearest whole number of codec frames."""
    return _round(Fraction(samples, hop_length))


def frames_to_samples(frames: int, *, hop_length: int) -> int:
    """Samples covered by `frames` codec frames."""
    return frames * hop_length


def samples_to_bpm(samples: int, *, beats: int, sample_rate: int) -> float:
    """Tempo of a loop of `beats` beats that lasts `samples` samples."""
    return beats * 60.0 * sample_rate / samples


def db_to_gain(db: float) -> float:
    """Amplitude factor of a level change in dB."""
    return float(10.0 ** (db / 20.0))


def gain_to_db(gain: float) -> float:
    """Level in dB of an amplitude factor, floored at `MIN_DB`."""
    return max(MIN_DB, 20.0 * math.log10(gain)) if gain > 0.0 else MIN_DB


def ratio_to_cents(ratio: float) -> float:
    """Pitch distance in cents of a frequency ratio."""
    return 1200.0 * math.log2(ratio)


def cents_to_ratio(cents: float) -> float:
    """Frequency ratio of a pitch distance in cents."""
    return float(2.0 ** (cents / 1200.0))


def hz_to_midi(hz: float) -> float:
    """Fractional MIDI note of a frequency (A4 = 440 Hz = 69)."""
    return A4_MIDI + 12.0 * math.log2(hz / A4_HZ)


def midi_to_hz(note: float) -> float:
    """Frequency in Hz of a (fractional) MIDI note."""
    return float(A4_HZ * 2.0 ** ((note - A4_MIDI) / 12.0))
