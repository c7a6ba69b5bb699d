"""Encoded training sounds: latents on disk with their codec's hash."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from samplegen.audio.resample import resample_ring
from samplegen.audio.types import Audio
from samplegen.codec.base import Codec
from samplegen.codec.stats import LatentStats
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
            sounding = min(latents.shape[0], -(-sound.audio.length // codec.hop_length))
            fields |= {"sounding": None if sound.loop else sounding}
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
            _check(values, items, index)
        except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"The folder {folder} holds no encoded sounds ({error}). Run: samplegen data encode."
            ) from error
        return cls(values, items, index)

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
