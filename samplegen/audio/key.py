"""Key of a sound from its chroma, and pitch of a one-shot, in plain numpy."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from samplegen.audio.features import frame_centres, spectra
from samplegen.audio.types import Audio
from samplegen.units import A4_HZ, A4_MIDI, hz_to_midi

Float64 = npt.NDArray[np.float64]
Mode = Literal["major", "minor"]

NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
# Krumhansl, "Cognitive Foundations of Musical Pitch" (1990), p. 30: fit of each degree to the key.
MAJOR_PROFILE = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR_PROFILE = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
OPEN_MODE_LEAD = 0.1
OPENING_WEIGHT = 0.6
_CHROMA_LOW_HZ = 55.0
_CHROMA_HIGH_HZ = 2_000.0
_CHROMA_WINDOW_S = 0.19
_PEAK_FLOOR_DB = -50.0

PITCH_LOW_HZ = 27.5
PITCH_HIGH_HZ = 2_100.0
YIN_THRESHOLD = 0.15
_PITCH_FRAMES = 12


@dataclass(frozen=True)
class KeyEstimate:
    """A key with how much it stands out.

    Parameters
    ----------
    tonic
        One of `NOTES`.
    mode
        ``major`` or ``minor``.
    confidence
        0 to 1: correlation with the key's profile times how uneven the chroma is.
    """

    tonic: str
    mode: str
    confidence: float

    @property
    def name(self) -> str:
        """Short name: ``A`` or ``Am``."""
        return self.tonic + ("m" if self.mode == "minor" else "")


@dataclass(frozen=True)
class HeardKey:
    """A key, and whether its mode was heard.

    Parameters
    ----------
    tonic
        Pitch class, 0 to 11 (C = 0).
    best_mode
        ``major`` or ``minor``, whichever fits better.
    confidence
        As in `KeyEstimate`.
    mode_lead
        By how much `best_mode` correlates better than the other mode on the same tonic.
    tuning
        Semitones by which the sound lies above concert pitch, -0.5 to 0.5.
    """

    tonic: int
    best_mode: Mode
    confidence: float
    mode_lead: float
    tuning: float = 0.0

    @property
    def mode(self) -> Mode | None:
        """The mode; None where notes that tell the modes apart are missing, as in a line on one note."""
        return self.best_mode if self.mode_lead >= OPEN_MODE_LEAD else None


@dataclass(frozen=True)
class PitchEstimate:
    """Fundamental of a one-shot.

    Parameters
    ----------
    midi
        Fractional MIDI note, None if the sound has no clear pitch.
    confidence
        0 to 1: periodicity times the agreement between frames.
    """

    midi: float | None
    confidence: float


def chroma(audio: Audio) -> Float64:
    """Energy of the twelve pitch classes from C on, ``[12]``, summing to 1 (or all 0).

    Spectral peaks between 55 and 2000 Hz are placed by parabolic interpolation,
    turned by the recording's own tuning, and weighted by their magnitude.
    """
    return chroma_and_tuning(audio)[0]


def chroma_and_tuning(audio: Audio) -> tuple[Float64, float]:
    """`chroma`, and by how many semitones the sound lies above concert pitch."""
    n_fft = 1 << round(np.log2(_CHROMA_WINDOW_S * audio.sample_rate))
    centres = frame_centres(audio.length, hop_length=n_fft // 4, ring=False)
    total = np.zeros(12)
    pitches, weights = [np.zeros(0)], [np.zeros(0)]
    for block in spectra(audio.mono().samples[0], n_fft=n_fft, centres=centres, ring=False):
        hz, magnitude = _spectral_peaks(block.astype(np.float64), bin_hz=audio.sample_rate / n_fft)
        pitches.append(A4_MIDI + 12.0 * np.log2(hz / A4_HZ))
        weights.append(magnitude)
    pitch, weight = np.concatenate(pitches), np.concatenate(weights)
    if weight.sum() <= 0.0:
        return total, 0.0
    tuning = mean_tuning(pitch, weight)
    turned = pitch - tuning
    nearest = np.rint(turned)
    closeness = np.cos(np.pi * (turned - nearest)) ** 2
    np.add.at(total, nearest.astype(np.int64) % 12, weight * closeness)
    return np.asarray(total / total.sum()), tuning


def mean_tuning(pitches: Float64, weights: Float64) -> float:
    """Circular mean of how far MIDI notes lie from whole ones, -0.5 to 0.5."""
    return float(np.angle((weights * np.exp(2j * np.pi * pitches)).sum()) / (2 * np.pi))


def _spectral_peaks(magnitudes: Float64, *, bin_hz: float) -> tuple[Float64, Float64]:
    """Frequencies in Hz and magnitudes of all local maxima of ``[frames, bins]``."""
    low, high = max(1, int(_CHROMA_LOW_HZ / bin_hz)), int(_CHROMA_HIGH_HZ / bin_hz)
    middle, left, right = magnitudes[:, low:high], magnitudes[:, low - 1 : high - 1], magnitudes[:, low + 1 : high + 1]
    floor = magnitudes.max() * 10.0 ** (_PEAK_FLOOR_DB / 20.0)
    is_peak = (middle > left) & (middle >= right) & (middle > max(floor, 1e-9))
    a, b, c = (np.log(np.maximum(part[is_peak], 1e-12)) for part in (left, middle, right))
    offset = 0.5 * (a - c) / np.minimum(a - 2.0 * b + c, -1e-9)
    return (np.nonzero(is_peak)[1] + low + offset) * bin_hz, middle[is_peak]


def estimate_key(audio: Audio) -> KeyEstimate:
    """Most likely major or minor key (Krumhansl and Schmuckler's profile correlation)."""
    heard = rank_keys(chroma(audio), major=MAJOR_PROFILE, minor=MINOR_PROFILE)
    return KeyEstimate(NOTES[heard.tonic], heard.best_mode, heard.confidence)


def rank_keys(
    shares: Float64, *, major: Sequence[float], minor: Sequence[float], opening: Float64 | None = None,
    tuning: float = 0.0,
) -> HeardKey:  # fmt: skip
    """The key whose profile correlates best with the shares ``[12]`` of the pitch classes from C on.

    `opening` are the shares where a loop begins: bass lines and chords begin on their tonic more
    often than their notes alone would tell, so it counts beside the correlation with weight 0.6.
    """
    if shares.std() <= 1e-9:
        return HeardKey(0, "major", 0.0, 0.0)
    profiles = np.array([np.roll(p, k) for p in (major, minor) for k in range(12)])
    centred = profiles - profiles.mean(axis=1, keepdims=True)
    deviation = shares - shares.mean()
    fits = centred @ deviation / (np.linalg.norm(centred, axis=1) * np.linalg.norm(deviation))
    ranks = fits if opening is None else fits + OPENING_WEIGHT * np.tile(opening, 2)
    best = int(ranks.argmax())
    unevenness = min(1.0, 12.0 * float(shares.std()))
    lead = float(abs(fits[best % 12] - fits[best % 12 + 12]))
    confidence = float(np.clip(fits[best] * unevenness, 0.0, 1.0))
    return HeardKey(best % 12, "major" if best < 12 else "minor", confidence, lead, tuning)


def estimate_pitch(audio: Audio) -> PitchEstimate:
    """Pitch of a one-shot: the median of YIN over its loud frames.

    De Cheveigné and Kawahara, "YIN" (JASA 2002), steps 2 to 5, from 27.5 to
    2100 Hz; every frame counts with its level and periodicity.
    """
    samples = audio.mono().samples[0].astype(np.float64)
    longest = int(np.ceil(audio.sample_rate / PITCH_LOW_HZ)) + 1
    window = 2 * longest
    if samples.size < window + longest:
        samples = np.pad(samples, (0, window + longest - samples.size))
    starts = _loud_starts(samples, size=window + longest, hop=longest)
    readings = [yin(samples[s : s + window + longest], window=window, sample_rate=audio.sample_rate) for s in starts]
    notes = np.array([hz_to_midi(hz) for hz, _ in readings])
    periodicity = np.array([clear for _, clear in readings])
    if notes.size == 0 or periodicity.max() <= 0.0:
        return PitchEstimate(None, 0.0)
    middle = _weighted_median(notes, periodicity)
    agreeing = np.abs(notes - middle) < 0.5
    confidence = float((periodicity * agreeing).sum() / notes.size)
    note = float((notes * periodicity * agreeing).sum() / (periodicity * agreeing).sum())
    return PitchEstimate(note if confidence >= 0.4 else None, confidence)


def _loud_starts(samples: Float64, *, size: int, hop: int) -> list[int]:
    """Starts of up to `_PITCH_FRAMES` frames within 20 dB of the loudest, in order of level."""
    starts = np.arange(0, samples.size - size + 1, hop)
    energy = np.concatenate([[0.0], np.cumsum(np.square(samples))])
    levels = energy[starts + size] - energy[starts]
    order = np.argsort(-levels, kind="stable")[:_PITCH_FRAMES]
    return [int(starts[k]) for k in order if levels[k] > max(1e-10, 0.01 * levels.max())]


def yin(frame: Float64, *, window: int, sample_rate: int) -> tuple[float, float]:
    """Fundamental in Hz and periodicity (1 - aperiodicity) of one frame."""
    longest = frame.size - window
    size = 1 << (frame.size + window).bit_length()
    spectrum = np.fft.rfft(frame, size)
    correlation = np.fft.irfft(spectrum * np.conj(np.fft.rfft(frame[:window], size)), size)[:longest]
    energy = np.concatenate([[0.0], np.cumsum(np.square(frame))])
    energies = energy[window : window + longest] - energy[:longest]
    difference = np.maximum(energies[0] + energies - 2.0 * correlation, 0.0)
    lags = np.arange(1, longest)
    normalised = np.ones(longest)
    normalised[1:] = difference[1:] * lags / np.maximum(np.cumsum(difference[1:]), 1e-12)
    shortest = max(2, int(sample_rate / PITCH_HIGH_HZ))
    lag = _first_dip(normalised, shortest=shortest)
    a, b, c = normalised[lag - 1], normalised[lag], normalised[min(lag + 1, longest - 1)]
    curve = a - 2.0 * b + c
    offset = float(np.clip(0.5 * (a - c) / curve, -0.5, 0.5)) if curve > 1e-12 else 0.0
    return sample_rate / (lag + offset), float(np.clip(1.0 - b, 0.0, 1.0))


def _first_dip(normalised: Float64, *, shortest: int) -> int:
    """Lag of the first minimum below the threshold, or of the lowest value."""
    below = np.flatnonzero(normalised[shortest:] < YIN_THRESHOLD)
    if below.size == 0:
        return int(shortest + normalised[shortest:].argmin())
    lag = shortest + int(below[0])
    while lag + 1 < normalised.size and normalised[lag + 1] < normalised[lag]:
        lag += 1
    return lag


def _weighted_median(values: Float64, weights: Float64) -> float:
    order = np.argsort(values)
    running = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(running, running[-1] / 2.0)])
