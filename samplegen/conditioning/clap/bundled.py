"""The joint text-audio embedder that comes with samplegen: small, offline, taught on its own sounds."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor

from samplegen.audio.types import Audio
from samplegen.checkpoints import LoadedModel, load_model, read_config
from samplegen.conditioning.clap.features import BANDS, Heard, windows_of
from samplegen.conditioning.clap.text_gap import NAMES, TextGap
from samplegen.conditioning.clap.words import BUCKETS, WordList, buckets_of, words_of
from samplegen.errors import ModelInvalidError
from samplegen.networks.joint import JointConfig, JointEmbedding
from samplegen.networks.precision import fast_inference
from samplegen.networks.undrawn import undrawn

FAMILY: Final = "clap-joint"
_BATCH: Final = 64
_MULTIPLE: Final = 8


class BundledClap:
    """Text and audio to unit vectors in one space (an `Embedder`).

    Words that training never said (see `WordList`) are left out; text without any known word,
    and silence, have the vector zero.

    Parameters
    ----------
    words
        What training has said; None when that is not known, and every word counts.

    Attributes
    ----------
    gap
        What `close_gap` needs, where the model holds it.
    """

    def __init__(
        self,
        network: JointEmbedding,
        *,
        name: str,
        hash: str,
        gap: TextGap | None = None,
        words: Iterable[str] | None = None,
    ) -> None:
        self.network = network.eval()
        self._words = None if words is None else WordList(words)
        self._known: dict[str, bool] = {}
        self.name, self.hash, self.gap = name, hash, gap
        self.dimension = network.config.dimension

    def embed_text(self, texts: Sequence[str]) -> Tensor:
        """``[B, D]`` unit vectors; zeros where no word is known."""
        known = [[word for word in words_of(text) if self.knows(word)] for text in texts]
        rows = torch.zeros(len(texts), self.dimension)
        said = [row for row, words in enumerate(known) if words]
        with torch.inference_mode():
            for start in range(0, len(said), _BATCH):
                part = said[start : start + _BATCH]
                rows[part] = embed_words(self.network, [known[row] for row in part])
        return rows

    def embed_audio(self, audios: Sequence[Audio]) -> Tensor:
        """``[B, D]`` unit vectors of sounds of any length, rate and level; zeros for silence."""
        rows = torch.zeros(len(audios), self.dimension)
        loud = [row for row, audio in enumerate(audios) if audio.samples.any()]
        windows = [(row, window) for row in loud for window in windows_of(audios[row])]
        for start in range(0, len(windows), _BATCH):
            part = windows[start : start + _BATCH]
            rows.index_add_(0, torch.tensor([row for row, _ in part]), self._hear([window for _, window in part]))
        return F.normalize(rows, dim=-1)

    def knows(self, word: str) -> bool:
        """Whether training has said the word, or one that this may be a typo or a form of."""
        if self._words is None:
            return True
        if word not in self._known:
            self._known[word] = word in self._words
        return self._known[word]

    def _hear(self, windows: Sequence[Heard]) -> Tensor:
        with torch.inference_mode(), fast_inference():
            return embed_windows(self.network, windows)


@lru_cache(maxsize=65_536)
def _buckets(word: str) -> tuple[int, ...]:
    return tuple(buckets_of(word))


def embed_words(
    network: JointEmbedding,
    texts: Sequence[Sequence[str]],
    *,
    dropped: float = 0.0,
    generator: torch.Generator | None = None,
) -> Tensor:
    """``[B, D]`` unit vectors of texts given as words; in training a share of the pieces is dropped."""
    most = max(len(words) for words in texts)
    buckets: list[int] = []
    offsets, places = [], []
    for row, words in enumerate(texts):
        for column, word in enumerate(words):
            offsets.append(len(buckets))
            places.append(row * most + column)
            buckets += _some(_buckets(word), dropped, generator)
    vectors = network.text.words(torch.tensor(buckets), torch.tensor(offsets))
    grid = vectors.new_zeros(len(texts) * most, vectors.shape[1]).index_copy(0, torch.tensor(places), vectors)
    mask = torch.zeros(len(texts) * most).index_fill(0, torch.tensor(places), 1.0)
    return F.normalize(network.text(grid.view(len(texts), most, -1), mask.view(len(texts), most, 1)).float(), dim=-1)


def _some(buckets: Sequence[int], dropped: float, generator: torch.Generator | None) -> list[int]:
    if dropped <= 0.0 or len(buckets) < 3:
        return list(buckets)
    kept = torch.rand(len(buckets), generator=generator) >= dropped
    return [bucket for bucket, keep in zip(buckets, kept.tolist(), strict=True) if keep] or [buckets[0]]


def embed_windows(network: JointEmbedding, windows: Sequence[Heard]) -> Tensor:
    """``[B, D]`` unit vectors of windows, padded to a common length."""
    most = -(-max(window.mels.shape[1] for window in windows) // _MULTIPLE) * _MULTIPLE
    mels, mask = torch.zeros(len(windows), BANDS, most), torch.zeros(len(windows), most)
    for row, window in enumerate(windows):
        mels[row, :, : window.mels.shape[1]] = torch.from_numpy(window.mels)
        mask[row, : window.mels.shape[1]] = 1.0
    extras = torch.stack([torch.from_numpy(window.extras) for window in windows])
    return F.normalize(network.audio(mels, mask, extras).float(), dim=-1)


def load_bundled(model: LoadedModel | str) -> BundledClap:
    """Load a model of the family ``clap-joint``.

    Raises
    ------
    ModelMissingError, ModelInvalidError
        If it is missing, damaged or another sort of model.
    """
    loaded = load_model(model) if isinstance(model, str) else model
    if loaded.config.get("family") != FAMILY:
        raise ModelInvalidError(f"{loaded.name} is a {loaded.config.get('family')!r:.60}, not a {FAMILY!r}.")
    config = read_config(loaded.config.get("architecture"), JointConfig)
    if (config.buckets, config.bands) != (BUCKETS, BANDS):
        raise ModelInvalidError(
            f"{loaded.name} has {config.buckets} buckets and {config.bands} bands; this samplegen works with "
            f"{BUCKETS} and {BANDS}. Get the model again."
        )
    known = {name: loaded.tensors[name] for name in NAMES if name in loaded.tensors}
    try:
        with undrawn():
            network = JointEmbedding(config)
        weights = {name: value for name, value in loaded.tensors.items() if name not in known}
        network.load_state_dict(weights, assign=True)
        gap = TextGap(**known) if known else None
    except (RuntimeError, TypeError) as error:
        reason = " ".join(str(error).split())[:160]
        raise ModelInvalidError(f"The weights of {loaded.name} do not fit its config.json: {reason} …") from error
    return BundledClap(network, name=loaded.name, hash=loaded.hash, gap=gap, words=_words(loaded))


def _words(loaded: LoadedModel) -> list[str]:
    words = loaded.config.get("words")
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ModelInvalidError(f"The config.json of {loaded.name} must hold a list of words. Get the model again.")
    return words
