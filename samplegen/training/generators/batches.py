"""Batches drawn from encoded sounds."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from samplegen.codec.stats import LatentStats
from samplegen.conditioning.beat_phase import loop_phase, one_shot_phase
from samplegen.conditioning.embedder import TagEmbedder
from samplegen.conditioning.types import Conditioning
from samplegen.errors import UsageError
from samplegen.training.encoding.latents import EncodedItem, LatentSet


@dataclass(frozen=True)
class ConditionShares:
    """How often an item shows what, as shares of the draws; the last three hold where there are CLAP vectors.

    Parameters
    ----------
    all_words
        Every tag of the item; otherwise those alone that say what it is.
    words_hidden
        No tags.
    text, audio
        A text's vector, or the sound's own; otherwise none.
    nearest_cosine
        The sound's vector is turned at random, to a cosine from here to 1 with itself, so that a
        generator does not wait for vectors of known sounds.
    """

    all_words: float = 0.5
    words_hidden: float = 0.2
    text: float = 0.5
    audio: float = 0.25
    nearest_cosine: float = 0.75

    def __post_init__(self) -> None:
        shares = (self.all_words, self.words_hidden, self.text, self.audio, self.nearest_cosine)
        if not all(0 <= share <= 1 for share in shares) or self.text + self.audio > 1:
            raise UsageError(f"Shares of conditions are 0 to 1, text and audio together at most 1; {shares} given.")


class BatchDrawer:
    """Draws training batches: crops of endlessly repeated loops, and whole one-shots.

    Parameters
    ----------
    latents
        The set.
    embedder
        Turns tags into condition vectors; the set's CLAP vectors, if any, follow them.
    stats
        Normalises the latents.
    split
        ``train`` or ``held_out``.
    crop_frames
        Frames of a loop crop.
    shares
        How often an item shows what.
    """

    def __init__(
        self,
        latents: LatentSet,
        embedder: TagEmbedder,
        stats: LatentStats,
        *,
        split: str,
        crop_frames: int,
        shares: ConditionShares | None = None,
    ) -> None:
        self._set, self._stats, self._crop = latents, stats, crop_frames
        self._shares = shares or ConditionShares()
        chosen = [number for number, item in enumerate(latents.items) if item.split == split]
        self._loops = [number for number in chosen if latents.items[number].loop]
        self._shots = [number for number in chosen if not latents.items[number].loop]
        texts = sorted({_text(latents.items[number], full=full) for number in chosen for full in (True, False)})
        self._words: dict[str, Tensor] = dict(zip(texts, embedder.embed_text(texts), strict=True))
        self._shot_weights = _kind_balance([latents.items[number] for number in self._shots])

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
            item = self._set.items[self._loops[index]]
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
            frames = self._frames(item.start + place, generator)
            rows.append((frames, beat[:, place], self._vector(self._loops[index], generator)))
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
        rows = []
        for number in [self._shots[index] for index in picks]:
            start = self._set.items[number].start
            place = torch.arange(start, start + frames)
            rows.append((self._frames(place, generator), beat, self._vector(number, generator)))
        return self._stack(rows)

    def draw_vectors(self, batch: int, generator: Generator, *, loops: bool) -> Tensor:
        """Condition vectors ``[B, D]`` alone, drawn as those of loops or of one-shots."""
        if loops:
            numbers = [self._loops[i] for i in torch.randint(len(self._loops), (batch,), generator=generator).tolist()]
        else:
            picks = torch.multinomial(self._shot_weights, batch, replacement=True, generator=generator).tolist()
            numbers = [self._shots[index] for index in picks]
        return torch.stack([self._vector(number, generator) for number in numbers])

    def _frames(self, place: Tensor, generator: Generator) -> Tensor:
        """Latents ``[N, C]`` at the frames `place` of the set."""
        return self._set.values[place]

    def _vector(self, number: int, generator: Generator) -> Tensor:
        """Words of item `number`, all or those that say what it is, and CLAP's vector where the set has them."""
        item, shares = self._set.items[number], self._shares
        if self._set.vectors is None:
            return self._words[_text(item, full=float(torch.rand((), generator=generator)) < shares.all_words)]
        full, hidden, sort, turn = torch.rand(4, generator=generator).tolist()
        words = self._words[_text(item, full=full < shares.all_words)]
        hides = hidden < shares.words_hidden
        clap = self._clap_vector(self._set.vectors[number].float(), sort, turn, hides=hides, generator=generator)
        if hides and bool(clap.any()):  # hiding both is Dropout's to decide, which tells the network so
            words = torch.zeros_like(words)
        return torch.cat([words, clap])

    def _clap_vector(self, vectors: Tensor, sort: float, turn: float, *, hides: bool, generator: Generator) -> Tensor:
        """Out of ``[1 + captions, D]``: a text's, the turned one of the sound, or zeros; something where words hide."""
        shares = self._shares
        silent = sort >= shares.text + shares.audio
        says_text = sort < shares.text or (silent and hides and shares.text > 0)
        if says_text:
            return vectors[1 + int(torch.randint(vectors.shape[0] - 1, (), generator=generator))]
        if silent and not (hides and shares.audio > 0):
            return torch.zeros_like(vectors[0])
        cosine = shares.nearest_cosine + (1.0 - shares.nearest_cosine) * turn
        return turned(vectors[0], cosine=cosine, generator=generator)

    def _stack(self, rows: list[tuple[Tensor, Tensor, Tensor]]) -> tuple[Tensor, Conditioning]:
        data = self._normalise(torch.stack([row[0] for row in rows]).float().transpose(1, 2))
        beat, vectors = torch.stack([row[1] for row in rows]), torch.stack([row[2] for row in rows])
        every = torch.ones(len(rows), dtype=torch.bool)
        return data, Conditioning(beat, vectors, every, every.clone())

    def _normalise(self, latents: Tensor) -> Tensor:
        return self._stats.normalise(latents)


def turned(vector: Tensor, *, cosine: float, generator: Generator) -> Tensor:
    """A unit vector ``[D]`` in a random direction at `cosine` from a unit vector; zeros stay zeros."""
    noise = torch.randn(vector.shape, generator=generator)
    aside = F.normalize(noise - (noise @ vector) * vector, dim=0)
    made: Tensor = (cosine * vector + (1.0 - cosine**2) ** 0.5 * aside) * bool(vector.any())
    return made


def _text(item: EncodedItem, *, full: bool) -> str:
    return ", ".join(item.tags if full else item.tags[: 2 if item.loop else 1])


def _kind_balance(items: Sequence[EncodedItem]) -> Tensor:
    counts: dict[str, int] = {}
    for item in items:
        counts[item.kind] = counts.get(item.kind, 0) + 1
    return torch.tensor([counts[item.kind] ** -0.7 for item in items], dtype=torch.float64)
