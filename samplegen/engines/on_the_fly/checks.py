"""What a recording must be before an engine may learn from it."""

from dataclasses import dataclass

import numpy as np

from samplegen.audio.source import Source, read_blocks
from samplegen.audio.types import Samples
from samplegen.errors import InputError

MIN_DURATION_S = 0.25
SILENCE_PEAK = 1e-5
_BLOCK_S = 10


@dataclass(frozen=True)
class Recording:
    """What one pass over a recording found.

    Parameters
    ----------
    peak
        Highest absolute value over all channels.
    silent_channels
        Indexes of the channels whose peak is below `SILENCE_PEAK`.
    """

    peak: float
    silent_channels: tuple[int, ...]


def check_recording(source: Source) -> Recording:
    """Look at every value of `source` once, in blocks of 10 s.

    Raises
    ------
    InputError
        No samples, less than 0.25 s, values that are not finite (how many, and the time of the first),
        or a peak below 1e-5.
    """
    _check_duration(source)
    peaks = np.zeros(source.channels)
    start = wrong = first = 0
    for block in read_blocks(source, length=_BLOCK_S * source.sample_rate):
        high = _peaks(block)
        if not np.isfinite(high).all():
            bad = ~np.isfinite(block)
            first = start + int(bad.any(axis=0).argmax()) if wrong == 0 else first
            wrong += int(np.count_nonzero(bad))
        np.maximum(peaks, high, out=peaks)
        start += block.shape[1]
    if wrong:
        values = "values that are" if wrong > 1 else "value that is"
        raise InputError(
            f"The recording holds {wrong} {values} NaN or infinite, the first at {first / source.sample_rate:.3f} s. "
            "Repair the file and try again."
        )
    if peaks.max() < SILENCE_PEAK:
        raise InputError(
            f"The recording is silent: its peak is {peaks.max():.2g}, at least {SILENCE_PEAK:g} is needed."
        )
    return Recording(float(peaks.max()), tuple(np.flatnonzero(peaks < SILENCE_PEAK).tolist()))


def _check_duration(source: Source) -> None:
    if source.length == 0:
        raise InputError("The recording holds no samples.")
    duration_s = source.length / source.sample_rate
    if duration_s < MIN_DURATION_S:
        raise InputError(f"The recording lasts {duration_s:.3f} s; at least {MIN_DURATION_S} s are needed.")


def _peaks(block: Samples) -> Samples:
    """Highest absolute value of each channel, [C]; NaN and infinity pass through."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.maximum(np.abs(block.max(axis=1)), np.abs(block.min(axis=1))))
