"""Class tags and a CLAP vector side by side: what a generator of this kind is told of a sound.

Tags name a kind for certain; the vector says the rest, from a text or from another sound.
"""

import hashlib
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from samplegen.conditioning.embedder import Embedder, TagEmbedder
from samplegen.errors import UsageError


class WordsAndSound:
    """Condition vectors ``[B, D_tags + D_clap]``: the tags' unit vector, then CLAP's; zeros where either is absent.

    Parameters
    ----------
    tags, clap
        The embedders whose vectors are joined.
    """

    def __init__(self, tags: TagEmbedder, clap: Embedder) -> None:
        self.tags, self.clap = tags, clap
        self.dimension = tags.dimension + clap.dimension
        self.name = joint_name(clap.name)
        self.hash = joint_hash(tags.hash, clap.hash)

    def condition(self, *, tags: Sequence[Sequence[str]], vectors: Tensor | None) -> Tensor:
        """``[B, D]`` of B sets of tags (empty: none) and ``[B, D_clap]`` vectors of any length (zeros or None: none).

        Raises
        ------
        UsageError
            On an unknown tag, or vectors of another count or dimension.
        """
        words = self.tags.embed_tags(tags)
        if vectors is None:
            vectors = torch.zeros(len(words), self.clap.dimension)
        if vectors.shape != (len(words), self.clap.dimension):
            raise UsageError(
                f"{len(words)} sets of tags need CLAP vectors of the shape {(len(words), self.clap.dimension)}, "
                f"not {tuple(vectors.shape)}."
            )
        return torch.cat([words, F.normalize(vectors.float(), dim=-1)], dim=1)


def joint_name(clap_name: str) -> str:
    """Name of tags beside a CLAP, which generators record."""
    return f"tags+{clap_name}"


def joint_hash(tags_hash: str, clap_hash: str) -> str:
    """SHA-256 of both embedders' hashes, which generators record."""
    return hashlib.sha256(f"{tags_hash}+{clap_hash}".encode()).hexdigest()
