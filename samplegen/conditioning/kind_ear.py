"""Hearing which kind of one-shot a sound is: a linear classifier of its CLAP vector."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from samplegen.audio.types import Audio
from samplegen.conditioning.embedder import Embedder
from samplegen.errors import ModelInvalidError, UsageError
from samplegen.files import write_bytes

EAR_FILE: Final = "kinds.safetensors"
FORMAT: Final = "samplegen-kinds"
FORMAT_VERSION: Final = "1"
_PENALTY: Final = 1e-4
_STEPS: Final = 200


@dataclass(frozen=True, eq=False)
class KindEar:
    """Tells the kinds of one-shots apart (multinomial logistic regression).

    Parameters
    ----------
    weights, bias
        ``[K, D]`` and ``[K]``, of unit vectors of the CLAP with the hash `clap`.
    """

    kinds: tuple[str, ...]
    weights: Tensor
    bias: Tensor
    clap: str

    def probabilities(self, vectors: Tensor) -> Tensor:
        """``[B, K]`` of CLAP vectors ``[B, D]``."""
        return F.softmax(vectors.float() @ self.weights.T + self.bias, dim=-1)

    def hear(self, audios: Sequence[Audio], clap: Embedder) -> Tensor:
        """``[B, K]`` of sounds.

        Raises
        ------
        UsageError
            If `clap` is not the one that it knows.
        """
        if clap.hash != self.clap:
            raise UsageError(f"These kinds are told apart by another CLAP than {clap.name}.")
        return self.probabilities(clap.embed_audio(audios))


def learn_kinds(vectors: Tensor, kinds: Sequence[str], *, clap: str) -> KindEar:
    """Learn from CLAP vectors ``[N, D]`` of sounds and their kinds, each kind counting alike.

    Raises
    ------
    UsageError
        If there are fewer than two kinds.
    """
    counts = Counter(kinds)
    names = tuple(sorted(counts))
    if len(names) < 2:
        raise UsageError("Kinds can only be told apart where there are two or more.")
    wanted = torch.tensor([names.index(kind) for kind in kinds])
    shares = torch.tensor([1.0 / (len(names) * counts[kind]) for kind in kinds])
    weights = torch.zeros(len(names), vectors.shape[1], requires_grad=True)
    bias = torch.zeros(len(names), requires_grad=True)
    heard = vectors.float()
    optimiser = torch.optim.LBFGS([weights, bias], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        missed = F.cross_entropy(heard @ weights.T + bias, wanted, reduction="none")
        total: Tensor = (shares * missed).sum() + _PENALTY * weights.square().sum()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    with torch.enable_grad():
        optimiser.step(loss)  # type: ignore[no-untyped-call]
    return KindEar(names, weights.detach(), bias.detach(), clap)


def save_ear(folder: Path, ear: KindEar) -> Path:
    """Write ``kinds.safetensors`` into a model folder."""
    head = {"format": FORMAT, "version": FORMAT_VERSION, "clap_sha256": ear.clap, "kinds": list(ear.kinds)}
    tensors = {"weights": ear.weights.contiguous(), "bias": ear.bias.contiguous()}
    write_bytes(folder / EAR_FILE, save(tensors, metadata={FORMAT: json.dumps(head, sort_keys=True)}))
    return folder / EAR_FILE


def load_ear(folder: Path, *, clap: Embedder) -> KindEar | None:
    """What `save_ear` wrote; None where there is no such file.

    Raises
    ------
    ModelInvalidError
        If it is damaged or of another CLAP.
    """
    path = folder / EAR_FILE
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            head = json.loads((file.metadata() or {})[FORMAT])
            weights, bias = file.get_tensor("weights").float(), file.get_tensor("bias").float()
        kinds = tuple(str(kind) for kind in head["kinds"])
        if head["version"] != FORMAT_VERSION or head["clap_sha256"] != clap.hash:
            raise ValueError(f"version {head['version']}, of the CLAP {head['clap_sha256']:.12}")
        if weights.shape != (len(kinds), clap.dimension) or bias.shape != (len(kinds),):
            raise ValueError(f"weights of the shape {tuple(weights.shape)} for {len(kinds)} kinds")
        if not (weights.isfinite().all() and bias.isfinite().all()):
            raise ValueError("numbers that are not finite")
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelInvalidError(
            f"{path} does not tell this model's kinds apart ({error}). Install it again."
        ) from error
    return KindEar(kinds, weights, bias, clap.hash)
