"""The spectral autoencoder: framing, rings, and what cannot be built."""

from dataclasses import replace

import pytest
import torch

from samplegen.errors import UsageError
from samplegen.networks.spectral import SpectralAutoencoder, SpectralConfig
from samplegen.networks.stft import Stft
from tests.models import CODEC_CONFIG, tiny_network

HOP = CODEC_CONFIG.hop_length


@pytest.fixture(scope="module")
def network() -> SpectralAutoencoder:
    return tiny_network().eval()


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(1))


@torch.inference_mode()
def test_a_frame_a_hop(network: SpectralAutoencoder) -> None:
    latents = network.encode(noise(2, 5 * HOP))
    assert latents.shape == (2, CODEC_CONFIG.dimension, 5)
    assert network.decode(latents).shape == (2, 5 * HOP)


@torch.inference_mode()
@pytest.mark.parametrize("frames", [1, 2, 7, 40])  # the shortest go round the ring several times
def test_a_turned_ring_has_turned_latents(network: SpectralAutoencoder, frames: int) -> None:
    ring = noise(1, frames * HOP)
    latents, turn = network.encode(ring, loop=True), frames // 3 + 1
    turned = network.encode(ring.roll(turn * HOP, -1), loop=True)
    torch.testing.assert_close(turned, latents.roll(turn, -1), atol=1e-5, rtol=1e-5)


@torch.inference_mode()
@pytest.mark.parametrize("frames", [1, 2, 7, 40])
@pytest.mark.parametrize("waveform", [True, False])
def test_turned_latents_make_a_turned_ring(network: SpectralAutoencoder, frames: int, waveform: bool) -> None:
    channels = CODEC_CONFIG.dimension - (0 if waveform else CODEC_CONFIG.wave_bins)
    latents, turn = noise(1, channels, frames), frames // 3 + 1
    ring, turned = network.decode(latents, loop=True), network.decode(latents.roll(turn, -1), loop=True)
    torch.testing.assert_close(turned, ring.roll(turn * HOP, -1), atol=1e-5, rtol=1e-5)


@torch.inference_mode()
@pytest.mark.parametrize("blocks", [(1, 1), (4, 1), (1, 3)])
def test_a_ring_is_the_middle_of_its_repeats(blocks: tuple[int, int]) -> None:
    torch.manual_seed(0)
    network = SpectralAutoencoder(replace(CODEC_CONFIG, encoder_blocks=blocks[0], decoder_blocks=blocks[1])).eval()
    frames = 12
    ring, latents = noise(1, frames * HOP), noise(1, CODEC_CONFIG.dimension, frames)
    middle = network.encode(ring.repeat(1, 3))[..., frames : 2 * frames]
    torch.testing.assert_close(network.encode(ring, loop=True), middle, atol=1e-5, rtol=1e-5)
    decoded = network.decode(latents.repeat(1, 1, 3))[:, frames * HOP : 2 * frames * HOP]
    torch.testing.assert_close(network.decode(latents, loop=True), decoded, atol=1e-5, rtol=1e-5)


@torch.inference_mode()
def test_no_latent_blows_up(network: SpectralAutoencoder) -> None:
    assert network.decode(1e6 * noise(1, CODEC_CONFIG.dimension, 8), loop=True).isfinite().all()


@pytest.mark.parametrize(("n_fft", "hop"), [(256, 64), (512, 256)])
def test_the_transform_and_its_inverse_restore_the_signal(n_fft: int, hop: int) -> None:
    samples, stft = noise(1, 16 * hop), Stft(n_fft, hop)
    spectrum = stft.analyse(samples, loop=False)
    assert spectrum.shape == (1, 16, n_fft // 2 + 1)
    torch.testing.assert_close(stft.synthesise(spectrum), samples, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    "changes",
    [
        {"n_fft": 0}, {"stack": -1}, {"decoder_width": 10**9}, {"decoder_blocks": 65}, {"kernel_size": 4},
        {"frame_hop": 63}, {"frame_hop": 96}, {"tonal_fft": 300}, {"wave_bins": 12}, {"wave_bins": -1},
    ],
)  # fmt: skip
def test_sizes_that_do_not_fit(changes: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="must be|allowed"):
        replace(CODEC_CONFIG, **changes)


def test_the_default_fits() -> None:
    config = SpectralConfig()
    assert (config.hop_length, config.bins) == (1024, 513)
    assert config.reach == 9 * 3 + 2
