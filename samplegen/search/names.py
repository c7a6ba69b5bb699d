"""What file and folder names say of a sound: words, tempo, and whether it is a loop."""

import os
import re
from functools import lru_cache
from typing import Final

from samplegen.conditioning.clap.words import words_of

LONGEST_ONE_SHOT_S: Final = 5.0
LOWEST_BPM, HIGHEST_BPM = 50.0, 220.0
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")
_TEMPO: Final = re.compile(
    r"(?<![\d.])(\d{2,3}(?:\.\d+)?)[ _-]?bpm(?![a-z])|(?<![a-z])bpm[ _-]?(\d{2,3}(?:\.\d+)?)(?![\d])"
)
_BARE: Final = re.compile(r"(?<![\d.a-z#])(\d{2,3}(?:\.\d+)?)(?![\d.a-z])")
_LOOP: Final = re.compile(r"(?<![a-z])(?:loops?|breaks?|breakbeats?|grooves?|beats?)(?![a-z])|\d[ _-]?bpm")
_ONE_SHOT: Final = re.compile(r"(?<![a-z])(?:one[ _-]?shots?|hits?|singles?)(?![a-z])")
_SHORTEST_WITH_S: Final = 4


def spoken(name: str) -> str:
    """The words of a name, spaces around each: ``DustyRims_02`` is ``" dusty rim 02 "``."""
    return f" {' '.join(stem(word) for word in words_of(_CAMEL.sub(' ', name)))} "


@lru_cache(maxsize=65_536)
def spoken_folder(folder: str) -> str:
    """As `spoken`, for a folder's name; folders are fewer than files."""
    return spoken(folder)


def stem(word: str) -> str:
    """Without the plural's s."""
    return word[:-1] if len(word) >= _SHORTEST_WITH_S and word.endswith("s") and not word.endswith("ss") else word


def parts_of(path: str) -> list[str]:
    """The file's name without its suffix, then its folders from the nearest to the farthest."""
    folders = [part for part in os.path.dirname(path).replace("\\", "/").split("/") if part]
    return [os.path.splitext(os.path.basename(path))[0], *reversed(folders)]


def is_loop(path: str, *, duration_s: float, tagged: bool | None = None) -> bool:
    """Whether a sound is a loop: the nearest name that says so, else its tag, else its length.

    `tagged` is what the file's ``acid`` chunk says. Without any word or tag, sounds up to
    `LONGEST_ONE_SHOT_S` are one-shots.
    """
    for part in parts_of(path):
        lowered = part.lower()
        if _ONE_SHOT.search(lowered):
            return False
        if _LOOP.search(lowered):
            return True
    return duration_s > LONGEST_ONE_SHOT_S if tagged is None else tagged


def bpm_of(path: str, *, loop: bool, tagged: float | None = None) -> float | None:
    """Tempo by the nearest name that gives one, else by the tag; in loops a bare number counts, too."""
    parts = [part.lower() for part in parts_of(path)]
    for part in parts:
        if (match := _TEMPO.search(part)) and (bpm := _plausible(match[1] or match[2])):
            return bpm
    if tagged is not None and LOWEST_BPM <= tagged <= HIGHEST_BPM:
        return tagged
    if loop:
        return next((bpm for number in _BARE.findall(parts[0].replace("_", " ")) if (bpm := _plausible(number))), None)
    return None


def _plausible(number: str) -> float | None:
    return float(number) if LOWEST_BPM <= float(number) <= HIGHEST_BPM else None
