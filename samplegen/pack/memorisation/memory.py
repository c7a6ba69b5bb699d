"""``memory.safetensors``: fingerprints of the sounds that a model learned from, no audio.

Its forms are ``one_shot``, ``loop`` and ``one_shot_rendered``: one-shots as the model's codec renders them.
Of each it holds an orthonormal `basis` of pictures, the pictures in that basis as bytes (`codes` times
`scale`), where each item begins among them (a loop has a row for each bar), the items' names, and the
limit: how near real sounds come that the model did not learn from.
The header names the weights it belongs to; ``config.json`` records the file's SHA-256 as a companion.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from samplegen.errors import ModelInvalidError, UsageError
from samplegen.files import write_bytes
from samplegen.pack.memorisation.pictures import LOOP_CELLS, ONE_SHOT_CELLS, Float32

MEMORY_FILE: Final = "memory.safetensors"
FORMAT: Final = "samplegen-memory"
FORMAT_VERSION: Final = "1"
RENDERED_SUFFIX: Final = "_rendered"
RENDERED: Final = f"one_shot{RENDERED_SUFFIX}"
CELLS: Final[Mapping[str, int]] = {"one_shot": ONE_SHOT_CELLS, "loop": LOOP_CELLS, RENDERED: ONE_SHOT_CELLS}
_STEPS: Final = 127
_QUIET: Final = 1e-9


@dataclass(frozen=True, eq=False)
class Fingerprints:
    """What is kept of the training sounds of one form.

    Parameters
    ----------
    basis
        ``[cells, D]`` orthonormal.
    points
        ``[rows, D]``: pictures in that basis.
    starts
        ``[items]``: the first row of each item.
    names
        Of the items.
    limit
        The distance below which a sound counts as remembered.
    """

    basis: Float32
    points: Float32
    starts: npt.NDArray[np.int64]
    names: tuple[str, ...]
    limit: float = 0.0

    def nearest(self, pictures: Float32) -> tuple[float, int]:
        """Distance to the nearest item, and which it is.

        The distance is the norm of the difference relative to the norm of the picture: 0 for the same
        sound, about 1 for a sound that shares nothing. Each bar may be any bar of the item.

        Parameters
        ----------
        pictures
            ``[alignments, bars, cells]``; the nearest alignment counts.
        """
        alignments, bars, cells = pictures.shape
        asked = pictures.reshape(-1, cells) @ self.basis
        apart = np.square(asked).sum(axis=1)[:, None] + np.square(self.points).sum(axis=1) - 2.0 * asked @ self.points.T
        each = np.minimum.reduceat(apart, self.starts, axis=1).reshape(alignments, bars, -1).sum(axis=1)
        energy = np.square(pictures).sum(axis=(1, 2))[:, None]
        distances = np.maximum(each, 0.0) / np.maximum(energy, _QUIET)
        number = int(distances.min(axis=0).argmin())
        return float(np.sqrt(distances[:, number].min())), number


def make_fingerprints(pictures: Sequence[Float32], *, form: str, names: Sequence[str], dimension: int) -> Fingerprints:
    """Fingerprints of items ``[bars, cells]``, quantised as the file keeps them.

    Raises
    ------
    UsageError
        If there are none.
    """
    if not pictures:
        raise UsageError(f"There are no training sounds of the form {form} to remember. Scan or render some first.")
    rows = np.concatenate(pictures)
    values, vectors = np.linalg.eigh(rows.T.astype(np.float64) @ rows)
    kept = vectors[:, ::-1][:, : min(dimension, len(values))]
    signs = np.where(kept[np.abs(kept).argmax(axis=0), np.arange(kept.shape[1])] < 0, -1.0, 1.0)
    basis = (kept * signs).astype(np.float16)
    starts = np.cumsum([0, *(len(picture) for picture in pictures)])[:-1]
    codes, scale = _quantise(rows @ basis.astype(np.float32))
    return Fingerprints(basis.astype(np.float32), codes * scale, starts, tuple(names))


def save_memory(folder: Path, forms: Mapping[str, Fingerprints], *, model_hash: str) -> Path:
    """Write the memory of the weights `model_hash` into their model folder."""
    from safetensors.numpy import save

    tensors: dict[str, Any] = {}
    for form, found in sorted(forms.items()):
        codes, scale = _quantise(found.points)
        text = np.frombuffer("\n".join(found.names).encode(), np.uint8)
        parts = {"basis": found.basis.astype(np.float16), "codes": codes, "scale": scale,
                 "starts": found.starts.astype(np.int32), "names": text}  # fmt: skip
        tensors |= {f"{form}.{name}": np.ascontiguousarray(value) for name, value in parts.items()}
    limits = {form: found.limit for form, found in forms.items()}
    # One entry: safetensors writes several in an order of its own, another each time.
    head = {"format": FORMAT, "version": FORMAT_VERSION, "model_sha256": model_hash, "limits": limits}
    path = folder / MEMORY_FILE
    write_bytes(path, save(tensors, metadata={FORMAT: json.dumps(head, sort_keys=True)}))
    return path


def load_memory(path: Path, *, model_hash: str) -> dict[str, Fingerprints]:
    """Read what `save_memory` wrote.

    Raises
    ------
    ModelInvalidError
        If it is missing, damaged, or of other weights.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            head = json.loads((file.metadata() or {})[FORMAT])
            if head["version"] != FORMAT_VERSION or head["model_sha256"] != model_hash:
                raise ValueError(f"version {head['version']}, of the weights {head['model_sha256']:.12}")
            return {form: _read(file, form, float(limit)) for form, limit in head["limits"].items()}
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelInvalidError(
            f"{path} is no memory of this model's weights ({error}). Make it again with: samplegen data remember"
        ) from error


def _read(file: Any, form: str, limit: float) -> Fingerprints:
    tensors = {name: file.get_tensor(f"{form}.{name}") for name in ("basis", "codes", "scale", "starts", "names")}
    basis, codes, starts = tensors["basis"].astype(np.float32), tensors["codes"], tensors["starts"].astype(np.int64)
    names = tuple(tensors["names"].astype(np.uint8).tobytes().decode().split("\n"))
    fits = basis.shape == (CELLS[form], codes.shape[1]) and tensors["scale"].shape == (codes.shape[1],)
    begins = len(starts) > 0 and starts[0] == 0 and bool((np.diff(starts) > 0).all()) and starts[-1] < len(codes)
    finite = bool(np.isfinite(basis).all() and np.isfinite(tensors["scale"]).all()) and 0.0 <= limit < np.inf
    if not fits or not begins or not finite or len(names) != len(starts):
        raise ValueError(f"the tensors of {form} do not fit together")
    return Fingerprints(basis, codes * tensors["scale"].astype(np.float32), starts, names, limit)


def _quantise(points: Float32) -> tuple[npt.NDArray[np.int8], Float32]:
    """Bytes ``[rows, D]`` and what to multiply them with ``[D]``."""
    scale = np.maximum(np.abs(points).max(axis=0), _QUIET) / _STEPS
    return np.round(points / scale).astype(np.int8), scale.astype(np.float32)
