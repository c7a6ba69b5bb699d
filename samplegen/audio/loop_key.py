"""Key of a loop as a transposition needs it: the tonic first, the mode only where it is heard, and the tuning."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from samplegen.audio.key import PITCH_LOW_HZ, HeardKey, chroma_and_tuning, mean_tuning, rank_keys, yin
from samplegen.audio.types import Audio
from samplegen.units import hz_to_midi, midi_to_hz

Float64 = npt.NDArray[np.float64]

# Albrecht and Shanahan, "The use of large corpora to train a new type of key-finding algorithm" (Music Perception
# 2013), table 3: shares of the degrees in 982 pieces.
MAJOR_PROFILE: Final = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
MINOR_PROFILE: Final = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)

OPENING_PART: Final = 16
LINE_SHARE: Final = 0.6
MIN_LOW_SHARE: Final = 0.05
_FRAMES: Final = 96
_PERIODIC: Final = 0.8
_QUIET: Final = 0.1


@dataclass(frozen=True)
class _Track:
    """Pitches of a loop's frames in time order, how much each counts (0 where it has none), and two shares.

    `share` is that of the level in frames with a pitch, `low` that of their energy in the first three harmonics.
    """

    notes: Float64
    weights: Float64
    share: float
    low: float


def hear_key(audio: Audio) -> HeardKey:
    """Key of a loop.

    Where most of it is one voice, that is the histogram of its pitches (YIN), in which overtones do not
    count as notes; otherwise the chroma of the spectral peaks. What sounds in the first sixteenth counts twice over
    (`rank_keys`). Silence and noise have confidence near 0.
    """
    track = _follow(audio)
    shares, tuning = chroma_and_tuning(audio)
    opening = chroma_and_tuning(audio.with_samples(audio.samples[:, : max(1, audio.length // OPENING_PART)]))[0]
    heard = rank_keys(shares, major=MAJOR_PROFILE, minor=MINOR_PROFILE, opening=opening, tuning=tuning)
    # A triad repeats like one voice far below it, which has no energy where that voice would have most.
    if track.share >= LINE_SHARE and track.low >= MIN_LOW_SHARE:
        tuning = mean_tuning(track.notes, track.weights)
        first = slice(0, max(1, _FRAMES // OPENING_PART))
        shares = _histogram(track.notes - tuning, track.weights)
        opening = _histogram(track.notes[first] - tuning, track.weights[first])
        heard = rank_keys(shares, major=MAJOR_PROFILE, minor=MINOR_PROFILE, opening=opening, tuning=tuning)
    return heard


def _follow(audio: Audio) -> _Track:
    samples = audio.mono().samples[0].astype(np.float64)
    longest = int(np.ceil(audio.sample_rate / PITCH_LOW_HZ)) + 1
    window, size = 2 * longest, 3 * longest
    around = np.pad(samples, (0, size), mode="wrap" if samples.size >= size else "constant")
    starts = (np.arange(_FRAMES) * samples.size) // _FRAMES
    frames = [around[start : start + size] for start in starts]
    levels = np.array([np.sqrt(np.square(frame).sum()) for frame in frames])
    if levels.max(initial=0.0) <= 1e-6:
        return _Track(np.zeros(_FRAMES), np.zeros(_FRAMES), 0.0, 0.0)
    readings = [yin(frame, window=window, sample_rate=audio.sample_rate) for frame in frames]
    notes = np.array([hz_to_midi(hz) for hz, _ in readings])
    loud = levels * (levels > _QUIET * levels.max())
    weights = loud * (np.array([clear for _, clear in readings]) > _PERIODIC)
    lows = np.array([_low_share(frame, note, audio.sample_rate) for frame, note in zip(frames, notes, strict=True)])
    low = float((weights * lows).sum() / max(float(weights.sum()), 1e-12))
    return _Track(notes, weights, float(weights.sum() / loud.sum()), low)


def _low_share(frame: Float64, note: float, sample_rate: int) -> float:
    """Share of a frame's energy in the first three harmonics of a note."""
    power = np.square(np.abs(np.fft.rfft(frame * np.hanning(frame.size))))
    edge = int(3.5 * midi_to_hz(note) * frame.size / sample_rate) + 1
    return float(power[:edge].sum() / max(float(power.sum()), 1e-12))


def _histogram(notes: Float64, weights: Float64) -> Float64:
    """Shares of the pitch classes, ``[12]``."""
    shares = np.zeros(12)
    np.add.at(shares, np.rint(notes).astype(np.int64) % 12, weights)
    return np.asarray(shares / shares.sum()) if shares.sum() > 0.0 else shares
