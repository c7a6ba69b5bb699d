"""Sounds that a library holds more than once: the very same bytes, or the same sound again.

Near-duplicates agree in duration, in the embedder's vector and in their picture; who is
near whom is joined to groups.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from samplegen.search.picture import distances_db
from samplegen.search.query import FoundSound, sound_of, vectors_of
from samplegen.search.store import Entry

# Copies that were resampled, requantised, made quieter or coded as MP3 are at most 0.7 dB apart, 1 % of pitch 0.4 dB
# (median), a semitone 1.9 dB; round robins of one drum are rarely below 1 dB (benchmarks/search.py).
MIN_COSINE: Final = 0.5
MAX_DISTANCE_DB: Final = 1.0
MAX_LENGTH_RATIO: Final = 1.03
SLACK_S: Final = 0.03
_ROWS: Final = 512


@dataclass(frozen=True)
class Group:
    """Files that are one sound.

    Parameters
    ----------
    exact
        Whether all have the very same bytes.
    distance_db
        The widest distance between pictures of neighbours in the group; 0 for equal bytes.
    """

    sounds: tuple[FoundSound, ...]
    exact: bool
    distance_db: float


def find_duplicates(
    entries: Sequence[Entry],
    pictures_of: Callable[[Sequence[bytes]], Sequence[bytes]],
    *,
    root: str,
    max_distance_db: float = MAX_DISTANCE_DB,
) -> list[Group]:
    """Groups of two files and more, the largest first, then by path.

    Parameters
    ----------
    pictures_of
        The stored pictures of sounds by their hashes.
    max_distance_db
        How far apart pictures may be.
    """
    usable = [entry for entry in entries if not entry.problem]
    files: dict[bytes, list[Entry]] = {}
    for entry in usable:
        files.setdefault(entry.hash, []).append(entry)
    heads = [group[0] for group in files.values()]
    links = _near_pairs(heads, pictures_of, max_distance_db=max_distance_db) if heads else []
    groups = []
    for members, distance_db in _joined(len(heads), links):
        found = [entry for member in members for entry in files[heads[member].hash]]
        if len(found) > 1:
            sounds = tuple(sound_of(entry, root=root) for entry in sorted(found, key=lambda entry: entry.path))
            groups.append(Group(sounds, len(members) == 1, distance_db))
    return sorted(groups, key=lambda group: (-len(group.sounds), group.sounds[0].path))


def _near_pairs(
    heads: Sequence[Entry], pictures_of: Callable[[Sequence[bytes]], Sequence[bytes]], *, max_distance_db: float
) -> list[tuple[int, int, float]]:
    """(i, j, distance) of near sounds. Sorted by duration, only neighbours in length are compared."""
    vectors, durations = vectors_of(heads), np.array([entry.duration_s for entry in heads])
    order = [row for row in np.argsort(durations, kind="stable") if vectors[row].any()]
    found: list[tuple[int, int, float]] = []
    for start in range(0, len(order), _ROWS):
        rows = order[start : start + _ROWS]
        longest = durations[rows[-1]] * MAX_LENGTH_RATIO + SLACK_S
        end = int(np.searchsorted(durations[order], longest, side="right"))
        columns = order[start:end]
        alike = vectors[rows] @ vectors[columns].T >= MIN_COSINE
        alike &= durations[columns][None] <= durations[rows][:, None] * MAX_LENGTH_RATIO + SLACK_S
        found += _near_pictures(heads, np.argwhere(np.triu(alike, 1)), rows, columns, pictures_of, max_distance_db)
    return found


def _near_pictures(
    heads: Sequence[Entry],
    candidates: npt.NDArray[np.int64],
    rows: Sequence[int],
    columns: Sequence[int],
    pictures_of: Callable[[Sequence[bytes]], Sequence[bytes]],
    max_distance_db: float,
) -> list[tuple[int, int, float]]:
    if not len(candidates):
        return []
    numbers = sorted({rows[i] for i, _ in candidates} | {columns[j] for _, j in candidates})
    stored = pictures_of([heads[number].hash for number in numbers])
    pictures = {number: np.frombuffer(data, np.uint8) for number, data in zip(numbers, stored, strict=True)}
    found = []
    for i in np.unique(candidates[:, 0]):
        others = [columns[j] for j in candidates[candidates[:, 0] == i, 1]]
        distances = distances_db(pictures[rows[i]], others=np.stack([pictures[other] for other in others]))
        found += [(int(rows[i]), int(other), float(distance)) for other, distance in zip(others, distances, strict=True)
                  if distance <= max_distance_db]  # fmt: skip
    return found


def _joined(count: int, links: Sequence[tuple[int, int, float]]) -> list[tuple[list[int], float]]:
    """Connected groups of the numbers below `count`, each with its widest link."""
    parent = list(range(count))

    def top(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    for i, j, _ in links:
        parent[top(j)] = top(i)
    members: dict[int, list[int]] = {}
    for number in range(count):
        members.setdefault(top(number), []).append(number)
    widest: dict[int, float] = {}
    for i, _, distance in links:
        widest[top(i)] = max(widest.get(top(i), 0.0), distance)
    return [(group, widest.get(head, 0.0)) for head, group in members.items()]
