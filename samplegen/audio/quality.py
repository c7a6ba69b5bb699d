"""Levels, silence, clicks and seams: what the export gates ask of every sound."""

import numpy as np
import numpy.typing as npt

from samplegen.audio.bs1770 import MOST_CHANNELS, integrated_lufs
from samplegen.audio.resample import resample
from samplegen.audio.seam import SeamMeasure, measure_seam, seam_flux_ratio, seam_step_ratio
from samplegen.audio.types import Audio
from samplegen.units import db_to_gain, gain_to_db, samples_to_seconds, seconds_to_samples

__all__ = [
    "SeamMeasure",
    "active_level_db",
    "active_level_of",
    "click_count",
    "click_places",
    "click_window_samples",
    "count_clicks",
    "dc_offset",
    "leading_silence_s",
    "level_block_samples",
    "level_blocks",
    "longest_silence_s",
    "loudness_lufs",
    "measure_seam",
    "peak_db",
    "rms_db",
    "seam_flux_ratio",
    "seam_step_ratio",
    "silence_ratio",
    "true_peak_db",
]

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

SILENCE_DB = -60.0
MIN_LOUDNESS_S = 0.4
_ACTIVE_BLOCK_S = 0.05
_ACTIVE_RANGE_DB = 30.0
_QUIET_S = 0.01
_CLICK_REACH_S = 0.06
_CLICK_SELF_S = 0.0005
_CLICK_RATIO = 4.0
_CLICK_WINDOWS = 12
_CLICK_FLOOR_DB = -50.0
_ATTACK_S = 0.005
_ATTACK_RISE_DB = 6.0


def peak_db(audio: Audio) -> float:
    """Highest absolute value over all channels, in dBFS."""
    return gain_to_db(max(float(audio.samples.max(initial=0.0)), -float(audio.samples.min(initial=0.0))))


def true_peak_db(audio: Audio) -> float:
    """Peak of the signal between its samples, from 4 times oversampling (ITU-R BS.1770-5, annex 2), in dBFS."""
    return max(peak_db(audio), peak_db(resample(audio, sample_rate=4 * audio.sample_rate)))


def dc_offset(audio: Audio) -> float:
    """Largest mean of a channel, as an absolute amplitude."""
    return float(np.abs(audio.samples.mean(axis=1, dtype=np.float64)).max()) if audio.length else 0.0


def rms_db(audio: Audio) -> float:
    """Root mean square over all channels, in dBFS (a full-scale sine has -3 dB)."""
    return gain_to_db(float(np.sqrt(_power(audio).mean()))) if audio.length else gain_to_db(0.0)


def active_level_db(audio: Audio) -> float:
    """RMS in dBFS over the 50 ms blocks no more than 30 dB below the loudest one."""
    return active_level_of(level_blocks(audio), length=audio.length, sample_rate=audio.sample_rate)


def level_block_samples(sample_rate: int) -> int:
    """Length of the 50 ms blocks of `level_blocks`."""
    return max(1, seconds_to_samples(_ACTIVE_BLOCK_S, sample_rate=sample_rate))


def level_blocks(audio: Audio) -> Float64:
    """Sums of the squares (means over the channels) of consecutive 50 ms, ``[blocks]``; the last may be shorter."""
    size = level_block_samples(audio.sample_rate)
    full = audio.length // size
    blocks = audio.samples[:, : full * size].reshape(audio.channels, full, size)
    sums = np.einsum("cbt,cbt->b", blocks, blocks, dtype=np.float64) / audio.channels
    rest = _power(audio.with_samples(audio.samples[:, full * size :])).sum()
    return np.append(sums, rest) if audio.length > full * size else sums


def active_level_of(sums: Float64, *, length: int, sample_rate: int) -> float:
    """`active_level_db` of `length` samples whose `level_blocks` are `sums`."""
    if sums.size == 0:
        return gain_to_db(0.0)
    size = level_block_samples(sample_rate)
    counts = np.minimum(size, length - size * np.arange(sums.size))
    powers = sums / counts
    active = powers >= powers.max() * db_to_gain(-_ACTIVE_RANGE_DB) ** 2
    return gain_to_db(float(np.sqrt(sums[active].sum() / counts[active].sum())))


def silence_ratio(audio: Audio, *, threshold_db: float = SILENCE_DB) -> float:
    """Part of the duration (0 to 1) spent in stretches of at least 10 ms below `threshold_db`."""
    lengths = _quiet_stretches(audio, threshold_db=threshold_db)
    least = seconds_to_samples(_QUIET_S, sample_rate=audio.sample_rate)
    return float(lengths[lengths >= min(least, audio.length)].sum()) / audio.length if audio.length else 1.0


def leading_silence_s(audio: Audio, *, threshold_db: float = SILENCE_DB) -> float:
    """Seconds before the first value above `threshold_db`; the duration if there is none."""
    return samples_to_seconds(int(_quiet_stretches(audio, threshold_db=threshold_db)[0]), sample_rate=audio.sample_rate)


def longest_silence_s(audio: Audio, *, threshold_db: float = SILENCE_DB) -> float:
    """Longest stretch in seconds without a value above `threshold_db`."""
    longest = int(_quiet_stretches(audio, threshold_db=threshold_db).max())
    return samples_to_seconds(longest, sample_rate=audio.sample_rate)


def loudness_lufs(audio: Audio) -> float | None:
    """Integrated loudness (ITU-R BS.1770-4); None below 0.4 s, in silence, or with more than five channels."""
    if audio.duration_s < MIN_LOUDNESS_S or audio.channels > MOST_CHANNELS:
        return None
    loudness = integrated_lufs(audio.samples, sample_rate=audio.sample_rate)
    return loudness if np.isfinite(loudness) else None


def click_count(audio: Audio, *, ring: bool = False) -> int:
    """Isolated discontinuities: single wrong samples and steps, over all channels.

    A click is a second difference above -50 dBFS and 4 times the largest other
    one within 60 ms, with no rise of the level behind it: a drum's attack goes
    on ringing, and the edges of a saw come again. With `ring` the seam of a
    loop is looked at too; otherwise the first and last values are not judged.
    """
    places = click_places(audio, ring=ring)
    around = places[:1] + audio.length if ring else None
    return count_clicks(places, sample_rate=audio.sample_rate, next_place=around)


def click_places(audio: Audio, *, ring: bool = False) -> Places:
    """Samples at which a channel has a click as `click_count` defines it, in ascending order."""
    found = [_clicks(channel, sample_rate=audio.sample_rate, ring=ring) for channel in audio.samples]
    return np.unique(np.concatenate([np.asarray(channel, np.int64) for channel in found]))


def count_clicks(places: Places, *, sample_rate: int, next_place: Places | None = None) -> int:
    """Number of clicks at `places`; what lies within half a millisecond is one."""
    gaps = np.diff(places, append=np.iinfo(np.int64).max if next_place is None else next_place)
    return int((gaps > max(3, seconds_to_samples(_CLICK_SELF_S, sample_rate=sample_rate))).sum())


def click_window_samples(sample_rate: int) -> int:
    """Length of the windows, from the first sample on, in each of which at most one click is looked for.

    What lies further than two of them away does not matter.
    """
    return seconds_to_samples(_CLICK_REACH_S, sample_rate=sample_rate)


def _clicks(samples: Float32, *, sample_rate: int, ring: bool) -> list[int]:
    """Places of the clicks of one channel ``[T]``, looked for in pieces that fit into a processor's cache."""
    reach = click_window_samples(sample_rate)
    around = np.pad(samples, reach + 1, mode="wrap" if ring else "edge")
    found = []
    for first in range(0, samples.size, _CLICK_WINDOWS * reach):
        stop = min(first + _CLICK_WINDOWS * reach, samples.size)
        piece = around[first : stop + 2 * (reach + 1)].astype(np.float64)
        bend = np.diff(piece, n=2)
        np.abs(bend, out=bend)
        if not ring:
            bend[: max(0, reach + 1 - first)] = 0.0
            bend[max(0, samples.size + reach - 1 - first) :] = 0.0
        found += [first - reach + place for place in _clicks_in(piece, bend, sample_rate=sample_rate)]
    return found


def _clicks_in(around: Float64, bend: Float64, *, sample_rate: int) -> list[int]:
    """Clicks among the second differences `bend`, the outer windows left out, as indices of `bend`."""
    reach = click_window_samples(sample_rate)
    found = []
    for start in range(reach, len(bend) - reach, reach):
        centre = start + int(bend[start : min(start + reach, len(bend) - reach)].argmax())
        if bend[centre] > db_to_gain(_CLICK_FLOOR_DB) and _is_isolated(bend, centre, sample_rate=sample_rate):
            if not _is_attack(around, centre + 1, sample_rate=sample_rate):
                found.append(centre)
    return found


def _is_isolated(bend: Float64, centre: int, *, sample_rate: int) -> bool:
    reach = click_window_samples(sample_rate)
    self_width = max(3, seconds_to_samples(_CLICK_SELF_S, sample_rate=sample_rate))
    before = bend[max(0, centre - reach) : max(0, centre - self_width)]
    after = bend[centre + self_width + 1 : centre + reach + 1]
    return bool(bend[centre] > _CLICK_RATIO * max(before.max(initial=0.0), after.max(initial=0.0)))


def _is_attack(samples: Float64, centre: int, *, sample_rate: int) -> bool:
    """Whether the level behind `centre` is clearly higher than before, the point itself left out."""
    width = seconds_to_samples(_ATTACK_S, sample_rate=sample_rate)
    before, after = samples[max(0, centre - width) : centre - 2], samples[centre + 3 : centre + width]
    rise = float(np.square(after).sum()) / max(float(np.square(before).sum()), 1e-12)
    return float(np.square(after).max(initial=0.0)) > 1e-7 and rise > db_to_gain(_ATTACK_RISE_DB) ** 2


def _power(audio: Audio) -> Float64:
    """Mean square over the channels, ``[T]``."""
    return np.asarray(np.square(audio.samples.astype(np.float64)).mean(axis=0))


def _quiet_stretches(audio: Audio, *, threshold_db: float) -> npt.NDArray[np.int64]:
    """Lengths of the gaps before, between and behind the values above the threshold."""
    loud = np.flatnonzero(np.abs(audio.samples).max(axis=0) > db_to_gain(threshold_db))
    edges = np.concatenate([[-1], loud, [audio.length]])
    return np.asarray(np.diff(edges) - 1, dtype=np.int64)
