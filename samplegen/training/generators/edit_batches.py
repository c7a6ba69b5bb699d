"""Batches for a generator that edits: it is shown what is known of a sound, and learns the rest.

The network's further inputs (``inpainting`` in its configuration) are latents and a mask,
which says of each frame how far to trust them: `KNOWN`, `DEGRADED` or not at all.
"""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Generator, Tensor

from samplegen.diffusion.blending import Denoiser
from samplegen.diffusion.masks import DEGRADED, KNOWN, masked_network
from samplegen.training.generators.batches import BatchDrawer

_LONGEST_GAP: Final = 0.6


@dataclass(frozen=True)
class KnownShares:
    """How often an item shows what of itself; the rest show nothing.

    Parameters
    ----------
    gap, ending
        All but a stretch of up to 60 %, all but its end.
    degraded
        A worse copy of itself, everywhere; needs latents with `LatentSet.degraded`.
    """

    gap: float = 0.35
    ending: float = 0.1
    degraded: float = 0.45


class EditBatchDrawer(BatchDrawer):
    """Batches whose latents ``[B, 2C, N]`` hold the sounds and, behind them, one of their worse copies."""

    def _frames(self, place: Tensor, generator: Generator) -> Tensor:
        clean = super()._frames(place, generator)
        if self._set.degraded is None:
            return torch.cat([clean, clean], dim=1)
        copy = int(torch.randint(len(self._set.degraded), (), generator=generator))
        return torch.cat([clean, self._set.degraded[copy, place]], dim=1)

    def _normalise(self, latents: Tensor) -> Tensor:
        return torch.cat([self._stats.normalise(part) for part in latents.chunk(2, dim=1)], dim=1)


def draw_known(both: Tensor, *, shares: KnownShares, has_degraded: bool, generator: Generator) -> tuple[Tensor, Tensor]:
    """What a batch ``[B, 2C, N]`` shows of itself: latents ``[B, C, N]`` and mask ``[B, 1, N]``."""
    clean, worse = both.chunk(2, dim=1)
    batch, _, frames = clean.shape
    mask = torch.zeros(batch, 1, frames)
    known = clean.clone()
    for item in range(batch):
        sort, length, place = torch.rand(3, generator=generator).tolist()
        gap = max(1, round(length * _LONGEST_GAP * frames))
        if sort < shares.gap:
            start = int(place * frames)
            mask[item] = KNOWN
            mask[item, 0, torch.arange(start, start + gap) % frames] = 0.0
        elif sort < shares.gap + shares.ending:
            mask[item, 0, : frames - gap] = KNOWN
        elif has_degraded and sort < shares.gap + shares.ending + shares.degraded:
            known[item], mask[item] = worse[item], DEGRADED
    return known, mask


def showing(
    network: Denoiser,
    both: Tensor,
    *,
    shares: KnownShares,
    has_degraded: bool,
    generator: Generator,
    share: slice = slice(None),
) -> Denoiser:
    """`network` with what the items `share` of a batch show of themselves at every call."""
    known, mask = draw_known(both, shares=shares, has_degraded=has_degraded, generator=generator)
    return masked_network(network, known=known[share].to(both), mask=mask[share].to(both))
