"""Batches drawn from encoded sounds."""

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from samplegen.codec.stats import LatentStats
from samplegen.conditioning.beat_phase import loop_phase, one_shot_phase
from samplegen.conditioning.embedder import Embedder
from samplegen.conditioning.types import Conditioning
from samplegen.training.latents import EncodedItem, LatentSet


class BatchDrawer:
    """Draws training batches: crops of endlessly repeated loops, and whole one-shots.

    Parameters
    ----------
    latents
        The set.
    embedder
        Turns tags into condition vectors.
    stats
        Normalises the latents.
    split
        ``train`` or ``held_out``.
    crop_frames
        Frames of a loop crop.
    """

    def __init__(
        self, latents: LatentSet, embedder: Embedder, stats: LatentStats, *, split: str, crop_frames: int
    ) -> None:
        self._set, self._stats, self._crop = latents, stats, crop_frames
        chosen = [item for item in latents.items if item.split == split]
        self._loops = [item for item in chosen if item.loop]
        self._shots = [item for item in chosen if not item.loop]
        texts = sorted({_text(item, full=full) for item in chosen for full in (True, False)})
        self._vectors: dict[str, Tensor] = dict(zip(texts, embedder.embed_text(texts), strict=True))
        self._shot_weights = _kind_balance(self._shots)

    @property
    def has_loops(self) -> bool:
        """Whether loops can be drawn."""
        return bool(self._loops)

    @property
    def has_one_shots(self) -> bool:
        """Whether one-shots can be drawn."""
        return bool(self._shots)

    def draw_loops(self, batch: int, generator: Generator) -> tuple[Tensor, Conditioning]:
        """Normalised ``[B, C, crop]`` and its conditions; each crop starts anywhere on its ring."""
        rows = []
        for index in torch.randint(len(self._loops), (batch,), generator=generator).tolist():
            item = self._loops[index]
            offset = int(torch.randint(item.frames, (), generator=generator))
            place = (torch.arange(self._crop) + offset) % item.frames
            beat = loop_phase(
                item.frames,
                bars=item.bars,
                beats_per_bar=item.beats_per_bar,
                bpm=item.bpm,
                frame_rate=self._set.frame_rate,
                latency_s=float(self._set.header["latency_s"]),
            )
            rows.append((self._set.values[item.start + place], beat[:, place], self._vector(item, generator)))
        return self._stack(rows)

    def draw_one_shots(self, batch: int, generator: Generator) -> tuple[Tensor, Conditioning]:
        """Normalised ``[B, C, window]`` and its conditions, kinds drawn evenly (by the root of their counts)."""
        frames = self._set.one_shot_frames
        beat = one_shot_phase(
            frames,
            frame_rate=self._set.frame_rate,
            window_frames=frames,
            latency_s=float(self._set.header["latency_s"]),
        )
        picks = torch.multinomial(self._shot_weights, batch, replacement=True, generator=generator).tolist()
        items = [self._shots[index] for index in picks]
        rows = [(self._set.values[i.start : i.start + frames], beat, self._vector(i, generator)) for i in items]
        return self._stack(rows)

    def _vector(self, item: EncodedItem, generator: Generator) -> Tensor:
        """All of an item's words, or half of the time those alone that say what it is."""
        words = _text(item, full=float(torch.rand((), generator=generator)) < 0.5)
        return self._vectors[words]

    def _stack(self, rows: list[tuple[Tensor, Tensor, Tensor]]) -> tuple[Tensor, Conditioning]:
        data = self._stats.normalise(torch.stack([row[0] for row in rows]).float().transpose(1, 2))
        beat, vectors = torch.stack([row[1] for row in rows]), torch.stack([row[2] for row in rows])
        every = torch.ones(len(rows), dtype=torch.bool)
        return data, Conditioning(beat, vectors, every, every.clone())


def _text(item: EncodedItem, *, full: bool) -> str:
    return ", ".join(item.tags if full else item.tags[: 2 if item.loop else 1])


def _kind_balance(items: Sequence[EncodedItem]) -> Tensor:
    counts: dict[str, int] = {}
    for item in items:
        counts[item.kind] = counts.get(item.kind, 0) + 1
    return torch.tensor([counts[item.kind] ** -0.7 for item in items], dtype=torch.float64)
