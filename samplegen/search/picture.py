"""A coarse picture of a sound: what tells two near-duplicates from two sounds of one sort.

`TIME_SLICES` by `MEL_BANDS` levels in dB below the loudest, of a sound from
its onset on (of its first minute), so that two pictures are compared where durations agree.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from samplegen.audio.features import log_mel_db
from samplegen.audio.resample import resample
from samplegen.audio.types import Audio
from samplegen.units import slice_to_sample

SAMPLE_RATE: Final = 22_050
MEL_BANDS: Final = 40
TIME_SLICES: Final = 32
FLOOR_DB: Final = -60.0
_STEPS_PER_DB: Final = 4
_LONG_HOP: Final = 512
_HEARD: Final = 0.02
_FRAMES_PER_SLICE: Final = 4

Picture = npt.NDArray[np.uint8]


def picture_of(audio: Audio) -> Picture:
    """``[TIME_SLICES * MEL_BANDS]``, quarters of a dB above `FLOOR_DB`; zeros for silence. Level does not matter."""
    mono = _sounding(resample(audio.mono(), sample_rate=SAMPLE_RATE))
    peak = float(np.abs(mono.samples).max(initial=0.0))
    if peak == 0.0:
        return np.zeros(TIME_SLICES * MEL_BANDS, np.uint8)
    hop = int(np.clip(mono.length // (TIME_SLICES * _FRAMES_PER_SLICE), 1, _LONG_HOP))
    levels = log_mel_db(mono.with_samples(mono.samples / peak), n_fft=1024, hop_length=hop, n_mels=MEL_BANDS)
    frames = levels.shape[1]
    starts = [min(frames - 1, slice_to_sample(k, slices=TIME_SLICES, length=frames)) for k in range(TIME_SLICES)]
    slices = np.add.reduceat(levels, starts, axis=1) if len(set(starts)) == TIME_SLICES else levels[:, starts]
    counts = np.diff([*starts, frames]) if len(set(starts)) == TIME_SLICES else np.ones(TIME_SLICES)
    picture = (slices / counts).T
    above = np.clip(picture - picture.max() - FLOOR_DB, 0.0, -FLOOR_DB)
    return np.asarray(np.round(above * _STEPS_PER_DB), np.uint8).ravel()


def _sounding(audio: Audio) -> Audio:
    """From the first value above `_HEARD` of the peak on, so that silence before it does not matter."""
    level = np.abs(audio.samples[0])
    heard = np.flatnonzero(level > _HEARD * level.max(initial=0.0))
    return audio.with_samples(audio.samples[:, heard[0] :]) if heard.size else audio


def distances_db(picture: Picture, *, others: Picture) -> npt.NDArray[np.float32]:
    """Mean difference in dB to each of ``[N, D]`` over the cells where either sound is heard, ``[N]``."""
    heard = ((others > 0) | (picture > 0)).sum(axis=1)
    apart = np.abs(others.astype(np.int16) - picture).sum(axis=1)
    return np.asarray(apart / np.maximum(1, heard) / _STEPS_PER_DB, np.float32)
