"""Measured sliders: what is moved, in which unit, and which direction of a CLAP moves it (specs/applications.md §5).

One unit of a slider is the spread (one standard deviation) of that measure between real one-shots of one kind.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

import numpy as np
import numpy.typing as npt

from samplegen.audio.descriptors import describe_audio
from samplegen.audio.types import Audio

NAMES: Final = ("body", "brightness", "noisiness", "attack", "decay", "crunch")
TABLE: Final = "sliders.json"
LIMIT: Final = 4.0
_LEAST_S: Final = 1e-4
_HOP_S: Final = 0.0005
_BODY_HZ: Final = (100.0, 300.0)
_FFT, _HOP = 4096, 1024
_FUNDAMENTAL_HZ: Final = (35.0, 2000.0)
_ORDERS: Final = range(3, 9)
_WIDTH: Final = 0.03

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SliderTable:
    """Units of the sliders, and directions.

    Parameters
    ----------
    sigma
        Spread of each measure within kinds, in the order of `NAMES`.
    directions
        ``[6, D]``: what to add to a CLAP vector to move one slider by one unit and the others by none, fitted by
        linear regression of the measures on the vectors of `sounds` real sounds; None where nothing was fitted.
    clap_hash
        Of the CLAP whose directions they are.
    fit
        R² of the regression, by slider.
    """

    sigma: Floats
    source: str = ""
    sounds: int = 0
    directions: Floats | None = None
    clap_hash: str = ""
    fit: Mapping[str, float] | None = None

    def units(self, measured: Floats, origin: Floats) -> Floats:
        """`measured` minus `origin`, in units of the sliders."""
        return np.asarray((measured - origin) / self.sigma)

    def directions_for(self, clap_hash: str) -> Floats | None:
        """The directions, for the CLAP that they were fitted on."""
        return self.directions if self.clap_hash == clap_hash else None


@cache
def slider_table() -> SliderTable:
    """The shipped table; `benchmarks/tweak.py --fit` writes it."""
    read = json.loads(resources.files("samplegen.variations.tweaks").joinpath(TABLE).read_text("utf-8"))
    return SliderTable(
        np.array([read["sigma"][name] for name in NAMES]), read["source"], read["sounds"],
        np.array([read["directions"][name] for name in NAMES]), read["clap_hash"], read["fit"],
    )  # fmt: skip


def measure(audio: Audio) -> Floats:
    """Measures ``[6]`` of ``[C, T]`` in the order of `NAMES`; silence gives zeros.

    body: power of 100 to 300 Hz over all other, dB. brightness: spectral centroid, octaves. noisiness: spectral
    flatness, dB. attack: time from 10 % to 90 % of the peak, octaves above 0.1 ms. decay: time to fall by 60 dB
    (from the fall by 5 to 25 dB of the energy still to come, Schroeder 1965), octaves above 0.1 ms. crunch: power at
    3 to 8 times each frame's strongest frequency below 2 kHz over the power there, dB.
    """
    mono = audio.mono()
    if not mono.samples.any():
        return np.zeros(len(NAMES))
    seen, (attack, decay) = describe_audio(mono), _times(mono)
    power, hz = _power(mono)
    return np.array([_body_db(power, hz), seen.brightness, seen.noisiness, attack, decay, _crunch_db(power, hz)])


def _power(mono: Audio) -> tuple[Floats, Floats]:
    samples = np.pad(mono.samples[0].astype(np.float64), (_FFT // 2, _FFT))
    frames = np.lib.stride_tricks.sliding_window_view(samples, _FFT)[::_HOP]
    power = np.square(np.abs(np.fft.rfft(frames * np.hanning(_FFT), axis=1)))
    return power, np.asarray(np.fft.rfftfreq(_FFT, 1.0 / mono.sample_rate), np.float64)


def _body_db(power: Floats, hz: Floats) -> float:
    spectrum = power.sum(axis=0)
    band = spectrum[(hz >= _BODY_HZ[0]) & (hz < _BODY_HZ[1])].sum()
    other = spectrum[hz >= 20.0].sum() - band
    return float(10.0 * np.log10(np.clip(band / max(other, 1e-30), 1e-6, 1e3)))


def _crunch_db(power: Floats, hz: Floats) -> float:
    low, high = np.searchsorted(hz, _FUNDAMENTAL_HZ)
    peaks = power[:, low:high].argmax(axis=1) + low
    running = np.concatenate([np.zeros((len(power), 1)), np.cumsum(power, axis=1)], axis=1)
    rows = np.arange(len(power))

    def around(order: float) -> Floats:
        """Power about `order` times each frame's peak."""
        reach = np.maximum(2, np.rint(_WIDTH * order * peaks)).astype(int)
        centre = np.rint(order * peaks).astype(int)
        bounds = np.clip([centre - reach, centre + reach + 1], 0, power.shape[1])
        return np.asarray(running[rows, bounds[1]] - running[rows, bounds[0]])

    own = around(1.0).sum()
    return float(10.0 * np.log10(max(sum(around(order).sum() for order in _ORDERS) / max(own, 1e-30), 1e-6)))


def _times(mono: Audio) -> tuple[float, float]:
    """Attack and decay in octaves above 0.1 ms."""
    size = max(1, round(_HOP_S * mono.sample_rate))
    squared = np.square(mono.samples[0].astype(np.float64))
    energy = np.pad(squared, (0, -squared.size % size)).reshape(-1, size).sum(axis=1)
    level = np.sqrt(np.convolve(energy, np.ones(3) / 3.0, mode="same"))
    peak = int(level.argmax())
    before = level[: peak + 1] / level[peak]
    start = int(np.argmax(before >= 0.1))
    attack_s = (int(np.argmax(before >= 0.9)) - start + 0.5) * _HOP_S
    left = np.cumsum(energy[::-1])[::-1][peak:]
    fall = 10.0 * np.log10(np.maximum(left / left[0], 1e-12))
    first, last = (int(np.argmax(fall <= db)) if (fall <= db).any() else len(fall) - 1 for db in (-5.0, -25.0))
    decay_s = 3.0 * max(1, last - first) * _HOP_S
    return float(np.log2(max(attack_s, _LEAST_S) / _LEAST_S)), float(np.log2(decay_s / _LEAST_S))


def fit_directions(measures: Floats, vectors: Floats, kinds: Sequence[str], *, ridge: float = 3.0) -> SliderTable:
    """Units and directions of sounds: ``[n, 6]`` measures, ``[n, D]`` CLAP vectors, and their kinds.

    Measures and vectors are compared within kinds. The regression W (``[6, D]``) says what a vector tells of every
    slider; its pseudo-inverse moves one and leaves the others.
    """
    inside, around = (_within_kinds(values, kinds) for values in (measures, vectors))
    sigma = inside.std(axis=0)
    wanted = inside / sigma
    weights = np.linalg.solve(around.T @ around + ridge * np.eye(around.shape[1]), around.T @ wanted).T
    left = np.square(wanted - around @ weights.T).mean(axis=0)
    fit = {name: round(float(1.0 - share), 3) for name, share in zip(NAMES, left, strict=True)}
    return SliderTable(sigma, "", len(measures), np.linalg.pinv(weights, rcond=0.05).T, "", fit)


def _within_kinds(values: Floats, kinds: Sequence[str]) -> Floats:
    names, made = np.asarray(kinds), values.astype(np.float64).copy()
    for kind in set(kinds):
        made[names == kind] -= made[names == kind].mean(axis=0)
    return made


def table_to_json(table: SliderTable, *, clap_name: str, command: str) -> dict[str, object]:
    """What `slider_table` reads."""
    assert table.directions is not None  # it was fitted
    return {
        "command": command, "source": table.source, "sounds": table.sounds, "clap": clap_name,
        "clap_hash": table.clap_hash, "fit": dict(table.fit or {}),
        "sigma": {name: round(float(value), 4) for name, value in zip(NAMES, table.sigma, strict=True)},
        "directions": {
            name: [round(float(value), 5) for value in row] for name, row in zip(NAMES, table.directions, strict=True)
        },
    }  # fmt: skip
