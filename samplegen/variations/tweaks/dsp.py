"""Sliders without a model: equaliser, transient shaper, waveshaper, each driven until the measure says so."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import median_filter, uniform_filter1d
from scipy.signal import resample_poly, sosfilt

from samplegen.audio.types import Audio
from samplegen.units import db_to_gain, seconds_to_samples
from samplegen.variations.edits.alignment import match_level, onset_sample
from samplegen.variations.edits.stft import FFT, analyse, synthesise
from samplegen.variations.tweaks.sliders import NAMES, SliderTable, measure

Floats = npt.NDArray[np.float64]
Drives = Mapping[str, float]

RANGES: Final[Mapping[str, float]] = {
    "body": 24.0, "brightness": 24.0, "noisiness": 24.0, "attack": 1.0, "decay": 1.0, "crunch": 36.0,
}  # fmt: skip
TOLERANCE: Final = 0.08
_BODY_HZ: Final = 175.0
_SHELF_HZ: Final = 2500.0
_LOWEST_SHELF_HZ: Final = 150.0
_ATTACK_S: Final = 0.06
_SNAP_DB: Final = 18.0
_LONGEST_HALF_LIFE_DB: Final = 30.0
_ROUNDS: Final = 8
_PASSES: Final = 3
_OVERSAMPLED: Final = 4
_ORDERS: Final = range(3, 9)
_RING_S: Final = 0.5


def drive_to(
    audio: Audio,
    moves: Mapping[str, float],
    *,
    table: SliderTable,
    origin: Floats,
    seed: int,
    ring: bool,
    finish: Callable[[Audio], Audio],
) -> Audio:
    """`audio` driven until each slider of `moves` measures that many units beside `origin`, or as near as it gets.

    Parameters
    ----------
    origin
        Measures ``[6]`` of the sound that moves count from.
    ring
        Whether the end joins the start.
    finish
        Laid over every trial before it is measured, such as keeping the tail as it was.
    """
    drives = dict.fromkeys(moves, 0.0)

    def made(some: Drives) -> Audio:
        return finish(process(audio, some, seed=seed, ring=ring))

    for _ in range(_PASSES if len(moves) > 1 else 1):
        for name, wanted in moves.items():
            place = NAMES.index(name)

            def moved(drive: float, name: str = name, place: int = place) -> float:
                return float(table.units(measure(made({**drives, name: drive})), origin)[place])

            drives[name] = _meet(moved, wanted, RANGES[name])
    return made(drives)


def _meet(moved: Callable[[float], float], wanted: float, most: float) -> float:
    """The drive within ±`most` whose measure is nearest to `wanted`, by bisection of a mostly rising measure."""
    start = moved(0.0)
    best, error = 0.0, abs(start - wanted)
    low, high = (0.0, most) if start < wanted else (-most, 0.0)
    for _ in range(_ROUNDS):
        if error <= TOLERANCE:
            break
        middle = 0.5 * (low + high)
        found = moved(middle)
        if abs(found - wanted) < error:
            best, error = middle, abs(found - wanted)
        low, high = (middle, high) if found < wanted else (low, middle)
    return best


def process(audio: Audio, drives: Drives, *, seed: int, ring: bool = False) -> Audio:
    """`audio` ``[C, T]`` through all processors whose drive is not 0, at the source's energy.

    Drives are dB of gain for body, brightness (a shelf at its centre, 2.5 kHz at most), noisiness and crunch, and
    -1 to 1 for attack and decay (shorter to longer).
    """
    used = {name: drive for name, drive in drives.items() if drive != 0.0}
    if not used:
        return audio
    pad = min(audio.length, seconds_to_samples(_RING_S, sample_rate=audio.sample_rate)) if ring else 0
    samples = np.concatenate([audio.samples[:, audio.length - pad :], audio.samples, audio.samples[:, :pad]], axis=1)
    for name in ("crunch", "noisiness", "body", "brightness", "attack", "decay"):
        if name in used:
            samples = _PROCESSORS[name](samples.astype(np.float64), used[name], audio.sample_rate, seed)
    kept = samples[:, pad : pad + audio.length].astype(np.float32)
    return audio.with_samples(match_level(kept, audio.samples))


def _body(samples: Floats, gain_db: float, rate: int, seed: int) -> Floats:
    return np.asarray(sosfilt(_peak(_BODY_HZ, gain_db, rate)[None], samples, axis=1))


def _bright(samples: Floats, gain_db: float, rate: int, seed: int) -> Floats:
    """A shelf above the sound's own centre, so that there is something to move."""
    power = np.square(np.abs(np.fft.rfft(samples.mean(axis=0))))
    hz = np.fft.rfftfreq(samples.shape[1], 1.0 / rate)
    centre = float(power @ hz / max(power.sum(), 1e-30))
    corner = min(max(centre, _LOWEST_SHELF_HZ), _SHELF_HZ)
    return np.asarray(sosfilt(_high_shelf(corner, gain_db, rate)[None], samples, axis=1))


def _noisy(samples: Floats, gain_db: float, rate: int, seed: int) -> Floats:
    """More: noise under the sound's own smoothed spectrum. Less: what lies between the partials is turned down."""
    if gain_db < 0.0:
        return np.stack([_between_partials(channel, gain_db) for channel in samples])
    rng = np.random.default_rng(seed)
    made = np.empty_like(samples)
    for number, channel in enumerate(samples):
        own, noise = analyse(channel), analyse(rng.standard_normal(channel.size))
        shape = uniform_filter1d(np.abs(own), 31, axis=1) / np.maximum(
            uniform_filter1d(np.abs(noise), 31, axis=1), 1e-9
        )
        tilt = np.sqrt(np.linspace(0.0, 1.0, own.shape[1]))  # between the partials, not over the fundamental
        made[number] = channel + (db_to_gain(gain_db) - 1.0) * 0.3 * synthesise(
            noise * shape * tilt, length=channel.size
        )
    return made


def _between_partials(channel: Floats, gain_db: float) -> Floats:
    spectrum = analyse(channel)
    size = np.abs(spectrum)
    floor = median_filter(size, (1, 17))
    share = np.clip(floor / np.maximum(size, 1e-12), 0.0, 1.0)
    return synthesise(spectrum * db_to_gain(gain_db) ** share, length=channel.size)


def _attack(samples: Floats, drive: float, rate: int, seed: int) -> Floats:
    """Positive: the level rises over up to 60 ms. Negative: the first milliseconds stand out by up to 18 dB."""
    onset = onset_sample(Audio(samples.astype(np.float32), rate))
    time = (np.arange(samples.shape[1]) - onset) / rate
    if drive > 0.0:
        rise = np.clip(time / (drive * _ATTACK_S), 0.0, 1.0)
        gain = np.where(time < 0.0, 0.0, 0.5 - 0.5 * np.cos(np.pi * rise))
    else:
        snap = np.where(time < 0.0, 0.0, np.exp(-np.maximum(time, 0.0) / 0.004))
        gain = 10.0 ** (-drive * _SNAP_DB * snap / 20.0)
    return np.asarray(samples * gain)


def _decay(samples: Floats, drive: float, rate: int, seed: int) -> Floats:
    """A gain in dB that falls, or rises by up to 30 dB, evenly from the peak on."""
    peak = int(np.abs(samples).max(axis=0).argmax())
    time = np.maximum(0.0, np.arange(samples.shape[1]) - peak) / rate
    if drive < 0.0:
        return np.asarray(samples * 10.0 ** (-60.0 * (2.0 ** (-8.0 * drive) - 1.0) * time / 20.0 / 2.0))
    heard = np.flatnonzero(np.abs(samples).max(axis=0) > 1e-3 * np.abs(samples).max())
    whole = max(1e-3, (heard[-1] - peak) / rate)
    gain = 10.0 ** (np.minimum(drive * _LONGEST_HALF_LIFE_DB * time / whole, _LONGEST_HALF_LIFE_DB) / 20.0)
    fade = seconds_to_samples(0.005, sample_rate=rate)
    end = np.minimum(1.0, np.arange(samples.shape[1])[::-1] / max(1, fade))
    return np.asarray(samples * gain * np.where(time > 0.0, end, 1.0))


def _crunch(samples: Floats, drive_db: float, rate: int, seed: int) -> Floats:
    """More: a soft clipper, oversampled. Less: 3 to 8 times each frame's strongest frequency is turned down."""
    if drive_db < 0.0:
        return np.stack([_fewer_harmonics(channel, drive_db, rate) for channel in samples])
    peak = max(1e-9, float(np.abs(samples).max()))
    gain = db_to_gain(drive_db)
    fine = resample_poly(samples / peak, _OVERSAMPLED, 1, axis=1)
    shaped = resample_poly(np.tanh(gain * fine) / np.tanh(gain), 1, _OVERSAMPLED, axis=1)[:, : samples.shape[1]]
    dry = np.exp(-drive_db / 3.0)  # drive 0 is the sound itself
    return np.asarray(peak * (dry * samples / peak + (1.0 - dry) * shaped))


def _fewer_harmonics(channel: Floats, drive_db: float, rate: int) -> Floats:
    spectrum = analyse(channel)
    low, high = (round(hz * FFT / rate) for hz in (35.0, 2000.0))
    peaks = np.abs(spectrum[:, max(1, low) : high]).argmax(axis=1) + max(1, low)
    order = np.arange(spectrum.shape[1])[None] / peaks[:, None]
    near = np.abs(order - np.rint(order)) < np.maximum(0.25, 1.0 / peaks[:, None])
    hit = near & np.isin(np.rint(order), list(_ORDERS))
    gain = uniform_filter1d(np.where(hit, db_to_gain(drive_db), 1.0), 3, axis=0)
    return synthesise(spectrum * gain, length=channel.size)


_PROCESSORS: Final[Mapping[str, Callable[[Floats, float, int, int], Floats]]] = {
    "body": _body, "brightness": _bright, "noisiness": _noisy, "attack": _attack, "decay": _decay, "crunch": _crunch,
}  # fmt: skip


def _peak(hz: float, gain_db: float, rate: int) -> Floats:
    """Peak of quality 0.8 (Bristow-Johnson's cookbook)."""
    root, w = db_to_gain(gain_db / 2.0), 2.0 * np.pi * hz / rate
    alpha = np.sin(w) / 1.6
    section = np.array([1 + alpha * root, -2 * np.cos(w), 1 - alpha * root, 1 + alpha / root, -2 * np.cos(w),
                        1 - alpha / root])  # fmt: skip
    return np.asarray(section / section[3])


def _high_shelf(hz: float, gain_db: float, rate: int) -> Floats:
    """High shelf of slope 1 (Bristow-Johnson's cookbook)."""
    a, w = db_to_gain(gain_db / 2.0), 2.0 * np.pi * hz / rate
    c, beta = np.cos(w), np.sin(w) * np.sqrt(2.0 * a)
    section = np.array([
        a * ((a + 1) + (a - 1) * c + beta), -2 * a * ((a - 1) + (a + 1) * c), a * ((a + 1) + (a - 1) * c - beta),
        (a + 1) - (a - 1) * c + beta, 2 * ((a - 1) - (a + 1) * c), (a + 1) - (a - 1) * c - beta,
    ])  # fmt: skip
    return np.asarray(section / section[3])
