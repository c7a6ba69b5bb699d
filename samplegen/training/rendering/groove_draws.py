"""Grooves drawn from a library of human performances."""

import numpy as np

from samplegen.score.events import Pattern
from samplegen.score.grooves import cut_groove, read_groove
from samplegen.training.sources.library import GROOVE_KIND, Library
from samplegen.training.sources.split import Split

_MIN_HITS_PER_BAR = 3
_STYLES = ("hiphop", "house", "techno", "dnb", "breakbeat", "trap", "dub")


def draw_groove(
    library: Library, *, rng: np.random.Generator, bars: int, split: Split = "train"
) -> tuple[Pattern, float] | None:
    """Draw `bars` bars of a groove and its tempo; None when the split has no groove that fits."""
    records = library.select(kinds=(GROOVE_KIND,), split=split)
    for _ in range(8 if records else 0):
        record = records[int(rng.integers(len(records)))]
        groove = read_groove(library.path_of(record))
        if groove.meter[1] not in (4, 8) or groove.whole_bars < bars:
            continue
        style = next((style for style in _STYLES if style in groove.words), "breakbeat")
        first_bar = int(rng.integers(groove.whole_bars - bars + 1))
        pattern = cut_groove(groove, first_bar=first_bar, bars=bars, style=style)
        if len(pattern.events) >= _MIN_HITS_PER_BAR * bars:
            return pattern, groove.bpm
    return None
