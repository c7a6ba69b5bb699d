"""Ring processing for networks that are not circular: run three repeats, keep the middle one.

The first repeat absorbs the warm-up of causal convolutions and LSTMs, the third
gives the audio that truly follows the end of the middle one.
"""

import torch
from torch import Tensor

from samplegen.units import seconds_to_samples

_BLEND_S = 0.005


def repeat_three_times(values: Tensor) -> Tensor:
    """``[..., T]`` to ``[..., 3 T]``."""
    return torch.cat([values, values, values], dim=-1)


def middle_repeat(samples: Tensor, *, sample_rate: int, blend_s: float = _BLEND_S) -> Tensor:
    """Keep the middle third of ``[..., 3 T]``, its start blended out of the start of the last third.

    The end of the middle runs on into the third repeat, so after the blend end and
    start meet exactly. Both repeats are nearly the same wave, thus the blend keeps
    amplitudes: gains that add up to 1 (an equal-power fade would swell by 3 dB).
    """
    length = samples.shape[-1] // 3
    middle, third = samples[..., length : 2 * length].clone(), samples[..., 2 * length : 3 * length]
    blend = min(seconds_to_samples(blend_s, sample_rate=sample_rate), length)
    ramp = torch.linspace(0.0, 1.0, blend + 1, device=samples.device, dtype=samples.dtype)[:blend]
    fade_in = 0.5 - 0.5 * torch.cos(torch.pi * ramp)
    middle[..., :blend] = third[..., :blend] * (1.0 - fade_in) + middle[..., :blend] * fade_in
    return middle
