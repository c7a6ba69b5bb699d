import pytest
import torch
from torch.nn import functional

from samplegen.codec.base import Latents
from samplegen.codec.latency import measure_latency, measure_round_trip
from samplegen.errors import ModelInvalidError


class FrameCodec:
    """Latents are the frames themselves, `delay` samples late; the decoder takes `undo` samples back."""

    name, hash = "frames", "0" * 64
    sample_rate, channels, hop_length, dimension, latency_s = 32000, 1, 64, 65, 0.0

    def __init__(self, delay: int = 0, *, undo: int = 0) -> None:
        self.delay, self.undo = delay, undo

    def encode(self, samples, *, loop=False):
        late = functional.pad(samples, (self.delay, 0))[..., : samples.shape[-1]]
        late = functional.pad(late, (0, -late.shape[-1] % 64))
        frames = late.reshape(late.shape[0], -1, 64).transpose(1, 2)
        level = samples.square().mean((1, 2), keepdim=True).expand(-1, 1, frames.shape[-1])
        return Latents(torch.cat([frames, level], 1), 500.0)

    def decode(self, latents, *, loop=False):
        late = latents.values[:, :64].transpose(1, 2).flatten(1)[:, None]
        return functional.pad(late, (0, self.undo))[..., self.undo :]


@pytest.mark.parametrize("delay", [0, 1, 32, 64, 100, 333])
def test_known_delay_is_recovered(delay):
    measured = measure_latency(FrameCodec(delay)) * 32000
    assert measured == pytest.approx(delay, abs=64 / 32 + 1)


@pytest.mark.parametrize(("delay", "undo"), [(100, 100), (100, 40)])
def test_round_trip_is_what_the_decoder_leaves(delay, undo):
    latency = measure_round_trip(FrameCodec(delay, undo=undo))
    assert latency.encode_s * 32000 == pytest.approx(delay, abs=3)
    assert latency.round_trip_s * 32000 == pytest.approx(delay - undo, abs=1e-6)


def test_two_measurements_are_equal():
    assert measure_latency(FrameCodec(77)) == measure_latency(FrameCodec(77))


def test_dead_codec_is_refused():
    class Dead(FrameCodec):
        def encode(self, samples, *, loop=False):
            latents = super().encode(samples)
            return Latents(latents.values * 0.0, latents.frame_rate)

    with pytest.raises(ModelInvalidError, match="does not react"):
        measure_latency(Dead())
