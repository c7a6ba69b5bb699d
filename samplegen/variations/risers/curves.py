"""Curves from 0 to 1 that a user can set: by name, by exponent, or by points."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from samplegen.errors import UsageError

Float64 = npt.NDArray[np.float64]

MAX_POINTS: Final = 64
LOW_POWER: Final = 0.1
HIGH_POWER: Final = 10.0
_GROWTH: Final = 4.0  # the exponential ends e^4 = 55 times as steep as it begins
_FORMS: Final = "linear, exponential, s-curve, power:2.5, or points such as 0:0,0.5:0.2,1:1"
_POWER: Final = re.compile(r"power:(.*)")


@dataclass(frozen=True, eq=False)
class Curve:
    """A value between 0 and 1 for every position between 0 and 1.

    Parameters
    ----------
    text
        How the user writes it, for provenance.
    """

    text: str
    _shape: Callable[[Float64], Float64]

    def at(self, positions: npt.ArrayLike) -> Float64:
        """Values at `positions` (clipped to 0 … 1), of their shape."""
        return np.clip(self._shape(np.clip(np.asarray(positions, np.float64), 0.0, 1.0)), 0.0, 1.0)

    def quarters(self) -> Float64:
        """Mean over each quarter, ``[4]``."""
        return np.asarray(self.at((np.arange(400) + 0.5) / 400).reshape(4, 100).mean(axis=1))


@dataclass(frozen=True, eq=False)
class Sweep:
    """A frequency that a curve moves: `low_hz` where it is 0, `high_hz` where it is 1, even in octaves."""

    curve: Curve
    low_hz: float
    high_hz: float

    def at(self, progress: npt.ArrayLike) -> Float64:
        """Frequency in Hz at `progress` (0 … 1), of its shape."""
        return np.asarray(self.low_hz * (self.high_hz / self.low_hz) ** self.curve.at(progress))


def _exponential(positions: Float64) -> Float64:
    return np.asarray(np.expm1(_GROWTH * positions) / math.expm1(_GROWTH))


def _s_curve(positions: Float64) -> Float64:
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * positions))


NAMED: Final[Mapping[str, Callable[[Float64], Float64]]] = {
    "linear": lambda positions: positions,
    "exponential": _exponential,
    "s-curve": _s_curve,
}


def parse_curve(text: str, *, option: str = "the curve") -> Curve:
    """Read a curve; `option` names it in messages.

    Raises
    ------
    UsageError
        If it is none of the forms, or its numbers are out of range or order.
    """
    name = text.strip().lower()
    if name in NAMED:
        return Curve(name, NAMED[name])
    if match := _POWER.fullmatch(name):
        return _power(match[1], text=text, option=option)
    if ":" not in name:
        raise UsageError(f"{option} {text!r} is not a curve. Give {_FORMS}.")
    return _points(name, text=text, option=option)


def _power(exponent: str, *, text: str, option: str) -> Curve:
    power = _number(exponent)
    if power is None or not LOW_POWER <= power <= HIGH_POWER:
        raise UsageError(f"{option} {text!r} needs an exponent from {LOW_POWER:g} to {HIGH_POWER:g}, as in power:2.5.")
    return Curve(f"power:{power:g}", lambda positions: positions**power)


def _points(name: str, *, text: str, option: str) -> Curve:
    pairs = [point.split(":") for point in name.split(",")]
    numbers = [[_number(part) for part in pair] for pair in pairs]
    points = [(pair[0], pair[1]) for pair in numbers if len(pair) == 2 and pair[0] is not None and pair[1] is not None]
    if len(points) != len(pairs) or not 2 <= len(points) <= MAX_POINTS:
        raise UsageError(
            f"{option} {text!r} cannot be read. "
            f"Give 2 to {MAX_POINTS} points as position:value, such as 0:0,0.5:0.2,1:1."
        )
    positions, values = np.array([point[0] for point in points]), np.array([point[1] for point in points])
    if positions[0] != 0.0 or positions[-1] != 1.0 or (np.diff(positions) <= 0.0).any():
        raise UsageError(f"{option} {text!r} needs positions that grow from 0 to 1, such as 0:0,0.5:0.2,1:1.")
    if values.min() < 0.0 or values.max() > 1.0:
        raise UsageError(f"{option} {text!r} has a value outside 0 to 1.")
    written = ",".join(f"{position:g}:{value:g}" for position, value in points)
    return Curve(written, lambda asked: np.interp(asked, positions, values))


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
