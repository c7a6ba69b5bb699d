"""What a phase diffusion may be told, and the ranges it keeps to."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from samplegen.errors import UsageError

__all__ = ["CHOICES", "MODELS", "RANGES", "PhaseSettings", "model_named", "plain_name", "resolve"]

MODELS: Mapping[str, tuple[str, ...]] = {
    "ae_weighted": ("pca", "phase_pca"),
    "ar_smear": ("ar", "phase_ar"),
    "latent": (),
}
CHOICES: Mapping[str, tuple[str, ...]] = {
    "coherence": ("compensated", "raw"),
    "stereo": ("linked", "independent", "per_channel"),
    "noise": ("equilibrium", "documented"),
    "annealing": ("exponential", "linear", "custom"),
    "covariance": ("diagonal", "full"),
    "patch_mode": ("central", "pool"),
}
RANGES: Mapping[str, tuple[float, float]] = {
    "diffusion_amount": (0.0, 1.0),
    "diffusion_steps": (1, 200),
    "mag_smear": (0.0, math.inf),
    "latent_size": (2, 32),
    "train_steps": (10, 500),
    "n_clusters": (2, 8),
    "temperature": (0.05, math.inf),
    "attenuation_floor": (0.0, 1.0),
    "guidance": (0.0, 1.0),
}
SMALLEST_WINDOW = 256
LARGEST_WINDOW = 131_072


@dataclass(frozen=True)
class PhaseSettings:
    """Every parameter of a phase diffusion; the defaults are the preset Custom.

    Parameters
    ----------
    model
        ``ae_weighted`` (alias pca), ``ar_smear`` (ar) or ``latent``.
    diffusion_amount
        0..1; scales the walk, the magnitudes and the mix.
    diffusion_steps
        Steps of the walk, 1..200; latent only.
    window_size, hop_size
        In samples. The window is even, 256..131072; the hop 1..window/2, and None for a quarter.
    mag_smear
        ae_weighted: exponent of the coherence; ar_smear: factor on the decay.
    latent_size, train_steps, n_clusters
        Of the network and its clusters: 2..32, 10..500 and 2..8.
    temperature
        Start of the walk's annealing, at least 0.05.
    preserve_transients
        Keep attacks dry.
    seed
        Any integer.
    attenuation_floor
        Smallest gain of ae_weighted; 0 is the published formula.
    coherence
        ``compensated`` takes the bandwidth out of the band errors, ``raw`` leaves it in as published.
    stereo
        ``linked`` phases keep the image, ``independent`` ones widen it (published); ``per_channel`` analyses
        each channel by itself as well.
    guidance
        Pull of the walk to an event's own cluster, 0..1; 0 is the published behaviour.
    noise
        Of the walk: ``equilibrium`` or ``documented`` (published).
    annealing, temperatures
        ``exponential``, ``linear``, or ``custom`` with positive temperatures spread over the walk.
    covariance
        Of the clusters: ``diagonal`` or ``full``.
    patch_mode
        ``central`` describes an event by its middle 110 ms, ``pool`` by all of it.
    """

    model: str = "ae_weighted"
    diffusion_amount: float = 0.70
    diffusion_steps: int = 30
    window_size: int = 8192
    hop_size: int | None = None
    mag_smear: float = 1.0
    latent_size: int = 8
    train_steps: int = 150
    n_clusters: int = 4
    temperature: float = 1.0
    preserve_transients: bool = True
    seed: int = 42
    attenuation_floor: float = 0.25
    coherence: str = "compensated"
    stereo: str = "linked"
    guidance: float = 1.0
    noise: str = "equilibrium"
    annealing: str = "exponential"
    temperatures: tuple[float, ...] = ()
    covariance: str = "diagonal"
    patch_mode: str = "central"

    @property
    def hop(self) -> int:
        """Samples from frame to frame: `hop_size`, or a quarter of the window."""
        return self.window_size // 4 if self.hop_size is None else self.hop_size


def plain_name(name: str) -> str:
    """A name as the tables write it: ``"Phase-PCA"`` becomes ``"phase_pca"``."""
    return name.strip().lower().replace("-", "_").replace(" ", "_")


def model_named(name: str) -> str:
    """The model behind a name or alias.

    Raises
    ------
    UsageError
        If there is none.
    """
    wanted = plain_name(name)
    for model, aliases in MODELS.items():
        if wanted == model or wanted in aliases:
            return model
    raise UsageError(f"There is no phase model {name!r}; choose {', '.join(MODELS)}.")


def resolve(settings: PhaseSettings) -> tuple[PhaseSettings, tuple[str, ...]]:
    """Settings within their ranges, the hop filled in, and a note for each value that was clamped.

    Raises
    ------
    UsageError
        For an unknown model or choice, a number that is not finite, a window that is odd or too small,
        custom annealing without positive temperatures, or temperatures without custom annealing.
    """
    _check_choices(settings)
    _check_temperatures(settings.annealing, settings.temperatures)
    changed: dict[str, Any] = {"model": model_named(settings.model)}
    notes: list[str] = []
    for name, (low, high) in RANGES.items():
        changed[name] = _clamped(name, getattr(settings, name), low, high, notes)
    window = _window(settings.window_size, notes)
    hop = window // 4 if settings.hop_size is None else settings.hop_size
    changed |= {"window_size": window, "hop_size": _clamped("hop_size", hop, 1, window // 2, notes)}
    return replace(settings, **changed), tuple(notes)


def _check_choices(settings: PhaseSettings) -> None:
    for name, allowed in CHOICES.items():
        value = getattr(settings, name)
        if value not in allowed:
            raise UsageError(f"{name} cannot be {value!r}; choose {', '.join(allowed)}.")


def _check_temperatures(annealing: str, temperatures: Sequence[float]) -> None:
    usable = all(math.isfinite(value) and value > 0.0 for value in temperatures)
    if annealing == "custom" and not (temperatures and usable):
        raise UsageError("Custom annealing needs temperatures, a list of positive numbers.")
    if annealing != "custom" and temperatures:
        raise UsageError(f"temperatures is used only with annealing=custom, not {annealing}.")


def _window(window: int, notes: list[str]) -> int:
    if window < SMALLEST_WINDOW or window % 2:
        raise UsageError(
            f"window_size must be an even number from {SMALLEST_WINDOW} to {LARGEST_WINDOW}, not {window}."
        )
    return int(_clamped("window_size", window, SMALLEST_WINDOW, LARGEST_WINDOW, notes))


def _clamped(name: str, value: float, low: float, high: float, notes: list[str]) -> float:
    if not math.isfinite(value):
        raise UsageError(f"{name} must be a number, not {value}.")
    kept = type(value)(min(max(value, low), high))  # an integer stays one
    if kept != value:
        notes.append(f"{name} was {value:g}, outside its range; {kept:g} is used.")
    return kept
