"""A scanned library of sounds: its records, selections from it, and the file it is kept in."""

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from samplegen.errors import InputError
from samplegen.files import write_text
from samplegen.training.sources.split import Split

FORMAT_NAME = "samplegen-library"
FORMAT_VERSION = 1

ONE_SHOT_KINDS = (
    "kick", "snare", "clap", "hat_closed", "hat_open", "tom",
    "cymbal", "percussion", "rim", "bass", "synth", "fx",
)  # fmt: skip
TONAL_KINDS = ("guitar", "strings", "piano", "keys", "mallet", "pad", "woodwind", "brass", "vocal")
RECORDED_LOOP_KINDS = (
    "loop_drums",
    "loop_full",
    "loop_percussion",
    "loop_bass",
    "loop_chord",
    "loop_tops",
    "loop_kick",
)
GROOVE_KIND = "groove_midi"
KINDS = frozenset((*ONE_SHOT_KINDS, *TONAL_KINDS, *RECORDED_LOOP_KINDS, GROOVE_KIND))

DEFAULT_LICENCES = frozenset({"CC0-1.0", "Unlicense", "LicenseRef-public-domain"})
PEAK_DB = -1.0  # at which every sound is learned and remembered


@dataclass(frozen=True)
class Record:
    """One file of a library.

    `path` is relative to the library's folder, with forward slashes. `velocity` counts layers from
    the softest (1); `midi_pitch` is fractional (C4 = 60); `gain_db` was applied to the file when the
    library was made. What is unknown is ``None``, or an empty string for words.
    """

    path: str
    kind: str
    source: str
    licence: str
    split: Split
    duration_s: float
    sample_rate: int = 0
    channels: int = 0
    attribution: str = ""
    bpm: float | None = None
    bars: float | None = None
    key: str | None = None
    midi_pitch: float | None = None
    caption: str = ""
    kit: str = ""
    articulation: str = ""
    velocity: int | None = None
    round_robin: int | None = None
    gain_db: float | None = None


@dataclass(frozen=True)
class Library:
    """Records and the folder that their paths start from."""

    folder: Path
    records: tuple[Record, ...]

    def select(self, *, kinds: Collection[str] | None = None, split: Split | None = None) -> tuple[Record, ...]:
        """Records of these kinds and this split, in the library's order."""
        return tuple(
            record
            for record in self.records
            if (kinds is None or record.kind in kinds) and (split is None or record.split == split)
        )

    def path_of(self, record: Record) -> Path:
        """Where the file of `record` lies."""
        return self.folder / record.path


@dataclass(frozen=True)
class Dropped:
    """A file that a scan left out, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class ScanResult:
    """What a scan found: records to use and every file it dropped."""

    folder: Path
    records: tuple[Record, ...]
    dropped: tuple[Dropped, ...]

    @property
    def library(self) -> Library:
        """The usable part."""
        return Library(self.folder, self.records)


def save_library(path: Path, result: ScanResult) -> None:
    """Write `result` as JSON lines, atomically: a head, the records, then the dropped files."""
    head = {"format": FORMAT_NAME, "version": FORMAT_VERSION, "folder": str(result.folder.resolve())}
    lines: list[dict[str, Any]] = [head, *map(asdict, result.records)]
    lines += [{"dropped": item.path, "reason": item.reason} for item in result.dropped]
    write_text(path, "".join(json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n" for line in lines))


def load_library(path: Path, *, folder: Path | None = None) -> ScanResult:
    """Read what `save_library` wrote; `folder` replaces the stored one when the library has moved.

    Raises
    ------
    InputError
        If the file is missing, is no library, or comes from another version.
    """
    try:
        lines = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise InputError(f"Cannot read the library {path}: {error}. Make it with `samplegen data scan`.") from error
    head = lines[0] if lines and isinstance(lines[0], dict) else {}
    if head.get("format") != FORMAT_NAME or head.get("version") != FORMAT_VERSION:
        raise InputError(
            f"{path} is not a library of version {FORMAT_VERSION} (it says {head.get('format')!r}, version "
            f"{head.get('version')!r}). Make it again with `samplegen data scan`."
        )
    try:
        records = tuple(_record(line) for line in lines[1:] if "dropped" not in line)
        dropped = tuple(Dropped(line["dropped"], line["reason"]) for line in lines[1:] if "dropped" in line)
    except (TypeError, KeyError) as error:
        raise InputError(
            f"The library {path} is damaged ({error}). Make it again with `samplegen data scan`."
        ) from error
    return ScanResult(folder or Path(head["folder"]), records, dropped)


def _record(values: dict[str, Any]) -> Record:
    unknown = set(values) - {field.name for field in fields(Record)}
    if unknown:
        raise KeyError(f"unknown fields {sorted(unknown)}")
    return Record(**values)
