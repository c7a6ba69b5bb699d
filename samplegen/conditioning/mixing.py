"""Conditions between others: on the sphere, where unit vectors live."""

import torch
import torch.nn.functional as F
from torch import Tensor

_PARALLEL = 1e-3


def slerp(start: Tensor, end: Tensor, positions: Tensor) -> Tensor:
    """Spherical interpolation of unit vectors ``[B, D]`` at `positions` ``[B]`` in [0, 1] (spec §7, morph).

    The ends are exact. Where one of the two is a vector of zeros (nothing said), or both are
    parallel, the way is straight.
    """
    at = positions[:, None]
    angle = torch.arccos((start * end).sum(-1, keepdim=True).clamp(-1.0, 1.0))
    sine = torch.sin(angle)
    curved = (torch.sin((1.0 - at) * angle) * start + torch.sin(at * angle) * end) / sine.clamp_min(_PARALLEL)
    said = (start != 0).any(-1, keepdim=True) & (end != 0).any(-1, keepdim=True)
    between = torch.where(said & (sine > _PARALLEL), curved, (1.0 - at) * start + at * end)
    return torch.where(at <= 0.0, start, torch.where(at >= 1.0, end, between))


def weighted_mean(vectors: Tensor, weights: Tensor) -> Tensor:
    """Unit vector ``[D]`` of unit vectors ``[N, D]`` with `weights` ``[N]`` of a positive sum."""
    return F.normalize((vectors * weights[:, None]).sum(0), dim=0)
