"""What every riser goes through: level flattened and drawn anew, brightness that follows a curve, clean edges."""

from typing import Final

import numpy as np

from samplegen import units
from samplegen.audio.types import Samples
from samplegen.variations.risers.curves import Curve, Float64, Sweep
from samplegen.variations.risers.moving_filter import WINDOW, Float32, filter_over_time, mean_magnitudes
from samplegen.variations.risers.timeline import Timeline

MAX_LIFT_DB: Final = 40.0
LOW_HZ: Final = 60.0
HIGH_HZ: Final = 18_000.0
MIN_OCTAVES: Final = 2.5
_BLOCKS: Final = 64
_MAX_TILT: Final = 2.0  # exponent of frequency: 12 dB an octave
_ORDER: Final = 4
_LOUD_QUANTILE: Final = 0.997
_START_FADE_MS: Final = 5.0
_STOP_FADE_MS: Final = 2.0
_ATTACK_FADE_MS: Final = 0.25


def flatten_level(samples: Samples, *, window_s: float, sample_rate: int) -> Samples:
    """``[C, T]`` with a constant short-time level (RMS 1 over `window_s`, all channels together).

    Where a stretch is more than `MAX_LIFT_DB` below the loudest one it stays below.
    """
    size = max(8, units.seconds_to_samples(window_s, sample_rate=sample_rate))
    level = np.sqrt(_smooth(np.mean(np.square(samples), axis=0, dtype=np.float32), size=size))
    floor = float(level.max(initial=0.0)) * units.db_to_gain(-MAX_LIFT_DB)
    return np.asarray(samples / np.maximum(level, max(floor, 1e-12)), np.float32)


def _smooth(values: Float32, *, size: int) -> Float64:
    """Twice a running mean over `size`, edges counted with what there is, ``[T]``."""
    smoothed = values.astype(np.float64)
    places = np.arange(values.size)
    low, high = np.clip(places - size // 2, 0, None), np.clip(places + size // 2 + 1, None, values.size)
    for _ in range(2):
        total = np.append(0.0, np.cumsum(smoothed))
        smoothed = np.maximum((total.take(high) - total.take(low)) / (high - low), 0.0)
    return smoothed


def level_gain(timeline: Timeline, *, curve: Curve, range_db: float) -> Float32:
    """Gain from ``-range_db`` where the curve is 0 to 0 dB where it is 1, ``[T]``."""
    values = curve.at(timeline.progress(np.linspace(0.0, 1.0, timeline.length)))
    return np.asarray(10.0 ** (range_db / 20.0 * (values - 1.0)), np.float32)


def auto_range(samples: Samples, *, sample_rate: int) -> tuple[float, float]:
    """Cutoffs between which most of the material lies: a tenth of its magnitude below, 3 % above."""
    spectrum = mean_magnitudes(samples, blocks=1)[0].astype(np.float64)
    share = np.cumsum(spectrum) / max(float(spectrum.sum()), 1e-12)
    hz = np.fft.rfftfreq(WINDOW, 1.0 / sample_rate)
    low, high = np.interp([0.1, 0.97], share, hz).tolist()
    high = float(np.clip(1.3 * high, 4.0 * LOW_HZ, min(HIGH_HZ, 0.45 * sample_rate)))
    return float(np.clip(low, LOW_HZ, high / 2.0**MIN_OCTAVES)), high


def brighten(
    samples: Samples, *, timeline: Timeline, sweep: Sweep, strength: float = 0.0, floor_octaves: float
) -> Samples:
    """Low-pass ``[C, T]`` with a cutoff that `sweep` moves towards the climax.

    Parameters
    ----------
    strength
        For material whose brightness does not follow a cutoff: 0 none, 1 tilts the spectra
        so that their centroids follow the curve (at most 12 dB an octave).
    floor_octaves
        A high-pass stands this far below the cutoff, so that the climax leaves room for the bass.
    """
    centres = (np.arange(_BLOCKS) + 0.5) / _BLOCKS
    tilt = strength * _tilt(samples, timeline, sweep, centres) if strength else np.zeros(_BLOCKS)

    def response(positions: Float32, hz: Float32) -> Float32:
        ratio = hz / sweep.at(timeline.progress(positions)).astype(np.float32)
        gains = _rumble(hz) / np.sqrt(1.0 + ratio ** (2 * _ORDER))
        gains /= np.sqrt(1.0 + (np.maximum(ratio, 1e-6) * np.float32(2.0**floor_octaves)) ** -4)
        if strength:
            slope = np.interp(positions[:, 0], centres, tilt)[:, None].astype(np.float32)
            gains *= (np.maximum(hz, LOW_HZ) / 1000.0) ** slope
        return np.asarray(gains, np.float32)

    return filter_over_time(samples, sample_rate=timeline.sample_rate, response=response)


def _rumble(hz: Float32) -> Float32:
    """Nothing below 20 Hz, so that no offset is left."""
    return np.asarray(np.clip((hz - 10.0) / 20.0, 0.0, 1.0), np.float32)


def _tilt(samples: Samples, timeline: Timeline, sweep: Sweep, centres: Float64) -> Float64:
    """Exponent of frequency for each block, with which the centroids would follow the curve, ``[blocks]``."""
    hz = np.maximum(np.fft.rfftfreq(WINDOW, 1.0 / timeline.sample_rate), 1.0)
    progress = timeline.progress(centres)
    spectra = mean_magnitudes(samples, blocks=_BLOCKS) / np.sqrt(
        1.0 + (hz / sweep.at(progress)[:, None]) ** (2 * _ORDER)
    )
    natural = _centroids(spectra, hz, np.zeros(_BLOCKS))
    shape = sweep.curve.at(progress)
    low = float(natural[shape <= np.quantile(shape, 0.25)].min())
    high = max(float(np.sqrt(natural.max() * sweep.high_hz)), low * 2.0)  # a climax brighter than the material
    target = low * (high / low) ** shape
    below, above = np.full(_BLOCKS, -_MAX_TILT), np.full(_BLOCKS, _MAX_TILT)
    for _ in range(20):  # the centroid grows with the exponent: bisection
        middle = 0.5 * (below + above)
        dark = _centroids(spectra, hz, middle) < target
        below, above = np.where(dark, middle, below), np.where(dark, above, middle)
    return np.asarray(0.5 * (below + above))


def _centroids(spectra: Float32, hz: Float64, exponents: Float64) -> Float64:
    weighted = spectra * (hz / 1000.0) ** exponents[:, None]
    return np.asarray((weighted @ hz) / np.maximum(weighted.sum(axis=1), 1e-20))


def soften_peaks(samples: Samples, *, timeline: Timeline) -> Samples:
    """Round off the rare highest peaks of ``[C, T]`` near the climax, so that all of it may be louder."""
    near = samples[:, : timeline.length // 8] if timeline.falls else samples[:, -(timeline.length // 8) :]
    limit = float(np.quantile(np.abs(near), _LOUD_QUANTILE)) if near.size else 0.0
    return np.asarray(limit * np.tanh(samples / limit), np.float32) if limit > 0.0 else samples


def finish_edges(samples: Samples, *, timeline: Timeline) -> Samples:
    """Fades that keep both edges from clicking: 2 ms before the downbeat, a quarter of one after an attack."""
    first, last = (_ATTACK_FADE_MS, _START_FADE_MS) if timeline.falls else (_START_FADE_MS, _STOP_FADE_MS)
    made = samples.copy()
    for fade_ms, part in ((first, made), (last, made[:, ::-1])):
        count = min(units.seconds_to_samples(fade_ms / 1e3, sample_rate=timeline.sample_rate), made.shape[-1])
        part[:, :count] *= (0.5 - 0.5 * np.cos(np.pi * np.arange(count) / max(1, count))).astype(np.float32)
    return made
