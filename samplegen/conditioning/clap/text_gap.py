"""From where texts lie to where sounds lie: the gap between the towers of a joint embedder.

Contrast leaves text and audio vectors in two cones (Liang et al. 2022, arXiv:2203.02053). A generator that
has heard audio vectors needs texts moved into theirs. Every cure here can be switched off; the card of
``clap-small-44k`` says what each is worth.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, get_args

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from samplegen.conditioning.clap.types import TextGapMethod
from samplegen.errors import UsageError

NEIGHBOURS: Final = 8
TEMPERATURE: Final = 0.05
SHARED_AXES: Final = 48
NAMES: Final = ("bank", "text_mean", "audio_mean", "axes")


@dataclass(frozen=True, eq=False)
class TextGap:
    """What is known of the two cones.

    Parameters
    ----------
    bank
        ``[N, D]`` unit vectors of training sounds.
    text_mean, audio_mean
        ``[D]``, of texts and of the sounds they describe.
    axes
        ``[D, D]`` orthonormal rows, the directions in which texts and sounds vary together, strongest first.
    """

    bank: Tensor
    text_mean: Tensor
    audio_mean: Tensor
    axes: Tensor

    @classmethod
    def measure(cls, texts: Tensor, audios: Tensor) -> "TextGap":
        """From pairs ``[N, D]``; the sounds become the bank.

        The axes are the eigenvectors of the symmetric part of the covariance between the two.
        """
        text_mean, audio_mean = texts.mean(0), audios.mean(0)
        shared = (texts - text_mean).T @ (audios - audio_mean)
        _, vectors = torch.linalg.eigh(shared + shared.T)
        return cls(audios, text_mean, audio_mean, vectors.flip(1).T.contiguous())

    def tensors(self) -> Mapping[str, Tensor]:
        """By the names in `NAMES`, for a model folder."""
        return {name: getattr(self, name) for name in NAMES}


def close_gap(texts: Tensor, *, method: TextGapMethod, gap: TextGap) -> Tensor:
    """Move text vectors ``[B, D]`` by a method of `TextGapMethod`; vectors of zero stay zero.

    Raises
    ------
    UsageError
        If the method is not known.
    """
    if method == "none":
        return texts
    if method == "shift":
        return shift_mean(texts, text_mean=gap.text_mean, audio_mean=gap.audio_mean)
    if method == "axes":
        return keep_axes(texts, axes=gap.axes[:SHARED_AXES])
    if method == "neighbours":
        return nearest_mean(texts, bank=gap.bank)
    raise UsageError(f"The text gap method {method!r} is not known. Choose {', '.join(get_args(TextGapMethod))}.")


def shift_mean(texts: Tensor, *, text_mean: Tensor, audio_mean: Tensor) -> Tensor:
    """Unit vectors of text − mean text + mean audio (spec §3, 1); ``[B, D]``."""
    return F.normalize(texts - text_mean + audio_mean, dim=-1) * _said(texts)


def keep_axes(vectors: Tensor, *, axes: Tensor) -> Tensor:
    """Unit vectors of what lies along the orthonormal `axes` ``[K, D]``; for texts and sounds, ``[B, D]``."""
    return F.normalize(vectors @ axes.T @ axes, dim=-1)


def nearest_mean(texts: Tensor, *, bank: Tensor, count: int = NEIGHBOURS, temperature: float = TEMPERATURE) -> Tensor:
    """Mean of the `count` nearest vectors of `bank` ``[N, D]``, weighted by softmax of cosine / `temperature`.

    The result lies where sounds lie (spec §3, 3). Texts and bank are unit vectors; ``[B, D]``.
    """
    cosines, places = (texts @ bank.T).topk(min(count, bank.shape[0]), dim=-1)
    weights = torch.softmax(cosines / temperature, dim=-1)
    return F.normalize((bank[places] * weights[..., None]).sum(-2), dim=-1) * _said(texts)


def jitter(vectors: Tensor, *, generator: Generator, lowest: float = 0.75) -> Tensor:
    """Unit vectors whose cosine with the given ones is drawn evenly from [`lowest`, 1]; ``[B, D]``.

    In training it makes audio vectors as uncertain as text is (spec §3, 2).
    """
    cosines = lowest + (1.0 - lowest) * torch.rand(vectors.shape[0], 1, generator=generator)
    noise = torch.randn(vectors.shape, generator=generator)
    sideways = F.normalize(noise - (noise * vectors).sum(-1, keepdim=True) * vectors, dim=-1)
    return (cosines * vectors + (1.0 - cosines.square()).clamp_min(0.0).sqrt() * sideways) * _said(vectors)


def _said(vectors: Tensor) -> Tensor:
    """``[B, 1]``, 0 for vectors of zero."""
    return (vectors != 0).any(-1, keepdim=True).to(vectors.dtype)
