"""Model folders as trainings leave them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from samplegen.checkpoints import load_model, verify_model
from samplegen.codec import load_codec
from samplegen.conditioning.embedder import TagEmbedder
from samplegen.conditioning.words_and_sound import joint_hash
from samplegen.errors import ModelInvalidError
from samplegen.training.generators.generator_trainer import GeneratorTask
from samplegen.training.publish import TrainingFacts, save_generator
from tests.models import (
    CODEC,
    FACTS,
    GENERATOR,
    NETWORK_CONFIG,
    TRAINING,
    save_tiny_codec,
    tiny_latents,
    tiny_network,
    tiny_task,
)


@pytest.mark.parametrize("name", [CODEC, GENERATOR])
def test_folders_verify_and_tell_their_training(tiny_models: Path, name: str) -> None:
    assert verify_model(name).name == name
    config = load_model(name).config
    assert (config["steps"], config["minutes"], config["metrics"]) == (3, 0.1, {"score": 1.5})
    assert config["training_licences"] == ["CC0-1.0"]
    card = (tiny_models / name / "README.md").read_text()
    assert card.startswith(f"# {name}\n") and "| score | 1.5 |" in card and "CC0-1.0" in card


def test_the_average_is_published(tiny_models: Path, tmp_path: Path) -> None:
    codec = load_codec(CODEC)
    latents = tiny_latents(codec)
    task = tiny_task(latents)
    task.step(0, progress=0.0)
    save_generator(task, latents, codec, tmp_path / "model", facts=FACTS)
    saved = load_model(tmp_path / "model").tensors
    for name, value in task.average.weights.items():
        torch.testing.assert_close(saved[name], value, atol=1e-3, rtol=1e-3)


def test_a_card_that_somebody_wrote_stays(tmp_path: Path) -> None:
    (tmp_path / "codec").mkdir()
    (tmp_path / "codec" / "README.md").write_text("mine")
    save_tiny_codec(tmp_path / "codec", tiny_network())
    assert (tmp_path / "codec" / "README.md").read_text() == "mine"


def test_attributions_go_along(tiny_models: Path, tmp_path: Path) -> None:
    facts = TrainingFacts({}, licences=("CC-BY-4.0",), attributions=("Drums by A, CC-BY",), steps=1, minutes=60.0)
    codec = load_codec(CODEC)
    latents = tiny_latents(codec)
    save_generator(tiny_task(latents), latents, codec, tmp_path / "model", facts=facts)
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    assert config["description"]["attributions"] == ["Drums by A, CC-BY"]
    assert "- Drums by A, CC-BY" in (tmp_path / "model" / "README.md").read_text()


def test_a_generator_names_its_clap(tiny_models: Path, tmp_path: Path) -> None:
    codec = load_codec(CODEC)
    latents = tiny_latents(codec)
    vectors = torch.ones(len(latents.items), 13, 4)
    told = latents.with_vectors(vectors, name="clap-tiny", hash="abc")
    network = replace(NETWORK_CONFIG, channels=codec.dimension, embedding_dimension=TagEmbedder().dimension + 4)
    task = GeneratorTask(network, TRAINING, latents=told, embedder=TagEmbedder())
    save_generator(task, told, codec, tmp_path / "model", facts=FACTS)
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    tags = TagEmbedder()
    assert config["embedder"] == {
        "name": "tags+clap-tiny", "hash": joint_hash(tags.hash, "abc"), "tags": list(tags.vocabulary.tags),
        "clap": {"name": "clap-tiny", "hash": "abc"},
    }  # fmt: skip
    assert config["architecture"]["embedding_dimension"] == tags.dimension + 4
    assert config["training"]["text_share"] == 0.5
    assert "through clap-tiny: 12 texts" in (tmp_path / "model" / "README.md").read_text()


def test_a_generator_of_tags_alone(tiny_models: Path) -> None:
    entry = load_model(GENERATOR).config["embedder"]
    assert set(entry) == {"name", "hash", "tags"} and (entry["name"], entry["hash"]) == ("tags", TagEmbedder().hash)


def test_figures_that_are_no_numbers_are_not_published(tiny_models: Path, tmp_path: Path) -> None:
    codec = load_codec(CODEC)
    latents = tiny_latents(codec)
    facts = replace(FACTS, figures={"score": float("nan")})
    with pytest.raises(ModelInvalidError):
        save_generator(tiny_task(latents), latents, codec, tmp_path / "model", facts=facts)
    assert not (tmp_path / "model").exists()
