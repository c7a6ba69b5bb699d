"""The spectrogram autoencoder: framing, rings, recolouring, and what cannot be built."""

from dataclasses import replace

import pytest
import torch

from samplegen.errors import UsageError
from samplegen.networks.spectrogram import (
    SpectrogramAutoencoder,
    SpectrogramConfig,
    _held,
    between,
    log_magnitudes,
    roughness,
    scaled,
    unscaled,
)
from tests.models import CODEC_CONFIG as CONFIG
from tests.models import tiny_network

HOP = CONFIG.hop_length


@pytest.fixture(scope="module")
def network() -> SpectrogramAutoencoder:
    return tiny_network().eval()


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(1))


@torch.inference_mode()
def test_a_frame_a_hop(network: SpectrogramAutoencoder) -> None:
    latents = network.encode(noise(2, 5 * HOP))
    assert latents.shape == (2, CONFIG.dimension, 5)
    assert network.decode(latents).shape == (2, 5 * HOP)


@torch.inference_mode()
@pytest.mark.parametrize("frames", [1, 2, 7, 40])  # the shortest go round the ring several times
def test_a_turned_ring_has_turned_latents(network: SpectrogramAutoencoder, frames: int) -> None:
    ring = noise(1, frames * HOP)
    latents, turn = network.encode(ring, loop=True), frames // 3 + 1
    turned = network.encode(ring.roll(turn * HOP, -1), loop=True)
    torch.testing.assert_close(turned, latents.roll(turn, -1), atol=1e-3, rtol=1e-3)


@torch.inference_mode()
@pytest.mark.parametrize("frames", [2, 7, 40])
def test_turned_latents_make_a_turned_ring(network: SpectrogramAutoencoder, frames: int) -> None:
    latents, turn = noise(1, CONFIG.dimension, frames), frames // 3 + 1
    ring, turned = network.decode(latents, loop=True), network.decode(latents.roll(turn, -1), loop=True)
    torch.testing.assert_close(turned, ring.roll(turn * HOP, -1), atol=1e-5, rtol=1e-5)


@torch.inference_mode()
@pytest.mark.parametrize("blocks", [(1, 1), (4, 1), (1, 3)])
def test_a_ring_is_the_middle_of_its_repeats(blocks: tuple[int, int]) -> None:
    torch.manual_seed(0)
    network = SpectrogramAutoencoder(replace(CONFIG, encoder_blocks=blocks[0], decoder_blocks=blocks[1])).eval()
    frames, inner = 12, slice(12 * CONFIG.stack, 24 * CONFIG.stack)
    ring, latents = noise(1, frames * HOP), noise(1, CONFIG.dimension, frames)
    middle = network.encode(ring.repeat(1, 3))[..., frames : 2 * frames]
    torch.testing.assert_close(network.encode(ring, loop=True), middle, atol=1e-3, rtol=1e-3)
    line, whole = network.spectrogram(latents.repeat(1, 1, 3)), network.spectrogram(latents, loop=True)
    for part, repeated in zip(vars(whole).values(), vars(line).values(), strict=True):
        torch.testing.assert_close(part, repeated[:, inner], atol=1e-5, rtol=1e-5)


@torch.inference_mode()
def test_no_latent_blows_up(network: SpectrogramAutoencoder) -> None:
    assert network.decode(1e6 * noise(1, CONFIG.dimension, 8), loop=True).abs().max() <= 1.1001


@torch.inference_mode()
def test_rows_of_a_batch_do_not_hear_each_other(network: SpectrogramAutoencoder) -> None:
    latents = noise(3, CONFIG.dimension, 20)
    others = torch.stack([-latents[0], latents[1], 0.3 * latents[2]])
    for loop in (True, False):
        assert torch.equal(network.decode(latents, loop=loop)[1], network.decode(others, loop=loop)[1])


@torch.inference_mode()
@pytest.mark.parametrize("loop", [True, False])
def test_equal_latents_recolour_nothing(network: SpectrogramAutoencoder, loop: bool) -> None:
    samples, latents = noise(1, 20 * HOP), noise(1, CONFIG.dimension, 20)
    assert torch.equal(network.recolour(samples, latents, latents, loop=loop), samples)


@torch.inference_mode()
def test_recolouring_lowers_what_the_latents_lower(network: SpectrogramAutoencoder) -> None:
    """Latents of the sound at a tenth of its level, through the straight paths alone: the sound, quieter."""
    samples = 0.3 * noise(1, 40 * HOP)
    several = torch.cat([gain * samples for gain in (1.0, 0.3, 0.1, 0.03)])
    levels = scaled(log_magnitudes(network.decoder.stft, several)).reshape(-1, CONFIG.stack * CONFIG.bins)
    straight = tiny_network()
    straight.begin_with(levels)
    for part in (straight.encoder.write, straight.decoder.write):
        torch.nn.init.zeros_(part.weight)
    source, made = straight.encode(samples), straight.encode(0.1 * samples)
    quieter = straight.recolour(samples, source, made)
    assert 0.02 < float(quieter.std() / samples.std()) < 0.5


def test_the_best_linear_codec_is_the_beginning() -> None:
    """Frames that lie in as many dimensions as there are channels come back."""
    network = tiny_network()
    cells = CONFIG.stack * CONFIG.bins
    levels = noise(500, CONFIG.learned) @ noise(CONFIG.learned, cells) * 0.1 + 0.5
    network.begin_with(levels)
    with torch.no_grad():
        torch.testing.assert_close(network.decoder.direct(network.encoder.direct(levels)), levels, atol=1e-3, rtol=0.0)


def test_only_noise_is_rough() -> None:
    from samplegen.networks.stft import Stft

    levels = torch.log(Stft(1024, 256).analyse(noise(1, 256 * 400), loop=True).abs())
    assert float(roughness(levels)[..., 8:-8].mean()) == pytest.approx(1.0, abs=0.03)
    assert float(roughness(torch.full((2, 40), 3.0)).max()) == 0.0


def test_what_is_too_loud_keeps_its_form_and_what_is_not_is_left_alone() -> None:
    """A sine of five times full scale comes out as a sine; single peaks are bent, wherever the ring begins."""
    sine = torch.sin(torch.arange(44_100) * 0.01)[None]
    loud = _held(5.0 * sine)
    assert float(loud.abs().max()) <= 1.1 and float(torch.corrcoef(torch.cat([loud, sine]))[0, 1]) > 0.99
    torch.testing.assert_close(_held(0.75 * sine), 0.75 * sine)
    peaky = 0.5 * sine
    peaky[0, 100] = 9.0
    held = _held(peaky)
    assert 0.8 < float(held[0, 100]) < 1.101 and torch.equal(held[0, 200:], peaky[0, 200:])
    torch.testing.assert_close(_held(peaky.roll(77, -1)), held.roll(77, -1))


def test_frames_between_frames_are_linear() -> None:
    line = torch.arange(6.0)[None, :, None]
    finer = between(line, 4)[0, :, 0]
    torch.testing.assert_close(finer[2:-2], (torch.arange(24) + 0.5)[2:-2] / 4 - 0.5)
    torch.testing.assert_close(unscaled(scaled(line)), line)


@pytest.mark.parametrize(
    "changes",
    [
        {"n_fft": 0}, {"n_fft": 300}, {"stack": -1}, {"decoder_width": 10**9}, {"decoder_blocks": 65},
        {"frame_hop": 63}, {"frame_hop": 96}, {"kernel_size": 4}, {"learned": 0}, {"tones": 400}, {"tone_fft": 500},
    ],
)  # fmt: skip
def test_what_cannot_be_built_is_refused(changes: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="must be|allowed"):
        replace(SpectrogramConfig(), **changes)


def test_the_default_fits() -> None:
    config = SpectrogramConfig()
    assert (config.hop_length, config.bins, config.dimension) == (1024, 513, 148)
    assert config.reach == 9 * 3 + 3
