"""One-shots that are heard as what they should be: what sounds like another kind is drawn again."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import torch
from torch import Tensor

from samplegen.audio.types import Audio
from samplegen.codec.notes import Notes
from samplegen.engines.alpha_blend.generator import Generator

DRAWS: Final = 4


@dataclass(frozen=True)
class Heard:
    """A one-shot ``[1, window]`` with the seed it came from."""

    audio: Audio
    seed: int


def make_heard_one_shots(
    generator: Generator,
    kinds: Sequence[str],
    *,
    tags: Sequence[Sequence[str]],
    seeds: Sequence[int],
    clap: Tensor | None = None,
    negative: Tensor | None = None,
    notes: Sequence[Notes | None] | None = None,
    draws: int = DRAWS,
    **conditions: Any,
) -> list[Heard]:
    """One-shots of `Generator.make_one_shots` that its ear hears as `kinds`.

    The first of up to `draws` draws that is heard so is kept, else the one that is heard so most clearly.
    Without an ear, and for kinds that the ear does not know, the first draw is kept.
    """
    made = generator.make_one_shots(tags=tags, seeds=seeds, clap=clap, negative=negative, notes=notes, **conditions)
    kept = [Heard(audio, seed) for audio, seed in zip(made, seeds, strict=True)]
    ear, told = generator.ear, generator.clap
    if ear is None or told is None or draws <= 1:
        return kept
    waiting = [row for row, kind in enumerate(kinds) if kind in ear.kinds]
    clearest = [-1.0] * len(kept)
    drawn = {row: kept[row] for row in waiting}
    for draw in range(1, draws + 1):
        heard = ear.hear([drawn[row].audio for row in waiting], told) if waiting else torch.zeros(0, 1)
        missed = []
        for row, shares in zip(waiting, heard, strict=True):
            share = float(shares[ear.kinds.index(kinds[row])])
            if share > clearest[row]:
                clearest[row], kept[row] = share, drawn[row]
            if share < float(shares.max()):
                missed.append(row)
        waiting = missed
        if not waiting or draw == draws:
            return kept
        anew = [_next_seed(seeds[row], draw) for row in waiting]
        made = generator.make_one_shots(
            tags=[tags[row] for row in waiting], seeds=anew, clap=None if clap is None else clap[waiting],
            negative=None if negative is None else negative[waiting],
            notes=None if notes is None else [notes[row] for row in waiting], **conditions,
        )  # fmt: skip
        drawn = {row: Heard(audio, seed) for row, audio, seed in zip(waiting, made, anew, strict=True)}
    return kept


def _next_seed(seed: int, draw: int) -> int:
    return int.from_bytes(sha256(f"{seed}:{draw}".encode()).digest()[:7], "big")
