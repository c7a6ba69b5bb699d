"""The effects a chain may use: parameters with ranges and units, and how each is built.

A flat catalogue. Everything is pedalboard's (JUCE's), except `Widen`. Plug-in hosts and
effects that take a file path are left out on purpose: a chain comes from a file that may
be somebody else's.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from samplegen.post.widen import widen

Samples = npt.NDArray[np.float32]
Process = Callable[[Samples], Samples]
Value = float | str

MAX_RATE_HZ = 100.0


@dataclass(frozen=True)
class Parameter:
    """One number of an effect: range (both ends allowed), default and unit."""

    low: float
    high: float
    default: float
    unit: str = ""


@dataclass(frozen=True)
class Choice:
    """One named setting of an effect."""

    allowed: tuple[str, ...]
    default: str


@dataclass(frozen=True)
class EffectType:
    """What an effect can be told, and how long it rings.

    Parameters
    ----------
    parameters
        By name.
    tail_s
        Seconds until its answer to a click has fallen by 60 dB, from its parameters.
    """

    parameters: Mapping[str, Parameter | Choice]
    tail_s: Callable[[Mapping[str, Any]], float] = field(default=lambda _: 0.0)


def delay_tail_s(values: Mapping[str, Any]) -> float:
    """Repeats until the feedback has fallen by 60 dB."""
    feedback, delay_s = values["feedback"], values["delay_seconds"]
    repeats = 1.0 + (3.0 / -math.log10(feedback) if feedback > 0.001 else 0.0)
    return float(repeats * delay_s)


def reverb_tail_s(values: Mapping[str, Any]) -> float:
    """T60 of Freeverb's longest comb (1640 samples at 44.1 kHz, feedback 0.7 + 0.28 room size)."""
    feedback = 0.7 + 0.28 * values["room_size"]
    return float(1640 / 44100 * 3.0 / -math.log10(feedback))


_CUTOFF = Parameter(10.0, 20000.0, 1000.0, "Hz")
_SHELF = {"cutoff_frequency_hz": _CUTOFF, "gain_db": Parameter(-24, 24, 0, "dB"), "q": Parameter(0.1, 10, 0.7071)}
_MIX = Parameter(0, 1, 0.5)
_RATE = Parameter(0.01, 20, 1, "Hz")
_QUALITIES = ("ZeroOrderHold", "Linear", "CatmullRom", "Lagrange", "WindowedSinc32")
_DYNAMICS = {
    "threshold_db": Parameter(-80, 0, -18, "dBFS"),
    "ratio": Parameter(1, 50, 2),
    "attack_ms": Parameter(0.1, 500, 10, "ms"),
    "release_ms": Parameter(1, 3000, 100, "ms"),
}

EFFECTS: Mapping[str, EffectType] = MappingProxyType(
    {
        "Gain": EffectType({"gain_db": Parameter(-60, 40, 0, "dB")}),
        "HighpassFilter": EffectType({"cutoff_frequency_hz": _CUTOFF}),
        "LowpassFilter": EffectType({"cutoff_frequency_hz": _CUTOFF}),
        "LowShelfFilter": EffectType(_SHELF),
        "HighShelfFilter": EffectType(_SHELF),
        "PeakFilter": EffectType(_SHELF),
        "LadderFilter": EffectType(
            {
                "mode": Choice(("LPF12", "LPF24", "HPF12", "HPF24", "BPF12", "BPF24"), "LPF12"),
                "cutoff_hz": _CUTOFF,
                "resonance": Parameter(0, 0.95, 0),
                "drive": Parameter(1, 20, 1),
            }
        ),
        "Compressor": EffectType(_DYNAMICS),
        "NoiseGate": EffectType(_DYNAMICS),
        "Limiter": EffectType(
            {"threshold_db": Parameter(-40, 0, -1, "dBFS"), "release_ms": Parameter(1, 3000, 100, "ms")}
        ),
        "Distortion": EffectType({"drive_db": Parameter(0, 60, 6, "dB")}),
        "Clipping": EffectType({"threshold_db": Parameter(-40, 0, -1, "dBFS")}),
        "Bitcrush": EffectType({"bit_depth": Parameter(2, 24, 12, "bits")}),
        "Resample": EffectType(
            {
                "target_sample_rate": Parameter(500, 192000, 22050, "Hz"),
                "quality": Choice(_QUALITIES, "WindowedSinc32"),
            }
        ),
        "Chorus": EffectType(
            {
                "rate_hz": _RATE,
                "depth": Parameter(0, 1, 0.25),
                "centre_delay_ms": Parameter(1, 50, 7, "ms"),
                "feedback": Parameter(-0.9, 0.9, 0),
                "mix": _MIX,
            }
        ),
        "Phaser": EffectType(
            {
                "rate_hz": _RATE,
                "depth": Parameter(0, 1, 0.5),
                "centre_frequency_hz": Parameter(50, 15000, 1300, "Hz"),
                "feedback": Parameter(-0.9, 0.9, 0),
                "mix": _MIX,
            }
        ),
        "Delay": EffectType(
            {"delay_seconds": Parameter(0, 5, 0.25, "s"), "feedback": Parameter(0, 0.95, 0.3), "mix": _MIX},
            delay_tail_s,
        ),
        "Reverb": EffectType(
            {
                "room_size": Parameter(0, 1, 0.3),
                "damping": Parameter(0, 1, 0.5),
                "wet_level": Parameter(0, 1, 0.15),
                "dry_level": Parameter(0, 1, 0.5),
                "width": Parameter(0, 1, 1),
            },
            reverb_tail_s,
        ),
        "Widen": EffectType(
            {
                "amount": Parameter(0, 1, 0.5),
                "spread_ms": Parameter(1, 60, 20, "ms"),
                "low_cut_hz": Parameter(20, 5000, 250, "Hz"),
            }
        ),
    }
)


def build_effect(kind: str, values: Mapping[str, Value], *, sample_rate: int, loop_s: float | None) -> Process:
    """Make one fresh effect, ``[C, T]`` to ``[C, T]``, from a complete set of values.

    Filters stay below 0.45 of the sample rate, where they are stable. On a loop of `loop_s`
    seconds a modulation turns a whole number of times, at least once, so that it
    meets itself at the seam.
    """
    fitted: dict[str, Any] = {name: _fit(name, value, sample_rate, loop_s) for name, value in values.items()}
    if kind == "Widen":
        return partial(widen, sample_rate=sample_rate, **fitted)
    return _build_pedalboard(kind, fitted, sample_rate)


def _fit(name: str, value: Value, sample_rate: int, loop_s: float | None) -> Value:
    if isinstance(value, str):
        return value
    if name in ("cutoff_frequency_hz", "cutoff_hz", "centre_frequency_hz", "low_cut_hz"):
        return min(value, 0.45 * sample_rate)
    if name == "rate_hz" and loop_s:
        return min(MAX_RATE_HZ, max(1, round(value * loop_s)) / loop_s)
    return value


def _build_pedalboard(kind: str, values: dict[str, Any], sample_rate: int) -> Process:
    import pedalboard

    if kind == "LadderFilter":
        values["mode"] = getattr(pedalboard.LadderFilter.Mode, values["mode"])
    if kind == "Resample":
        values["quality"] = getattr(pedalboard.Resample.Quality, values["quality"])
    effect = getattr(pedalboard, kind)(**values)
    return lambda samples: np.asarray(effect(np.ascontiguousarray(samples), float(sample_rate)), dtype=np.float32)
