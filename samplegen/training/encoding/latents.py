"""Encoded training sounds: latents on disk with their codec's hash."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from samplegen.audio.resample import resample_ring
from samplegen.audio.types import Audio
from samplegen.codec.base import Codec
from samplegen.codec.stats import LatentRange, LatentStats
from samplegen.errors import InputError
from samplegen.files import write_atomically, write_json
from samplegen.units import samples_to_frames

FORMAT = "samplegen-latents"
FORMAT_VERSION = 1
_VALUES, _INDEX, _VECTORS, _DEGRADED = "latents.npy", "index.json", "vectors.npy", "degraded.npy"


@dataclass(frozen=True)
class EncodedItem:
    """One sound of a `LatentSet`: frames ``start : start + frames`` and what is known about it.

    Parameters
    ----------
    loop
        Whether the frames close to a ring (then `bpm`, `bars` and `beats_per_bar` hold).
    tags
        Words that the generator is conditioned on: the kind first, a loop's style second.
    sounding
        Frames before the silence that fills a one-shot's window; None means all.
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
    sounding: int | None = None


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
) -> Iterator[tuple[Tensor, EncodedItem]]:
    """Latents ``[N, C]`` (float16) of each sound, and its item, which starts at 0.

    A loop is resampled on the ring to whole frames; a one-shot is cut or filled with
    digital silence to `one_shot_frames`, so padding decodes to silence (spec §2.4).
    The bits do not depend on the number of torch's threads, so a cluster's workers make the same ones.
    """
    for sound in sounds:
        if sound.loop:
            frames = samples_to_frames(sound.audio.length, hop_length=codec.hop_length)
            samples = resample_ring(sound.audio.samples[:1], length=frames * codec.hop_length)
        else:
            samples = np.zeros((1, one_shot_frames * codec.hop_length), np.float32)
            piece = sound.audio.samples[:1, : samples.shape[1]]
            samples[:, : piece.shape[1]] = piece
        with _one_thread():
            latents = codec.encode(torch.from_numpy(samples)[None], loop=sound.loop)
        values = latents.values[0].T.half()
        yield values, _item(sound, values.shape[0], hop_length=codec.hop_length)


@contextmanager
def _one_thread() -> Iterator[None]:
    """With several threads sums are taken in another order."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _item(sound: SoundToEncode, frames: int, *, hop_length: int) -> EncodedItem:
    fields = {name: getattr(sound, name) for name in sound.__dataclass_fields__ if name != "audio"}
    sounding = None if sound.loop else min(frames, -(-sound.audio.length // hop_length))
    return EncodedItem(start=0, frames=frames, sounding=sounding, **fields)


class LatentSet:
    """Encoded sounds in memory.

    Parameters
    ----------
    values
        ``[frames, C]`` float16 over all items.
    header
        Codec name and hash, frame rate, one-shot window; name, hash and captions of the CLAP.
    vectors
        ``[items, 1 + captions, D]`` float16: CLAP's vector of each sound, then of texts about it.
    degraded
        ``[copies, frames, C]`` float16: the latents of the same sounds made worse, for generators that enhance.
    """

    def __init__(
        self,
        values: Tensor,
        items: Sequence[EncodedItem],
        header: dict[str, Any],
        *,
        vectors: Tensor | None = None,
        degraded: Tensor | None = None,
    ) -> None:
        self.values, self.items, self.header = values, tuple(items), header
        self.vectors, self.degraded = vectors, degraded

    @property
    def clap(self) -> dict[str, str] | None:
        """Name and hash of the CLAP whose vectors go along."""
        found = self.header.get("clap")
        return None if found is None else {key: str(found[key]) for key in ("name", "hash")}

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
        encoded: Iterable[tuple[Tensor, EncodedItem]],
        codec: Codec,
        *,
        one_shot_frames: int,
        licences: Collection[str] = (),
        attributions: Collection[str] = (),
    ) -> "LatentSet":
        """Gather what `encode_sounds` yields; licences and attributions are those of the sounds."""
        pieces, items, start = [], [], 0
        for latents, item in encoded:
            items.append(replace(item, start=start))
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
            "sample_rate": codec.sample_rate,
            "frame_rate": codec.sample_rate / codec.hop_length,
            "latency_s": codec.latency_s,
            "one_shot_frames": one_shot_frames,
        }
        return cls(torch.cat(pieces), items, header)

    def with_vectors(self, vectors: Tensor, *, name: str, hash: str) -> "LatentSet":
        """Copy with the vectors ``[items, 1 + captions, D]`` of the CLAP of that name and hash."""
        entry = {"name": name, "hash": hash, "captions": vectors.shape[1] - 1}
        header = {**self.header, "clap": entry}
        return LatentSet(self.values, self.items, header, vectors=vectors.half(), degraded=self.degraded)

    def save(self, folder: Path) -> None:
        """Write values, vectors and index, each atomically, the index last."""
        write_atomically(folder / _VALUES, lambda file: np.save(file, self.values.numpy()))
        self.save_vectors(folder)

    def save_vectors(self, folder: Path) -> None:
        """Write vectors and index beside the values that lie there."""
        if (vectors := self.vectors) is not None:
            write_atomically(folder / _VECTORS, lambda file: np.save(file, vectors.numpy()))
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
            _check(values, items, index)
            vectors = _read_vectors(folder, index["clap"], count=len(items)) if "clap" in index else None
            degraded = _read_degraded(folder, values)
        except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"The folder {folder} holds no encoded sounds ({error}). Run: samplegen data encode."
            ) from error
        return cls(values, items, index, vectors=vectors, degraded=degraded)

    def stats(self) -> LatentStats:
        """Per-channel mean and deviation over the training frames that are not silent padding.

        Raises
        ------
        InputError
            If there are none.
        """
        chosen = torch.zeros(self.values.shape[0], dtype=torch.bool)
        for item in self.items:
            if item.split == "train":
                chosen[item.start : item.start + (item.sounding or item.frames)] = True
        if chosen.sum() < 2:
            raise InputError("There are no training sounds among the encoded ones. Scan more sources and encode again.")
        return LatentStats.measure(self.values[chosen].float())

    def loop_range(self) -> LatentRange | None:
        """How far the latents of training loops go; None without any."""
        frames = [self.values[x.start : x.start + x.frames] for x in self.items if x.loop and x.split == "train"]
        return LatentRange.measure(torch.cat(frames).float()) if frames else None


_HEADER = {
    "codec": str, "codec_hash": str, "latent_hash": str, "licences": list, "attributions": list,
    "frame_rate": float, "latency_s": float, "one_shot_frames": int,
}  # fmt: skip


def _check(values: Tensor, items: Sequence[EncodedItem], header: dict[str, Any]) -> None:
    """Refuse, as ValueError or KeyError, what `LatentSet.save` would not have written."""
    if header["format"] != FORMAT or header["format_version"] != FORMAT_VERSION:
        raise ValueError(f"they are of {header['format']} {header['format_version']}")
    for name, kind in _HEADER.items():
        if not isinstance(header[name], kind):
            raise ValueError(f"{name} is {header[name]!r:.60}")
    if values.ndim != 2 or values.dtype != torch.float16:
        raise ValueError(f"{_VALUES} is not [frames, C] of float16")
    if any(item.start < 0 or item.frames < 1 or item.start + item.frames > len(values) for item in items):
        raise ValueError(f"{_INDEX} names frames beyond the end of {_VALUES}")


def save_degraded(folder: Path, degraded: Tensor) -> None:
    """Write the latents ``[copies, frames, C]`` of sounds made worse beside those of the sounds."""
    write_atomically(folder / _DEGRADED, lambda file: np.save(file, degraded.half().numpy()))


def _read_degraded(folder: Path, values: Tensor) -> Tensor | None:
    """Copies of the shape of `values`; None where there are none."""
    path = folder / _DEGRADED
    if not path.exists():
        return None
    degraded = torch.from_numpy(np.load(path, allow_pickle=False))
    if degraded.ndim != 3 or degraded.shape[1:] != values.shape or degraded.dtype != torch.float16:
        raise ValueError(f"{_DEGRADED} does not hold copies of {_VALUES}")
    return degraded


def _read_vectors(folder: Path, clap: dict[str, Any], *, count: int) -> Tensor:
    """The vectors; ValueError or KeyError where they are not what the index says."""
    if not (isinstance(clap["name"], str) and isinstance(clap["hash"], str)):
        raise ValueError(f"clap is {clap!r:.60}")
    vectors = torch.from_numpy(np.load(folder / _VECTORS, allow_pickle=False))
    wanted = (count, 1 + clap["captions"])
    if vectors.ndim != 3 or vectors.dtype != torch.float16 or vectors.shape[:2] != wanted or min(vectors.shape) < 1:
        raise ValueError(f"{_VECTORS} is not {list(wanted)} vectors of float16")
    if clap["captions"] < 1 or not vectors.isfinite().all():
        raise ValueError(f"{_VECTORS} holds no texts, or no numbers")
    return vectors
