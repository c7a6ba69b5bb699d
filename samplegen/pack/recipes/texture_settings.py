"""Presets, settings and grids of the engines that learn from a recording."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from fractions import Fraction
from types import NoneType
from typing import Any, Final

from samplegen.engines.morph_chain.grid import Grid
from samplegen.engines.morph_chain.presets import PRESETS as MORPH_PRESETS
from samplegen.engines.morph_chain.presets import settings_for as morph_settings
from samplegen.engines.morph_chain.settings import MorphSettings
from samplegen.engines.morph_chain.settings import resolve as resolve_morph
from samplegen.engines.phase_diffusion.presets import PRESETS as PHASE_PRESETS
from samplegen.engines.phase_diffusion.presets import settings_for as phase_settings
from samplegen.engines.phase_diffusion.settings import PhaseSettings
from samplegen.engines.phase_diffusion.settings import resolve as resolve_phase
from samplegen.errors import UsageError
from samplegen.pack.recipes.fields import Table, nearest, shown

_PRESETS: Final = {"morph": MORPH_PRESETS, "phase": PHASE_PRESETS}
_DEFAULTS: Final = {"morph": asdict(MorphSettings()), "phase": asdict(PhaseSettings())}
_LARGEST: Final = 1_000_000  # no setting of either engine makes sense beyond


def check_settings(table: Table, engine: str) -> tuple[str, Mapping[str, Any]]:
    """``preset`` (with hyphens, empty where there is none) and ``set`` of a texture.

    Raises
    ------
    InputError
        If the engine has no such preset or setting, or a value is not of its kind.
    """
    preset, known = table.text("preset"), [name.replace("_", "-") for name in _PRESETS[engine]]
    name = "" if preset is None else preset.strip().lower().replace("_", "-").replace(" ", "-")
    if name and name not in known:
        raise table.error(
            f"preset = {preset!r} is none of engine {engine}.{nearest(name, known)} Allowed: {', '.join(known)}.",
            "preset",
        )
    values = table.values.get("set", {})
    if not isinstance(values, dict):
        raise table.refuse("set", "a table of settings, such as { temperature = 2.0 }")
    settings = {key: _setting(table, engine, key, value) for key, value in values.items()}
    table.about("set", lambda: _resolve(engine, name or None, settings))
    return name, settings


def check_grid(
    table: Table, *, engine: str, bpm: Sequence[float], bars: int, meter: tuple[int, int]
) -> str | None:  # fmt: skip
    """``grid`` of a texture, such as ``1/8``.

    Raises
    ------
    InputError
        If it is not a step that divides a bar, or there is not one tempo for it.
    """
    if not table.has("grid"):
        for key in ("bpm", "bars"):
            if table.has(key):
                raise table.refuse(key, 'only with a grid, such as grid = "1/8"')
        return None
    if engine != "morph":
        raise table.refuse("grid", 'only with engine = "morph"; phase makes textures of the recording\'s length')
    if len(bpm) != 1:
        raise table.error("a grid needs one tempo. Give bpm in this section, such as bpm = 120.", "grid")
    step = table.checked("grid", _read_step)
    assert step is not None
    table.about("grid", lambda: Grid(bpm[0], step, bars, *meter))
    return f"{step.numerator}/{step.denominator}"


def _resolve(engine: str, preset: str | None, settings: Mapping[str, Any]) -> None:
    if engine == "morph":
        resolve_morph(morph_settings(preset, **settings))
    else:
        resolve_phase(phase_settings(preset, **settings))


def _setting(table: Table, engine: str, key: str, value: Any) -> Any:
    """A setting's value, if it has the type of its default."""
    defaults = {name: default for name, default in _DEFAULTS[engine].items() if name != "seed"}
    if key not in defaults:
        raise table.error(
            f"engine {engine} has no setting {shown(key)}.{nearest(key, defaults)} Allowed: {', '.join(defaults)}.",
            "set", key,
        )  # fmt: skip
    found = tuple(value) if isinstance(value, list) else value
    if not _fits(found, defaults[key]):
        like = f"such as {shown(defaults[key])}" if defaults[key] not in (None, ()) else "a number or a list of them"
        raise table.error(f"set has {key} = {shown(value)}; allowed: a value of its kind, {like}.", "set", key)
    return found


def _fits(value: Any, default: Any) -> bool:
    if isinstance(default, tuple):
        return isinstance(value, tuple) and all(_is_number(item) for item in value)
    if isinstance(default, bool):
        return isinstance(value, bool)
    if isinstance(default, str):
        return isinstance(value, str) or (default == "auto" and _is_number(value))
    if isinstance(default, int | NoneType):
        return _is_number(value) and value == int(value)
    return _is_number(value)


def _is_number(value: Any) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and abs(value) <= _LARGEST
    )


def _read_step(text: str) -> Fraction:
    over, _, under = text.partition("/")
    if not all(part.isascii() and part.isdigit() and len(part) <= 3 and int(part) for part in (over, under)):
        raise UsageError(f'{text!r} is not a note length. Allowed: one such as "1/8", "1/16" or "1/4".')
    return Fraction(int(over), int(under))
