"""Forgetting conditions at random, so that one network learns every branch of guidance (spec §3)."""

from dataclasses import dataclass

import torch

from samplegen.conditioning.types import Conditioning
from samplegen.errors import UsageError


@dataclass(frozen=True)
class Dropout:
    """Shares of items that lose everything, the beat only, the embedding only; the rest keep both."""

    everything: float = 0.10
    beat: float = 0.10
    embedding: float = 0.10

    def __post_init__(self) -> None:
        shares = (self.everything, self.beat, self.embedding)
        if min(shares) < 0 or sum(shares) > 1:
            raise UsageError(f"Dropout shares must not be negative nor sum to more than 1; {shares} given.")


def drop_conditions(
    conditioning: Conditioning, *, generator: torch.Generator, dropout: Dropout | None = None
) -> Conditioning:
    """Copy in which each item has lost what its own draw says; for the collate step."""
    dropout = dropout or Dropout()
    draw = torch.rand(conditioning.has_beat.shape[0], generator=generator).to(conditioning.has_beat.device)
    everything = draw < dropout.everything
    beat_only = ~everything & (draw < dropout.everything + dropout.beat)
    both = dropout.everything + dropout.beat
    embedding_only = (draw >= both) & (draw < both + dropout.embedding)
    return conditioning.drop(beat=everything | beat_only, embedding=everything | embedding_only)
