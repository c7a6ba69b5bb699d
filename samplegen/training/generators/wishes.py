"""Conditions and times drawn as people ask for them: what a few-step student is taught to answer."""

from dataclasses import dataclass
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from samplegen.conditioning.beat_phase import loop_phase, one_shot_phase
from samplegen.conditioning.types import Conditioning
from samplegen.engines.alpha_blend import Generator as SoundGenerator
from samplegen.errors import InputError, UsageError
from samplegen.pack.prompts import spoken_kind
from samplegen.training.encoding.latents import LatentSet
from samplegen.training.generators.batches import BatchDrawer, ConditionShares

T = TypeVar("T")

# Bars and beats of loops, as often as they are asked for.
_BARS, _BARS_SHARES = (1, 2, 4, 8), (0.2, 0.35, 0.35, 0.1)
_BEATS, _BEATS_SHARES = (4, 3, 6, 5, 7), (0.86, 0.06, 0.04, 0.02, 0.02)
_STYLE_SHARE = 0.7


@dataclass(frozen=True)
class WishConfig:
    """What is asked of the teacher.

    Parameters
    ----------
    frames
        Latent frames of a batch, about; its longest ring too.
    loop_share
        Share of batches that are loops.
    plain_share
        Share of items asked for by kind and style alone, as without a prompt; the rest show what training showed.
    low_bpm, high_bpm
        Tempi of loops, whole ones.
    """

    frames: int = 1536
    loop_share: float = 0.65
    plain_share: float = 0.4
    low_bpm: int = 60
    high_bpm: int = 200

    def __post_init__(self) -> None:
        """Refuse what nothing can be drawn from."""
        if not 0 < self.low_bpm <= self.high_bpm or self.frames < 1:
            raise UsageError(f"No loop has {self.low_bpm} to {self.high_bpm} BPM and {self.frames} frames.")


class WishDrawer:
    """Draws conditions with the beat they belong to.

    Parameters
    ----------
    teacher
        Whose words, CLAP, codec and rings count.
    latents
        Encoded sounds, of which only words and CLAP vectors are used.
    split
        ``train`` or ``held_out``; where the set holds none out, ``train``.

    Raises
    ------
    InputError
        If the latents have other CLAP vectors than the teacher.
    """

    def __init__(self, teacher: SoundGenerator, latents: LatentSet, config: WishConfig, *, split: str) -> None:
        wanted = None if teacher.clap is None else teacher.clap.hash
        given = None if latents.clap is None else latents.clap["hash"]
        if wanted != given or abs(latents.frame_rate * teacher.codec.hop_length - teacher.codec.sample_rate) > 1e-3:
            raise InputError(
                f"These latents were encoded with another codec or CLAP than {teacher.name} was trained on."
            )
        if not any(item.split == split for item in latents.items):
            split = "train"
        self._teacher, self._config = teacher, config
        self._drawer = BatchDrawer(
            latents, teacher.embedder, teacher.stats, split=split,
            crop_frames=teacher.network.multiple, shares=ConditionShares(),
        )  # fmt: skip
        self._spoken: dict[str, Tensor] = {}

    def draw(self, generator: Generator) -> tuple[Conditioning, bool, int]:
        """Conditions of a batch, whether it is a ring, and its frames."""
        wants_loops = float(torch.rand((), generator=generator)) < self._config.loop_share
        if (wants_loops and self._drawer.has_loops) or not self._drawer.has_one_shots:
            return self._loops(generator)
        frames = self._teacher.description.one_shot_frames
        codec = self._teacher.codec
        beat = one_shot_phase(
            frames, frame_rate=codec.sample_rate / codec.hop_length, window_frames=frames, latency_s=codec.latency_s
        )
        return self._conditioning(beat, generator, loops=False), False, frames

    def _loops(self, generator: Generator) -> tuple[Conditioning, bool, int]:
        codec, config = self._teacher.codec, self._config
        while True:
            bpm = int(torch.randint(config.low_bpm, config.high_bpm + 1, (), generator=generator))
            bars, beats = _pick(_BARS, _BARS_SHARES, generator), _pick(_BEATS, _BEATS_SHARES, generator)
            ring = self._teacher.plan_loop(bpm=bpm, bars=bars, beats_per_bar=beats).ring
            if ring.repeats == 1 and (ring.frames <= config.frames or bars == 1):
                break
        beat = loop_phase(
            ring.frames, bars=bars, beats_per_bar=beats, bpm=bpm, frame_rate=codec.sample_rate / codec.hop_length,
            latency_s=codec.latency_s,
        )  # fmt: skip
        return self._conditioning(beat, generator, loops=True), True, ring.frames

    def _conditioning(self, beat: Tensor, generator: Generator, *, loops: bool) -> Conditioning:
        batch = max(1, self._config.frames // beat.shape[-1])
        vectors = self._drawer.draw_vectors(batch, generator, loops=loops)
        for row in range(batch):
            if float(torch.rand((), generator=generator)) < self._config.plain_share:
                vectors[row] = self._plain(generator, loops=loops)
        every = torch.ones(batch, dtype=torch.bool)
        return Conditioning(beat.expand(batch, -1, -1), vectors, every, vectors.norm(dim=1) > 0)

    def _plain(self, generator: Generator, *, loops: bool) -> Tensor:
        """Kind, perhaps a style, and the kind's name as a text."""
        known = self._teacher.description
        kind = _pick(known.loop_kinds if loops else known.kinds, None, generator)
        tags = [kind]
        if loops and known.styles and float(torch.rand((), generator=generator)) < _STYLE_SHARE:
            tags.append(_pick(known.styles, None, generator))
        words = self._teacher.embedder.embed_tags([tags])[0]
        clap = self._teacher.clap
        if clap is None:
            return words
        if kind not in self._spoken:
            self._spoken[kind] = F.normalize(clap.embed_text([spoken_kind(kind)]).float(), dim=-1)[0]
        return torch.cat([words, self._spoken[kind]])


def _pick(choices: tuple[T, ...], shares: tuple[float, ...] | None, generator: Generator) -> T:
    weights = torch.tensor(shares or [1.0] * len(choices))
    return choices[int(torch.multinomial(weights, 1, generator=generator))]
