"""Where the band of a recording ends, and what lies on either side of it (specs/applications.md §7)."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import signal

from samplegen.audio.types import Audio, Samples

Floats = npt.NDArray[np.float64]

LOWEST_HZ: Final = 2000.0
# From here on a band counts as full: above it hardly anybody hears what is missing.
FULL_HZ: Final = 18_000.0
# A file at a lower rate has nothing above its own Nyquist frequency; resamplers fade out a little below.
NYQUIST_SHARE: Final = 0.95
WINDOW: Final = 4096
_LINES: Final = 24  # of an octave
_NARROW: Final = _LINES // 6
_THIRD: Final = _LINES // 3
# A band ends where the level falls by this much more within a third of an octave than it fell in the third below.
_STEEP_DB: Final = 15.0
_DROP_DB: Final = 18.0
_EDGE_DB: Final = 6.0
_FLOOR: Final = 1e-14
_BLOCK: Final = 1 << 20
# Of the projections that keep a cut end out of the trusted band.
_ENDS: Final = 8.0
_PROJECTIONS: Final = 32
_RELAXED: Final = 1.8


@dataclass(frozen=True)
class Crossover:
    """Where a recording hands over to what is made.

    Parameters
    ----------
    cutoff_hz
        Where the recording's band ends: nothing of it is used above.
    """

    cutoff_hz: float

    @property
    def trusted_hz(self) -> float:
        """Up to here the recording stays as it is."""
        return float(self.cutoff_hz * 2.0**-0.25)

    @property
    def middle_hz(self) -> float:
        """Both are halved here."""
        return 0.5 * (self.cutoff_hz + self.trusted_hz)


def spectrum_of(samples: Samples, *, rate: int) -> tuple[Floats, Floats]:
    """Frequencies ``[F]`` in Hz and mean power ``[F]`` of ``[C, T]``, all channels together."""
    half = WINDOW // 2
    padded = np.pad(samples, ((0, 0), (half, half)))
    total, count = np.zeros(half + 1, np.float64), 0
    for start in range(0, max(1, padded.shape[1] - half), _BLOCK):
        block = padded[:, start : start + _BLOCK + half]
        if block.shape[1] < WINDOW:
            block = np.pad(block, ((0, 0), (0, WINDOW - block.shape[1])))
        frames = (block.shape[1] - half) // half
        power = signal.welch(block, rate, "blackmanharris", WINDOW, detrend=False, scaling="spectrum")[1]
        total, count = total + frames * power.sum(axis=0), count + frames
    return np.asarray(np.fft.rfftfreq(WINDOW, 1.0 / rate), np.float64), np.asarray(total / count, np.float64)


def level_between(hz: Floats, power: Floats, low_hz: float, high_hz: float) -> float:
    """Mean level per line in dB of a band; of the nearest line where it holds none."""
    inside = (hz >= low_hz) & (hz < high_hz)
    if not inside.any():
        inside[int(np.abs(hz - 0.5 * (low_hz + high_hz)).argmin())] = True
    return float(10.0 * np.log10(power[inside].mean() + _FLOOR))


def estimate_cutoff(audio: Audio) -> float | None:
    """Frequency in Hz from `LOWEST_HZ` to `FULL_HZ` at which the band of a sound ``[C, T]`` ends; None if it is full.

    A band that was cut ends steeply and has nothing above: the level falls by 18 dB or more from one third of an
    octave to all that comes a sixth above it, and by 15 dB more than it fell in the third before. What gets dull
    gently, as many instruments do, is no band that ends, and cannot be told from a gentle filter.
    """
    hz, power = spectrum_of(audio.samples, rate=audio.sample_rate)
    top_hz = min(0.5 * audio.sample_rate, 22_050.0)
    grid = LOWEST_HZ / 2.0 * 2.0 ** (np.arange(int(_LINES * np.log2(top_hz / (LOWEST_HZ / 2.0)))) / _LINES)
    lines = np.array([level_between(hz, power, f, f * 2.0 ** (1 / _LINES)) for f in grid])
    best_db, edge = 0.0, None
    for k in range(2 * _THIRD, len(grid) - _NARROW):
        if not LOWEST_HZ <= grid[k] <= FULL_HZ:
            continue
        # The median: one loud partial is no band.
        below, before = (float(np.median(lines[k - n - _THIRD : k - n])) for n in (0, _THIRD))
        drop = below - lines[k + _NARROW :].max()
        steep = drop - max(0.0, before - below)
        if drop >= _DROP_DB and steep >= max(_STEEP_DB, best_db) and _is_filled(lines, k, below - drop):
            best_db, edge = steep, k
    if edge is None:
        return None
    found = _refine(hz, power, float(grid[edge]))
    return found if found < FULL_HZ else None


def _is_filled(lines: Floats, k: int, floor: float) -> bool:
    """Whether the octave below is sound throughout: each sixth of it well above what is above the edge."""
    sixths = lines[k - _LINES : k].reshape(-1, _NARROW).max(axis=1) if k >= _LINES else lines[:k]
    return bool((sixths > floor + 0.5 * _DROP_DB).all())


def _refine(hz: Floats, power: Floats, near_hz: float) -> float:
    """The last frequency around `near_hz` that is less than 6 dB below the third of an octave under it."""
    smooth = signal.convolve(power, np.ones(5) / 5, mode="same")
    level = 10.0 ** (level_between(hz, power, near_hz * 2.0 ** (-1 / 3), near_hz) / 10.0)
    around = (hz >= near_hz * 2.0 ** (-1 / 3)) & (hz <= near_hz * 2.0 ** (1 / 6))
    loud = np.flatnonzero(around & (smooth >= level * 10.0 ** (-_EDGE_DB / 10.0)))
    return float(hz[loud[-1]]) if loud.size else near_hz


def high_pass(samples: Samples, crossover: Crossover, *, rate: int, ring: bool) -> Samples:
    """What of ``[C, T]`` lies above the crossover; the rest is exactly what `samples` less this leaves.

    A linear-phase filter whose stopband, all that is trusted, lies 100 dB down.
    """
    width = crossover.cutoff_hz - crossover.trusted_hz
    count, beta = signal.kaiserord(100.0, width / (0.5 * rate))
    return _filtered(
        samples, signal.firwin(count | 1, crossover.middle_hz, window=("kaiser", beta), fs=rate, pass_zero=False),
        ring=ring,
    )  # fmt: skip


def settle_ends(top: Samples, crossover: Crossover, *, rate: int) -> Samples:
    """`top` ``[C, T]``, a high-passed sound cut at its ends, without what the cut spread over the trusted band.

    Alternates between both demands, the band and the ends (projections on convex sets), around the ends alone.
    """
    reach = min(top.shape[1], 2 * round(rate / (crossover.cutoff_hz - crossover.trusted_hz) * _ENDS))
    fall = 0.5 + 0.5 * np.cos(np.pi * np.clip(2.0 * np.arange(reach) / reach - 1.0, 0.0, 1.0))
    made = top.copy()
    for head in (made[:, :reach], made[:, top.shape[1] - reach :][:, ::-1]):
        for _ in range(_PROJECTIONS):
            head += (_RELAXED * fall * (high_pass(head, crossover, rate=rate, ring=False) - head)).astype(np.float32)
    return made


def band_pass(samples: Samples, low_hz: float, high_hz: float, *, rate: int, ring: bool) -> Samples:
    """A band of ``[C, T]``, linear phase, 60 dB down outside."""
    count, beta = signal.kaiserord(60.0, 0.25 * (high_hz - low_hz) / (0.5 * rate))
    taps = signal.firwin(count | 1, [low_hz, high_hz], window=("kaiser", beta), fs=rate, pass_zero=False)
    return _filtered(samples, taps, ring=ring)


def _filtered(samples: Samples, taps: Floats, *, ring: bool) -> Samples:
    """Block by block, so that a long recording takes no more memory than it must."""
    half = len(taps) // 2
    around = np.pad(samples, ((0, 0), (half, half)), mode="wrap" if ring else "constant")
    made = np.empty_like(samples)
    for start in range(0, samples.shape[1], _BLOCK):
        stop = min(start + _BLOCK, samples.shape[1])
        block = around[:, start : stop + 2 * half]
        made[:, start:stop] = signal.oaconvolve(block, taps[None], mode="valid", axes=1)
    return made
