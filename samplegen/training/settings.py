"""What every training is told: a configuration file's overrides, the device, the threads."""

import json
import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import torch

from samplegen.checkpoints import read_config
from samplegen.errors import InputError, ModelInvalidError, UsageError

DEVICES = ("auto", "cpu", "cuda", "mps")

T = TypeVar("T")


def override(default: T, values: Any) -> T:
    """`default` with the `values` of a table of a configuration file.

    Raises
    ------
    UsageError
        On an unknown name or a wrong type.
    """
    if not isinstance(values, dict):
        raise UsageError("A training configuration has the tables [architecture] and [training].")
    plain = json.loads(json.dumps(asdict(default)))  # type: ignore[call-overload]
    try:
        return read_config({**plain, **values}, type(default), where="--config")
    except ModelInvalidError as error:
        raise UsageError(str(error)) from error


def read_settings(config: Path | None) -> dict[str, Any]:
    """The tables of a TOML file; none without one.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    if config is None:
        return {}
    try:
        return tomllib.loads(config.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"Cannot read the configuration {config}: {error}.") from error


def pick_device(name: str) -> str:
    """The device to train on.

    Raises
    ------
    UsageError
        If `name` is not one of `DEVICES`.
    """
    if name not in DEVICES:
        raise UsageError(f"--device {name!r} is not known. Choose one of {', '.join(DEVICES)}.")
    if name != "auto":
        return name
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def threads_each(processes: int) -> int:
    """Torch threads for each of some processes."""
    return max(1, torch.get_num_threads() // processes)
