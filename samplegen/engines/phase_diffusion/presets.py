"""The eleven presets of the phase diffusion, and Custom: the defaults."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from samplegen.engines.phase_diffusion.settings import PhaseSettings, plain_name
from samplegen.errors import UsageError

__all__ = ["CUSTOM", "PRESETS", "settings_for"]

CUSTOM = "custom"
_COLUMNS = (
    "model", "diffusion_amount", "diffusion_steps", "window_size", "mag_smear", "latent_size", "train_steps",
    "n_clusters", "temperature", "preserve_transients",
)  # fmt: skip
_ROWS: Mapping[str, tuple[Any, ...]] = {
    "veil": ("ae_weighted", 0.30, 20, 8192, 0.4, 6, 100, 3, 1.0, True),
    "spectral_fog": ("ae_weighted", 0.60, 30, 8192, 1.0, 8, 150, 4, 1.0, True),
    "ambient_wash": ("ae_weighted", 0.80, 30, 16384, 1.2, 8, 150, 4, 1.0, True),
    "drone_cloud": ("ar_smear", 0.95, 30, 32768, 1.8, 8, 150, 4, 1.0, False),
    "stutter_field": ("ae_weighted", 0.70, 20, 2048, 0.8, 6, 100, 3, 1.0, True),
    "formant_ghost": ("ar_smear", 0.55, 30, 8192, 2.0, 8, 150, 4, 1.0, True),
    "phase_plasma": ("ae_weighted", 1.00, 30, 16384, 1.5, 8, 150, 4, 1.0, False),
    "void": ("ar_smear", 1.00, 50, 32768, 2.0, 12, 200, 6, 2.0, False),
    "latent_drift": ("latent", 0.50, 20, 8192, 1.0, 8, 150, 4, 0.5, True),
    "latent_morph": ("latent", 0.75, 40, 8192, 1.0, 8, 200, 5, 1.5, True),
    "latent_deep": ("latent", 1.00, 60, 16384, 1.2, 12, 250, 6, 3.0, False),
    CUSTOM: tuple(getattr(PhaseSettings(), name) for name in _COLUMNS),
}
PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {name: MappingProxyType(dict(zip(_COLUMNS, row, strict=True))) for name, row in _ROWS.items()}
)


def settings_for(preset: str | None = None, **overrides: Any) -> PhaseSettings:
    """The settings of a preset with some of them overridden; an explicit window without a hop keeps the 1:4 ratio.

    Raises
    ------
    UsageError
        If there is no such preset or setting.
    """
    name = CUSTOM if preset is None else plain_name(preset)
    if name not in PRESETS:
        raise UsageError(f"There is no phase preset {preset!r}; choose {', '.join(PRESETS)}.")
    unknown = sorted(set(overrides) - set(PhaseSettings.__dataclass_fields__))
    if unknown:
        raise UsageError(f"The phase engine has no setting {unknown[0]!r}.")
    return PhaseSettings(**{**PRESETS[name], **overrides})
