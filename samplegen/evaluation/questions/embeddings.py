"""The spaces in which sets of sounds are compared: one stated codec's latents, log-mel statistics, and a CLAP."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from samplegen.audio.types import Audio
from samplegen.evaluation.distances import latent_embedding, mel_embedding
from samplegen.evaluation.questions.estimates import Float64

if TYPE_CHECKING:
    from samplegen.codec.base import Codec
    from samplegen.conditioning.embedder import Embedder

BATCH: Final = 16
ONE_SHOT_WINDOW: Final = 65_536

Embed = Callable[[Sequence[Audio]], Float64]


def make_embeddings(codec: "Codec", claps: "Sequence[Embedder]" = ()) -> dict[str, Embed]:
    """Embeddings by name.

    Every sound is encoded by the same `codec`, whatever codec its system decodes with, so latents of two
    systems are the same measures of what is heard.
    """
    found: dict[str, Embed] = {
        "log-mel": lambda sounds: np.stack([mel_embedding(sound) for sound in sounds]),
        f"latents of {codec.name}": lambda sounds: np.stack([latent_embedding(x, codec=codec) for x in sounds]),
    }
    for clap in claps:
        found[clap.name] = _hearing(clap)
    return found


def _hearing(clap: "Embedder") -> Embed:
    def embed(sounds: Sequence[Audio]) -> Float64:
        parts = [clap.embed_audio(sounds[first : first + BATCH]) for first in range(0, len(sounds), BATCH)]
        return np.concatenate([part.double().numpy() for part in parts])

    return embed


def in_window(audio: Audio, *, sample_rate: int = 44_100) -> Audio:
    """A one-shot in a window of 1.5 s, cut or filled with silence, so that statistics over time compare."""
    samples = audio.samples[:, : round(ONE_SHOT_WINDOW * audio.sample_rate / sample_rate)]
    length = round(ONE_SHOT_WINDOW * audio.sample_rate / sample_rate)
    return audio.with_samples(np.pad(samples, ((0, 0), (0, length - samples.shape[1]))))
