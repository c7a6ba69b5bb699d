"""The spectrogram codec as the pipeline uses it, saved and loaded."""

from pathlib import Path

import pytest
import torch

from samplegen.checkpoints import load_model
from samplegen.codec import load_codec
from samplegen.codec.base import Codec, Latents, RecolouringCodec
from samplegen.codec.latency import measure_latency
from samplegen.codec.spectrogram import SpectrogramCodec, hash_encoder
from samplegen.errors import InputError, ModelInvalidError
from samplegen.networks.precision import fast_inference
from tests.models import CODEC, CODEC_CONFIG, change_config, save_tiny_codec, tiny_network

HOP = CODEC_CONFIG.hop_length


@pytest.fixture
def codec(tiny_models: Path) -> Codec:
    return load_codec(CODEC)


def noise(*shape: int) -> torch.Tensor:
    return 0.2 * torch.randn(shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("length", [1, HOP - 1, HOP, HOP + 1, 10 * HOP + 3])
def test_every_sample_has_a_frame(codec: Codec, length: int) -> None:
    latents = codec.encode(noise(2, 1, length))
    frames = -(-length // HOP)
    assert latents.values.shape == (2, codec.dimension, frames)
    assert latents.frame_rate == codec.sample_rate / codec.hop_length
    assert codec.decode(latents).shape == (2, 1, frames * HOP)


def test_a_ring_has_whole_frames(codec: Codec) -> None:
    with pytest.raises(InputError, match=f"multiple of {HOP} samples, not {HOP + 1}"):
        codec.encode(torch.zeros(1, 1, HOP + 1), loop=True)


def test_what_was_saved_is_what_is_loaded(codec: Codec) -> None:
    network, samples = tiny_network().eval(), noise(1, 1, 8 * HOP)
    latents = network.encode(samples[:, 0]).detach()
    torch.testing.assert_close(codec.encode(samples).values, latents, atol=2e-2, rtol=2e-2)  # float16 on the disk
    network.load_state_dict(load_model(CODEC).tensors)
    decoded = codec.decode(Latents(latents, frame_rate=codec.sample_rate / HOP))
    with fast_inference():
        torch.testing.assert_close(decoded[:, 0], network.decode(latents).detach().float())


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
    network, other = tiny_network(), tiny_network(seed=1)
    before = hash_encoder(network)
    network.decoder.load_state_dict(other.decoder.state_dict())
    assert hash_encoder(network) == before
    assert hash_encoder(other) != before


def test_the_latent_hash_outlives_the_disk(codec: Codec) -> None:
    assert codec.latent_hash == hash_encoder(tiny_network())


def test_another_decoder_makes_another_codec_with_the_same_latents(tiny_models: Path, tmp_path: Path) -> None:
    network = tiny_network()
    network.decoder.load_state_dict(tiny_network(seed=1).decoder.state_dict())
    save_tiny_codec(tmp_path / "other", network)
    first, second = load_codec(CODEC), load_codec(str(tmp_path / "other"))
    assert first.latent_hash == second.latent_hash
    assert first.hash != second.hash


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"architecture": {"learned": 7}}, "do not fit its config.json"),
        ({"architecture": {"decoder_blocks": 2}}, "do not fit its config.json"),
        ({"architecture": {"n_fft": 0}}, "n_fft is 0; allowed: 1"),
        ({"architecture": {"kernel_size": "3"}}, "kernel_size"),
        ({"architecture": {"surprise": 1}}, "surprise"),
        ({"architecture": 3}, "must be an object"),
        ({"latency_s": "soon"}, "latency_s of codec-tiny is 'soon'"),
        ({"latency_s": True}, "must be a number"),
    ],
)
def test_a_config_that_does_not_fit(own_models: Path, changes: dict[str, object], message: str) -> None:
    change_config(own_models / CODEC, **changes)
    with pytest.raises(ModelInvalidError, match=message):
        load_codec(CODEC)


def test_it_says_what_it_is(codec: Codec) -> None:
    assert isinstance(codec, SpectrogramCodec)
    assert (codec.name, codec.channels, codec.sample_rate) == (CODEC, 1, 44_100)
    assert (codec.hop_length, codec.dimension, len(codec.hash)) == (HOP, 8, 64)
