"""Bus effects on a closed ring: filters and reverb as circular convolutions, so no seam can appear."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.fft

from samplegen.training.sounds import Ring
from samplegen.units import db_to_gain

_COMPRESSOR_HZ = 8.0  # of the level follower
_FLOOR = 1e-9


@dataclass(frozen=True)
class BusEffects:
    """What happens to a whole loop; the defaults change nothing.

    Parameters
    ----------
    drive_db
        Gain into a soft clipper (tanh).
    low_cut_hz, high_cut_hz
        Second-order Butterworth corners; 0 switches one off.
    compressor_ratio, compressor_threshold_db
        Gain falls by (1 - 1/ratio) dB per dB that the level stands above the threshold, which counts from
        the loop's own RMS.
    reverb_mix, reverb_s, reverb_seed
        Share, 60 dB decay time and noise of a synthetic room.
    """

    drive_db: float = 0.0
    low_cut_hz: float = 0.0
    high_cut_hz: float = 0.0
    compressor_ratio: float = 1.0
    compressor_threshold_db: float = 0.0
    reverb_mix: float = 0.0
    reverb_s: float = 0.5
    reverb_seed: int = 0


def draw_bus(*, rng: np.random.Generator, wet: bool = False) -> BusEffects:
    """Draw light effects; `wet` styles get a room more often and a longer one."""
    drive_db = float(rng.uniform(1.0, 9.0)) if rng.random() < 0.35 else 0.0
    low_cut_hz = float(rng.uniform(25.0, 45.0)) if rng.random() < 0.7 else 0.0
    high_cut_hz = float(np.exp(rng.uniform(np.log(4000.0), np.log(16000.0)))) if rng.random() < 0.2 else 0.0
    ratio = float(rng.uniform(1.5, 4.0)) if rng.random() < 0.45 else 1.0
    threshold_db = float(rng.uniform(-3.0, 6.0))
    has_room = rng.random() < (0.7 if wet else 0.35)
    mix = float(rng.uniform(0.04, 0.25 if wet else 0.12)) if has_room else 0.0
    seconds = float(rng.uniform(0.3, 2.5 if wet else 0.9))
    return BusEffects(drive_db, low_cut_hz, high_cut_hz, ratio, threshold_db, mix, seconds, int(rng.integers(1 << 31)))


def apply_bus(ring: Ring, effects: BusEffects, *, sample_rate: int) -> Ring:
    """Apply `effects` to one period ``[T]``; rotating the input rotates the output."""
    if effects.drive_db > 0.0:
        ring = _driven(ring, drive_db=effects.drive_db)
    if effects.low_cut_hz or effects.high_cut_hz or effects.reverb_mix:
        ring = _filtered(ring, effects, sample_rate=sample_rate)
    if effects.compressor_ratio > 1.0:
        ring = _compressed(ring, effects, sample_rate=sample_rate)
    return ring


def _driven(ring: Ring, *, drive_db: float) -> Ring:
    peak = float(np.max(np.abs(ring), initial=0.0)) + _FLOOR
    drive = db_to_gain(drive_db)
    return np.asarray(np.tanh(ring * (drive / peak)) * (peak / np.tanh(drive)), dtype=np.float32)


def _filtered(ring: Ring, effects: BusEffects, *, sample_rate: int) -> Ring:
    length = len(ring)
    frequencies = np.fft.rfftfreq(length, 1.0 / sample_rate).astype(np.float32)
    response = np.ones(len(frequencies), dtype=np.complex64)
    if effects.reverb_mix:
        response += effects.reverb_mix * _room(effects, length=length, sample_rate=sample_rate)
    if effects.low_cut_hz:
        s = 1j * frequencies / np.float32(effects.low_cut_hz)
        response *= s * s / (s * s + np.sqrt(np.float32(2.0)) * s + 1.0)
    if effects.high_cut_hz:
        s = 1j * frequencies / np.float32(effects.high_cut_hz)
        response *= 1.0 / (s * s + np.sqrt(np.float32(2.0)) * s + 1.0)
    return np.asarray(scipy.fft.irfft(scipy.fft.rfft(ring) * response, length), dtype=np.float32)


def _room(effects: BusEffects, *, length: int, sample_rate: int) -> npt.NDArray[np.complex64]:
    """Spectrum of decaying noise folded into one period; its energy is 1."""
    size = max(1, int(effects.reverb_s * sample_rate))
    noise = np.random.default_rng(effects.reverb_seed).standard_normal(size, dtype=np.float32)
    noise *= np.exp(np.linspace(0.0, np.log(1e-3), size, dtype=np.float32))
    smooth = noise + np.roll(noise, 1) * np.float32(0.6)  # walls swallow treble
    smooth /= np.sqrt(np.sum(np.square(smooth))) + np.float32(_FLOOR)
    folded = np.zeros(-(-size // length) * length, dtype=np.float32)
    folded[:size] = smooth
    return np.asarray(scipy.fft.rfft(folded.reshape(-1, length).sum(axis=0)), dtype=np.complex64)


def _compressed(ring: Ring, effects: BusEffects, *, sample_rate: int) -> Ring:
    """Follow the level on the ring (one-pole, circular) and turn down what stands above the threshold."""
    frequencies = np.fft.rfftfreq(len(ring), 1.0 / sample_rate).astype(np.float32)
    follower = 1.0 / (1.0 + 1j * frequencies / np.float32(_COMPRESSOR_HZ))
    energy = np.square(ring)
    level = np.maximum(scipy.fft.irfft(scipy.fft.rfft(energy) * follower, len(ring)), _FLOOR)
    threshold = (float(np.mean(energy)) + _FLOOR) * db_to_gain(2.0 * effects.compressor_threshold_db)
    slope = 0.5 * (1.0 - 1.0 / effects.compressor_ratio)
    gain = np.power(np.maximum(level / threshold, 1.0), -slope)
    return np.asarray(ring * gain, dtype=np.float32)
