"""Effect chains that a recipe brings along.

::

    [effects.glue]
    input_peak_db = -1.0        # optional: bring the sound to this peak first

    [[effects.glue.effect]]
    type = "Compressor"
    threshold_db = -18
"""

from collections.abc import Mapping
from typing import Any, Final

from samplegen.errors import UsageError
from samplegen.pack.recipes.fields import Origin, Table, shown
from samplegen.pack.recipes.names import check_name
from samplegen.post.chains import Chain, Effect
from samplegen.post.presets import MAX_EFFECTS, PRESETS

MAX_CHAINS: Final = 100
_KEYS: Final = ("effect", "description", "input_peak_db")
_LOWEST_PEAK_DB: Final = -60.0
_LARGEST: Final = 10**9


def to_chain(name: str, content: Mapping[str, Any]) -> Chain:
    """The chain that ``[effects.NAME]`` describes; `content` is from `Recipe.effects`.

    Raises
    ------
    UsageError
        If an effect or a value is not allowed.
    """
    effects = tuple(_to_effect(entry) for entry in content["effect"])
    return Chain(name, effects, content.get("input_peak_db"), content.get("description", ""))


def read_effects(values: object, origin: Origin) -> Mapping[str, Mapping[str, Any]]:
    """All of ``[effects]``, each checked.

    Raises
    ------
    InputError
        Says where the recipe is wrong.
    """
    if not isinstance(values, dict) or len(values) > MAX_CHAINS:
        raise origin.error(f"effects holds up to {MAX_CHAINS} tables such as [effects.glue].", "effects")
    return {name: _read_chain(name, content, origin) for name, content in values.items()}


def _read_chain(name: str, content: object, origin: Origin) -> Mapping[str, Any]:
    table = Table(content, place=("effects", name), origin=origin, allowed=_KEYS)
    try:
        check_name(name)
    except UsageError as error:
        raise table.error(f"the name of an effect chain cannot be used: {error}") from error
    if name in PRESETS:
        raise table.error(f"{name!r} is the name of a chain of samplegen's. Choose another.")
    entries = table.values.get("effect")
    if not isinstance(entries, list) or not 1 <= len(entries) <= MAX_EFFECTS:
        raise table.error(f"give 1 to {MAX_EFFECTS} entries [[effects.{name}.effect]], each with a type.", "effect")
    for index, entry in enumerate(entries):
        try:
            _to_effect(entry)
        except UsageError as error:
            raise table.error(str(error), "effect", index) from error
    read = {
        "effect": tuple(entries), "description": table.text("description") or "",
        "input_peak_db": table.number("input_peak_db", low=_LOWEST_PEAK_DB, high=0.0),
    }  # fmt: skip
    return read


def _to_effect(entry: object) -> Effect:
    if not isinstance(entry, dict) or not isinstance(entry.get("type"), str):
        raise UsageError(f'an effect is {shown(entry)}; it needs a type, such as type = "Compressor".')
    for name, value in entry.items():
        if isinstance(value, int) and abs(value) > _LARGEST:
            raise UsageError(f"{entry['type']!r:.60} {name!r:.60} is {shown(value)}, which no effect can use.")
    return Effect(entry["type"], {name: value for name, value in entry.items() if name != "type"})
