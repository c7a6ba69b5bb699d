"""The change is made once, between latents and decoder; all else is the codec's."""

import torch

from samplegen.codec import load_codec
from samplegen.codec.base import Latents
from samplegen.evaluation.changed_codec import ChangedCodec, fewer_components, learned_channels, quantised
from tests.models import CODEC


def test_latents_are_changed_before_decoding(tiny_models) -> None:
    codec = load_codec(CODEC)
    values = torch.randn(1, codec.dimension, 6, generator=torch.Generator().manual_seed(0))
    made = ChangedCodec(codec, lambda latents: 0.5 * latents).decode(Latents(values, 1.0))
    assert torch.equal(made, codec.decode(Latents(0.5 * values, 1.0)))
    assert not torch.equal(made, codec.decode(Latents(values, 1.0)))
    assert ChangedCodec(codec, lambda latents: latents).hash == codec.hash
    assert learned_channels(codec) == 6 and codec.dimension == 8


def test_latents_on_steps() -> None:
    low, high = torch.tensor([[0.0], [-1.0]]), torch.tensor([[3.0], [1.0]])
    made = quantised(2, low=low, high=high)(torch.tensor([[[-5.0, 0.4, 1.6, 9.0], [-1.0, -0.2, 0.2, 1.0]]]))
    torch.testing.assert_close(made, torch.tensor([[[0.0, 0.0, 2.0, 3.0], [-1.0, -1 / 3, 1 / 3, 1.0]]]))


def test_latents_on_their_first_component() -> None:
    """Frames on a line in two channels: one component is all; what lies beside it goes, a third channel stays."""
    line = torch.linspace(-1.0, 1.0, 50)[:, None] * torch.tensor([[3.0, 4.0]])
    change = fewer_components(1, frames=line)
    on_it = torch.tensor([[[0.6, 0.3], [0.8, 0.4], [7.0, 8.0]]])
    torch.testing.assert_close(change(on_it), on_it, atol=1e-5, rtol=1e-5)
    beside = torch.tensor([[[4.0], [-3.0], [5.0]]])
    torch.testing.assert_close(change(beside), torch.tensor([[[0.0], [0.0], [5.0]]]), atol=1e-5, rtol=1e-5)
