"""Self-attention with rotary positions that sees at most a span of frames, on a line or on a ring.

A network trained on crops of 250 frames meets loops of 2,700. Limiting the distance
``|i - j|`` to what training showed keeps every rotary angle in range; on a ring the keys are
laid out periodically with their positions going on, so position N - 1 is the neighbour of 0.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from samplegen.networks.blocks import normalisation, zero

ROTARY_BASE = 1e4


@dataclass(frozen=True)
class Window:
    """Which keys each block of queries sees.

    Queries are cut into `blocks` of Q frames. The keys are the frames ``index [E]`` (None: all, in
    order), of which block b sees K consecutive ones from ``b * Q`` on; position of the first is `-before`.

    Parameters
    ----------
    allowed
        ``[blocks, Q, K]`` whether the query may look at the key, or None where all may.
    """

    frames: int
    block: int
    blocks: int
    before: int
    keys: int
    index: Tensor | None
    allowed: Tensor | None


def attention_window(frames: int, *, span: int | None, circular: bool, device: torch.device) -> Window:
    """Lay out keys for `frames` queries that look `span` frames to each side (None: everywhere).

    A ring shorter than the span repeats, as the periodic signal that it is.
    """
    if circular:
        before, after = (span, span) if span is not None else (frames // 2, (frames - 1) // 2)
        return _local_window(frames, before, after, circular=True, device=device)
    if span is None or span >= frames - 1:
        return Window(frames, frames, 1, 0, frames, None, None)
    if frames > 2 * span:
        return _local_window(frames, span, span, circular=False, device=device)
    place = torch.arange(frames, device=device)
    allowed = (place[:, None] - place).abs() <= span
    return Window(frames, frames, 1, 0, frames, None, allowed[None])


def _local_window(frames: int, before: int, after: int, *, circular: bool, device: torch.device) -> Window:
    block = min(frames, max(1, before))
    blocks = -(-frames // block)
    keys = before + block + after
    place = torch.arange(-before, blocks * block + after, device=device)
    key = torch.arange(keys, device=device)[None, :] - before
    query = torch.arange(block, device=device)[:, None]
    allowed = ((key - query >= -before) & (key - query <= after))[None].expand(blocks, -1, -1)
    if circular:
        return Window(frames, block, blocks, before, keys, place % frames, allowed)
    inside = ((place >= 0) & (place < frames)).unfold(0, keys, block)[:, None, :]
    start = torch.arange(blocks, device=device)[:, None, None] * block
    thrown_away = query[None] + start >= frames  # filled-up rows must stay finite
    return Window(frames, block, blocks, before, keys, place.clamp(0, frames - 1), (allowed & inside) | thrown_away)


def rotate(x: Tensor, *, start: int) -> Tensor:
    """Rotary embedding of ``[..., L, D]`` at positions `start`, `start` + 1, ... (Su et al. 2021, eq. 34)."""
    half = x.shape[-1] // 2
    steps = torch.arange(half, dtype=torch.float32, device=x.device) / half
    position = torch.arange(start, start + x.shape[-2], dtype=torch.float32, device=x.device)
    angles = position[:, None] * ROTARY_BASE**-steps
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    first, second = x[..., :half], x[..., half:]
    return torch.cat([first * cos - second * sin, first * sin + second * cos], dim=-1)


def windowed_attention(query: Tensor, key: Tensor, value: Tensor, window: Window, valid: Tensor | None) -> Tensor:
    """Attention of ``[B, H, N, D]`` within a `window`; keys outside ``valid [B, N]`` are not seen."""
    batch, heads, frames, dimension = query.shape
    query = F.pad(rotate(query, start=0), (0, 0, 0, window.blocks * window.block - frames))
    if window.index is not None:
        key, value = key[:, :, window.index], value[:, :, window.index]
    key = rotate(key, start=-window.before)
    if window.blocks > 1:
        query = query.view(batch, heads, window.blocks, window.block, dimension)
        key, value = (x.unfold(2, window.keys, window.block).transpose(-1, -2) for x in (key, value))
        query, key, value = (x.transpose(1, 2).flatten(0, 1) for x in (query, key, value))
    result = attend(query, key, value, _mask(window, valid, batch))
    if window.blocks > 1:
        result = result.view(batch, window.blocks, heads, window.block, dimension).transpose(1, 2).flatten(2, 3)
    return result[:, :, :frames]


def _mask(window: Window, valid: Tensor | None, batch: int) -> Tensor | None:
    mask = None if window.allowed is None else window.allowed[None]
    if valid is not None:
        seen = valid if window.index is None else valid[:, window.index]
        seen = seen.unfold(1, window.keys, window.block)[:, :, None]
        mask = seen if mask is None else seen & mask
        mask = mask | ~mask.any(-1, keepdim=True)  # a query with nothing valid in reach looks at all: stays finite
    if mask is None:
        return None
    return mask.expand(batch, -1, -1, -1).flatten(0, 1)[:, None]


def attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    """Softmax attention; ``mask`` is true where the query may look.

    PyTorch's fused bf16 kernel on the CPU takes twice (backward five times) the time of plain products.
    """
    if query.dtype != torch.bfloat16 or query.device.type != "cpu":
        return F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    scores = torch.matmul(query * query.shape[-1] ** -0.5, key.transpose(-1, -2))
    if mask is not None:
        scores = scores + torch.zeros_like(mask, dtype=scores.dtype).masked_fill_(~mask, float("-inf"))
    return torch.matmul(scores.softmax(-1), value)


class Attention(nn.Module):
    """Pre-norm self-attention with QK-norm and rotary positions, added to its input (spec §4)."""

    def __init__(self, channels: int, *, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = normalisation(channels)
        self.project_in = nn.Linear(channels, 3 * channels)
        self.sharpness = nn.Parameter(torch.ones(heads, 1, 1))
        self.project_out = nn.Linear(channels, channels)
        zero(self.project_out)

    def forward(self, x: Tensor, window: Window, *, valid: Tensor | None) -> Tensor:
        """``[B, C, N]`` to ``[B, C, N]``."""
        batch, channels, frames = x.shape
        h = self.project_in(self.norm(x).transpose(1, 2).contiguous())
        query, key, value = h.view(batch, frames, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        shape = (channels // self.heads,)
        query = F.rms_norm(query, shape, eps=1e-6) * self.sharpness.to(h.dtype)
        h = windowed_attention(query.to(h.dtype), F.rms_norm(key, shape, eps=1e-6).to(h.dtype), value, window, valid)
        change: Tensor = self.project_out(h.transpose(1, 2).reshape(batch, frames, channels))
        return x + change.transpose(1, 2)
