"""Save and load model folders: ``model.safetensors``, ``config.json``, ``README.md``."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samplegen.checkpoints.companions import check_companions
from samplegen.checkpoints.locations import CARD_FILE, CONFIG_FILE, WEIGHTS_FILE, find_model, installed_models
from samplegen.checkpoints.registry import PUBLISHED
from samplegen.checkpoints.schema import check_json, read_json_object
from samplegen.errors import ModelInvalidError, OutputError
from samplegen.files import hash_bytes, hash_file, write_bytes, write_json, write_text

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = "samplegen-model"
FORMAT_VERSION = 1
MAX_WEIGHTS_BYTES = 50_000_000
PICKLE_SUFFIXES = frozenset({".pt", ".pth", ".th", ".ckpt", ".pkl", ".pickle", ".bin", ".joblib"})
_HALF_MAX = 65504.0


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A verified model.

    Parameters
    ----------
    name, folder
        The folder's name and place.
    config
        The parsed ``config.json``; read its parts with `read_config`.
    tensors
        By name, on the CPU; every floating-point tensor is float32.
    hash
        SHA-256 of ``model.safetensors``.
    """

    name: str
    folder: Path
    config: dict[str, Any]
    tensors: "dict[str, Tensor]"
    hash: str


@dataclass(frozen=True)
class ModelSummary:
    """What a listing shows of a model, read without loading its weights."""

    name: str
    family: str
    folder: Path
    size_bytes: int
    description: str


def save_model(
    folder: Path,
    *,
    tensors: "Mapping[str, Tensor]",
    config: Mapping[str, Any],
    card: str | None,
    half: bool = True,
    allow_large: bool = False,
) -> str:
    """Write a model folder, each file atomically, the configuration last.

    Parameters
    ----------
    tensors
        By name. Shared storage and views are copied apart.
    config
        JSON values, with at least ``"family"``; format, version and hash are added.
    card
        The README; None leaves an existing one as it is.
    half
        Store matrices as float16. Vectors (biases, gains, statistics) and tensors beyond
        the range of float16 stay float32.
    allow_large
        Allow more than 50 MB.

    Returns
    -------
    str
        SHA-256 of the weights.

    Raises
    ------
    ModelInvalidError
        If a tensor holds NaN or infinity, or the configuration is not JSON.
    OutputError
        If the weights are too large, or cannot be written.
    """
    from safetensors.torch import save

    content = _check_header({**config, "format": FORMAT, "format_version": FORMAT_VERSION, "sha256": "0" * 64}, folder)
    check_json(content, where=CONFIG_FILE)
    data = save({name: _to_stored(tensor, name, half) for name, tensor in tensors.items()})
    if len(data) > MAX_WEIGHTS_BYTES and not allow_large:
        raise OutputError(
            f"The weights for {folder} take {len(data) / 1e6:.1f} MB; a model file may have 50 MB. "
            "Store it in half precision, make the network smaller, or allow large files."
        )
    content["sha256"] = hash_bytes(data)
    write_bytes(folder / WEIGHTS_FILE, data)
    write_json(folder / CONFIG_FILE, content)
    if card is not None:
        write_text(folder / CARD_FILE, card)
    return str(content["sha256"])


def load_model(name_or_path: str | Path) -> LoadedModel:
    """Find a model, verify its files and load its weights as float32.

    Raises
    ------
    ModelMissingError
        If no folder of that name or path exists, or a companion of the weights is missing.
    ModelInvalidError
        If the folder holds a pickle, or a file is missing, damaged, of the wrong types or
        not the one whose hash the configuration records.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    folder = find_model(name_or_path, pullable=tuple(PUBLISHED))
    refuse_pickles(folder)
    config = _check_header(read_json_object(folder / CONFIG_FILE), folder)
    weights = folder / WEIGHTS_FILE
    digest = _check_hash(weights, config["sha256"])
    check_companions(folder, config.get("companions", {}))
    try:
        stored = load_file(weights)
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise ModelInvalidError(f"{weights} is damaged ({error}). Copy the model folder again.") from error
    tensors = {name: _to_float32(tensor, name, weights) for name, tensor in stored.items()}
    return LoadedModel(folder.resolve().name, folder, config, tensors, digest)


def list_models() -> list[ModelSummary]:
    """All models in the model folders, by name; a damaged one says so in its description."""
    return [summarise_model(folder) for folder in installed_models().values()]


def verify_model(name_or_path: str | Path) -> ModelSummary:
    """Load a model fully to check every file, and return its summary.

    Raises
    ------
    ModelMissingError, ModelInvalidError
        As `load_model`.
    """
    return summarise_model(load_model(name_or_path).folder)


def summarise_model(folder: Path) -> ModelSummary:
    """Name, family, size and description of a model folder, from its small files."""
    size = 0
    try:
        refuse_pickles(folder)
        size = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
        config = _check_header(read_json_object(folder / CONFIG_FILE), folder)
    except ModelInvalidError as error:
        return ModelSummary(folder.name, "unknown", folder, size, f"Damaged: {error}")
    description = config.get("description")
    if not isinstance(description, str):
        description = _first_line(folder / CARD_FILE)
    return ModelSummary(folder.resolve().name, config["family"], folder, size, description)


def refuse_pickles(folder: Path) -> None:
    """Refuse a folder that holds a pickle, by name anywhere or as the weights' content.

    A safetensors file has ``{`` at byte 8, after the length of its header; that tells it
    from a pickle whose first bytes could be such a length.

    Raises
    ------
    ModelInvalidError
        Names the file.
    """
    try:
        pickled = _find_pickle(folder)
    except OSError as error:
        raise ModelInvalidError(f"{folder} cannot be read: {error.strerror}.") from error
    if pickled:
        raise ModelInvalidError(
            f"{pickled} looks like a pickle, which could run code, so the model folder is refused. "
            "Convert the weights to safetensors, and remove that file."
        )


def _find_pickle(folder: Path) -> Path | None:
    entries = folder.rglob("*") if (folder / CONFIG_FILE).is_file() else folder.iterdir()
    named = sorted(entry for entry in entries if entry.suffix.lower() in PICKLE_SUFFIXES)
    if named:
        return named[0]
    weights = folder / WEIGHTS_FILE
    if not weights.is_file():
        return None
    with weights.open("rb") as file:
        head = file.read(9)
    return weights if head.startswith((b"PK", b"\x80")) and head[8:9] != b"{" else None


def _check_header(config: dict[str, Any], folder: Path) -> dict[str, Any]:
    where = folder / CONFIG_FILE
    if config.get("format") != FORMAT:
        raise ModelInvalidError(f"{where}: format is {config.get('format')!r:.60}; it must be {FORMAT!r}.")
    version = config.get("format_version")
    if isinstance(version, bool) or version != FORMAT_VERSION:
        raise ModelInvalidError(
            f"{where}: format_version is {version!r:.60}; this samplegen reads {FORMAT_VERSION}. Update samplegen."
        )
    family, digest = config.get("family"), config.get("sha256")
    if not isinstance(family, str) or not family:
        raise ModelInvalidError(f"{where}: family is {family!r:.60}; it must be text such as 'codec'.")
    if not isinstance(digest, str) or len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise ModelInvalidError(f"{where}: sha256 is {digest!r:.60}; it must be 64 hexadecimal digits.")
    return config


def _check_hash(weights: Path, expected: str) -> str:
    try:
        digest = hash_file(weights)
    except FileNotFoundError as error:
        raise ModelInvalidError(f"{weights} is missing. Copy the whole model folder again.") from error
    except OSError as error:
        raise ModelInvalidError(f"{weights} cannot be read: {error.strerror}.") from error
    if digest != expected:
        raise ModelInvalidError(
            f"{weights} has the SHA-256 {digest[:12]}…, but its config.json records {expected[:12]}…. "
            "The file is damaged or was changed: copy the model folder again."
        )
    return digest


def _to_stored(tensor: "Tensor", name: str, half: bool) -> "Tensor":
    import torch

    tensor = tensor.detach().cpu()
    if tensor.is_floating_point():
        if not bool(torch.isfinite(tensor).all()):
            raise ModelInvalidError(f"The tensor {name!r} holds NaN or infinity, so the model is not saved.")
        tensor = tensor.float()
        if half and tensor.ndim > 1 and tensor.numel() and float(tensor.abs().max()) <= _HALF_MAX:
            tensor = tensor.half()
    return tensor.clone(memory_format=torch.contiguous_format)


def _to_float32(tensor: "Tensor", name: str, weights: Path) -> "Tensor":
    import torch

    if not tensor.is_floating_point():
        return tensor
    if not bool(torch.isfinite(tensor).all()):
        raise ModelInvalidError(f"{weights}: the tensor {name!r} holds NaN or infinity. Get the model again.")
    return tensor.float()


def _first_line(card: Path) -> str:
    try:
        lines = card.read_text(encoding="utf-8", errors="replace")[:4000].splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in lines if line.strip() and not line.startswith(("#", "---", "!", "|"))), "")
