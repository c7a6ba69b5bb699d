"""Which key plays which sound of a kit: General MIDI first, so that any drum pattern finds its sounds.

The first sound of a kind lies on its General MIDI key and a second one on the neighbouring key of
the same kind where there is one (kick 35, snare 40, closed hat 44). Toms spread over the six tom
keys, lowest sound first. Percussion begins at 60; then come all other sounds, and last the further
sounds of kinds whose keys are full, kind by kind. A kit has at most 128 sounds.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

from samplegen.pack.instruments.model import HIGHEST_KEY
from samplegen.pack.instruments.voices import Voice

FIRST_FREE_KEY: Final = 60
MOST_SOUNDS: Final = HIGHEST_KEY + 1
CHOKE_GROUP: Final = 1
HATS: Final = ("hat_closed", "hat_pedal", "hat_open")
OTHER: Final = "other"
_REST: Final = tuple(range(FIRST_FREE_KEY, MOST_SOUNDS))
_OVERFLOW: Final = (*_REST, *range(FIRST_FREE_KEY - 1, -1, -1))
# General MIDI 1 percussion key map; the order decides who gets a key that two kinds may use.
KEYS: Final[dict[str, tuple[int, ...]]] = {
    "kick": (36, 35),
    "snare": (38, 40),
    "clap": (39,),
    "rim": (37,),
    "hat_pedal": (44,),
    "hat_closed": (42, 44),
    "hat_open": (46,),
    "tom": (41, 43, 45, 47, 48, 50),
    "crash": (49, 57, 55, 52),
    "ride": (51, 59, 53),
    "percussion": _REST,
    OTHER: _REST,
}
_SAME: Final = {"cymbal": "crash", "hat": "hat_closed", "hats": "hat_closed", "hat_foot": "hat_pedal"}
_RIDE: Final = re.compile(r"(?<![a-z])rides?(?![a-z])")


def slot_of(voice: Voice) -> str:
    """The kind of `voice` as a key of `KEYS`; a cymbal is a ride where its name or prompt says so."""
    category = voice.first.category.lower().replace("-", "_").replace(" ", "_")
    said = f"{voice.label} {voice.first.parameters.get('prompt', '')}".lower()
    if category == "cymbal" and _RIDE.search(said):
        return "ride"
    slot = _SAME.get(category, category)
    return slot if slot in KEYS else OTHER


def deal_kits(voices: Sequence[Voice]) -> list[list[Voice]]:
    """`voices` as one kit, or as several of at most 128 sounds that share every kind evenly."""
    order = list(KEYS)
    by_slot = sorted(voices, key=lambda voice: order.index(slot_of(voice)))
    kits = -(-len(voices) // MOST_SOUNDS)
    return [by_slot[first::kits] for first in range(kits)]


def assign_keys(voices: Sequence[Voice], *, height: Callable[[Voice], float]) -> dict[int, Voice]:
    """A key of its own for each of at most 128 `voices`; `height` orders the toms from low to high."""
    keys: dict[int, Voice] = {}
    left: list[Voice] = []
    for slot, places in KEYS.items():
        here = [voice for voice in voices if slot_of(voice) == slot]
        free = [key for key in places if key not in keys]
        if slot == "tom":
            here[: len(free)] = sorted(here[: len(free)], key=height) if len(here) > 1 else here
            free = _spread(free, len(here))
        keys |= dict(zip(free, here, strict=False))
        left += here[len(free) :]
    keys |= dict(zip((key for key in _OVERFLOW if key not in keys), left, strict=False))
    return dict(sorted(keys.items()))


def _spread(keys: Sequence[int], count: int) -> list[int]:
    """`count` of `keys`, evenly over all of them: one tom is a middle one, three are low, middle and high."""
    count = min(count, len(keys))
    return [keys[(2 * number + 1) * len(keys) // (2 * count)] for number in range(count)]
