"""Second opinion on key and pitch, by means that share nothing with `samplegen.audio.key` but its names.

There, spectral peaks and autocorrelation decide how a sound is transposed. Here every
frame's spectrum is explained as a sum of harmonic notes at concert pitch (non-negative
least squares, after Mauch and Dixon, "Approximate note transcription for the improved
identification of difficult chords", ISMIR 2010), so that overtones do not count as
notes, and Temperley's profiles take the place of Albrecht and Shanahan's.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from samplegen.audio.key import HeardKey, rank_keys
from samplegen.audio.resample import resample
from samplegen.audio.types import Audio
from samplegen.units import midi_to_hz

Float64 = npt.NDArray[np.float64]

# Temperley, "Music and Probability" (2007), p. 86: share of the segments in which a degree is played.
MAJOR_PROFILE = (0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400)
MINOR_PROFILE = (0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330)

OPENING_PART = 16
CLEAR_NOTES = 0.6
CLEAR_COMB = 0.25
SINGLE_SHARE = 0.6
_PARTS = 16
_PART_S = 0.37

_RATE = 11_025
_WINDOW = 4_096
_HIGH_HZ = 2_500.0
_LOW_NOTE, _HIGH_NOTE = 24, 88
_HARMONICS = 16
# Overtones fall slowly (a saw) or fast (a sine with some colour); a note is what either explains.
_SLOPES = (0.85, 0.55)
_FRAMES = 48
_QUIET = 0.01

_TRACK_WINDOW_S = 0.186
_TRACK_STEP_CENTS = 5.0
_TRACK_LOW, _TRACK_HIGH = 21.0, 96.0
_TRACK_HARMONICS = 12


@dataclass(frozen=True)
class SecondPitch:
    """Fundamental by `second_pitch`.

    Parameters
    ----------
    midi
        Fractional MIDI note; its octave is less certain than its pitch class. None in silence.
    confidence
        0 to 1: how much more of the spectrum lies on its harmonics than between them.
    """

    midi: float | None
    confidence: float


def note_shares(audio: Audio) -> Float64:
    """Share of the twelve pitch classes from C on in the notes that are played, ``[12]``, or all 0."""
    low_rate = resample(audio.mono(), sample_rate=_RATE)
    samples = low_rate.samples[0].astype(np.float64)
    frames = _loud_frames(samples)
    total = np.zeros(12)
    if frames.size == 0:
        return total
    from scipy.optimize import nnls

    templates, notes = _templates()
    window = np.hanning(_WINDOW)
    bins = templates.shape[0]
    for start in frames:
        spectrum = np.abs(np.fft.rfft(samples[start : start + _WINDOW] * window))[:bins]
        np.add.at(total, notes % 12, nnls(templates, spectrum)[0])
    return np.asarray(total / total.sum()) if total.sum() > 0.0 else total


def second_key(audio: Audio) -> HeardKey:
    """Most likely key of a loop by its notes and Temperley's profiles; see the module.

    Where the notes tell no mode clearly, as in a deep bass or a rough tone whose overtones drown its
    fundamental, a comb of harmonics that fits from end to end is one note, and no mode is heard.
    """
    opening = audio.with_samples(audio.samples[:, : max(1, audio.length // OPENING_PART)])
    heard = rank_keys(note_shares(audio), major=MAJOR_PROFILE, minor=MINOR_PROFILE, opening=note_shares(opening))
    if heard.mode is not None and heard.confidence >= CLEAR_NOTES:
        return heard
    note, share = _single_note(audio)
    return heard if share < SINGLE_SHARE else HeardKey(note, "major", share, 0.0)


def _single_note(audio: Audio) -> tuple[int, float]:
    """Pitch class that a comb finds most often in the parts of a sound, and in which share of their level."""
    count = int(np.clip(audio.duration_s / _PART_S, 1, _PARTS))
    size = max(1, audio.length // count)
    parts = [audio.with_samples(audio.samples[:, k * size : (k + 1) * size]) for k in range(count)]
    levels = np.array([np.sqrt(np.square(part.samples.astype(np.float64)).sum()) for part in parts])
    found = [second_pitch(part) for part in parts]
    shares = np.zeros(12)
    for level, pitch in zip(levels, found, strict=True):
        if pitch.midi is not None and pitch.confidence >= CLEAR_COMB:
            shares[round(pitch.midi) % 12] += level
    shares /= max(float(levels.sum()), 1e-12)
    return int(shares.argmax()), float(shares.max())


def second_pitch(audio: Audio) -> SecondPitch:
    """Pitch of a one-shot by where a comb of harmonics collects most of its spectrum.

    Harmonic summation after Hermes (JASA 1988), weights falling as 0.85 to the harmonic's
    number, over candidates 5 cents apart; the spectrum between the harmonics counts against
    a candidate, so that subharmonics do not win.
    """
    samples = audio.mono().samples[0].astype(np.float64)
    if not np.any(samples):
        return SecondPitch(None, 0.0)
    size = 1 << round(np.log2(_TRACK_WINDOW_S * audio.sample_rate))
    spectrum, bin_hz = _loud_spectrum(samples, size=size, sample_rate=audio.sample_rate)
    notes = np.arange(_TRACK_LOW, _TRACK_HIGH, _TRACK_STEP_CENTS / 100.0)
    hz = np.array([midi_to_hz(note) for note in notes])
    numbers = np.arange(1, _TRACK_HARMONICS + 1)
    weights = 0.85**numbers
    on = np.interp(hz[:, None] * numbers / bin_hz, np.arange(spectrum.size), spectrum)
    between = np.interp(hz[:, None] * (numbers - 0.5) / bin_hz, np.arange(spectrum.size), spectrum)
    scores = (on - between) @ weights
    best = int(scores.argmax())
    place = float(best)
    if 0 < best < notes.size - 1:
        a, b, c = scores[best - 1 : best + 2]
        place += 0.5 * float(a - c) / min(float(a - 2.0 * b + c), -1e-12)
    note = _TRACK_LOW + place * _TRACK_STEP_CENTS / 100.0
    held = float(scores[best]) / max(float((on[best] + between[best]) @ weights), 1e-12)
    return SecondPitch(note, float(np.clip(held, 0.0, 1.0)))


def _loud_frames(samples: Float64) -> npt.NDArray[np.int64]:
    """Starts of at most `_FRAMES` frames spread over what is within 20 dB of the loudest."""
    padded = max(samples.size, _WINDOW)
    starts = np.arange(0, padded - _WINDOW + 1, _WINDOW // 4)
    energy = np.concatenate([[0.0], np.cumsum(np.square(samples))])
    levels = energy[np.minimum(starts + _WINDOW, samples.size)] - energy[np.minimum(starts, samples.size)]
    loud = starts[levels > max(1e-10, _QUIET * levels.max(initial=0.0))]
    loud = loud[loud + _WINDOW <= samples.size]
    return np.asarray(loud[np.linspace(0, loud.size - 1, min(loud.size, _FRAMES)).astype(np.int64)])


@lru_cache(maxsize=1)
def _templates() -> tuple[Float64, npt.NDArray[np.int64]]:
    """Spectra ``[bins, notes * slopes]`` of harmonic notes through the window that sounds are seen through."""
    time = np.arange(_WINDOW) / _RATE
    window, bins = np.hanning(_WINDOW), int(_HIGH_HZ * _WINDOW / _RATE)
    columns, notes = [], []
    for note in range(_LOW_NOTE, _HIGH_NOTE + 1):
        hz = midi_to_hz(note)
        count = min(_HARMONICS, int(_HIGH_HZ / hz))
        partials = [np.abs(np.fft.rfft(np.sin(2 * np.pi * k * hz * time) * window))[:bins] for k in range(1, count + 1)]
        for slope in _SLOPES:
            column = sum(slope**k * partial for k, partial in enumerate(partials))
            columns.append(column / np.linalg.norm(column))
            notes.append(note)
    return np.array(columns).T, np.array(notes)


def _loud_spectrum(samples: Float64, *, size: int, sample_rate: int) -> tuple[Float64, float]:
    """Square root of the mean magnitude of the loud frames, 4 times zero-padded, and its bin's width in Hz."""
    padded = np.pad(samples, (0, max(0, size - samples.size)))
    starts = np.arange(0, padded.size - size + 1, size // 4)
    frames = np.array([padded[start : start + size] for start in starts])
    levels = np.square(frames).sum(axis=1)
    frames = frames[levels >= _QUIET * levels.max()]
    magnitudes = np.abs(np.fft.rfft(frames * np.hanning(size), 4 * size, axis=1)).mean(axis=0)
    return np.sqrt(magnitudes), sample_rate / (4 * size)
