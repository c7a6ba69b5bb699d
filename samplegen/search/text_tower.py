"""The text tower of the bundled embedder in numpy, so that a query need not wait for torch.

The same sums as `samplegen.networks.joint.TextTower`; a test holds them together.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from samplegen.checkpoints.locations import CONFIG_FILE, WEIGHTS_FILE, find_model
from samplegen.checkpoints.registry import PUBLISHED
from samplegen.checkpoints.schema import read_json_object
from samplegen.conditioning.clap.words import WordList, buckets_of, words_of
from samplegen.errors import ModelInvalidError
from samplegen.files import hash_file

FAMILY: Final = "clap-joint"
_EPSILON: Final = 1e-5
_PREFIX: Final = "text."

Float32 = npt.NDArray[np.float32]


class NumpyTextTower:
    """Words to a unit vector, as `BundledClap.embed_text`.

    Parameters
    ----------
    tensors
        Weights by name, as in the model file; only those of the text tower count.
    words
        What training has said.
    name, hash
        Of the model.
    """

    def __init__(self, tensors: Mapping[str, npt.NDArray[Any]], *, words: Iterable[str], name: str, hash: str) -> None:
        self.name, self.hash = name, hash
        self._words = WordList(words)
        self._weights = {key.removeprefix(_PREFIX): value for key, value in tensors.items() if key.startswith(_PREFIX)}
        self._blocks = len({key.split(".")[1] for key in self._weights if key.startswith("blocks.")})
        self.dimension = len(self._weights["out.2.bias"])

    def knows(self, word: str) -> bool:
        """Whether training has said the word, or one that this may be a typo or a form of."""
        return word in self._words

    def known_words(self, text: str) -> list[str]:
        """The words of a text that say something to the tower."""
        return [word for word in words_of(text) if self.knows(word)]

    def embed(self, text: str) -> Float32:
        """``[D]`` unit vector; zeros where no word is known."""
        words = self.known_words(text)
        if not words:
            return np.zeros(self.dimension, np.float32)
        made = self._forward(words)
        return np.asarray(made / max(1e-12, float(np.linalg.norm(made))), np.float32)

    def _forward(self, words: Sequence[str]) -> Float32:
        table = self._weights["pieces.weight"]
        x = np.stack([table[buckets_of(word)].astype(np.float32).mean(axis=0) for word in words])
        x = self._normalise(x, "norm")
        for block in range(self._blocks):
            x = x + self._block(x, f"blocks.{block}")
        logits = self._linear(x, "attention")
        weights = np.exp(logits - logits.max())
        attended = (x * (weights / weights.sum())).sum(axis=0)
        pooled = np.concatenate([attended, x.mean(axis=0)])
        hidden = self._linear(np.asarray(pooled, np.float32), "out.0")
        erf = np.array([math.erf(value / math.sqrt(2.0)) for value in hidden.tolist()], np.float32)
        return self._linear(np.asarray(hidden * 0.5 * (1.0 + erf), np.float32), "out.2")

    def _block(self, x: Float32, name: str) -> Float32:
        kernel = self._weights[f"{name}.mix.weight"].astype(np.float32)[:, 0]
        reach = kernel.shape[1] // 2
        padded = np.pad(x, ((reach, reach), (0, 0)))
        y = self._weights[f"{name}.mix.bias"] + sum(
            padded[k : k + len(x)] * kernel[:, k] for k in range(kernel.shape[1])
        )
        wide = self._linear(self._normalise(np.asarray(y, np.float32), f"{name}.norm"), f"{name}.widen")
        curve = np.tanh(math.sqrt(2.0 / math.pi) * (wide + 0.044715 * wide**3))
        wide = np.asarray(0.5 * wide * (1.0 + curve), np.float32)
        return np.asarray(self._linear(wide, f"{name}.narrow") * self._weights[f"{name}.scale"], np.float32)

    def _linear(self, x: Float32, name: str) -> Float32:
        weight = self._weights[f"{name}.weight"].astype(np.float32)
        return np.asarray(x @ weight.T + self._weights[f"{name}.bias"], np.float32)

    def _normalise(self, x: Float32, name: str) -> Float32:
        centred = x - x.mean(axis=-1, keepdims=True)
        scaled = centred / np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + _EPSILON)
        return np.asarray(scaled * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"], np.float32)


def load_text_tower(name: str | Path) -> NumpyTextTower | None:
    """The text tower of a model of the bundled family; None where the model is of another.

    Raises
    ------
    ModelMissingError, ModelInvalidError
        If it is missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    folder = find_model(name, pullable=tuple(PUBLISHED))
    config = read_json_object(folder / CONFIG_FILE)
    if config.get("family") != FAMILY:
        return None
    weights = folder / WEIGHTS_FILE
    try:
        digest = hash_file(weights)
        if digest != config.get("sha256"):
            raise ModelInvalidError(f"{weights} is not the file that its config.json records. Copy the model again.")
        return NumpyTextTower(load_file(weights), words=config["words"], name=folder.resolve().name, hash=digest)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, IndexError) as error:
        raise ModelInvalidError(f"{weights} cannot be read ({error}). Copy the model again.") from error
