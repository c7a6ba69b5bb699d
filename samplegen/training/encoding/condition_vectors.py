"""CLAP's vectors of training sounds, and of texts that say what is known of them."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from samplegen.audio.descriptors import Descriptors, describe_audio
from samplegen.audio.types import Audio
from samplegen.conditioning.embedder import Embedder
from samplegen.training.clap.captions import caption, choose_attributes
from samplegen.training.clap.facts import Facts, Poles, common_attributes, with_measures
from samplegen.training.encoding.latents import LatentSet, SoundToEncode

CAPTIONS = 12
SEED = 7
_BATCH = 16
_NOISE = 0.1


class Listener:
    """Hears training sounds on their way to the codec, and then tells of them in CLAP's vectors.

    Parameters
    ----------
    clap
        Embeds sounds and texts.
    facts
        What is known of each sound that will be heard, in their order.
    """

    def __init__(self, clap: Embedder, facts: Sequence[Facts]) -> None:
        self._clap, self._facts = clap, facts
        self._waiting: list[Audio] = []
        self._heard: list[Tensor] = []
        self._measured: list[Descriptors] = []

    def listen(self, sounds: Iterable[SoundToEncode]) -> Iterator[SoundToEncode]:
        """Yield the sounds as they are, keeping the vector and the measures of each."""
        for sound in sounds:
            self._measured.append(describe_audio(sound.audio))
            self._waiting.append(sound.audio)
            if len(self._waiting) == _BATCH:
                self._embed()
            yield sound

    def tell(
        self,
        latents: LatentSet,
        *,
        captions: int = CAPTIONS,
        seed: int = SEED,
        on_sounds: Callable[[int], None] | None = None,
    ) -> LatentSet:
        """`latents` of the sounds heard, with the vectors of each: of the sound, and of texts about it.

        Words such as "bright" compare a sound with the training sounds of its kind. The texts of
        sound n depend on `seed` and n alone; `on_sounds` hears how many are done.
        """
        self._embed()
        said = list(_texts(self._with_measures(), captions=captions, seed=seed))
        rows: list[Tensor] = []
        for start in range(0, len(said), _BATCH):
            part = said[start : start + _BATCH]
            told = self._clap.embed_text([text for texts in part for text in texts]).view(len(part), captions, -1)
            heard = torch.stack(self._heard[start : start + _BATCH])
            rows.append(torch.cat([heard[:, None], told], dim=1).half())
            if on_sounds is not None:
                on_sounds(start + len(part))
        return latents.with_vectors(torch.cat(rows), name=self._clap.name, hash=self._clap.hash)

    def _embed(self) -> None:
        if self._waiting:
            self._heard += self._clap.embed_audio(self._waiting).unbind()
            self._waiting = []

    def _with_measures(self) -> list[Facts]:
        pairs = list(zip(self._facts, self._measured, strict=True))
        trained = [pair for pair in pairs if pair[0].split == "train"] or pairs
        poles = Poles.measure([fact.kind for fact, _ in trained], [measured for _, measured in trained])
        return [with_measures(fact, measured, poles) for fact, measured in pairs]


def _texts(facts: Sequence[Facts], *, captions: int, seed: int) -> Iterator[list[str]]:
    common = frozenset(common_attributes(facts))
    for number, fact in enumerate(facts):
        rng = np.random.default_rng([seed, number])
        chosen = [choose_attributes(fact, among=common, rng=rng) for _ in range(captions)]
        yield [caption(kind, attributes, rng=rng, noise=_NOISE) for kind, attributes in chosen]
