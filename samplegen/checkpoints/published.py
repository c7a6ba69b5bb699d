"""`pull`: published torch checkpoints, fetched and converted once to safetensors."""

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from samplegen.checkpoints.companions import find_by_hand, read_companion, store_companions
from samplegen.checkpoints.download import Opener, Progress, download
from samplegen.checkpoints.locations import CONFIG_FILE, user_cache_folder
from samplegen.checkpoints.registry import PublishedFile, PublishedWeights, find_published
from samplegen.checkpoints.store import ModelSummary, save_model, summarise_model, verify_model
from samplegen.errors import InputError, ModelInvalidError, ModelMissingError
from samplegen.files import hash_file, write_json

if TYPE_CHECKING:
    from torch import Tensor

_DIGESTS_FILE = "published-digests.json"


@dataclass(frozen=True)
class Pulled:
    """What `pull` made.

    Parameters
    ----------
    model
        The model folder in the user's cache.
    source_sha256
        SHA-256 of the published file; empty when the model was there already.
    note
        How the file was checked, one sentence for the user.
    """

    model: ModelSummary
    source_sha256: str
    note: str


def downloads_folder() -> Path:
    """Where `pull` keeps partial downloads, and looks for hand-downloaded files."""
    return user_cache_folder().parent / "downloads"


def pull(
    name: str,
    *,
    source: Path | None = None,
    force: bool = False,
    progress: Progress | None = None,
    opener: Opener | None = None,
) -> Pulled:
    """Bring published weights into the user's cache as a verified model folder.

    The checkpoint is read once with ``torch.load(weights_only=True)``, which builds
    tensors and plain containers and nothing else, then stored as safetensors; a file
    that `pull` downloaded is deleted, one given as `source` is left alone. Companions
    (a tokenizer's files) are looked for beside `source` and in `downloads_folder` first.

    Parameters
    ----------
    name
        A name in `PUBLISHED`, or the published file's name.
    source
        A file downloaded by hand.
    force
        Fetch again although the model is there.
    progress, opener
        See `download`.

    Raises
    ------
    UsageError
        If the name is unknown.
    InputError
        If `source` cannot be read.
    ModelMissingError
        If it cannot be fetched; says what to download by hand and where to put it.
    ModelInvalidError
        If the checksum is wrong, or the file is no such checkpoint.
    """
    weights = find_published(name)
    folder = user_cache_folder() / weights.name
    if not force and source is None and _is_complete(weights, folder):
        return Pulled(verify_model(folder), "", f"{weights.name} is already in {folder}.")
    if source is not None and not source.is_file():
        raise InputError(f"There is no file {source}. Give the downloaded {weights.file_name}.")
    files = _gather(weights, source, progress, opener)
    try:
        digest, note = _convert(weights, files, folder)
    except ModelInvalidError:
        _remove(files.fetched)
        raise
    _remove(files.fetched if source else (*files.fetched, files.weights))
    return Pulled(summarise_model(folder), digest, note)


@dataclass(frozen=True)
class _Files:
    """Where the published files lie, and which of them were fetched just now."""

    weights: Path
    companions: Mapping[PublishedFile, Path]
    fetched: tuple[Path, ...]


def _gather(weights: PublishedWeights, source: Path | None, progress: Progress | None, opener: Opener | None) -> _Files:
    here = downloads_folder()
    by_hand = source or here / weights.file_name
    folders = (source.parent, here) if source else (here,)
    companions = {file: find_by_hand(file, folders) for file in weights.companions}
    missing: list[PublishedWeights | PublishedFile] = [] if by_hand.is_file() else [weights]
    missing += [file for file, path in companions.items() if path is None]
    for file in missing:
        _fetch(weights, file, missing, progress, opener)
    places = {file: path or here / file.file_name for file, path in companions.items()}
    return _Files(by_hand, places, tuple(here / file.file_name for file in missing))


def _remove(files: Sequence[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)


def how_to_pull(name: str) -> str:
    """One or two sentences for the user: the command, and what to download by hand without a network."""
    weights = find_published(name)
    by_hand = _by_hand([weights, *weights.companions])
    return f"Run: samplegen models pull {weights.name}. Without a network, first {by_hand}."


def _is_complete(weights: PublishedWeights, folder: Path) -> bool:
    return all((folder / place).is_file() for place in (CONFIG_FILE, *(file.place for file in weights.companions)))


def _convert(weights: PublishedWeights, files: _Files, folder: Path) -> tuple[str, str]:
    digest, note = _check_digest(weights, files.weights)
    tensors = _read_checkpoint(files.weights, weights)
    contents = {part.place: read_companion(part, path, tensors) for part, path in files.companions.items()}
    _store(weights, folder, tensors, digest, contents)
    if not weights.digest_prefix:
        write_json(_digests_file(), {**_known_digests(), weights.name: digest})
    return digest, note


def _fetch(
    weights: PublishedWeights,
    file: PublishedWeights | PublishedFile,
    missing: Sequence[PublishedWeights | PublishedFile],
    progress: Progress | None,
    opener: Opener | None,
) -> None:
    try:
        download(file.url, downloads_folder() / file.file_name, progress=progress, opener=opener)
    except ModelMissingError as error:
        raise ModelMissingError(
            f"{error} To do it by hand, {_by_hand(missing)}, then run 'samplegen models pull {weights.name}' again."
        ) from error


def _by_hand(files: Sequence[PublishedWeights | PublishedFile]) -> str:
    if len(files) == 1:
        return f"download {files[0].url} and put it at {downloads_folder() / files[0].file_name}"
    urls = [file.url for file in files]
    return f"download {', '.join(urls[:-1])} and {urls[-1]}, and put them into {downloads_folder()}"


def _check_digest(weights: PublishedWeights, file: Path) -> tuple[str, str]:
    try:
        digest = hash_file(file)
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}.") from error
    if weights.digest_prefix:
        if digest.startswith(weights.digest_prefix):
            return digest, f"The SHA-256 starts with {weights.digest_prefix}, as published."
        raise _wrong_digest(file, digest, weights.digest_prefix)
    known = _known_digests()
    if weights.name in known:
        if known[weights.name] == digest:
            return digest, "The SHA-256 equals that of the first download."
        raise _wrong_digest(file, digest, known[weights.name])
    return digest, f"No digest is published for {weights.file_name}; recorded SHA-256 {digest} for the next time."


def _wrong_digest(file: Path, digest: str, expected: str) -> ModelInvalidError:
    return ModelInvalidError(
        f"{file} has the SHA-256 {digest[:12]}…, not {expected[:12]}…: it is damaged, incomplete or another file. "
        "Download it again."
    )


def _digests_file() -> Path:
    return user_cache_folder().parent / _DIGESTS_FILE


def _known_digests() -> dict[str, str]:
    try:
        value = json.loads(_digests_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(key): str(digest) for key, digest in value.items()} if isinstance(value, dict) else {}


def _read_checkpoint(file: Path, weights: PublishedWeights) -> "dict[str, Tensor]":
    import torch

    try:
        with warnings.catch_warnings(), torch.serialization.safe_globals(_harmless_globals()):
            warnings.simplefilter("ignore")  # about pickle protocols, which the user cannot change
            content = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # a stranger's file can break the reader in any way
        reason = str(error).split("\n", 1)[0][:120]
        raise ModelInvalidError(
            f"{file} is not a plain checkpoint of tensors, so it is refused ({reason}). Download it again."
        ) from error
    tensors = _state_dict(content)
    if not any(key.startswith(weights.key_prefixes) for key in tensors):
        raise ModelInvalidError(f"{file} does not hold the weights of {weights.name}. Give {weights.file_name}.")
    return tensors


def _harmless_globals() -> list[Any]:
    """Allow NumPy scalars, which training checkpoints keep beside the tensors (a loss, an epoch)."""
    scalar = np.float64(0.0).__reduce__()[0]  # lives in numpy.core before numpy 2, in numpy._core since
    names = ("numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar")
    kinds = (np.float64, np.float32, np.int64, np.int32, np.bool_)
    return [np.dtype, *((scalar, name) for name in names), *(type(np.dtype(kind)) for kind in kinds)]


def _state_dict(content: object) -> "dict[str, Tensor]":
    import torch

    for key in ("state_dict", "best_state", "model"):
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
    if not isinstance(content, Mapping):
        return {}
    pairs = ((str(key).removeprefix("module."), value) for key, value in content.items())
    return {key: value for key, value in pairs if isinstance(value, torch.Tensor)}


def _store(
    weights: PublishedWeights,
    folder: Path,
    tensors: "dict[str, Tensor]",
    digest: str,
    companions: Mapping[str, bytes],
) -> None:
    hashes = store_companions(folder, companions)
    config = {
        **weights.config,
        "family": weights.family,
        "description": weights.description,
        "licence": weights.licence,
        "source_url": weights.url,
        "source_sha256": digest,
        **({"companions": hashes} if hashes else {}),
    }
    card = (
        f"# {weights.name}\n\n{weights.description}\n\nConverted by `samplegen models pull` from {weights.url}\n"
        f"(SHA-256 {digest}). Licence: {weights.licence}.\n"
    )
    save_model(folder, tensors=tensors, config=config, card=card, half=False, allow_large=True)
