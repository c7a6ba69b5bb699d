"""The end of a loop's chain, on a ring: to a producer's loudness by a limiter that looks ahead round the seam."""

from dataclasses import dataclass

import numpy as np
import scipy.ndimage

from samplegen.training.rendering.ring_effects import filter_ring
from samplegen.training.rendering.sounds import Ring
from samplegen.units import db_to_gain

_MEASURED_S = 0.8  # shorter loops are measured in repetition
_SILENT_PEAK = 1e-4
_PASSES = 4
_CLOSE_DB = 0.3
_BLOCK_S = 0.4
_ABSOLUTE_GATE = -70.0


@dataclass(frozen=True)
class Master:
    """Loudness and peak of a finished loop.

    Parameters
    ----------
    lufs
        Integrated loudness to reach at the peak.
    max_reduction_db
        What clipping and limiting may take off the peaks; a loop that would need more stays quieter.
    clip_db
        How much of that a soft clipper takes, before the limiter.
    release_ms
        Width of the limiter's gain curve.
    peak_db
        Peak of the result.
    """

    lufs: float = -11.0
    max_reduction_db: float = 12.0
    clip_db: float = 4.0
    release_ms: float = 40.0
    peak_db: float = -1.0


def draw_master(*, rng: np.random.Generator, tonal: bool = False) -> Master:
    """Mostly -12 to -10 LUFS; a sixth stay more dynamic. Tonal loops are limited less."""
    dynamic = rng.random() < 1.0 / 6.0
    lufs = float(rng.uniform(-16.0, -12.5) if dynamic else rng.uniform(-12.0, -9.8))
    return Master(
        lufs - (1.0 if tonal else 0.0), 9.0 if tonal else 18.0, float(rng.uniform(1.0, 3.0 if tonal else 7.0)),
        float(rng.uniform(25.0, 120.0)),
    )  # fmt: skip


def apply_master(ring: Ring, master: Master, *, sample_rate: int) -> Ring:
    """One period ``[T]`` at the loudness of `master` and its peak; silence stays silent."""
    peak = float(np.max(np.abs(ring), initial=0.0))
    if peak <= _SILENT_PEAK:
        return ring
    ceiling = db_to_gain(master.peak_db)
    ring = np.asarray(ring * np.float32(ceiling / peak), dtype=np.float32)
    weighted = k_weighted(ring, sample_rate=sample_rate)
    raised_db, gain = 0.0, np.ones_like(ring)
    for _ in range(_PASSES):  # limiting costs loudness, so the next pass asks for what the last one lost
        measured = gated_lufs(weighted * gain, sample_rate=sample_rate)
        if measured is None:
            break
        wanted_db = float(np.clip(raised_db + master.lufs - measured, 0.0, master.max_reduction_db))
        if abs(wanted_db - raised_db) < _CLOSE_DB:
            break
        raised_db = wanted_db
        gain = limiting_gain(ring, master, sample_rate=sample_rate, raised_db=raised_db, ceiling=ceiling)
    loud = ring * gain
    peak = float(np.max(np.abs(loud)))
    return np.asarray(loud * np.float32(ceiling / peak), dtype=np.float32)


def limiting_gain(ring: Ring, master: Master, *, sample_rate: int, raised_db: float, ceiling: float) -> Ring:
    """Gain ``[T]`` that raises a loop and keeps it below the ceiling.

    Soft clipping takes the highest peaks, and the rest a gain that falls before them and rises after.
    """
    raised = np.float32(db_to_gain(raised_db))
    knee = np.float32(ceiling * db_to_gain(master.clip_db))
    scaled = np.abs(ring) * (raised / knee)
    clipping = np.tanh(scaled) / np.maximum(scaled, np.float32(1e-6))
    width = max(3, int(master.release_ms * 1e-3 * sample_rate) | 1)
    held = scipy.ndimage.maximum_filter1d(scaled * clipping * knee, width, mode="wrap")
    falling = np.minimum(np.float32(ceiling) / np.maximum(held, np.float32(1e-9)), np.float32(1.0))
    smooth = scipy.ndimage.uniform_filter1d(falling, width, mode="wrap")
    return np.asarray(raised * clipping * smooth, dtype=np.float32)


def k_weighted(ring: Ring, *, sample_rate: int) -> Ring:
    """One period ``[T]`` through the two filters of ITU-R BS.1770-4 (as pyloudnorm designs them)."""
    from pyloudnorm import IIRfilter

    for design in (
        IIRfilter(4.0, 1.0 / np.sqrt(2.0), 1500.0, sample_rate, "high_shelf"),
        IIRfilter(0.0, 0.5, 38.0, sample_rate, "high_pass"),
    ):
        ring = filter_ring(ring, design.b, design.a)
    return ring


def gated_lufs(weighted: Ring, *, sample_rate: int) -> float | None:
    """Integrated loudness of K-weighted ``[T]`` that goes on and on: blocks of 0.4 s, both gates; None in silence."""
    times = max(1, int(np.ceil(_MEASURED_S * sample_rate / len(weighted))))
    power = np.square(np.tile(weighted, times), dtype=np.float64)
    block = int(_BLOCK_S * sample_rate)
    total = np.concatenate(([0.0], np.cumsum(power)))
    starts = np.arange(0, len(power) - block + 1, max(1, block // 4))
    blocks = (total[starts + block] - total[starts]) / block
    loud = blocks[blocks > 10.0 ** ((_ABSOLUTE_GATE + 0.691) / 10.0)]
    if not loud.size:
        return None
    loud = loud[loud > 0.1 * loud.mean()]
    return float(-0.691 + 10.0 * np.log10(loud.mean()))


def ring_lufs(ring: Ring, *, sample_rate: int) -> float | None:
    """Integrated loudness of a loop that goes on; None in silence."""
    return gated_lufs(k_weighted(ring, sample_rate=sample_rate), sample_rate=sample_rate)
