"""What a denoiser is told: beat phases and an embedding, either of which may be absent."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

BEAT_CHANNELS = 8


@dataclass(frozen=True)
class Conditioning:
    """Conditions of a batch.

    Parameters
    ----------
    beat
        ``[B, 8, N]``: sin/cos/saw of beat phase, sin/cos/saw of bar phase, log2(bpm/120),
        presence (spec §3). All zeros where absent.
    embedding
        ``[B, D]`` unit vectors, zeros where absent.
    has_beat, has_embedding
        ``[B]`` booleans; where false the network adds its learned null vector.
    """

    beat: Tensor
    embedding: Tensor
    has_beat: Tensor
    has_embedding: Tensor

    def drop(self, *, beat: Tensor, embedding: Tensor) -> "Conditioning":
        """Copy without the conditions that the ``[B]`` boolean masks name."""
        keep_beat, keep_embedding = self.has_beat & ~beat, self.has_embedding & ~embedding
        return Conditioning(
            self.beat * keep_beat[:, None, None],
            self.embedding * keep_embedding[:, None],
            keep_beat,
            keep_embedding,
        )

    def without_embedding(self) -> "Conditioning":
        """Copy with the beat alone."""
        every = torch.ones_like(self.has_beat)
        return self.drop(beat=~every, embedding=every)

    def without_all(self) -> "Conditioning":
        """The unconditional copy."""
        every = torch.ones_like(self.has_beat)
        return self.drop(beat=every, embedding=every)

    def with_beat(self, beat: Tensor) -> "Conditioning":
        """Copy with other phase channels ``[B, 8, N']``."""
        return replace(self, beat=beat)

    def part(self, items: slice) -> "Conditioning":
        """Copy with some items of the batch."""
        return Conditioning(self.beat[items], self.embedding[items], self.has_beat[items], self.has_embedding[items])

    def to(self, device: torch.device) -> "Conditioning":
        """Copy on another device."""
        return Conditioning(
            self.beat.to(device), self.embedding.to(device), self.has_beat.to(device), self.has_embedding.to(device)
        )


def concatenate(items: list[Conditioning]) -> Conditioning:
    """Join along the batch axis."""
    return Conditioning(
        torch.cat([c.beat for c in items]),
        torch.cat([c.embedding for c in items]),
        torch.cat([c.has_beat for c in items]),
        torch.cat([c.has_embedding for c in items]),
    )
