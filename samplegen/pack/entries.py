"""What a manifest says of each file, and of each sound that could not be made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class FileEntry:
    """One sound of a pack.

    Parameters
    ----------
    path
        Relative to the pack, with ``/``.
    sha256, size
        Of the whole file, in bytes.
    length
        In samples per channel.
    measures
        Name to number, such as ``peak_db`` or ``tempo_bpm``; None where a thing could not be measured.
    gates
        Names of the gates that the sound passed.
    redraws
        How many times the sound was drawn again before it passed.
    job
        Identifies what was asked for (see `job_key`), so that a second run can skip it.
    word
        The word that makes the name unique in the pack.
    refused
        Name of a gate to how many draws it refused before this one passed.
    section
        The section of the recipe that asked for it; empty where there was no recipe.
    tagged
        Whether the file says what it is; untagged ones hold nothing but audio.
    written_as
        Hash of how it was named and tagged, where a recipe can change that; else empty.
    """

    path: str
    sha256: str
    size: int
    kind: str
    category: str
    bpm: float | None
    bars: int | None
    meter: tuple[int, int]
    beats: int | None
    key: str | None
    root_note: int | None
    length: int
    sample_rate: int
    bit_depth: int
    channels: int
    measures: Mapping[str, float | None]
    gates: tuple[str, ...]
    redraws: int
    seed: int
    engine: str
    model: str
    model_hash: str
    codec_hash: str
    parameters: Mapping[str, Any]
    licence: str
    job: str = ""
    word: str = ""
    refused: Mapping[str, int] = field(default_factory=dict)
    section: str = ""
    tagged: bool = True
    written_as: str = ""

    def __hash__(self) -> int:
        """By path and content, which equal entries share."""
        return hash((self.path, self.sha256))


@dataclass(frozen=True)
class Missing:
    """A sound that was asked for and that no draw could make.

    Parameters
    ----------
    label
        What messages call it, such as ``sound 3``.
    reason
        Why its last draw was refused, or what went wrong.
    draws
        How many there were; 0 where it could not be drawn at all.
    gates
        Names of those that judged its draws.
    refused
        Name of a gate to how many draws it refused.
    """

    label: str
    reason: str
    section: str = ""
    job: str = ""
    draws: int = 0
    gates: tuple[str, ...] = ()
    refused: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class CompanionEntry:
    """A file beside the sounds, see `samplegen.pack.companions`; `made_from` are paths of sounds."""

    path: str
    kind: str
    sha256: str
    size: int
    made_from: tuple[str, ...] = ()
