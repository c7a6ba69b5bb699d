"""How a loop of exactly L samples is laid on a ring of whole latent frames (spec §7)."""

from dataclasses import dataclass

import torch
from torch import Tensor

from samplegen.errors import UsageError
from samplegen.units import ratio_to_cents, samples_to_frames

MAX_PITCH_ERROR_CENTS = 10.0
_MAX_REPEATS = 64


@dataclass(frozen=True)
class RingPlan:
    """The ring that a loop is made on.

    Parameters
    ----------
    length
        Samples of the finished loop.
    frames
        Latent frames of the ring.
    repeats
        How often the loop goes round in the ring. More than once only for loops so short
        that rounding to whole frames would be heard; their latents are held periodic.
    pitch_error_cents
        What resampling ``frames * hop`` samples to ``repeats * length`` shifts the pitch by.
    """

    length: int
    frames: int
    repeats: int
    pitch_error_cents: float


def plan_ring(length: int, *, hop_length: int, multiple: int) -> RingPlan:
    """Choose frames for a loop of `length` samples.

    First choice is a number that the network divides (circular padding everywhere); then any
    whole number (wrapped context); for very short loops several periods on one ring. The
    pitch error never passes 10 cents.

    Raises
    ------
    UsageError
        If the loop is too short for any ring.
    """
    for repeats in range(1, _MAX_REPEATS + 1):
        total = repeats * length
        whole = max(1, samples_to_frames(total, hop_length=hop_length))
        divisible = multiple * max(1, samples_to_frames(total, hop_length=hop_length * multiple))
        for frames in (divisible, whole):
            error = ratio_to_cents(frames * hop_length / total)
            if abs(error) <= MAX_PITCH_ERROR_CENTS:
                return RingPlan(length, frames, repeats, error)
    raise UsageError(f"A loop of {length} samples is too short for this model. Ask for more bars or a lower tempo.")


def hold_period(latents: Tensor, *, repeats: int) -> Tensor:
    """Projection of ``[B, C, N]`` on what repeats `repeats` times round the ring (any period, also fractional).

    Keeps the Fourier bins that are multiples of `repeats`: the mean over all shifts by N / repeats frames.
    """
    if repeats == 1:
        return latents
    spectrum = torch.fft.rfft(latents.float(), dim=-1)
    kept = torch.arange(spectrum.shape[-1], device=latents.device) % repeats == 0
    held: Tensor = torch.fft.irfft(spectrum * kept, n=latents.shape[-1], dim=-1)
    return held
