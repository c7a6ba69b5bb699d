"""An instrument as zones of keys and velocities, independent of any sampler's format."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from samplegen.errors import InputError

LOWEST_KEY, HIGHEST_KEY = 0, 127
SOFTEST, LOUDEST = 1, 127
_UNFIT = re.compile(r"[\x00-\x1f\x7f<>\"$=\\]|//|^[/~]|^[A-Za-z]:|(?:^|/)\.\.(?:/|$)|\s#(?:define|include)\b")


@dataclass(frozen=True, kw_only=True)
class Zone:
    """One sound file on a range of keys and velocities.

    Parameters
    ----------
    path
        Relative to the pack, with ``/``.
    root_note
        MIDI note whose key plays the file at its own speed, but for `tune_cents`.
    length, sample_rate
        Of the file: samples per channel, and Hz.
    tune_cents
        Added to the pitch, so that the root key plays its note in tune.
    sequence_position, sequence_length
        Hits of the same key play positions 1, 2 … in turn.
    one_shot
        Plays to its end, however short the key is held.
    group, off_by
        A hit of a zone of group `off_by` cuts this one off; 0 is no group.
    label
        What a sampler may show.
    """

    path: str
    root_note: int
    low_key: int
    high_key: int
    length: int
    sample_rate: int
    tune_cents: float = 0.0
    low_velocity: int = SOFTEST
    high_velocity: int = LOUDEST
    sequence_position: int = 1
    sequence_length: int = 1
    gain_db: float = 0.0
    one_shot: bool = True
    group: int = 0
    off_by: int = 0
    label: str = ""

    @property
    def place(self) -> tuple[int, int, int, int]:
        """Keys and velocities; the zones of one place take turns."""
        return self.low_key, self.high_key, self.low_velocity, self.high_velocity


@dataclass(frozen=True, kw_only=True)
class Instrument:
    """Zones that are played as one.

    Parameters
    ----------
    name
        Of the files, without a suffix.
    title
        What is shown.
    category
        Such as ``Drums`` or ``Bass``.
    notes
        What a user should know of it, one sentence each.
    """

    name: str
    title: str
    category: str
    zones: tuple[Zone, ...]
    creator: str = ""
    licence: str = ""
    notes: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """Every file once, in the order of the zones."""
        return tuple(dict.fromkeys(zone.path for zone in self.zones))

    @property
    def is_one_shot(self) -> bool:
        """Whether every zone plays to its end."""
        return all(zone.one_shot for zone in self.zones)


def check_path(path: str) -> str:
    """`path`, if every sampler format can hold it.

    Raises
    ------
    InputError
        If it leaves the pack, or has control characters or signs that a format reads as its own.
    """
    if not path or _UNFIT.search(path):
        raise InputError(f"The sound {path!r} cannot be part of an instrument. Rename it with letters, digits, _ or -.")
    return path


def clean_text(text: str) -> str:
    """`text` on one line without characters that XML or SFZ cannot hold."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def split_halfway(notes: Sequence[int]) -> list[tuple[int, int]]:
    """Lowest and highest key of each of ascending, distinct `notes`, the keys between going to the nearer.

    A key in the very middle goes to the lower note: transposed up, a sound loses less.
    """
    tops = [(low + high) // 2 for low, high in zip(notes[:-1], notes[1:], strict=True)]
    return list(zip([LOWEST_KEY, *(top + 1 for top in tops)], [*tops, HIGHEST_KEY], strict=True))


def close_velocity_gaps(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ascending velocity ranges, stretched so that every velocity from 1 to 127 is in just one.

    A layer may be missing because no take of it passed the gates; its velocities go to the next
    lower one (the lowest begins at 1), so that no key is ever silent.
    """
    lows = [SOFTEST]
    for low, _ in ranges[1:]:
        lows.append(min(max(low, lows[-1] + 1), LOUDEST))
    return list(zip(lows, [*(low - 1 for low in lows[1:]), LOUDEST], strict=True))
