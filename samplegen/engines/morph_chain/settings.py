"""Every parameter of a morph chain, its limits and its defaults (specs/morph_chain.md §2–6)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any, Literal

from samplegen.engines.on_the_fly.annealing import Annealing, Noise
from samplegen.engines.on_the_fly.clusters import Covariance
from samplegen.errors import UsageError

AUTO: Literal["auto"] = "auto"
LOWEST_TEMPERATURE = 0.05  # annealing never goes below (§3)
MAX_CUSTOM_TEMPERATURES = 1000

Auto = Literal["auto"]
PatchMode = Literal["central", "pool"]
Stereo = Literal["joint", "per_channel"]


@dataclass(frozen=True)
class MorphSettings:
    """Settings of one morph chain; the defaults are the preset "custom".

    Parameters
    ----------
    latent_size, learning_steps
        Dimensions L of the latent space; updates of the autoencoder.
    number_of_clusters
        Acoustic identities K, one chain each.
    diffusion_steps
        Updates per chain; a chain has one event more.
    entropy_threshold
        A chain stops early when the cross-entropy of its own cluster falls below.
    temperature_start, temperature_end
        T0 and T1 of the annealing.
    denoising_strength
        0 (stay) to 1.
    seed
        Any integer.
    annealing, temperatures
        "exponential", "linear" or "custom": then the positive values in `temperatures`, interpolated over the chain.
    guidance
        Pull γ towards the own cluster; 0 is the published behaviour.
    noise
        "equilibrium", or "documented" as in the guide.
    covariance
        "diagonal" or "full".
    patch_mode
        "central" (the middle 32 frames of an event) or "pool" (the whole event in 32 frames).
    min_steps_fraction
        Share of the steps before which no chain stops early.
    tabu_size, tabu_penalty, top_k, t_sel_min
        Mechanisms against loops (§4), each "auto" or a number.
    xfade_sec, gap_sec
        Longest overlap of neighbours and silence between chains, in seconds.
    stereo
        "joint", or "per_channel": separate networks and chains.
    min_event_s, max_event_s
        Shortest and longest event in seconds.
    """

    latent_size: int = 8
    learning_steps: int = 100
    number_of_clusters: int = 3
    diffusion_steps: int = 30
    entropy_threshold: float = 1.0
    temperature_start: float = 2.0
    temperature_end: float = 0.1
    denoising_strength: float = 0.6
    seed: int = 42
    annealing: Annealing = "exponential"
    temperatures: tuple[float, ...] = ()
    guidance: float = 1.0
    noise: Noise = "equilibrium"
    covariance: Covariance = "diagonal"
    patch_mode: PatchMode = "central"
    min_steps_fraction: float = 0.5
    tabu_size: int | Auto = AUTO
    tabu_penalty: float | Auto = AUTO
    top_k: int | Auto = AUTO
    t_sel_min: float | Auto = AUTO
    xfade_sec: float = 0.008
    gap_sec: float = 0.060
    stereo: Stereo = "joint"
    min_event_s: float = 0.20
    max_event_s: float = 3.0


CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "annealing": ("exponential", "linear", "custom"),
        "noise": ("equilibrium", "documented"),
        "covariance": ("diagonal", "full"),
        "patch_mode": ("central", "pool"),
        "stereo": ("joint", "per_channel"),
    }
)
LIMITS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "latent_size": (2, 32),
        "learning_steps": (10, 500),
        "number_of_clusters": (2, 8),
        "diffusion_steps": (5, 100),
        "entropy_threshold": (0.0, math.inf),
        "temperature_start": (0.1, 10.0),
        "denoising_strength": (0.0, 1.0),
        "guidance": (0.0, 1.0),
        "min_steps_fraction": (0.0, 1.0),
        "tabu_size": (0, math.inf),
        "tabu_penalty": (1.0, 1e6),
        "top_k": (1, math.inf),
        "t_sel_min": (0.001, 100.0),
        "xfade_sec": (0.0, 0.5),
        "gap_sec": (0.0, 60.0),
        "min_event_s": (0.02, 30.0),
        "max_event_s": (0.05, 30.0),
    }
)
WHOLE = frozenset(
    {
        "latent_size",
        "learning_steps",
        "number_of_clusters",
        "diffusion_steps",
        "seed",
        "tabu_size",
        "top_k",
    }
)
AUTOMATIC = frozenset({"tabu_size", "tabu_penalty", "top_k", "t_sel_min"})
NAMES = tuple(field.name for field in fields(MorphSettings))


def coerce(name: str, value: Any) -> Any:
    """`value` (a number, or text as typed) in the type of the setting `name`, not yet clamped.

    Raises
    ------
    UsageError
        If there is no such setting, or the value is not of its kind.
    """
    if name not in NAMES:
        raise UsageError(f"{name!r} is not a setting of morph chains. Choose from: {', '.join(NAMES)}.")
    if name in CHOICES:
        return _choice(name, value)
    if name == "temperatures":
        return _temperatures(value)
    if name in AUTOMATIC and isinstance(value, str) and value.strip().lower() == AUTO:
        return AUTO
    return _number(name, value)


def _choice(name: str, value: Any) -> str:
    text = str(value).strip().lower().replace("-", "_")
    if text not in CHOICES[name]:
        raise UsageError(f"{name} is {value!r}; it can be {' or '.join(CHOICES[name])}.")
    return text


def _temperatures(value: Any) -> tuple[float, ...]:
    parts = [part for part in value.replace(",", " ").split() if part] if isinstance(value, str) else list(value)
    found = tuple(float(_number("temperatures", part)) for part in parts)
    if any(part <= 0.0 for part in found):
        raise UsageError(f"temperatures holds {min(found):g}; every value must be above 0.")
    if len(found) > MAX_CUSTOM_TEMPERATURES:
        raise UsageError(f"temperatures holds {len(found)} values; at most {MAX_CUSTOM_TEMPERATURES} are allowed.")
    return found


def _number(name: str, value: Any) -> int | float:
    kind = "a whole number" if name in WHOLE else "a number"
    kind += ' or "auto"' if name in AUTOMATIC else ""
    try:
        if isinstance(value, bool):
            raise ValueError("a truth value")
        if name in WHOLE:
            whole = int(value)
            if not isinstance(value, str) and whole != value:
                raise ValueError("a fraction")
            return whole
        number = float(value)
        if not math.isfinite(number):
            raise ValueError("not finite")
    except (TypeError, ValueError, OverflowError) as error:
        raise UsageError(f"{name} is {value!r}; it must be {kind}.") from error
    return number


def resolve(settings: MorphSettings) -> tuple[MorphSettings, tuple[str, ...]]:
    """`settings` within their limits, and one line for each value that had to move.

    Raises
    ------
    UsageError
        If a value is not of its setting's kind, or custom annealing lacks temperatures.
    """
    values = {name: coerce(name, getattr(settings, name)) for name in NAMES}
    notes = [note for name in LIMITS if (note := _clamp(values, name))]
    notes += _clamp_temperatures(values)
    if values["max_event_s"] < values["min_event_s"]:
        notes.append(f"max_event_s {values['max_event_s']:g} is below min_event_s; {values['min_event_s']:g} is used.")
        values["max_event_s"] = values["min_event_s"]
    return replace(settings, **values), tuple(notes)


def _clamp(values: dict[str, Any], name: str) -> str | None:
    value = values[name]
    if value == AUTO:
        return None
    lowest, highest = LIMITS[name]
    used = min(max(value, lowest), highest)
    if used == value:
        return None
    values[name] = type(value)(used)
    allowed = f"at least {lowest:g}" if math.isinf(highest) else f"{lowest:g} to {highest:g}"
    return f"{name} {value:g} is out of range ({allowed}); {used:g} is used."


def _clamp_temperatures(values: dict[str, Any]) -> list[str]:
    """T1 within 0.05…T0; a custom list replaces both ends."""
    if values["annealing"] == "custom":
        if not values["temperatures"]:
            raise UsageError("annealing is custom but temperatures is empty. Give a list such as 3,1,0.2.")
        values["temperature_start"], values["temperature_end"] = values["temperatures"][0], values["temperatures"][-1]
        return []
    if values["temperatures"]:
        raise UsageError(f"temperatures is used only with annealing=custom, not {values['annealing']}.")
    end, start = values["temperature_end"], values["temperature_start"]
    used = values["temperature_end"] = max(LOWEST_TEMPERATURE, min(end, start))
    return [f"temperature_end {end:g} is out of range (0.05 to temperature_start); {used:g} is used."] * (used != end)
