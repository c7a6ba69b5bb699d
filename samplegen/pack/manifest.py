"""``manifest.json``: what every file of a pack is, measures and comes from.

Version 1 is one object; see `Manifest` and `FileEntry` for its members. Equal
packs give equal bytes: no clock is read and every order is fixed.
"""

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import samplegen
from samplegen import files
from samplegen.errors import InputError
from samplegen.pack.sound import Described
from samplegen.pack.validation import Reader

FORMAT: Final = "samplegen-pack"
VERSION: Final = 1
MANIFEST_NAME: Final = "manifest.json"
_MAX_BYTES: Final = 256 << 20


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


@dataclass(frozen=True)
class Manifest:
    """All that is said about a pack."""

    name: str
    licence: str
    created_by: str
    samplegen_version: str
    files: tuple[FileEntry, ...] = ()
    attributions: tuple[str, ...] = field(default=())


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
    """`manifest` as JSON values, files sorted by path."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "samplegen_version": manifest.samplegen_version,
        "created_by": manifest.created_by,
        "name": manifest.name,
        "licence": manifest.licence,
        "attributions": list(manifest.attributions),
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
    )


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
    *, name: str, licence: str, entries: Sequence[FileEntry], attributions: Sequence[str] = (), created_by: str = ""
) -> Manifest:
    """A manifest of this version of samplegen."""
    return Manifest(
        name=name,
        licence=licence,
        created_by=created_by or f"samplegen {samplegen.__version__}",
        samplegen_version=samplegen.__version__,
        files=tuple(entries),
        attributions=tuple(dict.fromkeys(attributions)),
    )
