"""LAION-CLAP (Wu et al. 2023, arXiv:2211.06687) behind the `Embedder` protocol, from local files only."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from samplegen.audio.resample import resample
from samplegen.audio.types import Audio, Samples
from samplegen.checkpoints import PUBLISHED, LoadedModel, find_model, how_to_pull, load_model
from samplegen.checkpoints.companions import require_files
from samplegen.checkpoints.locations import is_path
from samplegen.conditioning.clap.laion_package import build_module, check_installed
from samplegen.errors import ModelInvalidError, ModelMissingError

FAMILY: Final = "laion_clap"
DIMENSION: Final = 512
SAMPLE_RATE: Final = 48_000
WINDOW: Final = 480_000
MOST_WINDOWS: Final = 12
AUDIO_MODELS: Final = ("HTSAT-base", "HTSAT-tiny")
_BATCH_OF_TEXTS: Final = 64
_BATCH_OF_WINDOWS: Final = 8
_STEPS: Final = 32_767.0


class LaionClap:
    """Text and audio to 512-d unit vectors (an `Embedder`).

    The package does the preprocessing: samples are clipped to [-1, 1] and rounded to 16 bits,
    what is shorter than 10 s is repeated as often as it fits whole and filled up with silence,
    and texts are cut at 77 tokens. Level matters, as it did in training.

    Parameters
    ----------
    module
        The package's ``CLAP_Module``.
    name, hash
        Of the model folder and its weights.
    """

    def __init__(self, module: Any, *, name: str, hash: str) -> None:
        self.name, self.hash, self.dimension = name, hash, DIMENSION
        self._module = module

    @torch.inference_mode()
    def embed_text(self, texts: Sequence[str]) -> Tensor:
        """``[B, 512]`` unit vectors; zeros for a text without a letter or digit."""
        rows = torch.zeros(len(texts), self.dimension)
        said = [row for row, text in enumerate(texts) if any(map(str.isalnum, text))]
        for start in range(0, len(said), _BATCH_OF_TEXTS):
            part = said[start : start + _BATCH_OF_TEXTS]
            plain = [texts[row].encode("utf-8", "ignore").decode() for row in part]
            rows[part] = self._unit(self._module.get_text_embedding(plain))
        return rows

    @torch.inference_mode()
    def embed_audio(self, audios: Sequence[Audio]) -> Tensor:
        """``[B, 512]`` unit vectors of sounds of any length, rate and channels; zeros for silence.

        The package takes a random 10 s of a longer sound. Here it is the mean over windows of
        10 s, evenly placed from the beginning to the end: as few as cover it, at most 12.
        """
        groups = [windows_of(audio) for audio in audios]
        flat = [window for group in groups for window in group]
        parts = [
            self._unit(self._module.get_audio_embedding_from_data(flat[start : start + _BATCH_OF_WINDOWS]))
            for start in range(0, len(flat), _BATCH_OF_WINDOWS)
        ]
        vectors = torch.cat([torch.zeros(0, self.dimension), *parts])
        groups_of = torch.split(vectors, [len(group) for group in groups])
        means = [group.mean(0) if len(group) else torch.zeros(self.dimension) for group in groups_of]
        return F.normalize(torch.stack(means), dim=-1) if means else torch.zeros(0, self.dimension)

    def _unit(self, vectors: Any) -> Tensor:
        made = torch.from_numpy(np.asarray(vectors, np.float32))
        if made.ndim != 2 or made.shape[1] != self.dimension or not bool(torch.isfinite(made).all()):
            raise ModelInvalidError(f"{self.name} gives vectors of shape {list(made.shape)}. Pull the model again.")
        return F.normalize(made, dim=-1)


def windows_of(audio: Audio) -> list[Samples]:
    """Mono windows ``[T]`` at 48 kHz, T at most 480,000, that sound; none of silence.

    Silence is what rounds to zero with 16 bits.
    """
    samples = resample(audio.mono(), sample_rate=SAMPLE_RATE).samples[0]
    count = min(MOST_WINDOWS, -(-len(samples) // WINDOW))
    starts = np.linspace(0, max(0, len(samples) - WINDOW), count).astype(int)
    windows = [samples[start : start + WINDOW] for start in starts]
    return [window for window in windows if np.abs(window).max() * _STEPS >= 1.0]


def load_laion(model: str | Path | LoadedModel = "laion-clap-music") -> LaionClap:
    """Load LAION-CLAP from a model folder that ``samplegen models pull`` made.

    Parameters
    ----------
    model
        ``laion-clap-music``, ``laion-clap-audioset``, the path of a folder, or what was loaded from there.

    Raises
    ------
    ModelMissingError
        Says what to download and where to put it.
    DependencyError
        If the package laion-clap is not installed or does not import.
    ModelInvalidError
        If a file is damaged, or of another sort of model.
    """
    loaded = model if isinstance(model, LoadedModel) else _load(model)
    family, audio_model = loaded.config.get("family"), loaded.config.get("audio_model")
    if family != FAMILY:
        raise ModelInvalidError(f"{loaded.name} is a {family!r:.60}, not a {FAMILY!r}.")
    if audio_model not in AUDIO_MODELS:
        raise ModelInvalidError(
            f"{loaded.name}: audio_model is {audio_model!r:.60}; it must be one of {', '.join(AUDIO_MODELS)}."
        )
    require_files(loaded.folder, tuple(file.place for file in PUBLISHED["laion-clap-music"].companions))
    tokenizer = loaded.folder / "tokenizer"
    module = build_module(audio_model=audio_model, tensors=loaded.tensors, tokenizer_folder=tokenizer)
    return LaionClap(module, name=loaded.name, hash=loaded.hash)


def _load(name_or_folder: str | Path) -> LoadedModel:
    try:
        folder = find_model(name_or_folder)
    except ModelMissingError as error:
        if is_path(name_or_folder) or name_or_folder not in PUBLISHED:
            raise
        advice = how_to_pull(str(name_or_folder))
        raise ModelMissingError(f"The weights {name_or_folder} are not here. {advice}") from error
    check_installed()  # before hundreds of megabytes are read
    return load_model(folder)
