"""Phases from magnitudes alone: the gradients of a log magnitude say how the phase moves.

For a Gaussian window the phase's slope over time is the bin's frequency plus the slope of the log
magnitude over frequency, and its slope over frequency is the slope of the log magnitude over time
(Průša, Balazs & Søndergaard 2017, "A noniterative method for reconstruction of phase from STFT
magnitude", eq. 9 and 10; a Hann window is near enough). They integrate from the loudest cell outwards,
with a heap. Here frames follow each other, so that bins and the sounds of a batch are one vector: a
bin takes its phase from its own past where that was louder, else from the peak it belongs to, and
where the sound sets in, all bins from the strongest one, so that an attack stays sharp.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

# Hann window of n samples as a Gaussian: exp(-pi t^2 / (0.25645 n^2)).
_HANN_GAMMA = 0.25645
_ONSET_NEPERS = 1.04  # 9 dB in one hop
_STEEPEST = 2.0
_TURN = 2.0 * math.pi
_BLOCK = 128  # frames whose slopes are in memory at once


@dataclass(frozen=True)
class _Frames:
    """What decides the phases of some frames, each ``[B, k, F]``."""

    step: Tensor  # phase advance since the frame before
    keep: Tensor  # whether a bin goes on from its own past
    fresh: Tensor  # whether it sets in
    owner: Tensor  # the peak on whose slope it lies
    top: Tensor  # the strongest bin, [B, k, 1]
    across: Tensor  # phase over the bins, from the lowest


@torch.no_grad()
def integrate_phases(log_magnitude: Tensor, *, n_fft: int, hop: int, loop: bool = False) -> Tensor:
    """Phases of a spectrogram of Hann frames, relative to the centre of each frame.

    Parameters
    ----------
    log_magnitude
        ``[B, K, F]`` natural logarithms, F = n_fft / 2 + 1.
    loop
        The K frames are a ring: what sounds through the seam gets its phases turned a little more or
        less since its last onset, so that they meet.

    Returns
    -------
    Tensor
        ``[B, K, F]`` radians.
    """
    count = log_magnitude.shape[1]
    phases = torch.empty_like(log_magnitude)
    last_onset = torch.zeros(phases[:, 0].shape, dtype=torch.long, device=phases.device)
    opening = _frames(log_magnitude, 0, 1, n_fft=n_fft, hop=hop, loop=loop)
    phase = opening.across[:, 0] - opening.across[:, 0].gather(-1, opening.top[:, 0])
    phases[:, 0] = phase
    for start in range(1, count, _BLOCK):
        frames = _frames(log_magnitude, start, min(start + _BLOCK, count), n_fft=n_fft, hop=hop, loop=loop)
        for k in range(frames.step.shape[1]):
            phase, onset = _next(phase, frames, k)
            phases[:, start + k] = phase
            last_onset = torch.where(onset, start + k, last_onset)
    if loop:
        arrived, onset = _next(phase, opening, 0)
        _close(phases, torch.where(onset, 0.0, arrived - phases[:, 0]), last_onset)
    return phases


def _frames(log_magnitude: Tensor, start: int, stop: int, *, n_fft: int, hop: int, loop: bool) -> _Frames:
    count, width = log_magnitude.shape[1:]
    bins = torch.arange(width, device=log_magnitude.device)
    places = torch.arange(start - 2, stop + 1, device=log_magnitude.device)
    around = log_magnitude[:, places % count if loop else places.clamp(0, count - 1)]
    now, before = around[:, 2:-1], around[:, 1:-2]
    gamma = _HANN_GAMMA * n_fft * n_fft
    beside = F.pad(around[:, 1:-1], (1, 1), mode="replicate")
    advance = _TURN * hop * bins / n_fft + (hop * n_fft / gamma) * (beside[..., 2:] - beside[..., :-2]) / 2
    rise = -(gamma / (hop * n_fft)) * _over_frames(before, now, around[:, 3:], bend=math.pi * hop * hop / gamma)
    owner = _owners(now, bins)
    towards = torch.where(bins > owner, bins - 1, torch.where(bins < owner, bins + 1, bins))
    return _Frames(
        step=(advance[:, 1:] + advance[:, :-1]) / 2,
        keep=before > now.gather(-1, towards),
        fresh=now - before > _ONSET_NEPERS,
        owner=owner,
        top=now.argmax(-1, keepdim=True),
        across=F.pad(torch.cumsum((rise[..., 1:] + rise[..., :-1]) / 2, -1), (1, 0)),
    )


def _over_frames(before: Tensor, now: Tensor, after: Tensor, *, bend: float) -> Tensor:
    """Slope of the log magnitude over frames, in nepers per hop, taken from the louder neighbour.

    The other one may lie where the window ends and tell nothing. A one-sided difference is the slope half a hop
    away, which the window's own curvature (`bend` per hop) carries back; both sides alike, that cancels.
    """
    later = torch.sigmoid(2.0 * (after - before))
    ahead, behind = (after - now).clamp(-_STEEPEST, _STEEPEST), (now - before).clamp(-_STEEPEST, _STEEPEST)
    return later * (ahead + bend) + (1.0 - later) * (behind - bend)


def _owners(log_magnitude: Tensor, bins: Tensor) -> Tensor:
    """For every bin the local peak on whose slope it lies, ``[B, k, F]``."""
    rises = log_magnitude[..., 1:] >= log_magnitude[..., :-1]
    peak = F.pad(rises, (1, 0), value=True) & F.pad(~rises, (0, 1), value=True)
    left = torch.cummax(torch.where(peak, bins, 0), -1).values
    right = torch.flip(torch.cummin(torch.flip(torch.where(peak, bins, len(bins) - 1), [-1]), -1).values, [-1])
    return torch.where(peak, bins, torch.where(F.pad(rises, (0, 1), value=False), right, left))


def _next(phase: Tensor, frames: _Frames, k: int) -> tuple[Tensor, Tensor]:
    """Phases ``[B, F]`` after `phase`, and which bins' peaks set in."""
    across, owner, top = frames.across[:, k], frames.owner[:, k], frames.top[:, k]
    carried = phase + frames.step[:, k]
    from_top = across - across.gather(-1, top) + carried.gather(-1, top)
    base = torch.where(frames.fresh[:, k], from_top, carried)
    locked = base.gather(-1, owner) + across - across.gather(-1, owner)
    onset = frames.fresh[:, k].gather(-1, owner)
    return torch.remainder(torch.where(frames.keep[:, k], carried, locked), _TURN), onset


def _close(phases: Tensor, gap: Tensor, last_onset: Tensor) -> None:
    """Turn each bin back by its `gap` (arrived phase less the first) between its last onset and the seam."""
    count = phases.shape[1]
    gap = gap - _TURN * torch.round(gap / _TURN)
    for k in range(count):
        phases[:, k] -= gap * ((k - last_onset).clamp_min(0) / (count - last_onset))
