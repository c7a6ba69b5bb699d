"""The joint embedding's towers: shapes, padding, refusals."""

import pytest
import torch

from samplegen.errors import UsageError
from samplegen.networks.joint import JointConfig, JointEmbedding

TINY = JointConfig(dimension=6, buckets=50, text_width=8, audio_width=8, bands=10, text_blocks=1, audio_blocks=1)


@pytest.fixture
def network() -> JointEmbedding:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return JointEmbedding(TINY).eval()


def test_shapes_and_gradients(network):
    words = network.text.words(torch.tensor([1, 2, 3, 4]), torch.tensor([0, 2]))
    assert words.shape == (2, 8)
    said = network.text(words.view(1, 2, 8), torch.ones(1, 2, 1))
    heard = network.audio(torch.rand(3, 10, 16), torch.ones(3, 16), torch.zeros(3, 4))
    assert said.shape == (1, 6) and heard.shape == (3, 6)
    (said.sum() + heard.sum()).backward()
    untouched = [name for name, value in network.named_parameters() if value.grad is None]
    assert untouched == ["log_scale"]


def test_padding_words_changes_nothing(network):
    words = torch.randn(1, 2, 8)
    padded = torch.cat([words, torch.randn(1, 3, 8)], dim=1)
    mask = torch.tensor([1.0, 1.0, 0.0, 0.0, 0.0]).view(1, 5, 1)
    torch.testing.assert_close(network.text(padded, mask), network.text(words, torch.ones(1, 2, 1)))


def test_padding_frames_changes_nothing_beyond_the_last(network):
    mels = torch.rand(1, 10, 16)
    padded = torch.cat([mels, torch.zeros(1, 10, 16)], dim=2)
    mask = torch.cat([torch.ones(1, 16), torch.zeros(1, 16)], dim=1)
    alone = network.audio(mels, torch.ones(1, 16), torch.zeros(1, 4))
    torch.testing.assert_close(network.audio(padded, mask, torch.zeros(1, 4)), alone, atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("changes", [{"dimension": 0}, {"text_width": 5000}, {"buckets": 1 << 21}])
def test_sizes_that_are_refused(changes):
    with pytest.raises(UsageError, match=f"{next(iter(changes))} is"):
        JointConfig(**changes)


def test_each_size_is_told_its_own_limit():
    with pytest.raises(UsageError, match=f"1 to {1 << 20} are"):
        JointConfig(buckets=1 << 21)
    assert JointConfig(buckets=1 << 20).buckets == 1 << 20
