"""Shapes of a melody: how high it lies at every point of a loop."""

import math
from typing import Final

from samplegen.errors import UsageError

CONTOURS: Final = ("rise", "fall", "arch", "valley", "wave", "flat")
# A loop's end leads back to its start; rising and falling lines turn round in the last part.
_TURN: Final = 0.9


def contour_height(name: str, place: float, *, bars: int) -> float:
    """Height 0 to 1 of the contour `name` at `place`, 0 to 1 of the loop; ``wave`` turns once in two bars.

    Raises
    ------
    UsageError
        If there is no such contour.
    """
    rising = min(1.0, place / _TURN)
    heights = {
        "rise": rising, "fall": 1.0 - rising,
        "arch": math.sin(math.pi * place), "valley": 1.0 - math.sin(math.pi * place),
        "wave": 0.5 + 0.5 * math.sin(2.0 * math.pi * place * max(1.0, bars / 2.0)), "flat": 0.5,
    }  # fmt: skip
    if name not in heights:
        raise UsageError(f"--contour {name!r} is not known. Choose one of {', '.join(CONTOURS)}.")
    return heights[name]
