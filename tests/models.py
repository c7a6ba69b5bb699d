"""A tiny codec and a tiny generator, built and saved by the code that makes the real ones."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch

from samplegen.audio.types import Audio
from samplegen.codec import load_codec
from samplegen.codec.base import Codec, Latents
from samplegen.conditioning.embedder import TagEmbedder
from samplegen.networks.spectrogram import SpectrogramAutoencoder, SpectrogramConfig, log_magnitudes, scaled
from samplegen.networks.unet import UNetConfig
from samplegen.training.codecs.spectrogram_trainer import SpectrogramTrainingConfig
from samplegen.training.encoding.latents import LatentSet, SoundToEncode, encode_sounds
from samplegen.training.generators.generator_trainer import GeneratorTask, GeneratorTrainingConfig
from samplegen.training.publish import TrainingFacts, save_codec, save_generator
from samplegen.units import bars_to_samples
from tests.pack.signals import SAMPLE_RATE, hit

CODEC, GENERATOR = "codec-tiny", "generator-tiny"
ONE_SHOT_FRAMES = 48
CODEC_CONFIG = SpectrogramConfig(
    n_fft=256, frame_hop=128, stack=2, learned=6, tones=2, tone_fft=512, encoder_width=16, encoder_blocks=1,
    decoder_width=16, decoder_blocks=1, kernel_size=3,
)  # fmt: skip
NETWORK_CONFIG = UNetConfig(
    channels=8, embedding_dimension=TagEmbedder().dimension, width=16, multipliers=(1, 2), blocks_down=1, blocks_up=2,
)  # fmt: skip
TRAINING = GeneratorTrainingConfig(loop_batch=2, one_shot_batch=2, crop_frames=32, rate=0.3)  # warming up
FACTS = TrainingFacts({"score": 1.5}, licences=("CC0-1.0",), attributions=(), steps=3, minutes=0.1)

_LOOPS = (
    ("loop_drums", "house", 60.0, 4, "train"), ("loop_drums", "techno", 200.0, 3, "train"),
    ("loop_bass", "house", 120.0, 4, "train"), ("loop_drums", "house", 128.0, 4, "held_out"),
)  # fmt: skip
_ONE_SHOTS = (("kick", 60.0), ("snare", 190.0), ("bass", 80.0))


def tiny_sounds() -> Iterator[SoundToEncode]:
    """Four loops of one bar with a hit on each beat, and six one-shots of three kinds; a third of them held out."""
    for number, (kind, style, bpm, beats, split) in enumerate(_LOOPS):
        length = bars_to_samples(1, bpm=bpm, beats_per_bar=beats, sample_rate=SAMPLE_RATE)
        samples = torch.zeros(length)
        for beat in range(beats):
            start = round(beat * length / beats)
            sound = torch.from_numpy(hit(min(8000, length - start), seed=number))
            samples[start : start + len(sound)] += 0.5 * sound
        yield SoundToEncode(
            Audio(samples[None].numpy(), SAMPLE_RATE), kind, (kind, style, "dark"), loop=True, split=split,
            source=f"loops/{number}", bpm=bpm, bars=1, beats_per_bar=beats,
        )  # fmt: skip
    for number, (kind, hz) in enumerate(_ONE_SHOTS):
        for split in ("train", "held_out"):
            samples = torch.from_numpy(hit(9000, seed=number + 7 * (split == "train"), hz=hz))
            audio = Audio(0.5 * samples[None].numpy(), SAMPLE_RATE)
            yield SoundToEncode(audio, kind, (kind, "short"), loop=False, split=split, source=f"{split}/{kind}")


def tiny_latents(codec: Codec) -> LatentSet:
    """`tiny_sounds` encoded."""
    encoded = encode_sounds(tiny_sounds(), codec, one_shot_frames=ONE_SHOT_FRAMES)
    return LatentSet.collect(encoded, codec, one_shot_frames=ONE_SHOT_FRAMES, licences=("CC0-1.0",))


def tiny_network(*, seed: int = 0) -> SpectrogramAutoencoder:
    """An autoencoder as its training begins: principal components of `tiny_sounds`, and networks that say little."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = SpectrogramAutoencoder(CODEC_CONFIG)
    samples = torch.cat([torch.tensor(sound.audio.samples) for sound in tiny_sounds()], dim=1)
    whole = samples[:, : samples.shape[1] // CODEC_CONFIG.hop_length * CODEC_CONFIG.hop_length]
    levels = scaled(log_magnitudes(network.decoder.stft, whole))
    network.begin_with(levels.reshape(-1, CODEC_CONFIG.stack * CODEC_CONFIG.bins))
    return network


def save_tiny_codec(folder: Path, network: SpectrogramAutoencoder) -> None:
    """Publish a network as the training does."""
    save_codec(CODEC_CONFIG, SpectrogramTrainingConfig(), network.state_dict(), folder, facts=FACTS)


def plain_codec(codec: Codec) -> Any:
    """Latents of `codec`, decoded by holding the mean of each frame, and no recolouring: no frame hears another."""

    def decode(latents: Latents, *, loop: bool = False) -> torch.Tensor:
        return latents.values.mean(1, keepdim=True).repeat_interleave(codec.hop_length, -1)

    names = (*Codec.__annotations__, "encode")
    return SimpleNamespace(**{name: getattr(codec, name) for name in names}, decode=decode)


def tiny_task(latents: LatentSet) -> GeneratorTask:
    """A generator's training on `latents`."""
    network = replace(NETWORK_CONFIG, channels=latents.values.shape[1])
    return GeneratorTask(network, TRAINING, latents=latents, embedder=TagEmbedder())


def build_models(folder: Path) -> None:
    """Write `CODEC` and `GENERATOR` (of three steps of training, two of sampling) below `folder`."""
    save_tiny_codec(folder / CODEC, tiny_network())
    codec = load_codec(str(folder / CODEC))
    latents = tiny_latents(codec)
    task = tiny_task(latents)
    for step in range(3):
        task.step(step, progress=step / 3)
    save_generator(task, latents, codec, folder / GENERATOR, facts=FACTS)
    change_config(folder / GENERATOR, sampling={"steps": 2})


def change_config(folder: Path, **parts: object) -> None:
    """Update ``config.json``; a dictionary updates the part of that name, anything else takes its place."""
    path = folder / "config.json"
    config = json.loads(path.read_text("utf-8"))
    for name, value in parts.items():
        config[name] = {**config[name], **value} if isinstance(value, dict) else value
    path.write_text(json.dumps(config), "utf-8")
