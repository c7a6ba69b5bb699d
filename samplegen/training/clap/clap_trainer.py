"""Contrast of captions and sounds, with every sound that a caption fits as a positive (a `TrainingTask`).

CLIP (Radford et al. 2021, arXiv:2103.00020) with soft targets as in UniCL (Yang et al. 2022, arXiv:2204.03610).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from samplegen.conditioning.clap.bundled import embed_windows, embed_words
from samplegen.conditioning.clap.features import Heard
from samplegen.conditioning.clap.ranking import average_precision, ranked, recall_at
from samplegen.conditioning.clap.words import buckets_of, words_of
from samplegen.networks.joint import JointConfig, JointEmbedding
from samplegen.networks.precision import fast_inference
from samplegen.training.clap.augmented_mels import augmented
from samplegen.training.clap.captions import caption, choose_attributes
from samplegen.training.clap.clap_data import ClapData
from samplegen.training.optimisation import WeightAverage, cosine_rate, seeded
from samplegen.training.parallel import gathered, own_share, rank, shared

_HIGHEST_SCALE = 60.0
_VALIDATED, _BATCH = 200, 64
_NO_WORD = "?"


@dataclass(frozen=True)
class ClapTrainingConfig:
    """How a joint embedder is trained.

    Parameters
    ----------
    batch
        Sounds, each with one caption, per step; several processes share them.
    rate, weight_decay
        Peak learning rate and decay of AdamW.
    average
        Decay of the weight average.
    pieces_dropped
        Share of a word's pieces left out, so that typos matter little.
    teacher_weight, teacher_batch
        Weight of the teacher's loss, and its texts per step.
    """

    batch: int = 160
    rate: float = 1.5e-3
    weight_decay: float = 0.02
    average: float = 0.995
    pieces_dropped: float = 0.15
    teacher_weight: float = 2.0
    teacher_batch: int = 96
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Lessons:
    """Texts and the teacher's ``[texts, D]`` unit vectors for them."""

    texts: tuple[str, ...]
    vectors: Tensor


class ClapTask:
    """Training of a `JointEmbedding` on `ClapData`."""

    def __init__(
        self, config: JointConfig, training: ClapTrainingConfig, *, data: ClapData, lessons: Lessons | None = None
    ) -> None:
        self.config, self.training, self.data = config, training, data
        with seeded(training.seed):
            self.model = JointEmbedding(config)
            self._head = nn.Linear(config.dimension, 1 if lessons is None else lessons.vectors.shape[1])
        learning = [self.model] if lessons is None else [self.model, self._head]
        self._losses = shared(nn.ModuleList(learning), self._learn)
        self.average = WeightAverage(self.model, decay=training.average)
        self.generator = Generator().manual_seed(training.seed)
        parameters = [*self.model.parameters(), *self._head.parameters()]
        self.optimiser = torch.optim.AdamW(
            parameters, lr=training.rate, betas=(0.9, 0.98), weight_decay=training.weight_decay
        )
        self._lessons, self._told = lessons, data.told()
        self._axis = {word: axis for axis, word in enumerate(data.attributes)}
        self._trained = data.places("train")
        self._chances = data.weights(self._trained)

    def step(self, step: int, *, progress: float) -> dict[str, float]:
        """One step of contrast, and of the teacher's lesson."""
        cosine_rate(self.optimiser, peak=self.training.rate, step=step, progress=progress)
        rng = np.random.default_rng(int(torch.randint(1 << 62, (), generator=self.generator)))
        with seeded(int(rng.integers(1 << 62)) + rank()):
            losses = self._losses(rng)
        total = losses["contrast"] + self.training.teacher_weight * losses.get("teacher", torch.zeros(()))
        self.optimiser.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.average.update(self.model)
        return {name: float(loss.detach()) for name, loss in losses.items()}

    def _learn(self, rng: np.random.Generator) -> dict[str, Tensor]:
        losses = {"contrast": self._contrast(rng)}
        return losses if self._lessons is None else losses | {"teacher": self._lesson(self._lessons, rng)}

    def _contrast(self, rng: np.random.Generator) -> Tensor:
        places = [self._trained[k] for k in rng.choice(len(self._trained), self.training.batch, p=self._chances)]
        texts, asked = self._captions(places, rng)
        self._note_pieces(texts)
        windows, share = [self._window(place, rng) for place in places], own_share(len(places))
        said = self._embed_texts(texts[share], dropped=self.training.pieces_dropped)
        with fast_inference():
            heard = embed_windows(self.model, windows[share])
        said, heard = gathered(said), gathered(heard)  # every text is held against every sound
        fits = fitting(asked, self._told[places])
        return soft_contrast(said @ heard.T * self.model.log_scale.exp().clamp(max=_HIGHEST_SCALE), fits)

    def _captions(
        self, places: Sequence[int], rng: np.random.Generator, *, unseen: bool = False
    ) -> tuple[list[str], Tensor]:
        """One caption for each sound, and ``[B, attributes]`` of what they ask for."""
        asked = torch.zeros(len(places), len(self._axis))
        texts = []
        for row, place in enumerate(places):
            kind, picked = choose_attributes(self.data.sounds[place].facts, among=self._axis, rng=rng)
            texts.append(caption(kind, picked, rng=rng, unseen=unseen))
            for word in (*picked, *([kind] if kind in self._axis else [])):
                asked[row, self._axis[str(word)]] = 1.0
        return texts, asked

    def _window(self, place: int, rng: np.random.Generator) -> Heard:
        windows = self.data.sounds[place].windows
        return augmented(windows[int(rng.integers(len(windows)))], rng=rng)

    def _lesson(self, lessons: Lessons, rng: np.random.Generator) -> Tensor:
        """Mean distance 1 − cosine between what the teacher and (through a linear map) the text tower say."""
        places = rng.integers(len(lessons.texts), size=self.training.teacher_batch)
        places = places[own_share(len(places))]
        said = self._embed_texts([lessons.texts[place] for place in places], dropped=0.1)
        return (1.0 - F.cosine_similarity(self._head(said), lessons.vectors[places], dim=-1)).mean()

    def _embed_texts(self, texts: Sequence[str], *, dropped: float = 0.0) -> Tensor:
        words = [words_of(text) or [_NO_WORD] for text in texts]
        return embed_words(self.model, words, dropped=dropped)

    def _note_pieces(self, texts: Sequence[str]) -> None:
        for word in {word for text in texts for word in words_of(text)}:
            self.model.seen[buckets_of(word)] = 1

    def validate(self) -> dict[str, float]:
        """Retrieval of held-out sounds by seen and unseen phrasings with the averaged weights.

        Where a small library holds no source out, its training sounds are asked for.
        """
        places = self.data.places("held_out") or self._trained
        asked_for = places[:: max(1, len(places) // _VALIDATED)]
        figures: dict[str, float] = {}
        with self.average.applied(self.model), torch.inference_mode():
            self.model.eval()
            heard = self.embed_sounds(places)
            for name, unseen in (("seen", False), ("unseen", True)):
                texts, asked = self._captions(asked_for, np.random.default_rng(5), unseen=unseen)
                hits = ranked(self._embed_texts(texts), heard, fitting(asked, self._told[places]) > 0)
                figures[f"recall_{name}"] = float(recall_at(hits).mean())
                figures[f"precision_{name}"] = float(average_precision(hits).mean())
            self.model.train()
        return figures | {"score": 1.0 - 0.5 * (figures["precision_seen"] + figures["precision_unseen"])}

    def embed_sounds(self, places: Sequence[int]) -> Tensor:
        """``[n, D]`` unit vectors of the first windows of sounds, with the present weights."""
        windows = [self.data.sounds[place].windows[0] for place in places]
        windows = [replace(window, mels=window.mels.astype(np.float32)) for window in windows]
        with fast_inference():
            return torch.cat(
                [embed_windows(self.model, windows[k : k + _BATCH]) for k in range(0, len(windows), _BATCH)]
            )

    def embed_captions(self, places: Sequence[int], rng: np.random.Generator) -> Tensor:
        """``[n, D]`` unit vectors of a caption of each sound, with the present weights."""
        texts, _ = self._captions(places, rng)
        return torch.cat([self._embed_texts(texts[k : k + _BATCH]) for k in range(0, len(texts), _BATCH)])

    def state(self) -> dict[str, Any]:
        """Weights, average, optimiser, generator, and what the weights were trained to say."""
        return {
            "model": self.model.state_dict(),
            "head": self._head.state_dict(),
            "average": self.average.state(),
            "optimiser": self.optimiser.state_dict(),
            "generator": self.generator.get_state(),
            "attributes": list(self.data.attributes),
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from `state`; it must come from the same attributes."""
        if state["attributes"] != list(self.data.attributes):
            raise ValueError("the attributes differ")
        self.model.load_state_dict(state["model"])
        self._head.load_state_dict(state["head"])
        self.average.load_state(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.generator.set_state(state["generator"])


def fitting(asked: Tensor, told: Tensor) -> Tensor:
    """``[Q, N]``: 1 where a sound ``[N, attributes]`` has all that a text ``[Q, attributes]`` asks for."""
    return (asked @ told.T >= asked.sum(1, keepdim=True) - 0.5).float()


def soft_contrast(logits: Tensor, fits: Tensor) -> Tensor:
    """Cross entropy of text to sound and of sound to text against targets spread over all that fits.

    Parameters
    ----------
    logits
        ``[B, B]``, texts by sounds.
    fits
        ``[B, B]`` of 0 and 1, at least one in each row and column.
    """
    by_text = fits / fits.sum(1, keepdim=True)
    by_sound = fits / fits.sum(0, keepdim=True)
    return -(by_text * logits.log_softmax(1)).sum(1).mean() - (by_sound * logits.log_softmax(0)).sum(0).mean()
