"""How late an event stands in a codec's latents, measured with clicks.

A click at time t changes some frames; the energy-weighted mean of their centres
lies `latency` seconds after t. So frame n speaks of the time
``t_n = (n + 0.5) * hop / sample_rate - latency`` (alpha-blending spec, section 3).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from samplegen.codec.base import Codec
from samplegen.errors import ModelInvalidError

_FRAMES = 64
_CLICK_FRAME = 32
_OFFSETS = 16


@dataclass(frozen=True)
class CodecLatency:
    """Delays of a codec in seconds.

    Parameters
    ----------
    encode_s
        From an event to the centre of its latent response.
    round_trip_s
        From an event to its decoded copy; near zero in a trained codec.
    """

    encode_s: float
    round_trip_s: float


def measure_latency(codec: Codec) -> float:
    """Seconds from a click to the centroid of its latent response, averaged over one hop of positions.

    Deterministic: the clicks stand at 16 even offsets within a frame, so the frame
    grid averages out. What is constant over time (a level channel) does not count.

    Raises
    ------
    ModelInvalidError
        If the latents do not react to clicks.
    """
    clicks, times_s = _clicks(codec)
    response = codec.encode(clicks).values - codec.encode(torch.zeros_like(clicks)).values
    return _mean_delay(response, times_s, frame_s=codec.hop_length / codec.sample_rate)


def measure_round_trip(codec: Codec) -> CodecLatency:
    """Both delays: of the latents, and of the decoded click against the click itself.

    Raises
    ------
    ModelInvalidError
        If latents or sound do not react to clicks.
    """
    clicks, times_s = _clicks(codec)
    silence = codec.decode(codec.encode(torch.zeros_like(clicks)))
    response = codec.decode(codec.encode(clicks)) - silence
    return CodecLatency(measure_latency(codec), _mean_delay(response, times_s, frame_s=1.0 / codec.sample_rate))


def _clicks(codec: Codec) -> tuple[Tensor, Tensor]:
    """``[16, channels, T]`` with one full-scale click each, and their times in seconds ``[16]``."""
    steps = torch.arange(_OFFSETS, dtype=torch.float64)
    positions = ((_CLICK_FRAME + (steps + 0.5) / _OFFSETS) * codec.hop_length).floor().long()
    clicks = torch.zeros(_OFFSETS, codec.channels, _FRAMES * codec.hop_length)
    clicks[torch.arange(_OFFSETS), :, positions] = 1.0
    return clicks, (positions.double() + 0.5) / codec.sample_rate


def _mean_delay(response: Tensor, times_s: Tensor, *, frame_s: float) -> float:
    """Centroid of the response's energy over its frames, less the click's time, averaged over the clicks."""
    changing = response.double() - response.double().median(dim=-1, keepdim=True).values
    energy = changing.square().sum(1)
    total = energy.sum(-1)
    if not bool((total > 0).all()) or not bool(total.isfinite().all()):
        raise ModelInvalidError("The codec does not react to a click, so its latency is unknown. Train it further.")
    centres_s = (torch.arange(energy.shape[-1], dtype=torch.float64) + 0.5) * frame_s
    return float(((energy * centres_s).sum(-1) / total - times_s).mean())
