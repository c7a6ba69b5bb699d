"""A sentence encoder as a teacher of the text tower: what people call sounds beyond our captions.

MiniLM-L6 (Wang et al. 2020, arXiv:2002.10957) in plain torch, from a folder of its published files. Needed
while training only.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from samplegen.errors import DependencyError, InputError
from samplegen.training.clap.captions import NOUNS, PHRASES, caption

_HEADS, _EPSILON, _LONGEST, _BATCH = 12, 1e-12, 64, 128
CHARACTERS = (
    "abrasive aggressive airy analog angry bassy beefy big biting bitcrushed blunt boomy booming boxy "
    "breathy brittle bouncy buzzy chunky clanky clean clicky cold compressed crackling creaky crisp "
    "crunchy crystalline dead deep detuned dirty distant dreamy droning dry dull dusty eerie epic "
    "ethereal evolving explosive fat filthy flat fluffy full fuzzy gated gentle ghostly glassy glitchy "
    "granular grainy gritty groovy grungy hard harsh hazy heavy hissing hollow huge hypnotic icy "
    "industrial intense jangly jazzy laser lazy light liquid lofi loose loud lush massive mellow metallic "
    "mid moody muddy muffled mystical nasal noisy old organic percussive plastic plucky poppy punchy pure "
    "quiet quick raspy raw resonant retro reversed rich ringing robotic rolling rough round rubbery "
    "rumbling saturated sharp shimmering shiny short sizzling skippy slappy sloppy smooth snappy soft "
    "spacey sparkly spooky springy squeaky squelchy stretched strong subby sustained sweet swirling "
    "syncopated tape tense textured thick thin thudding thumpy tight tiny tinny tonal trashy tribal "
    "tropical ugly underwater vintage vinyl warbly warm wet whispering wide wild wobbly wooden woody "
    "zappy "
).split()
SOUNDS = (
    "kick snare clap hat hi-hat tom cymbal ride crash shaker tambourine conga bongo cowbell clave "
    "woodblock rimshot bass sub 808 lead pluck pad stab chord arp bell piano guitar violin cello flute "
    "sax trumpet vocal choir riser sweep impact whoosh noise zap laser glitch vinyl foley texture drone "
    "loop beat break groove "
).split()


class SentenceTeacher:
    """A BERT-shaped sentence encoder.

    Parameters
    ----------
    folder
        Holds ``model.safetensors`` and ``tokenizer.json``.

    Raises
    ------
    InputError
        If a file is missing or is something else.
    DependencyError
        Without the package ``tokenizers``.
    """

    def __init__(self, folder: Path) -> None:
        self._weights = _read_weights(folder / "model.safetensors")
        self._tokenizer = _read_tokenizer(folder / "tokenizer.json")
        self._layers = sum(name.endswith("attention.self.query.weight") for name in self._weights)

    def embed(self, texts: list[str]) -> Tensor:
        """``[B, D]`` unit vectors, the mean over the tokens."""
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        rows: list[Tensor] = [torch.empty(0)] * len(texts)
        with torch.inference_mode():
            for start in range(0, len(order), _BATCH):
                places = order[start : start + _BATCH]
                vectors = self._forward([texts[place] for place in places])
                for place, vector in zip(places, vectors, strict=True):
                    rows[place] = vector
        return torch.stack(rows).clone()

    def _forward(self, texts: list[str]) -> Tensor:
        encoded = self._tokenizer.encode_batch(texts)
        ids = torch.tensor([item.ids for item in encoded])
        mask = torch.tensor([item.attention_mask for item in encoded])
        table = self._weights
        x = table["embeddings.word_embeddings.weight"][ids] + table["embeddings.token_type_embeddings.weight"][0]
        x = self._norm(x + table["embeddings.position_embeddings.weight"][: ids.shape[1]], "embeddings.LayerNorm")
        for layer in range(self._layers):
            x = self._layer(x, mask[:, None, None, :] == 1, f"encoder.layer.{layer}.")
        weights = mask[..., None].float()
        return F.normalize((x * weights).sum(1) / weights.sum(1), dim=-1)

    def _layer(self, x: Tensor, mask: Tensor, name: str) -> Tensor:
        """Attention, then a perceptron, each followed by its norm; ``[B, N, W]``."""
        size = (*x.shape[:2], _HEADS, x.shape[2] // _HEADS)
        query, key, value = (
            self._linear(x, f"{name}attention.self.{part}").view(size).transpose(1, 2)
            for part in ("query", "key", "value")
        )
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=mask).transpose(1, 2).reshape(x.shape)
        x = self._norm(x + self._linear(mixed, f"{name}attention.output.dense"), f"{name}attention.output.LayerNorm")
        wide = F.gelu(self._linear(x, f"{name}intermediate.dense"))
        return self._norm(x + self._linear(wide, f"{name}output.dense"), f"{name}output.LayerNorm")

    def _linear(self, x: Tensor, name: str) -> Tensor:
        return F.linear(x, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _norm(self, x: Tensor, name: str) -> Tensor:
        return F.layer_norm(x, x.shape[-1:], self._weights[f"{name}.weight"], self._weights[f"{name}.bias"], _EPSILON)


def teaching_texts(count: int, *, rng: np.random.Generator) -> list[str]:
    """Different texts for the teacher, in alphabetical order: half captions, half looser words for sounds."""
    kinds, attributes = list(NOUNS), list(PHRASES)
    texts: set[str] = set()
    while len(texts) < count // 2:
        said = rng.choice(len(attributes), int(rng.integers(0, 3)), replace=False)
        kind = kinds[int(rng.integers(len(kinds)))]
        texts.add(caption(kind, [attributes[place] for place in said], rng=rng, noise=0.0))
    while len(texts) < count:
        words = [CHARACTERS[place] for place in rng.choice(len(CHARACTERS), int(rng.integers(1, 3)), replace=False)]
        texts.add(" ".join([*words, SOUNDS[int(rng.integers(len(SOUNDS)))]] if rng.random() < 0.8 else words))
    return sorted(texts)


def _read_weights(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        weights = {name: tensor.float() for name, tensor in load_file(path).items() if tensor.is_floating_point()}
    except (OSError, SafetensorError) as error:
        raise InputError(f"The teacher's weights {path} cannot be read: {error}.") from error
    if "embeddings.word_embeddings.weight" not in weights:
        raise InputError(f"{path} is no sentence encoder of the BERT form: it has no word embeddings.")
    return weights


def _read_tokenizer(path: Path) -> Any:
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise DependencyError("A teacher needs the package tokenizers: pip install tokenizers.") from error
    try:
        padding = json.loads(path.read_text("utf-8"))["model"]["vocab"].get("[PAD]", 0)
        tokenizer = Tokenizer.from_file(str(path))
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise InputError(f"The teacher's tokenizer {path} cannot be read: {error!r}.") from error
    tokenizer.enable_truncation(_LONGEST)
    tokenizer.enable_padding(pad_id=padding, pad_token="[PAD]")
    return tokenizer
