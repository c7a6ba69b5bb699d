"""The spectrogram codec as the pipeline uses it, saved and loaded."""

from pathlib import Path

import pytest
import torch

from samplegen.codec import load_codec
from samplegen.codec.autoencoder import hash_encoder
from samplegen.codec.base import Codec, Latents, RecolouringCodec
from samplegen.codec.latency import measure_latency
from samplegen.codec.spectrogram import SpectrogramCodec
from samplegen.errors import InputError, ModelInvalidError
from tests.models import (
    SPECTROGRAM_CONFIG,
    change_config,
    save_tiny_spectrogram_codec,
    tiny_spectrogram_network,
)

HOP = SPECTROGRAM_CONFIG.hop_length


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "codec-tiny-spectrogram"
    save_tiny_spectrogram_codec(path, tiny_spectrogram_network())
    return path


@pytest.fixture(scope="module")
def codec(folder: Path) -> Codec:
    return load_codec(str(folder))


def noise(*shape: int) -> torch.Tensor:
    return 0.2 * torch.randn(shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("length", [1, HOP - 1, HOP, HOP + 1, 10 * HOP + 3])
def test_every_sample_has_a_frame(codec: Codec, length: int) -> None:
    latents = codec.encode(noise(2, 1, length))
    frames = -(-length // HOP)
    assert latents.values.shape == (2, codec.dimension, frames)
    assert codec.decode(latents).shape == (2, 1, frames * HOP)


def test_a_ring_has_whole_frames(codec: Codec) -> None:
    with pytest.raises(InputError, match=f"multiple of {HOP} samples, not {HOP + 1}"):
        codec.encode(torch.zeros(1, 1, HOP + 1), loop=True)


def test_what_was_saved_is_what_is_loaded(codec: Codec) -> None:
    samples = noise(1, 1, 8 * HOP)
    latents = tiny_spectrogram_network().eval().encode(samples[:, 0]).detach()
    torch.testing.assert_close(codec.encode(samples).values, latents, atol=2e-2, rtol=2e-2)  # float16 on the disk


def test_the_same_latents_give_the_same_bytes(codec: Codec) -> None:
    latents = codec.encode(noise(2, 1, 20 * HOP), loop=True)
    assert torch.equal(codec.decode(latents, loop=True), codec.decode(latents, loop=True))


@pytest.mark.parametrize("length", [12 * HOP, 12 * HOP - 5])
def test_recolouring_keeps_length_and_what_is_equal(codec: Codec, length: int) -> None:
    assert isinstance(codec, RecolouringCodec)
    samples = noise(1, 1, length)
    latents = codec.encode(samples)
    assert torch.equal(codec.recolour(samples, latents, latents), samples)
    other = codec.recolour(samples, latents, Latents(latents.values + 1.0, latents.frame_rate))
    assert other.shape == samples.shape and not torch.equal(other, samples)


def test_events_stand_where_they_sound(codec: Codec) -> None:
    assert abs(codec.latency_s) < HOP / codec.sample_rate
    assert codec.latency_s == pytest.approx(measure_latency(codec), abs=1e-4)


def test_the_latent_hash_is_the_encoders() -> None:
    network, other = tiny_spectrogram_network(), tiny_spectrogram_network(seed=1)
    before = hash_encoder(network)
    network.decoder.load_state_dict(other.decoder.state_dict())
    assert hash_encoder(network) == before
    assert hash_encoder(other) != before


def test_a_folder_that_does_not_fit_is_refused(folder: Path) -> None:
    from samplegen.checkpoints import load_model

    change_config(folder, latency_s="soon")
    with pytest.raises(ModelInvalidError):
        SpectrogramCodec.from_model(load_model(str(folder)))
