"""Tempo and timing of loops, measured by other means than the gate that lets them into a pack.

The gate (`samplegen.audio.tempo`) reads a log-mel flux. Here the tempo comes from the
energy below 200 Hz, where kicks and basses live, from the energy of three bands, and from
librosa's beat tracker. None is told what was asked, nor how many bars the loop has.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from samplegen.audio.onsets import detect_onsets
from samplegen.audio.resample import resample
from samplegen.audio.types import Audio
from samplegen.errors import DependencyError, UsageError

Float64 = npt.NDArray[np.float64]

LOW_BPM, HIGH_BPM = 60.0, 200.0
TOLERANCE_BPM = 0.5
LOW_BAND_HZ = 200.0
MIN_SECONDS = 16.0
OCTAVES = (2.0, 0.5)
OTHER_RATIOS = (3 / 2, 2 / 3, 4 / 3, 3 / 4, 3.0, 1 / 3, 4.0, 1 / 4)
_ENVELOPE_HZ = 500.0
_SMOOTHING_S = 0.012
_COMPRESSION = 30.0
_USUAL_BPM = 130.0
_SPREAD_OCTAVES = 0.8
_BEAT_WEIGHTS = {1: 1.0, 2: 1.0, 3: 0.3, 4: 1.0, 6: 0.3, 8: 0.7}
_GRID_STEPS = 1043
_REACH_OCTAVES = 0.03
_MIN_SCORE = 0.05
_LIBROSA_HZ = 22_050
_LIBROSA_HOP = 128


@dataclass(frozen=True)
class TempoVerdict:
    """What an estimator says about one loop.

    Parameters
    ----------
    asked_bpm, measured_bpm
        The second is None where nothing repeats.
    ratio
        The metrical level found: 1 is the beat, 2 twice as fast, and so on; 0 if none fits.
    error_bpm
        Distance to the asked tempo after division by `ratio`; infinite without a measure.
    """

    asked_bpm: float
    measured_bpm: float | None
    ratio: float
    error_bpm: float

    @property
    def exact(self) -> bool:
        """Within `TOLERANCE_BPM` at the beat itself."""
        return self.ratio == 1.0

    @property
    def octave(self) -> bool:
        """Within it at twice or half the tempo."""
        return self.ratio in OCTAVES


@dataclass(frozen=True)
class TempoSummary:
    """Shares of loops, each loop counted once.

    Parameters
    ----------
    exact, octave, other
        Within `TOLERANCE_BPM` at the beat, at its double or half, and at another simple ratio.
    wrong
        None of these, `silent` of them without any tempo.
    median_error_bpm
        Over the loops that are not wrong, at their own metrical level.
    """

    loops: int
    exact: float
    octave: float
    other: float
    wrong: float
    silent: float
    median_error_bpm: float


def low_band_tempo(audio: Audio) -> float | None:
    """Tempo of a loop from how its energy below `LOW_BAND_HZ` repeats; None where nothing does.

    The loop ``[C, T]`` is a ring, so its circular autocorrelation is that of endless repeats. Only
    lags up to half its length are heard: at its own length every loop repeats, however it was
    played. A comb of lags finds the metrical level, one over all its beats the exact tempo.
    """
    return energy_tempo(audio, bands_hz=((0.0, LOW_BAND_HZ),))


def three_band_tempo(audio: Audio) -> float | None:
    """As `low_band_tempo`, with the bands above heard as well: loops without low drums have a tempo too."""
    return energy_tempo(audio, bands_hz=((0.0, LOW_BAND_HZ), (LOW_BAND_HZ, 2000.0), (2000.0, 12_000.0)))


def energy_tempo(audio: Audio, *, bands_hz: Sequence[tuple[float, float]]) -> float | None:
    """Tempo from how the energy of some bands repeats, each band with equal weight."""
    rises = _rises(audio, bands_hz=bands_hz)
    power = np.abs(np.fft.rfft(rises - rises.mean())) ** 2
    if rises.size < 8 or power.sum() <= 1e-9:
        return None
    repeats = np.fft.irfft(power, rises.size)[: rises.size // 2 + 1]
    repeats = repeats / repeats[0]
    rate = rises.size * audio.sample_rate / audio.length
    tempi = LOW_BPM * (HIGH_BPM / LOW_BPM) ** np.linspace(0.0, 1.0, _GRID_STEPS)
    scores = _comb(repeats, 60.0 * rate / tempi)
    favour = np.exp(-0.5 * (np.log2(tempi / _USUAL_BPM) / _SPREAD_OCTAVES) ** 2)
    if scores.max() <= _MIN_SCORE:
        return None
    return _refine(repeats, float(tempi[(scores * favour).argmax()]), rate=rate)


def _rises(audio: Audio, *, bands_hz: Sequence[tuple[float, float]]) -> Float64:
    """Rises of the compressed levels of the bands on the ring, summed, at about `_ENVELOPE_HZ`."""
    samples = audio.mono().samples[0].astype(np.float64)
    spectrum, hz = np.fft.rfft(samples), np.fft.rfftfreq(samples.size, 1.0 / audio.sample_rate)
    frames = max(8, round(audio.duration_s * _ENVELOPE_HZ))
    kept = min(frames // 2 + 1, hz.size)
    smooth = np.exp(-0.5 * (np.pi * hz[:kept] * _SMOOTHING_S) ** 2)
    step = max(1, round(_SMOOTHING_S * _ENVELOPE_HZ / 2))
    total = np.zeros(frames)
    for low_hz, high_hz in bands_hz:
        passed = spectrum / (1.0 + (hz / high_hz) ** 8) * (hz >= low_hz)
        energy = np.fft.rfft(np.fft.irfft(passed, samples.size) ** 2)[:kept] * smooth
        level = np.sqrt(np.maximum(np.fft.irfft(np.pad(energy, (0, frames // 2 + 1 - kept)), frames), 0.0))
        level = np.log1p(_COMPRESSION * level / (level.max() + 1e-12))
        rise = np.maximum(np.roll(level, -step) - np.roll(level, step), 0.0)
        total += rise / (rise.std() + 1e-6)
    return total


def _at(repeats: Float64, lags: Float64) -> tuple[Float64, Float64]:
    """The autocorrelation at `lags`, 0 beyond half the loop, and where it is heard."""
    heard = (lags <= repeats.size - 1).astype(np.float64)
    return np.interp(lags, np.arange(repeats.size), repeats) * heard, heard


def _comb(repeats: Float64, lags: Float64) -> Float64:
    """Weighted mean at the beats of each lag, plus half beats, less third beats."""
    total, weights = np.zeros(lags.size), np.zeros(lags.size)
    for beats, weight in _BEAT_WEIGHTS.items():
        value, heard = _at(repeats, beats * lags)
        total, weights = total + weight * value, weights + weight * heard
    halves = sum(_at(repeats, part * lags)[0] for part in (0.5, 1.5, 2.5)) / 3
    thirds = sum(_at(repeats, part * lags)[0] for part in (1 / 3, 2 / 3, 4 / 3, 5 / 3)) / 4
    return np.asarray(total / np.maximum(weights, 1e-9) + 0.3 * halves - 0.25 * thirds)


def _refine(repeats: Float64, bpm: float, *, rate: float) -> float:
    """Where near `bpm` the sum over every beat up to half the loop is greatest, by a parabola."""
    tempi = bpm * 2.0 ** np.linspace(-_REACH_OCTAVES, _REACH_OCTAVES, 73)
    lags = 60.0 * rate / tempi
    beats = np.arange(1, max(1, int((repeats.size - 1) / lags.max())) + 1)
    scores = np.interp(beats[:, None] * lags, np.arange(repeats.size), repeats).sum(axis=0)
    best = int(scores.argmax())
    if best in (0, scores.size - 1):
        return bpm
    left, middle, right = scores[best - 1 : best + 2]
    bend = left - 2 * middle + right
    shift = 0.5 * (left - right) / bend if bend < 0.0 else 0.0
    return float(tempi[best] * 2.0 ** (shift * 2 * _REACH_OCTAVES / 72))


def librosa_tempo(audio: Audio) -> float | None:
    """Tempo from the beats librosa tracks on repeats of the loop, by a line through their times.

    Raises
    ------
    DependencyError
        If librosa is missing.
    """
    try:
        import librosa
    except ImportError as error:
        raise DependencyError(f"The second tempo estimate needs librosa ({error}). Install it with pip.") from error
    times = max(2, int(np.ceil(MIN_SECONDS / audio.duration_s)))
    whole = resample(audio.mono().with_samples(np.tile(audio.mono().samples, times)), sample_rate=_LIBROSA_HZ)
    _, beats = librosa.beat.beat_track(
        y=whole.samples[0], sr=_LIBROSA_HZ, hop_length=_LIBROSA_HOP, units="time", trim=False
    )
    if len(beats) < 4:
        return None
    seconds = float(np.polyfit(np.arange(len(beats)), beats, 1)[0])
    return 60.0 / seconds if seconds > 0 else None


def judge_tempo(measured_bpm: float | None, *, asked_bpm: float) -> TempoVerdict:
    """Which simple ratio of the asked tempo the measured one is, within `TOLERANCE_BPM`."""
    if measured_bpm is None:
        return TempoVerdict(asked_bpm, None, 0.0, float("inf"))
    for ratio in (1.0, *OCTAVES, *OTHER_RATIOS):
        error = abs(measured_bpm / ratio - asked_bpm)
        if error <= TOLERANCE_BPM:
            return TempoVerdict(asked_bpm, measured_bpm, ratio, error)
    return TempoVerdict(asked_bpm, measured_bpm, 0.0, abs(measured_bpm - asked_bpm))


def summarise_tempi(verdicts: Sequence[TempoVerdict]) -> TempoSummary:
    """Shares over loops.

    Raises
    ------
    UsageError
        Without loops.
    """
    if not verdicts:
        raise UsageError("A tempo summary needs at least one loop.")
    count = len(verdicts)
    right = [verdict.error_bpm for verdict in verdicts if verdict.ratio > 0.0]
    share = {
        "exact": sum(verdict.exact for verdict in verdicts) / count,
        "octave": sum(verdict.octave for verdict in verdicts) / count,
        "other": sum(verdict.ratio in OTHER_RATIOS for verdict in verdicts) / count,
        "wrong": sum(verdict.ratio == 0.0 for verdict in verdicts) / count,
        "silent": sum(verdict.measured_bpm is None for verdict in verdicts) / count,
    }
    return TempoSummary(count, **share, median_error_bpm=float(np.median(right)) if right else float("nan"))


def onset_distances_ms(audio: Audio, *, bars: int, beats_per_bar: int = 4, triplets: bool = False) -> Float64:
    """Distance of every onset of a loop to its nearest sixteenth in ms, ``[onsets]``.

    The grid is that of the exact loop, round its end. With `triplets` the twelfths of a beat that
    are thirds and sixths count as well.
    """
    parts: npt.NDArray[Any] = np.arange(4) / 4
    if triplets:
        parts = np.unique(np.concatenate([parts, np.arange(6) / 6]))
    beats = bars * beats_per_bar
    lines = (np.arange(beats)[:, None] + parts[None]).ravel() / beats * audio.length
    onsets = detect_onsets(audio, ring=True) * audio.sample_rate
    apart = np.abs(onsets[:, None] - np.append(lines, audio.length)[None])
    return np.asarray(apart.min(axis=1) * 1e3 / audio.sample_rate)


ESTIMATORS: dict[str, Callable[[Audio], float | None]] = {
    "low band": low_band_tempo,
    "three bands": three_band_tempo,
    "librosa beats": librosa_tempo,
}
