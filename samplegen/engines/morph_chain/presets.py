"""The published presets of morph chains (specs/morph_chain.md §6)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from samplegen.engines.morph_chain.settings import MorphSettings, coerce
from samplegen.errors import UsageError

_COLUMNS = (
    "latent_size",
    "learning_steps",
    "number_of_clusters",
    "diffusion_steps",
    "entropy_threshold",
    "temperature_start",
    "temperature_end",
    "denoising_strength",
)
_ROWS: Mapping[str, tuple[float, ...]] = {
    "gentle_crystallisation": (8, 100, 3, 25, 1.2, 1.0, 0.06, 0.5),
    "stochastic_melt": (8, 100, 3, 40, 0.6, 3.0, 0.30, 0.3),
    "deep_freeze": (10, 150, 3, 50, 0.5, 2.5, 0.05, 0.8),
    "plasma_burst": (8, 80, 4, 15, 2.0, 4.0, 0.50, 0.9),
    "slow_diffusion": (12, 150, 3, 80, 0.8, 1.5, 0.08, 0.5),
    "multi_identity": (12, 150, 6, 35, 1.0, 2.0, 0.10, 0.6),
    "custom": tuple(getattr(MorphSettings(), name) for name in _COLUMNS),
}

PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {name: MappingProxyType(dict(zip(_COLUMNS, row, strict=True))) for name, row in _ROWS.items()}
)


def settings_for(preset: str | None = None, **overrides: Any) -> MorphSettings:
    """Settings of a preset (None is "custom"), with explicit options over it; not yet clamped.

    Parameters
    ----------
    preset
        A name in `PRESETS`; hyphens, underscores and capitals are alike.
    overrides
        Settings by name, as values or as text.

    Raises
    ------
    UsageError
        If the preset or a setting is unknown, or a value is not of its kind.
    """
    name = "custom" if preset is None else preset.strip().lower().replace("-", "_").replace(" ", "_")
    if name not in PRESETS:
        raise UsageError(f"There is no morph preset {preset!r}. Choose from: {', '.join(PRESETS)}.")
    chosen = dict(PRESETS[name]) | {key: coerce(key, value) for key, value in overrides.items()}
    return MorphSettings(**chosen)
