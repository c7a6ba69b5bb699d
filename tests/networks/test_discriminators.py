import importlib

import pytest
import torch

from samplegen.codec.torchaudio_shim import import_encodec
from samplegen.networks.discriminators import DiscriminatorConfig, MultiScaleStftDiscriminator

SMALL = DiscriminatorConfig(filters=4, n_ffts=(256, 128))


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.filterwarnings("ignore::FutureWarning")  # the package uses torch's older weight_norm
@pytest.mark.parametrize("channels", [1, 2])
def test_same_shapes_and_size_as_the_package(channels):
    import_encodec()
    theirs = importlib.import_module("encodec.msstftd").MultiScaleSTFTDiscriminator(
        4, in_channels=channels, n_ffts=[256, 128], win_lengths=[256, 128], hop_lengths=[64, 32]
    )
    ours = MultiScaleStftDiscriminator(DiscriminatorConfig(channels=channels, filters=4, n_ffts=(256, 128)))
    samples = noise(2, channels, 2000)
    (logits, features), (their_logits, their_features) = ours(samples), theirs(samples)
    assert [value.shape for value in logits] == [value.shape for value in their_logits]
    assert [[value.shape for value in scale] for scale in features] == [
        [value.shape for value in scale] for scale in their_features
    ]
    # the package leaves its first layer without weight norm: ours has one gain a filter and scale more
    counts = [sum(parameter.numel() for parameter in network.parameters()) for network in (ours, theirs)]
    assert counts[0] - counts[1] == 2 * 4


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_input_spectrum_equals_the_packages():
    import_encodec()
    theirs = importlib.import_module("encodec.msstftd").DiscriminatorSTFT(1, n_fft=128, win_length=128, hop_length=32)
    network = MultiScaleStftDiscriminator(DiscriminatorConfig(filters=1, n_ffts=(128,))).scales[0]
    seen = []
    network.layers[0].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    samples = noise(1, 1, 1000)
    network(samples)
    bins = theirs.spec_transform(samples)
    torch.testing.assert_close(seen[0], torch.cat([bins.real, bins.imag], 1).transpose(2, 3))


def test_every_parameter_and_the_input_get_a_gradient():
    network = MultiScaleStftDiscriminator(SMALL)
    samples = noise(1, 1, 1000).requires_grad_()
    logits, _ = network(samples)
    sum(value.sum() for value in logits).backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    assert samples.grad is not None and samples.grad.abs().sum() > 0


def test_items_of_a_batch_are_judged_alone():
    network = MultiScaleStftDiscriminator(SMALL)
    samples = noise(3, 1, 1000)
    together, _ = network(samples)
    alone, _ = network(samples[1:2])
    torch.testing.assert_close(together[0][1:2], alone[0])
