"""Where a generator's training begins: at the best weights of another run, or at a finished generator."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from samplegen.checkpoints.locations import CONFIG_FILE
from samplegen.codec.stats import LatentStats
from samplegen.conditioning.embedder import TagEmbedder
from samplegen.engines.alpha_blend import load_generator
from samplegen.errors import InputError, ModelInvalidError
from samplegen.training.encoding.latents import LatentSet
from samplegen.training.loop import BEST, load_state


@dataclass(frozen=True)
class Beginning:
    """Weights to begin with, and the statistics of the latents that they know (None: those of the sounds)."""

    weights: Mapping[str, Tensor]
    stats: LatentStats | None = None


def read_beginning(place: Path, *, latents: LatentSet) -> Beginning:
    """Read a run's folder, or a generator by name or folder.

    Raises
    ------
    InputError
        If a run holds no averaged weights.
    ModelMissingError, ModelInvalidError
        If there is no such generator, or its codec, tags or CLAP are not those of the latents.
    """
    if (place / BEST).exists() or (place.is_dir() and not (place / CONFIG_FILE).exists()):
        return Beginning(averaged_weights(place), _stats_of_run(place))
    generator = load_generator(str(place), steerable=True)
    if generator.codec.latent_hash != latents.header["latent_hash"]:
        raise ModelInvalidError(
            f"The generator {generator.name} knows the latents of {generator.codec.name}, these are others. "
            f"Encode with --codec {generator.codec.name}."
        )
    if generator.embedder.hash != TagEmbedder().hash:
        raise ModelInvalidError(f"The generator {generator.name} knows other tags. Start from a newer one.")
    known = None if generator.joint is None else generator.joint.clap
    if known is not None and (latents.clap is None or latents.clap["hash"] != known.hash):
        raise ModelInvalidError(
            f"The generator {generator.name} knows the texts of {known.name}, these latents do not. "
            f"Encode with --clap {known.name}."
        )
    return Beginning(generator.network.state_dict(), generator.stats)


def averaged_weights(run: Path) -> Mapping[str, Tensor]:
    """The averaged weights of a run at its best.

    Raises
    ------
    InputError
        If it holds none.
    """
    try:
        weights = load_state(run / BEST)["task"]["average"]["weights"]
        if all(isinstance(value, Tensor) for value in weights.values()):
            return cast(Mapping[str, torch.Tensor], weights)
    except (KeyError, TypeError, AttributeError):
        pass
    raise InputError(f"The folder {run} holds no run to start from: its {BEST} has no averaged weights.")


def _stats_of_run(run: Path) -> LatentStats | None:
    entry: Any = load_state(run / BEST)["task"].get("stats")
    return None if entry is None else LatentStats.from_config(entry, channels=len(entry["mean"]))
