"""Tempo from how the onset envelope repeats, to hundredths of a BPM.

The autocorrelation of the onset envelope is read at continuous lags: a tempo
scores by the mean over all multiples of its beat, helped by half beats and
hurt by thirds of a beat, because a comb at 3/2 or 3/4 of the true tempo falls
on them. Nothing is told about the loop's length in bars, so a loop played at
124 BPM and cut to the length of 128 measures 124.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from samplegen.audio.onsets import onset_envelope
from samplegen.audio.types import Audio
from samplegen.units import cents_to_ratio, seconds_to_samples

Float64 = npt.NDArray[np.float64]

LOW_BPM = 60.0
HIGH_BPM = 200.0
MIN_CONFIDENCE = 0.1
MAX_SECONDS = 60.0
_MAX_LAG_S = 12.0
_OVERSAMPLING = 4
_MIN_RISE_DB = 1.0
_USUAL_BPM = 118.0
_USUAL_SPREAD_OCTAVES = 0.8
_HALF_WEIGHT = 0.3
_THIRD_WEIGHT = 0.25
_STEP_CENTS = 2.0
_RIVAL_SHARE = 0.75
_OCTAVES = (1.0, 2.0, 0.5)


@dataclass(frozen=True)
class TempoEstimate:
    """What the onsets say about the tempo.

    Parameters
    ----------
    bpm
        Beats per minute; None when nothing repeats (silence, a single hit).
    confidence
        Mean autocorrelation of the onset envelope at the beats, 0 to 1. Noise
        stays below `MIN_CONFIDENCE`, drum loops lie above 0.3.
    candidates
        The best tempi with their scores, best first, octaves included.
    """

    bpm: float | None
    confidence: float
    candidates: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, eq=False)
class _Repeats:
    """Normalised autocorrelation of the onset envelope at evenly spaced lags."""

    values: Float64
    lag_rate: float
    longest_lag_s: float

    def at(self, lags_s: npt.NDArray[Any]) -> Float64:
        return np.interp(lags_s * self.lag_rate, np.arange(self.values.size), self.values)


def estimate_tempo(
    audio: Audio, *, low_bpm: float = LOW_BPM, high_bpm: float = HIGH_BPM, ring: bool = False
) -> TempoEstimate:
    """Tempo of a loop or recording; of long ones `MAX_SECONDS` in the middle count.

    Parameters
    ----------
    audio
        ``[C, T]``.
    low_bpm, high_bpm
        The range looked at. Between octaves the one nearer to `_USUAL_BPM` is favoured.
    ring
        The audio is one period of a loop and repeats without a seam.
    """
    repeats = _repeats(audio, ring=ring)
    return TempoEstimate(None, 0.0) if repeats is None else _estimate(repeats, low_bpm=low_bpm, high_bpm=high_bpm)


def _estimate(repeats: _Repeats, *, low_bpm: float, high_bpm: float) -> TempoEstimate:
    tempi = _tempo_grid(low_bpm, high_bpm)
    scores = _comb_scores(repeats, tempi)
    favoured = scores * np.exp(-0.5 * np.square(np.log2(tempi / _USUAL_BPM) / _USUAL_SPREAD_OCTAVES))
    best = int(favoured.argmax())
    if scores[best] <= 0.0:
        return TempoEstimate(None, 0.0)
    bpm = _refine(repeats, float(tempi[best]))
    return TempoEstimate(bpm, _confidence(repeats, bpm), _strongest(tempi, favoured))


def tempo_matches(
    audio: Audio, *, bpm: float, tolerance_bpm: float = 0.5, ring: bool = False
) -> tuple[bool, float | None]:
    """Whether `audio` plays on the grid of `bpm`, and the tempo measured.

    Twice and half the tempo are the same grid; 3/2, 4/3 and their inverses are
    not. When the strongest tempo is another one, `bpm` still matches if a
    repetition of at least `_RIVAL_SHARE` of its strength stands within the
    tolerance (a swung or syncopated loop has two good readings).

    Returns
    -------
    (matches, measured_bpm)
        The measured tempo in the octave nearest to `bpm`; None when nothing repeats.
    """
    repeats = _repeats(audio, ring=ring)
    estimate = None if repeats is None else _estimate(repeats, low_bpm=LOW_BPM, high_bpm=HIGH_BPM)
    if repeats is None or estimate is None or estimate.bpm is None:
        return False, None
    measured = _nearest_octave(estimate.bpm, bpm=bpm)
    if abs(measured - bpm) > tolerance_bpm:
        measured = _rival(repeats, bpm=bpm, tolerance_bpm=tolerance_bpm, best_bpm=estimate.bpm) or measured
    certain = estimate.confidence >= MIN_CONFIDENCE
    return certain and abs(measured - bpm) <= tolerance_bpm, measured


def tempo_error_bpm(measured_bpm: float, *, bpm: float) -> float:
    """How far `measured_bpm` lies above `bpm`, in the octave nearest to it."""
    return _nearest_octave(measured_bpm, bpm=bpm) - bpm


def _nearest_octave(measured_bpm: float, *, bpm: float) -> float:
    return min((measured_bpm * octave for octave in _OCTAVES), key=lambda tempo: abs(np.log2(tempo / bpm)))


def _rival(repeats: _Repeats, *, bpm: float, tolerance_bpm: float, best_bpm: float) -> float | None:
    """A true maximum within the tolerance of `bpm` (or its octave), nearly as strong as `best_bpm`.

    Octaves below `LOW_BPM` are left out: the comb of 3 beats is strong in any 4/4 loop.
    """
    needed = _RIVAL_SHARE * float(_comb_scores(repeats, np.array([best_bpm]))[0])
    for octave in _OCTAVES:
        if not LOW_BPM <= bpm * octave <= HIGH_BPM:
            continue
        tempi = np.linspace(bpm - tolerance_bpm, bpm + tolerance_bpm, 41) * octave
        scores = _comb_scores(repeats, tempi)
        maxima = 1 + np.flatnonzero((scores[1:-1] > scores[:-2]) & (scores[1:-1] > scores[2:]))
        maxima = maxima[scores[maxima] >= needed]
        if maxima.size:
            return float(tempi[maxima[scores[maxima].argmax()]]) / octave
    return None


def _repeats(audio: Audio, *, ring: bool) -> _Repeats | None:
    """Autocorrelation of the onset envelope, finely interpolated; None without onsets."""
    if not ring and audio.duration_s > MAX_SECONDS:
        length = seconds_to_samples(MAX_SECONDS, sample_rate=audio.sample_rate)
        start = (audio.length - length) // 2
        audio = audio.with_samples(audio.samples[:, start : start + length])
    envelope = onset_envelope(audio, ring=ring)
    values = envelope.values.astype(np.float64) - float(envelope.values.mean())
    frames = values.size
    if frames < 4 or envelope.values.max() < _MIN_RISE_DB:
        return None
    size = frames if ring else 1 << (2 * frames).bit_length()
    power = np.square(np.abs(np.fft.rfft(values, size)))
    raw = np.fft.irfft(power, size * _OVERSAMPLING) * _OVERSAMPLING
    longest = min(frames * (0.5 if ring else 0.7), _MAX_LAG_S * envelope.frame_rate)
    kept = raw[: int(longest * _OVERSAMPLING) + 2]
    if not ring:
        kept = kept * frames / (frames - np.arange(kept.size) / _OVERSAMPLING)
    return _Repeats(kept / raw[0], envelope.frame_rate * _OVERSAMPLING, longest / envelope.frame_rate)


def _tempo_grid(low_bpm: float, high_bpm: float) -> Float64:
    steps = int(np.log2(high_bpm / low_bpm) * 1200.0 / _STEP_CENTS) + 1
    return np.asarray(low_bpm * cents_to_ratio(_STEP_CENTS) ** np.arange(steps))


def _comb_scores(repeats: _Repeats, tempi: Float64) -> Float64:
    """Score of each tempo: repetition at its beats, plus half beats, less third beats."""
    beats_s = 60.0 / tempi[:, None]
    beats = np.arange(1, int(repeats.longest_lag_s / beats_s.min() + 1e-6) + 1)[None]
    if beats.size == 0:
        return np.zeros(tempi.size)
    heard = (beats * beats_s <= repeats.longest_lag_s * (1.0 + 1e-6)).astype(np.float64)
    weights = heard * np.where(beats % 4 == 0, 1.5, np.where(beats % 2 == 0, 1.2, 1.0))
    on_beat = (repeats.at(beats * beats_s) * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1e-9)
    count = np.maximum(heard.sum(axis=1), 1.0)

    def between(part: float) -> Float64:
        return np.asarray((repeats.at((beats - part) * beats_s) * heard).sum(axis=1) / count)

    thirds = 0.5 * (between(1 / 3) + between(2 / 3))
    return np.asarray(on_beat + _HALF_WEIGHT * between(0.5) - _THIRD_WEIGHT * thirds)


def _refine(repeats: _Repeats, bpm: float) -> float:
    """The best tempo near `bpm`, to a tenth of a cent."""
    for reach, step in ((6.0, 1.0), (2.0, 0.1)):
        tempi = bpm * np.asarray(cents_to_ratio(step) ** np.arange(-reach / step, reach / step + 0.5))
        scores = _comb_scores(repeats, tempi)
        bpm = float(tempi[scores.argmax()])
    return bpm


def _confidence(repeats: _Repeats, bpm: float) -> float:
    beats = np.arange(1, max(1, int(repeats.longest_lag_s * bpm / 60.0)) + 1)
    return float(np.clip(repeats.at(beats * 60.0 / bpm).mean(), 0.0, 1.0))


def _strongest(tempi: Float64, scores: Float64, *, count: int = 5) -> tuple[tuple[float, float], ...]:
    inner = scores[1:-1]
    peaks = 1 + np.flatnonzero((inner >= scores[:-2]) & (inner > scores[2:]) & (inner > 0.0))
    best = peaks[np.argsort(-scores[peaks])[:count]]
    return tuple((float(tempi[k]), float(scores[k])) for k in best)
