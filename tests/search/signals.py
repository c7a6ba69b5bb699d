"""Small libraries of generated sounds, and a tiny joint embedder with random weights."""

from pathlib import Path

import numpy as np
import torch

from samplegen.audio.io import write_wav
from samplegen.audio.types import Audio
from samplegen.checkpoints import save_model
from samplegen.networks.joint import JointConfig, JointEmbedding

RATE = 22_050
TINY = "clap-tiny"
WORDS = ["dusty", "rimshot", "kick", "snare", "dark", "loop", "hihat", "808"]
CONFIG = JointConfig(dimension=16, buckets=16_384, text_width=8, text_blocks=2, audio_width=8, audio_blocks=1)


def build_tiny_clap(folder: Path, *, seed: int = 0) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = JointEmbedding(CONFIG)
    config = {"family": "clap-joint", "architecture": vars(CONFIG), "words": WORDS}
    save_model(folder / TINY, tensors=network.state_dict(), config=config, card="tiny")


def tone(hz: float, *, seconds: float = 0.2, noise: float = 0.0, seed: int = 0) -> Audio:
    t = np.arange(round(seconds * RATE)) / RATE
    sound = np.sin(2.0 * np.pi * hz * t) * np.exp(-t / (0.3 * seconds))
    sound += noise * np.random.default_rng(seed).standard_normal(t.size)
    return Audio((0.5 * sound / np.abs(sound).max())[None].astype(np.float32), RATE)


def write(path: Path, audio: Audio) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_wav(path, audio)
    return path


def build_library(folder: Path) -> Path:
    """Six sounds, one of them twice."""
    write(folder / "Kicks" / "Kick_01.wav", tone(60.0))
    write(folder / "Kicks" / "copy of kick.wav", tone(60.0))
    write(folder / "Snares" / "DustySnare.wav", tone(200.0, noise=0.5))
    write(folder / "Rims" / "rs808.wav", tone(900.0, seconds=0.1))
    write(folder / "Loops" / "dark_loop_128bpm.wav", tone(110.0, seconds=0.5, noise=0.1))
    write(folder / "Loops" / "loop 174.wav", tone(330.0, seconds=0.4, noise=0.2, seed=1))
    return folder
