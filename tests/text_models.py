"""A tiny CLAP, and the tiny generator widened to hear it."""

import shutil
from dataclasses import asdict
from pathlib import Path

import torch

from samplegen.checkpoints import load_model, save_model
from samplegen.conditioning.clap import load_clap
from samplegen.conditioning.embedder import TagEmbedder
from samplegen.conditioning.words_and_sound import WordsAndSound
from samplegen.networks.joint import JointConfig, JointEmbedding
from tests.models import CODEC, GENERATOR

CLAP, TEXT_GENERATOR = "clap-tiny", "generator-tiny-text"
CLAP_CONFIG = JointConfig(dimension=8, text_width=8, text_blocks=1, audio_width=8, audio_blocks=1)
WORDS = "dark bright metallic muddy rolling reverb kick snare bass closed hat drum drums loop sound shiny".split()


def save_tiny_clap(folder: Path, *, seed: int = 0) -> None:
    """An untrained joint embedder that knows `WORDS`."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = JointEmbedding(CLAP_CONFIG)
    config = {"family": "clap-joint", "architecture": asdict(CLAP_CONFIG), "words": WORDS}
    save_model(folder, tensors=network.state_dict(), config=config, card=None)


def build_text_models(tiny: Path, folder: Path) -> None:
    """Copy the tiny models to `folder` and add `CLAP` and `TEXT_GENERATOR`; models are looked for in `folder`."""
    for name in (CODEC, GENERATOR):
        shutil.copytree(tiny / name, folder / name)
    save_tiny_clap(folder / CLAP)
    joint = WordsAndSound(TagEmbedder(), load_clap(folder / CLAP))
    model = load_model(folder / GENERATOR)
    tensors, old = dict(model.tensors), model.tensors["embedding.weight"]
    more = torch.randn(old.shape[0], joint.clap.dimension, generator=torch.Generator().manual_seed(1))
    tensors["embedding.weight"] = torch.cat([old, 0.5 * more], dim=1)
    config = {name: value for name, value in model.config.items() if name not in ("format", "format_version", "sha256")}
    config["architecture"] = {**config["architecture"], "embedding_dimension": joint.dimension}  # type: ignore[dict-item]
    config["embedder"] = {
        "name": joint.name, "hash": joint.hash, "tags": list(joint.tags.vocabulary.tags),
        "clap": {"name": CLAP, "hash": joint.clap.hash},
    }  # fmt: skip
    save_model(folder / TEXT_GENERATOR, tensors=tensors, config=config, card=None)
