"""How much a recipe may ask for, and how much it does."""

from collections.abc import Mapping
from typing import Final

from samplegen.pack.recipes.types import (
    HumanizedSection,
    KitSection,
    LoopSection,
    Recipe,
    RiserSection,
    Section,
    SoundSection,
)

MAX_FILE_BYTES: Final = 1_000_000
MAX_SECTIONS: Final = 500
MAX_SECTION_SOUNDS: Final = 10_000
MAX_PACK_SOUNDS: Final = 50_000
MIN_BPM: Final = 60.0
MAX_BPM: Final = 200.0
MAX_BARS: Final = 64
MAX_RISER_S: Final = 300.0
MAX_SEED: Final = 2**63 - 1
MAX_SCALE: Final = 20.0
MAX_SEMITONES: Final = 36.0
MAX_AMOUNT: Final = 4.0
MAX_LAYERS: Final = 16
MAX_TAKES: Final = 100
MAX_SLOT: Final = 64
MAX_HUMANIZE: Final = 2.0


def planned_sounds(recipe: Recipe, *, files: Mapping[str, int]) -> dict[str, int]:
    """How many sounds each section makes.

    Parameters
    ----------
    files
        Recordings behind the sections that have a source.
    """
    planned: dict[str, int] = {}
    for section in recipe.sections():
        if isinstance(section, SoundSection):
            planned[section.name] = section.count * _factor(section, recipe, planned, files)
    return planned


def _factor(section: Section, recipe: Recipe, planned: Mapping[str, int], files: Mapping[str, int]) -> int:
    """Sounds for each of a section's `count`."""
    if isinstance(section, LoopSection):
        return max(1, len(section.bpm or recipe.bpm))
    if isinstance(section, RiserSection):
        return max(1, len(section.bpm or recipe.bpm)) * files.get(section.name, 1)
    if isinstance(section, KitSection):
        return sum(section.slots.values())
    if isinstance(section, HumanizedSection):
        return section.layers * (files.get(section.name, 0) + sum(planned.get(name, 0) for name in section.of))
    return files.get(section.name, 1)
