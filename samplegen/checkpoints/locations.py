"""Where models may lie, and which one a name means."""

import os
import sys
from pathlib import Path

import samplegen
from samplegen.errors import ModelMissingError

MODELS_VARIABLE = "SAMPLEGEN_MODELS"
CONFIG_FILE = "config.json"
WEIGHTS_FILE = "model.safetensors"
CARD_FILE = "README.md"


def user_cache_folder(*, platform: str = sys.platform) -> Path:
    """Models of this user: the platform's cache folder, then ``samplegen/models``.

    ``XDG_CACHE_HOME`` wins everywhere; otherwise ``%LOCALAPPDATA%`` on Windows,
    ``~/Library/Caches`` on macOS and ``~/.cache`` elsewhere.
    """
    if chosen := os.environ.get("XDG_CACHE_HOME"):
        base = Path(chosen)
    elif platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path.home() / ".cache"
    return base / "samplegen" / "models"


def model_folders() -> tuple[Path, ...]:
    """Folders searched for a model name, first hit wins.

    ``$SAMPLEGEN_MODELS`` (several separated as in ``PATH``), ``models/`` beside the
    package in a source checkout, models installed inside the package, models installed
    below ``sys.prefix``, and the user's cache.
    """
    package = Path(samplegen.__file__).resolve().parent
    chosen = [Path(part).expanduser() for part in os.environ.get(MODELS_VARIABLE, "").split(os.pathsep) if part]
    installed = [package / "bundled_models", Path(sys.prefix) / "share" / "samplegen" / "models"]
    return (*chosen, package.parent / "models", *installed, user_cache_folder())


def installed_models() -> dict[str, Path]:
    """Every name that `find_model` would find in a model folder, with its folder."""
    found: dict[str, Path] = {}
    for folder in model_folders():
        for candidate in _subfolders(folder):
            found.setdefault(candidate.name, candidate)
    return dict(sorted(found.items()))


def find_model(name_or_path: str | Path, *, pullable: tuple[str, ...] = ()) -> Path:
    """Folder of a model given by path or by name.

    Parameters
    ----------
    name_or_path
        A path (a `Path`, or text with a separator) or a bare name, which is searched
        in `model_folders` and at last in the current folder.
    pullable
        Names of published weights that the error may offer.

    Raises
    ------
    ModelMissingError
        Says where it looked and which names exist.
    """
    if is_path(name_or_path):
        return _given_folder(Path(name_or_path))
    for parent in (*model_folders(), Path()):
        if _is_model(parent / name_or_path):
            return parent / name_or_path
    raise ModelMissingError(_missing_message(str(name_or_path), pullable))


def is_path(name_or_path: str | Path) -> bool:
    """Whether a model is named by its place instead of its name."""
    text = str(name_or_path)
    return isinstance(name_or_path, Path) or "/" in text or os.sep in text or text in ("", ".", "..", "~")


def _given_folder(path: Path) -> Path:
    try:
        folder = path.expanduser()
        if folder.is_file():
            folder = folder.parent
        if folder.is_dir():
            return folder
    except (OSError, RuntimeError) as error:
        raise ModelMissingError(f"The model folder {path} cannot be opened ({error}).") from error
    raise ModelMissingError(f"There is no model folder {path}. Check the path, or give a model's name.")


def _subfolders(folder: Path) -> list[Path]:
    try:
        return sorted(entry for entry in folder.iterdir() if _is_model(entry))
    except OSError:
        return []


def _is_model(folder: Path) -> bool:
    try:
        return (folder / CONFIG_FILE).is_file() or (folder / WEIGHTS_FILE).is_file()
    except OSError:  # no permission, or a name longer than the system allows
        return False


def _missing_message(name: str, pullable: tuple[str, ...]) -> str:
    looked = ", ".join(str(folder) for folder in model_folders())
    known = ", ".join(installed_models()) or "none"
    message = f"No model is named {name!r}. Looked in {looked}. Installed: {known}."
    if name in pullable:
        return f"{message} Fetch it with: samplegen models pull {name}"
    return f"{message} To pull: {', '.join(pullable)}." if pullable else message
