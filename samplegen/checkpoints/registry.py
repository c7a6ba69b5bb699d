"""Weights that others published, which `pull` fetches on request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from samplegen.errors import UsageError

_CLAP_URL = "https://huggingface.co/lukewys/laion_clap/resolve/main/"
_ENCODEC_URL = "https://dl.fbaipublicfiles.com/encodec/v0/"
_ROBERTA_URL = "https://huggingface.co/FacebookAI/roberta-base/resolve/main/"


@dataclass(frozen=True)
class PublishedFile:
    """A small file that goes with weights.

    Parameters
    ----------
    url
        Where it is published.
    place
        Path below the model folder.
    rows_of
        Tensor with as many rows as this JSON object has entries; empty when it is no such object.
    starts_with
        First characters of the file.
    """

    url: str
    place: str
    rows_of: str = ""
    starts_with: str = ""

    @property
    def file_name(self) -> str:
        """Last part of the URL."""
        return self.url.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class PublishedWeights:
    """One published checkpoint.

    Parameters
    ----------
    name, family
        Of the model folder that `pull` makes.
    url
        Where it is published.
    digest_prefix
        First digits of its SHA-256, as far as they are known here; empty when not.
    key_prefixes
        Its parameters' names start with one of these.
    licence, description
        For the card.
    config
        What a reader must know to build the network; goes into ``config.json``.
    companions
        Small files that the network needs beside its weights.
    """

    name: str
    family: str
    url: str
    digest_prefix: str
    key_prefixes: tuple[str, ...]
    licence: str
    description: str
    config: Mapping[str, Any] = field(default_factory=dict)
    companions: tuple[PublishedFile, ...] = ()

    @property
    def file_name(self) -> str:
        """Last part of the URL."""
        return self.url.rsplit("/", 1)[-1]


def _encodec(name: str, digest: str, description: str, **config: object) -> PublishedWeights:
    return PublishedWeights(
        name=name,
        family="encodec",
        url=f"{_ENCODEC_URL}{name}-{digest}.th",
        digest_prefix=digest,
        key_prefixes=("encoder.", "decoder.", "quantizer."),
        licence="stated at https://github.com/facebookresearch/encodec",
        description=description,
        config=config,
    )


# The text tower is a RoBERTa; the tokenizer's vocabulary must have its number of entries.
_ROBERTA_TOKENIZER = (
    PublishedFile(
        f"{_ROBERTA_URL}vocab.json", "tokenizer/vocab.json", rows_of="text_branch.embeddings.word_embeddings.weight"
    ),
    PublishedFile(f"{_ROBERTA_URL}merges.txt", "tokenizer/merges.txt", starts_with="#version"),
)


def _clap(name: str, file_name: str, audio_model: str, description: str) -> PublishedWeights:
    return PublishedWeights(
        name=name,
        family="laion_clap",
        url=_CLAP_URL + file_name,
        digest_prefix="",
        key_prefixes=("audio_branch.", "text_branch."),
        licence="stated at https://huggingface.co/lukewys/laion_clap",
        description=description,
        config={"audio_model": audio_model},
        companions=_ROBERTA_TOKENIZER,
    )


_ALL = (
    _encodec(
        "encodec_24khz",
        "d7cc33bc",
        "EnCodec 24 kHz mono, published by Meta AI.",
        sample_rate=24000,
        channels=1,
        causal=True,
        norm="weight_norm",
        normalize=False,
        segment_s=None,
        target_bandwidths=[1.5, 3.0, 6.0, 12.0, 24.0],
    ),
    _encodec(
        "encodec_48khz",
        "7e698e3e",
        "EnCodec 48 kHz stereo, published by Meta AI.",
        sample_rate=48000,
        channels=2,
        causal=False,
        norm="time_group_norm",
        normalize=True,
        segment_s=1.0,
        target_bandwidths=[3.0, 6.0, 12.0, 24.0],
    ),
    _clap(
        "laion-clap-music",
        "music_audioset_epoch_15_esc_90.14.pt",
        "HTSAT-base",
        "LAION-CLAP trained on music, speech and AudioSet.",
    ),
    _clap("laion-clap-audioset", "630k-audioset-best.pt", "HTSAT-tiny", "LAION-CLAP trained on 630k and AudioSet."),
)

PUBLISHED: Mapping[str, PublishedWeights] = MappingProxyType({weights.name: weights for weights in _ALL})


def find_published(name: str) -> PublishedWeights:
    """Registry entry by its name, or by the published file's name.

    Raises
    ------
    UsageError
        Lists the known names.
    """
    for weights in PUBLISHED.values():
        if name in (weights.name, weights.file_name):
            return weights
    raise UsageError(f"No published weights are named {name!r}. Known: {', '.join(PUBLISHED)}.")
