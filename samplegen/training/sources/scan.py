"""Scan a folder of sounds into records: from its index.csv, or from names and measurements."""

import csv
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path

from samplegen.errors import InputError, SamplegenError
from samplegen.pack.recordings import AUDIO_SUFFIXES
from samplegen.score.grooves import read_groove
from samplegen.training.sources.library import (
    DEFAULT_LICENCES,
    GROOVE_KIND,
    KINDS,
    TONAL_KINDS,
    Dropped,
    Record,
    ScanResult,
)
from samplegen.training.sources.names import parse_name
from samplegen.training.sources.split import FEWEST_SOURCES, Split, sound_of, split_sources
from samplegen.units import bars_to_seconds

MIDI_SUFFIXES = frozenset({".mid", ".midi"})
USER_LICENCE = "user"
MIN_DURATION_S = 0.01
MAX_DURATION_S = 600.0
MAX_ONE_SHOT_S = 15.0
_MEASURED_S = 60.0
_SURE_PITCH = 0.5


class _DropError(Exception):
    """Why one file is left out; never leaves this module."""


@dataclass(frozen=True)
class _Facts:
    """What a file's header says."""

    duration_s: float
    sample_rate: int
    channels: int


def scan_library(folder: Path, *, licences: Collection[str] | None = None, measure: bool = True) -> ScanResult:
    """Records of every usable sound below `folder`, and every other file with the reason.

    With an ``index.csv`` its columns are the truth and only files of the allowed licences are kept
    (by default CC0, Unlicense and public domain). Plain folders belong to the user: their licence
    is ``user`` and always kept; kind, tempo and key are read from names, and with `measure` the
    tempo and key of loops that do not say are measured. About a tenth is held out: whole sources, or
    single sounds with their takes where the folders below are few or named after kinds.

    Raises
    ------
    InputError
        If `folder` is missing or holds no usable sound.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}. Name the folder that holds your sounds.")
    allowed = DEFAULT_LICENCES if licences is None else frozenset(licences)
    index = folder / "index.csv"
    records, dropped = _scan_index(folder, index, allowed) if index.is_file() else _scan_names(folder, measure=measure)
    if not records:
        raise InputError(f"No usable sound in {folder}: all {len(dropped)} files were dropped{_first_reason(dropped)}.")
    unit = _unit_of_split(records) if not index.is_file() else attrgetter("source")
    splits = split_sources(map(unit, records))
    split_records = tuple(replace(record, split=_split(record, splits[unit(record)])) for record in records)
    return ScanResult(folder, split_records, tuple(sorted(dropped, key=lambda item: item.path)))


def _unit_of_split(records: Sequence[Record]) -> Callable[[Record], str]:
    """What of a plain folder is held out as a whole: a source, or a sound where its folders are not sources.

    Few folders, or folders that are named after kinds, are no sources: holding one out would leave out a kind.
    """
    sources = sorted({record.source for record in records})
    kinds = sum(parse_name(f"{source}/x").kind is not None for source in sources)
    if len(sources) >= FEWEST_SOURCES and 2 * kinds <= len(sources):
        return attrgetter("source")
    return lambda record: sound_of(record.path)


def _first_reason(dropped: list[Dropped]) -> str:
    return f" (the first, {dropped[0].path}: {dropped[0].reason})" if dropped else ""


def _split(record: Record, split: Split) -> Split:
    """Grooves follow the split of their own data set, which their caption names."""
    return "held_out" if record.kind == GROOVE_KIND and "split validation" in record.caption else split


def _scan_index(folder: Path, index: Path, allowed: frozenset[str]) -> tuple[list[Record], list[Dropped]]:
    records: list[Record] = []
    dropped: list[Dropped] = []
    listed = set()
    for row in _index_rows(index):
        path = row.get("path", "")
        listed.add(path)
        try:
            records.append(_index_record(folder, row, allowed))
        except _DropError as reason:
            dropped.append(Dropped(path, str(reason)))
    unlisted = (path for path in _files(folder) if path not in listed and path != index.name)
    dropped += [Dropped(path, "not listed in index.csv") for path in unlisted if _is_media(path)]
    return records, dropped


def _index_rows(index: Path) -> list[dict[str, str]]:
    try:
        with index.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"Cannot read {index}: {error}.") from error
    missing = {"path", "class", "licence"} - set(rows[0] if rows else ())
    if missing:
        raise InputError(f"{index} has no column {', '.join(sorted(missing))}. Add it, or remove the index.")
    return [{key: value or "" for key, value in row.items() if key} for row in rows]


def _index_record(folder: Path, row: dict[str, str], allowed: frozenset[str]) -> Record:
    path, kind, licence = row["path"], row["class"], row["licence"]
    if licence not in allowed:
        raise _DropError(f"licence {licence or 'unknown'} is not allowed")
    if kind not in KINDS:
        raise _DropError(f"unknown class {kind!r}")
    if not (folder / path).is_file():
        raise _DropError("listed in index.csv but missing")
    duration_s = _number(row, "duration_s")
    facts = _Facts(duration_s or 0.0, int(_number(row, "sample_rate") or 0), int(_number(row, "channels") or 0))
    if duration_s is None and kind != GROOVE_KIND:
        facts = _audio_facts(folder / path)
    _check_duration(facts, is_one_shot=kind not in (GROOVE_KIND,) and not kind.startswith("loop"))
    velocity, round_robin = _number(row, "velocity"), _number(row, "round_robin")
    return Record(
        path=path, kind=kind, source=row.get("source_repo") or path.split("/")[0], licence=licence, split="train",
        duration_s=facts.duration_s, sample_rate=facts.sample_rate, channels=facts.channels,
        attribution=row.get("attribution", ""), bpm=_number(row, "bpm"), bars=_number(row, "bars"),
        key=row.get("key") or None, midi_pitch=_number(row, "midi_pitch"), caption=row.get("caption", ""),
        kit=row.get("kit", ""), articulation=row.get("articulation", ""),
        velocity=None if velocity is None else int(velocity),
        round_robin=None if round_robin is None else int(round_robin), gain_db=_number(row, "gain_db"),
    )  # fmt: skip


def _number(row: dict[str, str], column: str) -> float | None:
    text = row.get(column, "").strip()
    try:
        return float(text) if text else None
    except ValueError:
        raise _DropError(f"{column} is {text!r}, not a number") from None


def _scan_names(folder: Path, *, measure: bool) -> tuple[list[Record], list[Dropped]]:
    records: list[Record] = []
    dropped: list[Dropped] = []
    for path in _files(folder):
        try:
            record = _named_record(folder, path)
            records.append(_measured(folder, record) if measure else record)
        except _DropError as reason:
            dropped.append(Dropped(path, str(reason)))
    return records, dropped


def _named_record(folder: Path, path: str) -> Record:
    if not _is_media(path):
        raise _DropError(f"not an audio or MIDI file ({Path(path).suffix or 'no suffix'})")
    source = path.split("/")[0] if "/" in path else folder.name
    if Path(path).suffix.lower() in MIDI_SUFFIXES:
        return _groove_record(folder, path, source)
    facts = _audio_facts(folder / path)
    said = parse_name(path)
    kind = said.kind or ("fx" if facts.duration_s <= MAX_ONE_SHOT_S else None)
    if kind is None:
        raise _DropError(f"no kind in its name and {facts.duration_s:.0f} s is too long for a one-shot")
    _check_duration(facts, is_one_shot=not said.is_loop)
    return Record(
        path, kind, source, USER_LICENCE, "train", facts.duration_s, facts.sample_rate, facts.channels,
        bpm=said.bpm, bars=_bars(facts.duration_s, said.bpm), key=said.key, midi_pitch=said.midi_pitch,
        caption=said.caption,
    )  # fmt: skip


def _groove_record(folder: Path, path: str, source: str) -> Record:
    try:
        groove = read_groove(folder / path)
    except InputError as error:
        raise _DropError("cannot be read as MIDI") from error
    bars = groove.whole_bars
    if bars < 1:
        raise _DropError("holds no whole bar of hits")
    seconds = bars_to_seconds(bars, bpm=groove.bpm, beats_per_bar=groove.meter[0])
    caption = parse_name(path).caption
    return Record(
        path, GROOVE_KIND, source, USER_LICENCE, "train", seconds, bpm=groove.bpm, bars=float(bars), caption=caption
    )


def _bars(duration_s: float, bpm: float | None) -> float | None:
    """Whole 4/4 bars when the length fits within 1 %, else unknown."""
    if bpm is None:
        return None
    bars = duration_s * bpm / 240.0
    return float(round(bars)) if round(bars) >= 1 and abs(bars - round(bars)) <= 0.01 * bars else None


def _measured(folder: Path, record: Record) -> Record:
    """Fill in tempo and key of loops, and the pitch of tonal one-shots, where names do not say them."""
    is_loop = record.kind.startswith("loop")
    wants_bpm = is_loop and record.bpm is None
    wants_key = record.kind in ("loop_full", "loop_bass", "loop_chord") and record.key is None
    wants_pitch = record.kind in ("bass", "synth", *TONAL_KINDS) and record.midi_pitch is None
    if not (wants_bpm or wants_key or wants_pitch):
        return record
    from samplegen.audio.io import read_audio
    from samplegen.audio.key import estimate_key, estimate_pitch
    from samplegen.audio.tempo import estimate_tempo

    try:
        audio = read_audio(folder / record.path, mono=True, max_seconds=_MEASURED_S)
        bpm = estimate_tempo(audio).bpm if wants_bpm else record.bpm
        key = estimate_key(audio).name if wants_key else record.key
        pitch = estimate_pitch(audio) if wants_pitch else None
    except SamplegenError as error:
        raise _DropError(f"cannot be measured: {error}") from error
    midi_pitch = pitch.midi if pitch is not None and pitch.confidence >= _SURE_PITCH else record.midi_pitch
    return replace(record, bpm=bpm, key=key, midi_pitch=midi_pitch, bars=_bars(record.duration_s, bpm))


def _audio_facts(path: Path) -> _Facts:
    import soundfile

    try:
        info = soundfile.info(str(path))
    except (OSError, RuntimeError) as error:
        raise _DropError("cannot be read as audio") from error
    return _Facts(info.frames / info.samplerate, int(info.samplerate), int(info.channels))


def _check_duration(facts: _Facts, *, is_one_shot: bool) -> None:
    if facts.sample_rate and facts.duration_s < MIN_DURATION_S:
        raise _DropError(f"too short ({facts.duration_s * 1000.0:.1f} ms, at least {MIN_DURATION_S * 1000.0:.0f} ms)")
    longest = MAX_ONE_SHOT_S if is_one_shot else MAX_DURATION_S
    if facts.sample_rate and facts.duration_s > longest:
        raise _DropError(f"too long ({facts.duration_s:.0f} s, at most {longest:.0f} s)")


def _is_media(path: str) -> bool:
    return Path(path).suffix.lower() in AUDIO_SUFFIXES | MIDI_SUFFIXES


def _files(folder: Path) -> Iterator[str]:
    """Relative paths of all visible files, sorted, so that a scan never depends on the disk's order."""
    for base, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith("."):
                yield (Path(base) / name).relative_to(folder).as_posix()
