"""The change is made once, between latents and decoder; all else is the codec's."""

import torch

from samplegen.codec import load_codec
from samplegen.codec.base import Latents
from samplegen.evaluation.changed_codec import ChangedCodec, learned_channels
from tests.models import CODEC


def test_latents_are_changed_before_decoding(tiny_models) -> None:
    codec = load_codec(CODEC)
    values = torch.randn(1, codec.dimension, 6, generator=torch.Generator().manual_seed(0))
    made = ChangedCodec(codec, lambda latents: 0.5 * latents).decode(Latents(values, 1.0))
    assert torch.equal(made, codec.decode(Latents(0.5 * values, 1.0)))
    assert not torch.equal(made, codec.decode(Latents(values, 1.0)))
    assert ChangedCodec(codec, lambda latents: latents).hash == codec.hash
    assert learned_channels(codec) == 6 and codec.dimension == 8
