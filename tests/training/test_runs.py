"""Whole trainings on a tiny library: from `data scan` to models that make a pack."""

from pathlib import Path
from typing import Any

import pytest
import torch

from samplegen.audio.types import Audio
from samplegen.checkpoints import load_model
from samplegen.codec import load_codec
from samplegen.codec.encodec_family import EncodecCodec
from samplegen.conditioning.embedder import TagEmbedder
from samplegen.conditioning.kind_ear import EAR_FILE
from samplegen.conditioning.vocabulary import Vocabulary
from samplegen.engines.alpha_blend import load_generator, loading
from samplegen.errors import InputError, ModelInvalidError, ModelMissingError, UsageError
from samplegen.training import log, runs
from samplegen.training.encoding import encode
from samplegen.training.encoding.encode import encode_library
from samplegen.training.encoding.latents import LatentSet
from samplegen.training.generators import beginnings
from samplegen.training.generators.beginnings import read_beginning
from samplegen.training.loop import load_state
from samplegen.training.runs import train_codec, train_generator
from samplegen.training.sources.library import ScanResult, load_library, save_library
from samplegen.training.sources.scan import scan_library
from tests.models import CODEC, GENERATOR, save_tiny_codec, tiny_latents, tiny_network
from tests.training.embedders import TinyClap

CODEC_SETTINGS = """
[architecture]
n_fft = 256
frame_hop = 128
stack = 2
learned = 6
tones = 2
tone_fft = 512
encoder_width = 16
encoder_blocks = 1
decoder_width = 16
decoder_blocks = 1
[training]
batch = 1
length = 4096
"""
ENCODEC_SETTINGS = """
[architecture]
ratios = [4, 4]
n_filters = 4
dimension = 8
lstm_layers = 1
n_q = 2
bins = 16
[training]
batch = 1
seconds = 0.125
"""
GENERATOR_SETTINGS = """
[architecture]
width = 16
blocks_down = 1
blocks_up = 2
[training]
loop_batch = 2
one_shot_batch = 2
crop_frames = 16
"""
LIKE_TINY = GENERATOR_SETTINGS.replace("[training]", "linear_path = false\n[training]")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "_tensorboard", lambda folder: None)
    monkeypatch.setattr(runs, "VALIDATION_LENGTH", 4096)


@pytest.fixture
def index(library_folder: Path, tmp_path: Path) -> Path:
    save_library(tmp_path / "library.jsonl", scan_library(library_folder))
    return tmp_path / "library.jsonl"


def settings(folder: Path, text: str) -> Path:
    path = folder / f"config-{len(list(folder.iterdir()))}.toml"
    path.write_text(text)
    return path


def codec_of(index: Path, folder: Path, **changes: Any) -> runs.TrainingResult:
    values: dict[str, Any] = {
        "out": folder / "models" / "codec-new", "run": folder / "runs" / "codec", "max_steps": 2,
        "config": settings(folder, CODEC_SETTINGS), "device": "cpu", **changes,
    }  # fmt: skip
    return train_codec(index, **values)


def generator_of(latents: Path, folder: Path, **changes: Any) -> runs.TrainingResult:
    values: dict[str, Any] = {
        "out": folder / "models" / "generator-new", "run": folder / "runs" / "generator", "size": "tiny",
        "config": settings(folder, GENERATOR_SETTINGS), "max_steps": 2, "device": "cpu", **changes,
    }  # fmt: skip
    return train_generator(latents, **values)


def test_from_a_library_to_sounds(index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[float] = []
    result = codec_of(index, tmp_path, progress=lambda done, total: told.append(done))
    assert told == [0.0, 50.0] and {"score", "log_mel_db", "latent_std"} <= set(result.figures)
    monkeypatch.setenv("SAMPLEGEN_MODELS", str(tmp_path / "models"))
    codec = load_codec("codec-new")
    assert codec.hop_length == 256
    encode_library(index, codec="codec-new", out=tmp_path / "latents", one_shot_seconds=0.2)
    made = generator_of(tmp_path / "latents", tmp_path)
    assert made.figures["score"] > 0
    generator = load_generator("generator-new")
    assert generator.codec.hash == codec.hash and "bass" in generator.description.kinds
    (sound,) = generator.make_one_shots(tags=[("kick",)], seeds=[1])
    assert isinstance(sound, Audio) and sound.length == generator.description.one_shot_frames * 256


def test_an_encodec_of_a_library(index: Path, tmp_path: Path) -> None:
    result = codec_of(index, tmp_path, family="encodec", config=settings(tmp_path, ENCODEC_SETTINGS))
    codec = load_codec(str(result.folder))
    assert isinstance(codec, EncodecCodec) and (codec.hop_length, codec.dimension) == (16, 8)
    assert load_model(result.folder).config["metrics"]["score"] == pytest.approx(result.figures["score"], rel=1e-4)


def test_from_texts_and_sounds_to_a_generator(
    index: Path, tmp_path: Path, tiny_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clap = TinyClap()
    monkeypatch.setattr(encode, "load_clap", lambda name: clap)
    monkeypatch.setattr(loading, "load_clap", lambda name: clap)
    encode_library(index, codec=CODEC, out=tmp_path / "told", one_shot_seconds=0.2, clap=clap.name)
    told = LatentSet.load(tmp_path / "told")
    header = {name: value for name, value in told.header.items() if name != "clap"}
    LatentSet(told.values, told.items, header).save(tmp_path / "plain")
    first = generator_of(tmp_path / "plain", tmp_path, run=tmp_path / "runs" / "first")
    assert load_generator(str(first.folder)).embedder.name == "tags" and load_generator(str(first.folder)).ear is None
    fast = settings(tmp_path, GENERATOR_SETTINGS + "rate = 0.3\n")
    second = generator_of(tmp_path / "told", tmp_path, config=fast, start_from=tmp_path / "runs" / "first")
    weights = [load_state(tmp_path / "runs" / name / "last.pt")["task"]["model"] for name in ("first", "generator")]
    shapes = [tuple(state["embedding.weight"].shape) for state in weights]
    assert shapes[1] == (shapes[0][0], shapes[0][1] + clap.dimension)
    config = load_model(second.folder).config
    assert config["embedder"]["clap"] == {"name": clap.name, "hash": clap.hash}
    generator = load_generator(str(second.folder))
    assert generator.ear is not None and generator.ear.kinds == tuple(sorted(generator.description.kinds))
    assert config["companions"].keys() == {EAR_FILE}
    sounds = [
        generator.make_one_shots(tags=[("kick",)], seeds=[1], clap=vector)[0].samples
        for vector in (None, clap.embed_text(["a dark kick"]))
    ]
    assert sounds[0].shape == sounds[1].shape and (sounds[0] != sounds[1]).any()
    # Going on does not start anew, whatever there is to start from.
    generator_of(tmp_path / "told", tmp_path, start_from=tmp_path / "nowhere", max_steps=3, resume=True)
    assert load_state(tmp_path / "runs" / "generator" / "last.pt")["step"] == 3


def test_a_generator_is_fine_tuned(tiny_models: Path, tmp_path: Path) -> None:
    """Without a step it is what it was; with some it keeps the statistics that its weights know."""
    latents = tiny_latents(load_codec(CODEC))
    LatentSet(latents.values * 3 + 1, latents.items, latents.header).save(tmp_path / "latents")
    still = settings(tmp_path, LIKE_TINY + "rate = 0.0\nweight_decay = 0.0\n")
    first = load_model(GENERATOR)
    for place in (Path(GENERATOR), tiny_models / GENERATOR):
        run = tmp_path / f"run-{len(place.parts)}"
        made = generator_of(tmp_path / "latents", tmp_path, config=still, run=run, start_from=place)
        model = load_model(made.folder)
        assert model.config["latent_stats"] == first.config["latent_stats"]
        assert all(torch.allclose(model.tensors[name], value) for name, value in first.tensors.items())
    again = generator_of(
        tmp_path / "latents", tmp_path, config=settings(tmp_path, LIKE_TINY), start_from=run,
        out=tmp_path / "models" / "generator-again",
    )  # fmt: skip
    model = load_model(again.folder)
    assert model.config["latent_stats"] == first.config["latent_stats"]
    assert any((model.tensors[name] != value).any() for name, value in first.tensors.items())


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({"latent_hash": "0" * 64}, f"knows the latents of {CODEC}, these are others"),
        ({}, "knows other tags"),
    ],
)
def test_generators_to_start_from_that_are_refused(
    tiny_models: Path, tmp_path: Path, header: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    latents = tiny_latents(load_codec(CODEC))
    latents.header.update(header)
    latents.save(tmp_path / "latents")
    if not header:
        monkeypatch.setattr(beginnings, "TagEmbedder", lambda: TagEmbedder(Vocabulary(tags=("kick", "snare"))))
    with pytest.raises(ModelInvalidError, match=message):
        read_beginning(Path(GENERATOR), latents=LatentSet.load(tmp_path / "latents"))
    with pytest.raises(ModelMissingError, match="generator-nowhere"):
        read_beginning(Path("generator-nowhere"), latents=latents)


def test_a_generator_that_knows_texts_needs_them(
    index: Path, tmp_path: Path, tiny_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clap = TinyClap()
    monkeypatch.setattr(encode, "load_clap", lambda name: clap)
    monkeypatch.setattr(loading, "load_clap", lambda name: clap)
    encode_library(index, codec=CODEC, out=tmp_path / "told", one_shot_seconds=0.2, clap=clap.name)
    made = generator_of(tmp_path / "told", tmp_path)
    told = LatentSet.load(tmp_path / "told")
    assert read_beginning(made.folder, latents=told).stats is not None
    header = {name: value for name, value in told.header.items() if name != "clap"}
    with pytest.raises(ModelInvalidError, match=f"Encode with --clap {clap.name}"):
        read_beginning(made.folder, latents=LatentSet(told.values, told.items, header))


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (None, InputError, "There is no training state"),
        ({"task": {}}, InputError, "has no averaged weights"),
        ({"task": {"average": {"weights": {"a": 1.0}}}}, InputError, "has no averaged weights"),
        ({"task": {"average": {"weights": {"a": torch.ones(2)}}}}, UsageError, "trained another network: its a is"),
    ],
)
def test_runs_to_start_from_that_are_refused(
    tiny_models: Path, tmp_path: Path, content: dict[str, Any] | None, error: type[Exception], message: str
) -> None:
    tiny_latents(load_codec(CODEC)).save(tmp_path / "latents")
    (tmp_path / "start").mkdir()
    if content is not None:
        torch.save({"step": 1, "seconds": 1.0, "best": 1.0, **content}, tmp_path / "start" / "best.pt")
    with pytest.raises(error, match=message):
        generator_of(tmp_path / "latents", tmp_path, start_from=tmp_path / "start")
    assert not (tmp_path / "models").exists()


def test_a_decoder_is_fine_tuned(index: Path, tmp_path: Path) -> None:
    first = codec_of(index, tmp_path)
    text = CODEC_SETTINGS + "freeze_encoder = true\n"
    second = codec_of(
        index, tmp_path, out=tmp_path / "models" / "codec-fine", run=tmp_path / "runs" / "fine",
        config=settings(tmp_path, text), start_from=tmp_path / "runs" / "codec", seed=3,
    )  # fmt: skip
    codecs = [load_codec(str(result.folder)) for result in (first, second)]
    assert codecs[0].latent_hash == codecs[1].latent_hash and codecs[0].hash != codecs[1].hash


def test_a_training_goes_on(index: Path, tmp_path: Path) -> None:
    codec_of(index, tmp_path)
    with pytest.raises(UsageError, match="already holds a training"):
        codec_of(index, tmp_path, max_steps=3)
    codec_of(index, tmp_path, max_steps=3, resume=True)
    assert load_state(tmp_path / "runs" / "codec" / "last.pt")["step"] == 3


def test_without_held_out_sources(index: Path, tmp_path: Path) -> None:
    scanned = load_library(index)
    train = tuple(record for record in scanned.records if record.split == "train")
    save_library(index, ScanResult(scanned.folder, train, ()))
    assert codec_of(index, tmp_path, max_steps=1).figures["score"] > 0


def test_latents_of_another_encoder(tiny_models: Path, tmp_path: Path) -> None:
    tiny_latents(load_codec(CODEC)).save(tmp_path / "latents")
    save_tiny_codec(tmp_path / "other", tiny_network(seed=5))
    with pytest.raises(ModelInvalidError, match="other makes other latents than those in .* Encode again"):
        train_generator(
            tmp_path / "latents", out=tmp_path / "out", run=tmp_path / "run", size="tiny", max_steps=1, device="cpu",
            codec=str(tmp_path / "other"), config=settings(tmp_path, GENERATOR_SETTINGS),
        )  # fmt: skip
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"family": "wavelet"}, UsageError, "--family 'wavelet' is not known"),
        ({"device": "tpu"}, UsageError, "--device 'tpu' is not known"),
        ({"max_steps": None}, UsageError, "needs a budget"),
        ({"start_from": Path("nowhere")}, InputError, "no training state"),
        ({"config": Path("nowhere.toml")}, InputError, "Cannot read the configuration nowhere.toml"),
    ],
)
def test_what_is_refused(
    index: Path, tmp_path: Path, changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        codec_of(index, tmp_path, **changes)
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize(
    "text",
    ["training = 3", "[training]\nrate = 'fast'", "[training]\nspeed = 1", "[architecture]\nn_fft = 0", "[training"],
)
def test_settings_that_are_refused(index: Path, tmp_path: Path, text: str) -> None:
    with pytest.raises((UsageError, InputError), match=r"config"):
        codec_of(index, tmp_path, config=settings(tmp_path, text))


def test_an_unknown_size(tiny_models: Path, tmp_path: Path) -> None:
    tiny_latents(load_codec(CODEC)).save(tmp_path / "latents")
    with pytest.raises(UsageError, match="no network 'huge'"):
        train_generator(tmp_path / "latents", out=tmp_path / "o", run=tmp_path / "r", size="huge", max_steps=1)
