"""Small files that a network needs beside its weights, such as a tokenizer's vocabulary.

`pull` checks them against the weights that they belong to, keeps them in the model
folder, and records their hashes in ``config.json`` under ``companions``.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from samplegen.checkpoints.registry import PUBLISHED, PublishedFile
from samplegen.checkpoints.schema import read_json_object
from samplegen.errors import InputError, ModelInvalidError, ModelMissingError, OutputError
from samplegen.files import hash_bytes, hash_file, resolve_inside, write_bytes, write_json

if TYPE_CHECKING:
    from torch import Tensor


def find_by_hand(file: PublishedFile, folders: tuple[Path, ...]) -> Path | None:
    """Where the user put `file`; the first of the folders that has it wins."""
    return next((folder / file.file_name for folder in folders if (folder / file.file_name).is_file()), None)


def read_companion(file: PublishedFile, path: Path, tensors: "Mapping[str, Tensor]") -> bytes:
    """Content of a companion that fits the weights.

    Raises
    ------
    InputError
        If it cannot be read.
    ModelInvalidError
        If it is no such file, or has another number of entries than its tensor has rows.
    """
    try:
        data = path.read_bytes()
        text = data.decode("utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ModelInvalidError(f"{path} is not text. Download it again from {file.url}") from error
    if file.starts_with and not text.startswith(file.starts_with):
        raise ModelInvalidError(f"{path} does not start with {file.starts_with!r}. Download it again from {file.url}")
    if file.rows_of:
        _check_entries(file, path, text, tensors)
    return data


def _check_entries(file: PublishedFile, path: Path, text: str, tensors: "Mapping[str, Tensor]") -> None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelInvalidError(f"{path} is not valid JSON ({error}). Download it again from {file.url}") from error
    if file.rows_of not in tensors or not tensors[file.rows_of].ndim:
        raise ModelInvalidError(f"The weights lack the matrix {file.rows_of!r}, so they are not the published ones.")
    entries, rows = len(value) if isinstance(value, dict) else 0, len(tensors[file.rows_of])
    if entries != rows:
        raise ModelInvalidError(
            f"{path} has {entries} entries, but the weights know {rows}: it belongs to another model. "
            f"Download it again from {file.url}"
        )


def store_companions(folder: Path, contents: Mapping[str, bytes]) -> dict[str, str]:
    """Write contents by place below the model folder, and return their hashes by place."""
    for place, data in contents.items():
        write_bytes(folder / place, data)
    return {place: hash_bytes(data) for place, data in contents.items()}


def check_companions(folder: Path, recorded: object) -> None:
    """Check the files that a configuration records, ``{place: SHA-256}``.

    Raises
    ------
    ModelMissingError
        Names what is missing and where it is published.
    ModelInvalidError
        If one was changed, or the record is no such object.
    """
    if not isinstance(recorded, dict):
        raise ModelInvalidError(f"{folder / 'config.json'}: companions must be an object. Get the model again.")
    try:
        paths = {str(place): resolve_inside(folder, str(place)) for place in recorded}
    except OutputError as error:
        raise ModelInvalidError(f"{folder / 'config.json'}: {error}") from error
    require_files(folder, tuple(paths))
    for place, path in paths.items():
        try:
            digest = hash_file(path)
        except OSError as error:
            raise ModelInvalidError(f"{path} cannot be read: {error.strerror}.") from error
        if digest != recorded[place]:
            raise ModelInvalidError(f"{path} is damaged or was changed. {_where_to_get((place,))}")


def require_files(folder: Path, places: tuple[str, ...]) -> None:
    """Check that files of a model folder exist.

    Raises
    ------
    ModelMissingError
        Names what is missing and where it is published.
    """
    missing = tuple(place for place in places if not (folder / place).is_file())
    if missing:
        raise ModelMissingError(f"{folder} lacks {' and '.join(missing)}. {_where_to_get(missing)}")


def _where_to_get(places: tuple[str, ...]) -> str:
    urls = {file.place: file.url for weights in PUBLISHED.values() for file in weights.companions}
    known = [urls[place] for place in places if place in urls]
    return (
        f"Download {' and '.join(known)} and put it there, by that name."
        if known
        else "Copy the whole model folder again."
    )


def record_companion(folder: Path, place: str) -> None:
    """Record the hash of a file that lies in a model folder, for `check_companions`; the weights' hash stays.

    Raises
    ------
    ModelInvalidError
        If the configuration cannot be read.
    OutputError
        If it cannot be written.
    """
    path = folder / "config.json"
    config = read_json_object(path)
    recorded = config.get("companions", {})
    digests = {**recorded, place: hash_file(folder / place)} if isinstance(recorded, dict) else recorded
    write_json(path, {**config, "companions": digests})
