"""A generator's folder is not trusted: everything that does not fit is told in a sentence."""

import pickle
import shutil
from pathlib import Path

import pytest

from samplegen.checkpoints import load_model
from samplegen.engines.alpha_blend import load_generator
from samplegen.errors import ModelInvalidError, ModelMissingError
from tests.models import CODEC, GENERATOR, ONE_SHOT_FRAMES, change_config, save_tiny_codec, tiny_network
from tests.text_models import CLAP, TEXT_GENERATOR, save_tiny_clap


def test_what_it_knows(tiny_models: Path) -> None:
    generator = load_generator(GENERATOR)
    known = generator.description
    assert (known.kinds, known.loop_kinds) == (("kick", "snare", "bass"), ("loop_drums", "loop_bass"))
    assert (known.styles, known.low_bpm, known.high_bpm) == (("house", "techno"), 60.0, 200.0)
    assert (known.one_shot_frames, generator.codec.name) == (ONE_SHOT_FRAMES, CODEC)
    assert generator.sampling.steps == 2
    assert not generator.network.training


def test_missing(tiny_models: Path) -> None:
    with pytest.raises(ModelMissingError, match="'generator-nowhere'"):
        load_generator("generator-nowhere")


def test_a_codec_is_no_generator(tiny_models: Path) -> None:
    with pytest.raises(ModelInvalidError, match="codec-tiny is a 'spectrogram'"):
        load_generator(CODEC)


def test_another_codec_of_that_name(own_models: Path) -> None:
    save_tiny_codec(own_models / CODEC, tiny_network(seed=5))
    with pytest.raises(ModelInvalidError, match="was trained with codec .* Install the codec"):
        load_generator(GENERATOR)


def test_without_its_codec(own_models: Path) -> None:
    (own_models / CODEC / "config.json").unlink()
    (own_models / CODEC / "model.safetensors").unlink()
    with pytest.raises(ModelMissingError, match=f"'{CODEC}'"):
        load_generator(GENERATOR)


def test_damaged_weights(own_models: Path) -> None:
    path = own_models / GENERATOR / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(ModelInvalidError, match="damaged or was changed"):
        load_generator(GENERATOR)


def test_a_pickle_in_the_folder(own_models: Path) -> None:
    (own_models / GENERATOR / "weights.pt").write_bytes(pickle.dumps({}))
    with pytest.raises(ModelInvalidError, match="looks like a pickle"):
        load_generator(GENERATOR)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"codec": 3}, "no text at codec.name"),
        ({"codec": {"hash": None}}, "no text at codec.hash"),
        ({"architecture": []}, "has no architecture"),
        ({"architecture": {"width": "wide"}}, "width = 'wide'"),
        ({"architecture": {"width": 32}}, "do not fit its config.json"),
        ({"architecture": {"channels": 9}}, "takes 9 latents"),
        ({"architecture": {"embedding_dimension": 3}}, "and 3 words"),
        ({"embedder": {"tags": "kick"}}, "no list of words"),
        ({"embedder": {"tags": ["kick"]}}, "other condition words"),
        ({"latent_stats": {"std": [0.0] * 8}}, "not positive"),
        ({"latent_stats": None}, "two lists of 8 numbers"),
        ({"loop_range": {"low": [0.0], "high": [1.0]}}, "two lists of 8 numbers"),
        ({"description": {"low_bpm": "slow"}}, "low_bpm"),
        ({"description": {"low_bpm": 300.0}}, "holds no tempo"),
        ({"description": {"one_shot_frames": 0}}, "one_shot_frames is 0"),
        ({"description": {"one_shot_frames": 47}}, "47 frames, which its network cannot divide by 2"),
        ({"description": {"kinds": ["kick", "kazoo"]}}, "names 'kazoo'"),
        ({"sampling": {"steps": 2.5}}, "steps"),
        ({"sampling": {"steps": 0}}, "one step or more"),
        ({"sampling": {"sampler": "magic"}}, "no sampler 'magic'"),
    ],
)
def test_a_config_that_does_not_fit(own_models: Path, changes: dict[str, object], message: str) -> None:
    change_config(own_models / GENERATOR, **changes)
    with pytest.raises(ModelInvalidError, match=message):
        load_generator(GENERATOR)


def test_with_clap(text_models: Path) -> None:
    generator = load_generator(TEXT_GENERATOR)
    assert generator.clap is not None and (generator.clap.name, generator.clap.dimension) == (CLAP, 8)
    assert load_generator(GENERATOR).clap is None


@pytest.fixture
def own_text_models(text_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = Path(shutil.copytree(text_models, tmp_path / "models"))
    monkeypatch.setenv("SAMPLEGEN_MODELS", str(folder))
    return folder


def test_another_clap_of_that_name(own_text_models: Path) -> None:
    wanted, _ = (load_model(CLAP).hash, save_tiny_clap(own_text_models / CLAP, seed=5))
    found = load_model(CLAP).hash
    with pytest.raises(ModelInvalidError, match=f"with CLAP {wanted[:12]}, but clap-tiny is {found[:12]}. Install"):
        load_generator(TEXT_GENERATOR)


def test_without_its_clap(own_text_models: Path) -> None:
    shutil.rmtree(own_text_models / CLAP)
    with pytest.raises(ModelMissingError, match=f"'{CLAP}'"):
        load_generator(TEXT_GENERATOR)


@pytest.mark.parametrize(
    ("clap", "message"),
    [
        (3, "no text at embedder.clap.name"),
        ({"name": 3}, "no text at embedder.clap.name"),
        ({"name": CLAP}, "no text at embedder.clap.hash"),
        (None, "other condition words"),
    ],
)
def test_a_clap_that_is_not_named_well(own_text_models: Path, clap: object, message: str) -> None:
    change_config(own_text_models / TEXT_GENERATOR, embedder={"clap": clap})
    with pytest.raises(ModelInvalidError, match=message):
        load_generator(TEXT_GENERATOR)
