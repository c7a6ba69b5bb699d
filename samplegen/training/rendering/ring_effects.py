"""Bus effects on a closed ring: filters and reverb as circular convolutions, so no seam can appear."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.fft
import scipy.signal

from samplegen.training.rendering.sounds import Ring
from samplegen.units import db_to_gain

_COMPRESSOR_HZ = 8.0  # of the level follower
_ECHO_HZ = 3500.0
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
    delay_mix, delay_beats, delay_feedback
        Share, time in beats of the loop and feedback of echoes, which lose treble and go round the seam.
    duck_db, duck_beats
        Depth of a sidechain's dip on every so many beats.
    """

    drive_db: float = 0.0
    low_cut_hz: float = 0.0
    high_cut_hz: float = 0.0
    compressor_ratio: float = 1.0
    compressor_threshold_db: float = 0.0
    reverb_mix: float = 0.0
    reverb_s: float = 0.5
    reverb_seed: int = 0
    delay_mix: float = 0.0
    delay_beats: float = 0.75
    delay_feedback: float = 0.3
    duck_db: float = 0.0
    duck_beats: float = 1.0

    @property
    def words(self) -> tuple[str, ...]:
        """What is clearly heard of them, for tags and captions."""
        heard = (
            ("reverb", self.reverb_mix > 0.1), ("distorted", self.drive_db > 6.0),
            ("lofi", 0.0 < self.high_cut_hz < 8000.0), ("delay", self.delay_mix > 0.15),
            ("sidechain", self.duck_db > 3.0),
        )  # fmt: skip
        return tuple(word for word, is_heard in heard if is_heard)


def draw_bus(
    *,
    rng: np.random.Generator,
    wet: bool = False,
    echoes: float = 0.06,
    ducks: float = 0.0,
    quarter_beats: float = 1.0,
    most_drive_db: float = 9.0,
) -> BusEffects:
    """Draw light effects; `wet` styles get a room more often and a longer one.

    Parameters
    ----------
    echoes, ducks
        Chance of a delay, and of a sidechain.
    most_drive_db
        Into the clipper; chords take less than drums before they stop being chords.
    quarter_beats
        Beats of the loop's meter in a quarter note.
    """
    drive_db = float(rng.uniform(1.0, most_drive_db)) if rng.random() < 0.35 else 0.0
    low_cut_hz = float(rng.uniform(25.0, 45.0)) if rng.random() < 0.7 else 0.0
    high_cut_hz = float(np.exp(rng.uniform(np.log(4000.0), np.log(16000.0)))) if rng.random() < 0.2 else 0.0
    ratio = float(rng.uniform(1.5, 4.0)) if rng.random() < 0.45 else 1.0
    threshold_db = float(rng.uniform(-3.0, 6.0))
    has_room = rng.random() < (0.7 if wet else 0.35)
    mix = float(rng.uniform(0.04, 0.25 if wet else 0.12)) if has_room else 0.0
    seconds = float(rng.uniform(0.3, 2.5 if wet else 0.9))
    seed = int(rng.integers(1 << 31))
    delay_mix = float(rng.uniform(0.12, 0.45)) if rng.random() < echoes else 0.0
    delay_beats = float(rng.choice([0.25, 0.5, 0.75, 0.75, 1.0])) * quarter_beats
    feedback = float(rng.uniform(0.15, 0.6))
    duck_db = float(rng.uniform(3.0, 14.0)) if rng.random() < ducks else 0.0
    return BusEffects(
        drive_db, low_cut_hz, high_cut_hz, ratio, threshold_db, mix, seconds, seed, delay_mix, delay_beats, feedback,
        duck_db, quarter_beats,
    )  # fmt: skip


def apply_bus(ring: Ring, effects: BusEffects, *, sample_rate: int, beats: int = 4) -> Ring:
    """Apply `effects` to one period ``[T]`` of `beats` beats; rotating the input rotates the output.

    Only the sidechain keeps its place: it dips on the beats.
    """
    if effects.drive_db > 0.0:
        ring = _driven(ring, drive_db=effects.drive_db)
    if effects.delay_mix:
        ring = _echoed(ring, effects, sample_rate=sample_rate, beats=beats)
    if effects.reverb_mix:
        ring = _reverberant(ring, effects, sample_rate=sample_rate)
    ring = _cut(ring, effects, sample_rate=sample_rate)
    if effects.compressor_ratio > 1.0:
        ring = _compressed(ring, effects, sample_rate=sample_rate)
    if effects.duck_db > 0.0:
        ring = _ducked(ring, effects, beats=beats)
    return ring


def _driven(ring: Ring, *, drive_db: float) -> Ring:
    peak = float(np.max(np.abs(ring), initial=0.0)) + _FLOOR
    drive = db_to_gain(drive_db)
    return np.asarray(np.tanh(ring * (drive / peak)) * (peak / np.tanh(drive)), dtype=np.float32)


def _cut(ring: Ring, effects: BusEffects, *, sample_rate: int) -> Ring:
    """The second-order Butterworth cuts."""
    for corner_hz, kind in ((effects.low_cut_hz, "highpass"), (effects.high_cut_hz, "lowpass")):
        if corner_hz:
            corner = min(corner_hz, 0.45 * sample_rate)
            b, a = scipy.signal.butter(2, corner, kind, fs=sample_rate)
            ring = filter_ring(ring, b, a)
    return ring


def filter_ring(ring: Ring, b: npt.ArrayLike, a: npt.ArrayLike) -> Ring:
    """A recursive filter ``b / a`` over one period ``[T]`` of a loop that has always been going on.

    The state in which a period must begin is the one in which it ends: z = A^T z + f, where f is the state
    after a period from rest and A the filter's companion matrix.
    """
    order = len(np.asarray(a)) - 1
    _, ends = scipy.signal.lfilter(b, a, ring.astype(np.float64), zi=np.zeros(order))
    companion = np.zeros((order, order))
    companion[:, 0] = -np.asarray(a)[1:]
    companion[:-1, 1:] = np.eye(order - 1)
    period = np.linalg.matrix_power(companion, len(ring))
    begins = np.linalg.solve(np.eye(order) - period, ends)
    return np.asarray(scipy.signal.lfilter(b, a, ring.astype(np.float64), zi=begins)[0], dtype=np.float32)


def _echoed(ring: Ring, effects: BusEffects, *, sample_rate: int, beats: int) -> Ring:
    frequencies = np.fft.rfftfreq(len(ring), 1.0 / sample_rate).astype(np.float32)
    response = _echoes(effects, frequencies, seconds=effects.delay_beats * len(ring) / (beats * sample_rate))
    return np.asarray(scipy.fft.irfft(scipy.fft.rfft(ring) * response, len(ring)), dtype=np.float32)


def _reverberant(ring: Ring, effects: BusEffects, *, sample_rate: int) -> Ring:
    """With the room's answer, whose end wraps round; a fast length serves where the loop's own has large primes."""
    room = _room(effects, sample_rate=sample_rate)
    size = len(ring) + len(room) - 1
    fast = int(scipy.fft.next_fast_len(size, real=True))
    answer = scipy.fft.irfft(scipy.fft.rfft(ring, fast) * scipy.fft.rfft(room, fast), fast)[:size]
    folded = np.pad(answer, (0, -size % len(ring))).reshape(-1, len(ring)).sum(axis=0)
    return np.asarray(ring + np.float32(effects.reverb_mix) * folded, dtype=np.float32)


def _echoes(effects: BusEffects, frequencies: Ring, *, seconds: float) -> npt.NDArray[np.complex64]:
    """Direct sound and a series of echoes, each duller than the one before."""
    turn = np.exp(-2j * np.pi * frequencies.astype(np.float64) * seconds) / (1.0 + 1j * frequencies / _ECHO_HZ)
    return np.asarray(1.0 + effects.delay_mix * turn / (1.0 - effects.delay_feedback * turn), dtype=np.complex64)


def _ducked(ring: Ring, effects: BusEffects, *, beats: int) -> Ring:
    """Down in 5 ms or so before each beat's kick, and up again over three quarters of the beat."""
    phase = (np.arange(len(ring)) * (beats / effects.duck_beats / len(ring))) % 1.0
    shape = 1.0 - np.clip(phase / 0.75, 0.0, 1.0) ** 1.5
    shape *= np.clip((1.0 - phase) / 0.02, 0.0, 1.0)
    shape = np.maximum(shape, np.clip(1.0 - (1.0 - phase) / 0.02, 0.0, 1.0))
    return np.asarray(ring * np.power(10.0, -effects.duck_db / 20.0 * shape), dtype=np.float32)


def _room(effects: BusEffects, *, sample_rate: int) -> Ring:
    """Decaying noise ``[T]`` of energy 1."""
    size = max(1, int(effects.reverb_s * sample_rate))
    noise = np.random.default_rng(effects.reverb_seed).standard_normal(size, dtype=np.float32)
    noise *= np.exp(np.linspace(0.0, np.log(1e-3), size, dtype=np.float32))
    smooth = noise + np.roll(noise, 1) * np.float32(0.6)  # walls swallow treble
    return np.asarray(smooth / (np.sqrt(np.sum(np.square(smooth))) + np.float32(_FLOOR)), dtype=np.float32)


def _compressed(ring: Ring, effects: BusEffects, *, sample_rate: int) -> Ring:
    """Follow the level on the ring (one-pole, circular) and turn down what stands above the threshold."""
    pole = float(np.exp(-2.0 * np.pi * _COMPRESSOR_HZ / sample_rate))
    energy = np.square(ring)
    level = np.maximum(filter_ring(energy, (1.0 - pole,), (1.0, -pole)), _FLOOR)
    threshold = (float(np.mean(energy)) + _FLOOR) * db_to_gain(2.0 * effects.compressor_threshold_db)
    slope = np.float32(0.5 * (1.0 - 1.0 / effects.compressor_ratio))
    gain = np.power(np.maximum(level / np.float32(threshold), np.float32(1.0)), -slope)
    return np.asarray(ring * gain, dtype=np.float32)
