"""What a pack is in a line: for its cover and its page."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from samplegen.pack.companions import PackView
from samplegen.pack.manifest import FileEntry

_NOUNS: Final = {
    "loop": ("loop", "loops"),
    "one_shot": ("one-shot", "one-shots"),
    "riser": ("riser", "risers"),
    "texture": ("texture", "textures"),
}


def counts_text(entries: Iterable[FileEntry]) -> str:
    """Such as ``12 loops · 24 one-shots · 1 riser``."""
    numbers = Counter(entry.kind for entry in entries)
    return " · ".join(f"{numbers[kind]} {_NOUNS[kind][numbers[kind] > 1]}" for kind in _NOUNS if numbers[kind])


def facts_text(view: PackView) -> str:
    """Such as ``132 BPM · 7/8 · Am``: what all of the pack's sounds share; 4/4 is not worth a word."""
    meter = view.meter if view.meter != (4, 4) else None
    facts = (
        None if view.bpm is None else f"{view.bpm:g} BPM",
        None if meter is None else f"{meter[0]}/{meter[1]}",
        view.key,
    )
    return " · ".join(fact for fact in facts if fact)


def draws_text(entries: Iterable[FileEntry]) -> str:
    """How many draws the sounds took, such as ``41 of 44 draws passed the gates``; empty without gates."""
    gated = [entry for entry in entries if entry.gates]
    draws = sum(entry.redraws + 1 for entry in gated)
    return f"{len(gated)} of {draws} draws passed the gates" if gated else ""
