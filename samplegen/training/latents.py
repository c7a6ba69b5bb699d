"""Encoded training sounds: latents on disk with their codec's hash, and batches drawn from them."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor

from samplegen.audio.resample import resample_ring
from samplegen.audio.types import Audio
from samplegen.codec.base import Codec
from samplegen.codec.stats import LatentStats
from samplegen.conditioning.beat_phase import loop_phase, one_shot_phase
from samplegen.conditioning.embedder import Embedder
from samplegen.conditioning.types import Conditioning
from samplegen.errors import InputError
from samplegen.files import write_atomically, write_json
from samplegen.units import samples_to_frames

FORMAT = "samplegen-latents"
FORMAT_VERSION = 1
_VALUES, _INDEX = "latents.npy", "index.json"


@dataclass(frozen=True)
class EncodedItem:
    """One sound of a `LatentSet`: frames ``start : start + frames`` and what is known about it.

    Parameters
    ----------
    loop
        Whether the frames close to a ring (then `bpm`, `bars` and `beats_per_bar` hold).
    tags
        Words that the generator is conditioned on: the kind first, a loop's style second.
    """

    start: int
    frames: int
    kind: str
    tags: tuple[str, ...]
    loop: bool
    split: str
    source: str
    bpm: float = 0.0
    bars: int = 0
    beats_per_bar: int = 4


@dataclass(frozen=True)
class SoundToEncode:
    """Audio ``[1, T]`` with the fields of its `EncodedItem`."""

    audio: Audio
    kind: str
    tags: tuple[str, ...]
    loop: bool
    split: str
    source: str
    bpm: float = 0.0
    bars: int = 0
    beats_per_bar: int = 4


def encode_sounds(
    sounds: Iterable[SoundToEncode], codec: Codec, *, one_shot_frames: int
) -> Iterator[tuple[Tensor, SoundToEncode]]:
    """Latents ``[N, C]`` (float16) of each sound.

    A loop is resampled on the ring to whole frames; a one-shot is cut or filled with
    digital silence to `one_shot_frames`, so padding decodes to silence (spec §2.4).
    """
    for sound in sounds:
        if sound.loop:
            frames = samples_to_frames(sound.audio.length, hop_length=codec.hop_length)
            samples = resample_ring(sound.audio.samples[:1], length=frames * codec.hop_length)
        else:
            samples = np.zeros((1, one_shot_frames * codec.hop_length), np.float32)
            piece = sound.audio.samples[:1, : samples.shape[1]]
            samples[:, : piece.shape[1]] = piece
        latents = codec.encode(torch.from_numpy(samples)[None], loop=sound.loop)
        yield latents.values[0].T.half(), sound


class LatentSet:
    """Encoded sounds in memory.

    Parameters
    ----------
    values
        ``[frames, C]`` float16 over all items.
    header
        Codec name and hash, frame rate, one-shot window.
    """

    def __init__(self, values: Tensor, items: Sequence[EncodedItem], header: dict[str, Any]) -> None:
        self.values, self.items, self.header = values, tuple(items), header

    @property
    def frame_rate(self) -> float:
        """Frames per second."""
        return float(self.header["frame_rate"])

    @property
    def one_shot_frames(self) -> int:
        """Frames of a one-shot's window."""
        return int(self.header["one_shot_frames"])

    @classmethod
    def collect(
        cls,
        encoded: Iterable[tuple[Tensor, SoundToEncode]],
        codec: Codec,
        *,
        one_shot_frames: int,
        licences: Collection[str] = (),
        attributions: Collection[str] = (),
    ) -> "LatentSet":
        """Gather what `encode_sounds` yields; licences and attributions are those of the sounds."""
        pieces, items, start = [], [], 0
        for latents, sound in encoded:
            fields = {name: getattr(sound, name) for name in sound.__dataclass_fields__ if name != "audio"}
            items.append(EncodedItem(start=start, frames=latents.shape[0], **fields))
            pieces.append(latents)
            start += latents.shape[0]
        if not pieces:
            raise InputError("There is nothing to encode: the library is empty after its filters.")
        header = {
            "codec": codec.name,
            "codec_hash": codec.hash,
            "latent_hash": codec.latent_hash,
            "licences": sorted(licences),
            "attributions": sorted(attributions),
            "frame_rate": codec.sample_rate / codec.hop_length,
            "latency_s": codec.latency_s,
            "one_shot_frames": one_shot_frames,
        }
        return cls(torch.cat(pieces), items, header)

    def save(self, folder: Path) -> None:
        """Write values and index atomically."""
        write_atomically(folder / _VALUES, lambda file: np.save(file, self.values.numpy()))
        head = {"format": FORMAT, "format_version": FORMAT_VERSION, **self.header}
        write_json(folder / _INDEX, {**head, "items": [asdict(item) for item in self.items]})

    @classmethod
    def load(cls, folder: Path) -> "LatentSet":
        """Read a folder.

        Raises
        ------
        InputError
            If it is missing or damaged.
        """
        try:
            index = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
            values = torch.from_numpy(np.load(folder / _VALUES, allow_pickle=False))
            items = [EncodedItem(**{**item, "tags": tuple(item["tags"])}) for item in index.pop("items")]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"The folder {folder} holds no encoded sounds ({error}). Run: samplegen data encode."
            ) from error
        return cls(values, items, index)

    def stats(self) -> LatentStats:
        """Per-channel mean and deviation over the training frames that are not silent padding."""
        chosen = torch.zeros(self.values.shape[0], dtype=torch.bool)
        for item in self.items:
            if item.split == "train":
                chosen[item.start : item.start + item.frames] = True
        return LatentStats.measure(self.values[chosen].float())


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
        self._vectors = dict(zip(texts, embedder.embed_text(texts), strict=True))
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
