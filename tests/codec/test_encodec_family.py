import dataclasses
import math
import warnings

import pytest
import torch

from samplegen.checkpoints import load_model, save_model
from samplegen.codec.encodec_family import EncodecCodec
from samplegen.codec.encodec_network import PUBLISHED, EncodecConfig, build_encodec
from samplegen.codec.torchaudio_shim import import_encodec
from samplegen.errors import InputError, ModelInvalidError, ModelMissingError, UsageError

MONO = EncodecConfig(16000, 1, (4, 4, 2), n_filters=2, dimension=8, lstm_layers=1, n_q=3, bins=16)
CAUSAL = dataclasses.replace(MONO, causal=True)
STEREO = dataclasses.replace(MONO, channels=2, norm="time_group_norm", normalise=True)


def make_codec(config: EncodecConfig, **options) -> EncodecCodec:
    with torch.random.fork_rng():
        torch.manual_seed(7)
        tensors = build_encodec(config).state_dict()
    return EncodecCodec(config, tensors, name="tiny", weights_hash="0" * 64, **({"latency_s": 0.0} | options))


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def save_tiny(folder, config=MONO, **extra):
    with torch.random.fork_rng():
        torch.manual_seed(7)
        tensors = build_encodec(config).state_dict()
    content = {"family": "encodec", "architecture": dataclasses.asdict(config), "latency_s": 0.01} | extra
    save_model(folder, tensors=tensors, config=content, card="# tiny")
    return folder


@pytest.mark.parametrize("config", [MONO, CAUSAL, STEREO])
@pytest.mark.parametrize("length", [1, 31, 32, 33, 1000])
def test_frames_are_ceil_and_decode_fills_them(config, length):
    codec = make_codec(config)
    latents = codec.encode(noise(2, config.channels, length))
    frames = math.ceil(length / 32)
    assert latents.values.shape == (2, codec.dimension, frames)
    assert latents.frame_rate == 500.0
    assert codec.decode(latents).shape == (2, config.channels, frames * 32)


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_published_architecture_has_the_keys_and_shapes_of_the_package(name):
    package = import_encodec()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        theirs = getattr(package.EncodecModel, f"encodec_model_{name.split('_')[1]}")(pretrained=False).state_dict()
    ours = build_encodec(PUBLISHED[name]).state_dict()
    assert {key: value.shape for key, value in ours.items()} == {key: value.shape for key, value in theirs.items()}


def test_latents_are_the_packages_own_encoder_output():
    codec = make_codec(MONO)
    model = build_encodec(MONO)
    model.load_state_dict(codec._model.state_dict())
    samples = noise(1, 1, 320)
    with torch.no_grad():
        expected = model.eval().encoder(samples)
    torch.testing.assert_close(codec.encode(samples).values, expected)


def test_gain_rides_along_in_the_last_channel():
    codec = make_codec(STEREO)
    samples = noise(1, 2, 640)
    loud, quiet = codec.encode(samples), codec.encode(samples * 0.1)
    torch.testing.assert_close(loud.values[:, :-1], quiet.values[:, :-1], rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(loud.values[:, -1] - quiet.values[:, -1], torch.full((1, 20), math.log(10.0)))
    torch.testing.assert_close(codec.decode(loud), codec.decode(quiet) * 10.0, rtol=1e-3, atol=1e-4)


def test_silence_stays_finite_and_silent_where_the_signal_is_normalised():
    codec = make_codec(STEREO)
    decoded = codec.decode(codec.encode(torch.zeros(1, 2, 640)))
    assert decoded.isfinite().all() and decoded.abs().max() < 1e-6


@pytest.mark.parametrize("config", [MONO, CAUSAL])
def test_loop_decode_has_no_seam(config):
    codec = make_codec(config)
    latents = codec.encode(noise(1, 1, 64 * 32), loop=True)
    doubled = codec.decode(latents, loop=True)[0, 0].repeat(2)
    steps = doubled.diff().abs()
    seam = steps[64 * 32 - 1]
    assert seam <= torch.quantile(steps, 0.999)
    plain = codec.decode(latents)[0, 0]
    assert not torch.allclose(plain, doubled[: 64 * 32], atol=1e-4)  # the ring does change the start


@pytest.mark.parametrize("config", [MONO, CAUSAL])
def test_loop_is_shift_consistent(config):
    codec = make_codec(config)
    samples = noise(1, 1, 64 * 32)
    latents = codec.encode(samples, loop=True)
    shifted = codec.encode(samples.roll(10 * 32, -1), loop=True)
    torch.testing.assert_close(shifted.values, latents.values.roll(10, -1), rtol=1e-3, atol=1e-4)
    decoded, moved = codec.decode(latents, loop=True), codec.decode(shifted, loop=True)
    torch.testing.assert_close(moved, decoded.roll(10 * 32, -1), rtol=1e-3, atol=1e-4)


def test_snap_decodes_the_quantised_latents():
    plain, snapping = make_codec(MONO), make_codec(MONO, snap=True)
    latents = plain.encode(noise(1, 1, 640))
    quantised = dataclasses.replace(latents, values=plain.quantise(latents.values))
    torch.testing.assert_close(snapping.decode(latents), plain.decode(quantised))
    assert not torch.allclose(snapping.decode(latents), plain.decode(latents))


def test_quantised_latents_are_sums_of_the_nearest_entries():
    codec = make_codec(MONO, bandwidth_kbps=2.0)  # 4 bits at 500 frames a second: one codebook
    assert codec.codebooks == 1
    values = noise(1, 8, 5)
    entries = codec._model.quantizer.vq.layers[0].codebook
    nearest = torch.cdist(values[0].T, entries).argmin(1)
    torch.testing.assert_close(codec.quantise(values)[0].T, entries[nearest])


@pytest.mark.parametrize("bandwidth_kbps", [0.0, 1.9, 9.0, -1.0])
def test_bandwidth_out_of_range_is_refused(bandwidth_kbps):
    with pytest.raises(UsageError, match="2.00 to 6.00"):
        make_codec(MONO, bandwidth_kbps=bandwidth_kbps)


def test_wrong_shapes_are_refused():
    codec = make_codec(MONO)
    for samples in (noise(1, 2, 64), noise(1, 64), noise(1, 1, 0)):
        with pytest.raises(InputError, match=r"\[B, 1, T\]"):
            codec.encode(samples)
    with pytest.raises(InputError, match="multiple of the hop"):
        codec.encode(noise(1, 1, 65), loop=True)
    with pytest.raises(InputError, match=r"\[B, 8, N\]"):
        codec.decode(dataclasses.replace(codec.encode(noise(1, 1, 64)), values=noise(1, 7, 4)))


@pytest.mark.parametrize(
    "change",
    [
        {"channels": 3},
        {"ratios": ()},
        {"ratios": (4, 1)},
        {"ratios": (512, 512)},
        {"n_filters": 0},
        {"n_filters": 10**9},
        {"bins": 100},
        {"norm": "batch_norm"},
        {"norm": "time_group_norm", "causal": True},
    ],
)
def test_impossible_architecture_is_refused(change):
    with pytest.raises(UsageError):
        dataclasses.replace(MONO, **change)


class TestModelFolder:
    def test_round_trip_through_a_folder(self, tmp_path):
        codec = EncodecCodec.from_model(load_model(save_tiny(tmp_path / "codec-tiny")))
        assert (codec.name, codec.latency_s, codec.config) == ("codec-tiny", 0.01, MONO)
        assert len(codec.hash) == 64
        samples = noise(1, 1, 640)
        expected = make_codec(MONO).encode(samples).values
        torch.testing.assert_close(codec.encode(samples).values, expected, rtol=1e-2, atol=1e-2)  # stored in half

    def test_published_by_name(self, tmp_path, monkeypatch):
        monkeypatch.setenv("SAMPLEGEN_MODELS", str(tmp_path))
        monkeypatch.setitem(PUBLISHED, "encodec_24khz", CAUSAL)
        with torch.random.fork_rng():
            torch.manual_seed(7)
            tensors = build_encodec(CAUSAL).state_dict()
        save_model(tmp_path / "encodec_24khz", tensors=tensors, config={"family": "encodec"}, card="# tiny")
        codec = EncodecCodec.from_published("encodec_24khz")
        assert codec.config == CAUSAL
        assert 0.0 < codec.latency_s < 0.1  # measured: the folder does not say

    def test_published_but_never_pulled(self, tmp_path, monkeypatch):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        with pytest.raises(ModelMissingError, match="models pull encodec_48khz"):
            EncodecCodec.from_published("encodec_48khz")

    def test_unknown_published_name(self):
        with pytest.raises(UsageError, match="encodec_24khz, encodec_48khz"):
            EncodecCodec.from_published("encodec_32khz")

    def test_changed_weights_are_refused(self, tmp_path):
        weights = save_tiny(tmp_path / "codec-tiny") / "model.safetensors"
        data = bytearray(weights.read_bytes())
        data[-1] ^= 1
        weights.write_bytes(bytes(data))
        with pytest.raises(ModelInvalidError):
            load_model(tmp_path / "codec-tiny")

    @pytest.mark.parametrize(
        "extra",
        [
            {"family": "spectrogram"},
            {"architecture": None},
            {"architecture": {"ratios": "8,4"}},
            {"architecture": {"n_filters": True}},
            {"architecture": {"bins": 100}},
            {"architecture": dataclasses.asdict(MONO) | {"n_filters": 4}},
        ],
    )
    def test_unfit_config_is_refused(self, tmp_path, extra):
        loaded = load_model(save_tiny(tmp_path / "codec-tiny", **extra))
        with pytest.raises(ModelInvalidError):
            EncodecCodec.from_model(loaded)
