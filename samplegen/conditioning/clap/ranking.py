"""How well a ranking finds what it should: recall among the first, and average precision."""

import torch
from torch import Tensor


def ranked(texts: Tensor, audios: Tensor, positives: Tensor) -> Tensor:
    """``[Q, N]`` bool: whether the sound at each rank is one that was meant, nearest first.

    Parameters
    ----------
    texts, audios
        ``[Q, D]`` and ``[N, D]`` unit vectors.
    positives
        ``[Q, N]`` bool, the sounds that are meant.
    """
    order = (texts @ audios.T).argsort(dim=1, descending=True, stable=True)
    return positives.gather(1, order)


def recall_at(hits: Tensor, count: int = 10) -> Tensor:
    """``[Q]``: share of the sounds that are meant, of at most `count`, among the first `count` of ``[Q, N]``."""
    meant = hits.sum(1).clamp(1, count)
    return hits[:, :count].sum(1) / meant


def average_precision(hits: Tensor) -> Tensor:
    """``[Q]``: mean over the sounds meant of the share of hits up to their rank, of ``[Q, N]``."""
    ranks = torch.arange(1, hits.shape[1] + 1)
    return (hits.cumsum(1) / ranks * hits).sum(1) / hits.sum(1).clamp_min(1)
