"""From a trained state to a model folder: weights, configuration and card."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from samplegen.checkpoints import save_model
from samplegen.checkpoints.companions import record_companion
from samplegen.codec.base import Codec
from samplegen.codec.latency import measure_latency
from samplegen.codec.spectrogram import FAMILY as SPECTROGRAM
from samplegen.codec.spectrogram import SpectrogramCodec
from samplegen.conditioning.embedder import TagEmbedder
from samplegen.conditioning.kind_ear import EAR_FILE, learn_kinds, save_ear
from samplegen.conditioning.vocabulary import STYLES
from samplegen.conditioning.words_and_sound import joint_hash, joint_name
from samplegen.engines.alpha_blend.generator import FAMILY as GENERATOR
from samplegen.engines.alpha_blend.generator import Description, Sampling
from samplegen.networks.spectrogram import SpectrogramAutoencoder, SpectrogramConfig
from samplegen.networks.unet import config_to_dict
from samplegen.pack.memorisation.memory import MEMORY_FILE
from samplegen.training.codecs.spectrogram_trainer import SpectrogramTrainingConfig
from samplegen.training.encoding.latents import LatentSet
from samplegen.training.generators.generator_trainer import GeneratorTask
from samplegen.training.rendering.render import LOOP_KINDS
from samplegen.training.sources.library import ONE_SHOT_KINDS

# Where kinds are heard and tempi held best at small distances (card of generator-drums-44k).
SAMPLING = Sampling(steps=4, beat_scale=3.0, embedding_scale=2.5)
_MEMORY_NOTE = (
    "Copies of its training sounds are refused once it has a memory of them: "
    "`samplegen data remember LIBRARY --loops DIR --model {name}`."
)


@dataclass(frozen=True)
class TrainingFacts:
    """What a card says of a training."""

    figures: Mapping[str, float]
    licences: tuple[str, ...]
    attributions: tuple[str, ...]
    steps: int
    minutes: float

    def config(self) -> dict[str, Any]:
        """For ``config.json``."""
        return {
            "metrics": dict(self.figures),
            "training_licences": list(self.licences),
            "attributions": list(self.attributions),
            "steps": self.steps,
            "minutes": round(self.minutes, 1),
        }

    def card(self, name: str, *, notes: Sequence[str] = ()) -> str:
        """A first card; people add what was tried and what it is for."""
        lines = [f"# {name}", "", f"Trained for {self.steps} steps in {self.minutes:.0f} minutes.", ""]
        lines += [line for note in notes for line in (note, "")]
        lines += [f"Licences of the training sounds: {', '.join(self.licences)}.", ""]
        lines += ["| figure (held-out sources) | value |", "| --- | --- |"]
        lines += [f"| {figure} | {value:.4g} |" for figure, value in self.figures.items()]
        lines += ["", *[f"- {line}" for line in self.attributions]]
        return "\n".join(lines).rstrip() + "\n"


def save_codec(
    architecture: SpectrogramConfig,
    training: SpectrogramTrainingConfig,
    weights: Mapping[str, Tensor],
    folder: Path,
    *,
    facts: TrainingFacts,
) -> None:
    """Write a spectrogram codec with the latency measured by clicks."""
    network = SpectrogramAutoencoder(architecture)
    network.load_state_dict(weights)
    config = {
        "family": SPECTROGRAM,
        "architecture": asdict(architecture),
        "training": asdict(training),
        "latency_s": measure_latency(SpectrogramCodec(network, name=folder.name, hash="")),
        **facts.config(),
    }
    save_model(folder, tensors=network.state_dict(), config=config, card=_card(folder, facts))


def save_generator(task: GeneratorTask, data: LatentSet, codec: Codec, folder: Path, *, facts: TrainingFacts) -> None:
    """Write the averaged weights of a generator with all it needs to be used."""
    trained = [item for item in data.items if item.split == "train"]
    kinds = {item.kind for item in trained}
    styles = {tag for item in trained if item.loop for tag in item.tags}
    tempi = [item.bpm for item in trained if item.loop] or [60.0, 200.0]
    description = Description(
        kinds=tuple(kind for kind in ONE_SHOT_KINDS if kind in kinds),
        loop_kinds=tuple(kind for kind in LOOP_KINDS if kind in kinds),
        styles=tuple(style for style in STYLES if style in styles),
        low_bpm=min(tempi), high_bpm=max(tempi), one_shot_frames=data.one_shot_frames,
        attributions=facts.attributions, training_licences=facts.licences,
    )  # fmt: skip
    config = {
        "family": GENERATOR,
        "architecture": config_to_dict(task.config),
        "codec": {"name": codec.name, "hash": codec.hash},
        "embedder": embedder_entry(task.embedder, data.clap),
        "latent_stats": task.stats.to_config(),
        **({} if (reach := data.loop_range()) is None else {"loop_range": reach.to_config()}),
        "description": plain(asdict(description)),
        "sampling": plain(asdict(SAMPLING)),
        "training": plain(asdict(task.training)),
        **facts.config(),
    }
    notes = (*_clap_notes(data), _MEMORY_NOTE.format(name=folder.name))
    save_model(folder, tensors=task.average.weights, config=config, card=_card(folder, facts, *notes))
    (folder / MEMORY_FILE).unlink(missing_ok=True)  # of former weights
    _save_ear(data, folder)


def _save_ear(data: LatentSet, folder: Path) -> None:
    """What tells the kinds of its one-shots apart, where the sounds have a CLAP's vectors."""
    (folder / EAR_FILE).unlink(missing_ok=True)
    shots = [n for n, item in enumerate(data.items) if item.split == "train" and not item.loop]
    kinds = [data.items[n].kind for n in shots]
    if data.clap is None or data.vectors is None or len(set(kinds)) < 2:
        return
    save_ear(folder, learn_kinds(data.vectors[shots, 0].float(), kinds, clap=data.clap["hash"]))
    record_companion(folder, EAR_FILE)


def embedder_entry(tags: TagEmbedder, clap: Mapping[str, str] | None) -> dict[str, Any]:
    """What a generator records of its conditions: tags, and the CLAP (name and hash) behind them, if any."""
    words = list(tags.vocabulary.tags)
    if clap is None:
        return {"name": tags.name, "hash": tags.hash, "tags": words}
    both = {"name": joint_name(clap["name"]), "hash": joint_hash(tags.hash, clap["hash"])}
    return {**both, "tags": words, "clap": dict(clap)}


def _clap_notes(data: LatentSet) -> list[str]:
    if data.clap is None:
        return []
    texts = data.header["clap"]["captions"]
    return [f"Understands texts and sounds through {data.clap['name']}: {texts} texts and the audio of each sound."]


def _card(folder: Path, facts: TrainingFacts, *notes: str) -> str | None:
    """A new card, or None where somebody wrote one."""
    return None if (folder / "README.md").exists() else facts.card(folder.name, notes=notes)


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values for JSON: tuples as lists."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
