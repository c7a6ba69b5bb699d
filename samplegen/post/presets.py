"""Chains by name (`--fx`) and from TOML files.

A chain file::

    input_peak_db = -1.0        # optional: bring the sound to this peak first
    description = "glue"        # optional

    [[effect]]
    type = "Compressor"
    threshold_db = -18
    ratio = 4

    [[effect]]
    type = "Reverb"
    room_size = 0.2
"""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from samplegen import files
from samplegen.errors import InputError, UsageError
from samplegen.post.chains import Chain, Effect

MAX_FILE_BYTES = 100_000
MAX_EFFECTS = 32


def _chain(name: str, description: str, *effects: Effect) -> Chain:
    return Chain(name, effects, input_peak_db=-1.0, description=description)


_ALL = (
    _chain(
        "clean",
        "Subsonic rumble out, a touch of air; dynamics untouched.",
        Effect("HighpassFilter", {"cutoff_frequency_hz": 22}),
        Effect("HighShelfFilter", {"cutoff_frequency_hz": 10000, "gain_db": 1.0}),
    ),
    _chain(
        "punch",
        "Attacks pass a slow compressor, low end and presence lifted, level maximised without overs.",
        Effect("HighpassFilter", {"cutoff_frequency_hz": 28}),
        Effect("Compressor", {"threshold_db": -20, "ratio": 4, "attack_ms": 25, "release_ms": 90}),
        Effect("LowShelfFilter", {"cutoff_frequency_hz": 95, "gain_db": 1.5}),
        Effect("PeakFilter", {"cutoff_frequency_hz": 3500, "gain_db": 2.0, "q": 0.8}),
        Effect("Gain", {"gain_db": 2.0}),
        Effect("Limiter", {"threshold_db": -1.0, "release_ms": 60}),
    ),
    _chain(
        "dusty",
        "Old sampler through old vinyl: narrow band, soft saturation, 12 bits, no added noise.",
        Effect("HighpassFilter", {"cutoff_frequency_hz": 60}),
        Effect("Compressor", {"threshold_db": -20, "ratio": 2.5, "attack_ms": 12, "release_ms": 160}),
        Effect("Distortion", {"drive_db": 6}),
        Effect("Bitcrush", {"bit_depth": 12}),
        Effect("Resample", {"target_sample_rate": 22050, "quality": "WindowedSinc32"}),
        Effect("LowpassFilter", {"cutoff_frequency_hz": 8500}),
        Effect("LowpassFilter", {"cutoff_frequency_hz": 9500}),
    ),
    _chain(
        "wide",
        "Mono to stereo above 250 Hz; folds down to the mono it came from.",
        Effect("HighpassFilter", {"cutoff_frequency_hz": 22}),
        Effect("Widen", {"amount": 0.5, "spread_ms": 18, "low_cut_hz": 250}),
    ),
    _chain(
        "crush",
        "Driven into 7 bits and a quarter of the rate, with the aliases left in.",
        Effect("Distortion", {"drive_db": 5}),
        Effect("Bitcrush", {"bit_depth": 7}),
        Effect("Resample", {"target_sample_rate": 11025, "quality": "ZeroOrderHold"}),
        Effect("LowpassFilter", {"cutoff_frequency_hz": 12000}),
        Effect("Gain", {"gain_db": -3.0}),
    ),
)

PRESETS: Mapping[str, Chain] = MappingProxyType({chain.name: chain for chain in _ALL})


def find_chain(name_or_path: str | Path | Chain) -> Chain:
    """Preset of that name, or the chain in that TOML file (text ending in ``.toml``); a chain is itself.

    Raises
    ------
    UsageError
        On an unknown name or a wrong file content.
    InputError
        If the file cannot be read.
    """
    if isinstance(name_or_path, Chain):
        return name_or_path
    text = str(name_or_path)
    if text in PRESETS:
        return PRESETS[text]
    if isinstance(name_or_path, Path) or text.lower().endswith(".toml"):
        return load_chain(Path(text).expanduser())
    raise UsageError(f"There is no effect chain {text!r:.60}. Give {', '.join(PRESETS)}, or a .toml file.")


def load_chain(path: Path) -> Chain:
    """Read a chain from a TOML file; see the module's text for the form.

    Raises
    ------
    UsageError
        Names the file, the entry, its line, and what is allowed.
    InputError
        If the file cannot be read.
    """
    text = _read_text(path)
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not valid TOML: {error}.") from error
    return read_chain(content, name=path.stem, place=str(path), lines=_entry_lines(text))


def read_chain(content: Mapping[str, object], *, name: str, place: str, lines: Sequence[int] = ()) -> Chain:
    """The chain that a parsed TOML table describes.

    Parameters
    ----------
    place
        Begins messages.
    lines
        Where each effect stands, for messages.

    Raises
    ------
    UsageError
        Names the place, the entry, its line where known, and what is allowed.
    """
    for key in content:
        if key not in ("effect", "description", "input_peak_db"):
            raise UsageError(f"{place}: unknown key {key!r:.60}. Allowed: [[effect]], description, input_peak_db.")
    entries = content.get("effect")
    if not isinstance(entries, list) or not 1 <= len(entries) <= MAX_EFFECTS:
        raise UsageError(f"{place}: give 1 to {MAX_EFFECTS} [[effect]] entries, each with a type.")
    effects = []
    for number, entry in enumerate(entries, start=1):
        line = f", line {lines[number - 1]}" if len(lines) == len(entries) else ""
        effects.append(_read_effect(entry, f"{place}, effect {number}{line}"))
    description = content.get("description", "")
    if not isinstance(description, str):
        raise UsageError(f"{place}: description is {description!r:.60}; it must be text.")
    return Chain(name, tuple(effects), _read_peak(content.get("input_peak_db"), place), description)


def chain_key(chain: Chain | None) -> str | None:
    """What tells a chain from every other: a preset's name, or a name and a hash of what it does."""
    if chain is None or PRESETS.get(chain.name) == chain:
        return None if chain is None else chain.name
    told = json.dumps([[effect.kind, dict(effect.values)] for effect in chain.effects] + [chain.input_peak_db])
    return f"{chain.name}@{files.hash_bytes(told.encode())[:12]}"


def _read_effect(entry: object, where: str) -> Effect:
    if not isinstance(entry, dict) or not isinstance(entry.get("type"), str):
        raise UsageError(f'{where}: it needs a type, such as type = "Compressor".')
    values: dict[str, Any] = {name: value for name, value in entry.items() if name != "type"}
    try:
        return Effect(entry["type"], values)
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from error


def _read_peak(value: object, place: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not -60 <= value <= 0:
        raise UsageError(f"{place}: input_peak_db is {value!r:.60}; allowed: -60 to 0 dBFS.")
    return float(value)


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise InputError(f"{path} is larger than {MAX_FILE_BYTES // 1000} kB, so it is no effect chain.")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text. Save it as UTF-8.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}. Check --fx.") from error


def _entry_lines(text: str) -> list[int]:
    pattern = re.compile(r"\s*\[\[\s*effect\s*\]\]")
    return [number for number, line in enumerate(text.splitlines(), start=1) if pattern.match(line)]
