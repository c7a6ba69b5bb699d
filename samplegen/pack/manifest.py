"""``manifest.json``: what every file of a pack is, measures and comes from.

Version 1 is one object; see `Manifest` and `samplegen.pack.entries` for its
members, of which those that came later may be missing in older files. Equal packs give
equal bytes: no clock is read and every order is fixed.
"""

import dataclasses
import json
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeVar

import samplegen
from samplegen import files
from samplegen.errors import InputError
from samplegen.pack.entries import CompanionEntry, FileEntry, Missing
from samplegen.pack.pass_rates import GateRate, pass_rates_of
from samplegen.pack.sound import Described
from samplegen.pack.validation import Reader

__all__ = [
    "CompanionEntry",
    "FORMAT",
    "FileEntry",
    "MANIFEST_NAME",
    "Manifest",
    "Missing",
    "VERSION",
    "companion_from_json",
    "entry_from_json",
    "entry_of",
    "entry_to_json",
    "finite",
    "job_key",
    "manifest_from_json",
    "manifest_to_json",
    "missing_from_json",
    "new_manifest",
    "read_manifest",
    "write_manifest",
]

FORMAT: Final = "samplegen-pack"
VERSION: Final = 1
MANIFEST_NAME: Final = "manifest.json"
_MAX_BYTES: Final = 256 << 20
T = TypeVar("T")


@dataclass(frozen=True)
class Manifest:
    """All that is said about a pack.

    Parameters
    ----------
    rejected
        Jobs of the sounds that listeners did not want.
    pass_rates
        As they were read, by gate; None where none stood there. Writing counts them anew.
    """

    name: str
    licence: str
    created_by: str
    samplegen_version: str
    files: tuple[FileEntry, ...] = ()
    attributions: tuple[str, ...] = ()
    companions: tuple[CompanionEntry, ...] = ()
    missing: tuple[Missing, ...] = ()
    rejected: tuple[str, ...] = ()
    pass_rates: Mapping[str, GateRate] | None = None


def finite(value: float | None) -> float | None:
    """`value` rounded to six decimals, or None where it is not finite (JSON has no infinity)."""
    return round(float(value), 6) if value is not None and math.isfinite(value) else None


def entry_of(
    sound: Described,
    *,
    path: str,
    sha256: str,
    size: int,
    bit_depth: int,
    measures: Mapping[str, float | None],
    gates: Sequence[str],
    redraws: int,
    job: str,
    word: str,
    refused: Mapping[str, int] = MappingProxyType({}),
    section: str = "",
    tagged: bool = True,
    written_as: str = "",
) -> FileEntry:
    """The entry of a sound whose file at `path` has `size` bytes with this hash."""
    tags, origin, extent = sound.tags, sound.provenance, sound.extent
    return FileEntry(
        path=path,
        sha256=sha256,
        size=size,
        kind=tags.kind,
        category=tags.category,
        bpm=tags.bpm,
        bars=tags.bars,
        meter=tags.meter,
        beats=tags.beats,
        key=tags.key,
        root_note=tags.root,
        length=extent.length,
        sample_rate=extent.sample_rate,
        bit_depth=bit_depth,
        channels=extent.channels,
        measures={name: finite(measures[name]) for name in sorted(measures)},
        gates=tuple(gates),
        redraws=redraws,
        seed=origin.seed,
        engine=origin.engine,
        model=origin.model,
        model_hash=origin.model_hash,
        codec_hash=origin.codec_hash,
        parameters=dict(origin.parameters),
        licence=origin.licence,
        job=job,
        word=word,
        refused={name: refused[name] for name in sorted(refused)},
        section=section,
        tagged=tagged,
        written_as=written_as,
    )


def job_key(*, engine: str, model_hash: str, seed: int, parameters: Mapping[str, Any]) -> str:
    """A hash of what is asked of an engine: equal questions have equal keys."""
    question = {"engine": engine, "model_hash": model_hash, "seed": seed, "parameters": dict(parameters)}
    text = json.dumps(question, sort_keys=True, separators=(",", ":"), allow_nan=False, default=list)
    return files.hash_bytes(text.encode())


def entry_to_json(entry: FileEntry) -> dict[str, Any]:
    """`entry` as JSON values."""
    return dataclasses.asdict(entry)


def manifest_to_json(manifest: Manifest) -> dict[str, Any]:
    """`manifest` as JSON values: files and companions sorted by path, pass rates counted anew."""
    rates = pass_rates_of(manifest.files, manifest.missing)
    return {
        "format": FORMAT,
        "version": VERSION,
        "samplegen_version": manifest.samplegen_version,
        "created_by": manifest.created_by,
        "name": manifest.name,
        "licence": manifest.licence,
        "attributions": list(manifest.attributions),
        "pass_rates": {name: rate.to_json() for name, rate in rates.items()},
        "missing": [dataclasses.asdict(sound) for sound in manifest.missing],
        "rejected": sorted(manifest.rejected),
        "companions": [dataclasses.asdict(made) for made in sorted(manifest.companions, key=lambda made: made.path)],
        "files": [entry_to_json(entry) for entry in sorted(manifest.files, key=lambda entry: entry.path)],
    }


def entry_from_json(value: object, *, place: str) -> FileEntry:
    """The entry that a JSON object describes.

    Raises
    ------
    InputError
        If a member is missing or has the wrong type; the message says which, at `place`.
    """
    read = Reader(value, place=place)
    return FileEntry(
        path=read.relative_path("path"),
        sha256=read.text("sha256"),
        size=read.integer("size"),
        kind=read.text("kind"),
        category=read.text("category"),
        bpm=read.optional_number("bpm"),
        bars=read.optional_integer("bars"),
        meter=read.integer_pair("meter"),
        beats=read.optional_integer("beats"),
        key=read.optional_text("key"),
        root_note=read.optional_integer("root_note"),
        length=read.integer("length"),
        sample_rate=read.integer("sample_rate"),
        bit_depth=read.integer("bit_depth"),
        channels=read.integer("channels"),
        measures=read.numbers("measures"),
        gates=read.texts("gates"),
        redraws=read.integer("redraws"),
        seed=read.integer("seed"),
        engine=read.text("engine"),
        model=read.text("model"),
        model_hash=read.text("model_hash"),
        codec_hash=read.text("codec_hash"),
        parameters=read.mapping("parameters"),
        licence=read.text("licence"),
        job=read.text("job"),
        word=read.text("word"),
        refused=read.counts("refused"),
        section=read.text("section") if read.has("section") else "",
        tagged=read.flag("tagged") if read.has("tagged") else True,
        written_as=read.text("written_as") if read.has("written_as") else "",
    )


def missing_from_json(value: object, *, place: str) -> Missing:
    """The missing sound that a JSON object describes; errors as `entry_from_json`."""
    read = Reader(value, place=place)
    return Missing(
        label=read.text("label"),
        reason=read.text("reason"),
        section=read.text("section"),
        job=read.text("job"),
        draws=read.integer("draws"),
        gates=read.texts("gates"),
        refused=read.counts("refused"),
    )


def companion_from_json(value: object, *, place: str) -> CompanionEntry:
    """The companion that a JSON object describes; errors as `entry_from_json`."""
    read = Reader(value, place=place)
    return CompanionEntry(
        path=read.relative_path("path"),
        kind=read.text("kind"),
        sha256=read.text("sha256"),
        size=read.integer("size"),
        made_from=read.texts("made_from"),
    )


def _rates_from_json(value: Mapping[str, Any], *, place: str) -> dict[str, GateRate]:
    reads = {name: Reader(rate, place=f"{place}, pass rate {name}") for name, rate in value.items()}
    return {name: GateRate(read.integer("judged"), read.integer("passed")) for name, read in reads.items()}


def _all_from_json(read: Reader, name: str, make: Callable[..., T], *, place: str, word: str) -> tuple[T, ...]:
    """The values that the list `name` describes; none where an older manifest lacks it."""
    values = read.sequence(name) if read.has(name) else []
    return tuple(make(value, place=f"{place}, {word} {number}") for number, value in enumerate(values, start=1))


def manifest_from_json(value: object, *, place: str = MANIFEST_NAME) -> Manifest:
    """The manifest that a JSON object describes.

    Raises
    ------
    InputError
        If it is not a pack manifest of this version, or a member is missing or of the wrong type.
    """
    read = Reader(value, place=place)
    if read.text("format") != FORMAT or read.integer("version") != VERSION:
        raise InputError(f"{place} is not a {FORMAT} manifest of version {VERSION}. Build the pack again.")
    return Manifest(
        name=read.text("name"),
        licence=read.text("licence"),
        created_by=read.text("created_by"),
        samplegen_version=read.text("samplegen_version"),
        attributions=read.texts("attributions"),
        files=tuple(
            entry_from_json(entry, place=f"{place}, file {number}")
            for number, entry in enumerate(read.sequence("files"), start=1)
        ),
        companions=_all_from_json(read, "companions", companion_from_json, place=place, word="companion"),
        missing=_all_from_json(read, "missing", missing_from_json, place=place, word="missing sound"),
        rejected=read.texts("rejected") if read.has("rejected") else (),
        pass_rates=_rates_from_json(read.mapping("pass_rates"), place=place) if read.has("pass_rates") else None,
    )


def write_manifest(folder: Path, manifest: Manifest) -> Path:
    """Write ``manifest.json`` into `folder` atomically; returns its path.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    path = folder / MANIFEST_NAME
    files.write_json(path, manifest_to_json(manifest))
    return path


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a pack, or None where there is none.

    Raises
    ------
    InputError
        If it cannot be read or is damaged.
    """
    path = folder / MANIFEST_NAME
    try:
        if not path.exists():
            return None
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(f"{path} is too large to be a manifest. Remove it or build the pack again.")
        value = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not valid JSON ({error}). Remove it or build the pack again.") from error
    return manifest_from_json(value, place=str(path))


def new_manifest(
    *,
    name: str,
    licence: str,
    entries: Sequence[FileEntry],
    attributions: Sequence[str] = (),
    created_by: str = "",
    companions: Sequence[CompanionEntry] = (),
    missing: Sequence[Missing] = (),
    rejected: Collection[str] = (),
) -> Manifest:
    """A manifest of this version of samplegen."""
    return Manifest(
        name=name,
        licence=licence,
        created_by=created_by or f"samplegen {samplegen.__version__}",
        samplegen_version=samplegen.__version__,
        files=tuple(entries),
        attributions=tuple(dict.fromkeys(attributions)),
        companions=tuple(companions),
        missing=tuple(missing),
        rejected=tuple(sorted(rejected)),
    )
