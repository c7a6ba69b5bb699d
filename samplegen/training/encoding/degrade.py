"""``samplegen data degrade``: latents of the same sounds made worse, beside those of the sounds."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from samplegen.codec import load_codec
from samplegen.errors import InputError, ModelInvalidError
from samplegen.training.encoding.degradations import degrade, draw_degradation
from samplegen.training.encoding.encode import ONE_SHOT_SECONDS, Report
from samplegen.training.encoding.latents import LatentSet, SoundToEncode, encode_sounds, save_degraded
from samplegen.training.encoding.material import Material


@dataclass(frozen=True)
class DegradeResult:
    """Where the latents went, of how many sounds, in how many copies."""

    folder: Path
    sounds: int
    copies: int


def degrade_latents(
    folder: Path, *, library: Path, loops: tuple[Path, ...] = (), copies: int = 1, seed: int = 0,
    progress: Report | None = None,
) -> DegradeResult:  # fmt: skip
    """Encode degraded copies of the sounds that `folder` holds.

    Parameters
    ----------
    library, loops
        What `folder` was made from, in the same order.

    Raises
    ------
    InputError, ModelError
        If one of them is unusable, or the sounds or the codec are not those of `folder`.
    """
    latents, material = LatentSet.load(folder), Material.read(library, loops)
    codec = load_codec(str(latents.header["codec"]))
    if codec.latent_hash != latents.header["latent_hash"]:
        raise ModelInvalidError(f"The codec {codec.name} makes other latents than those in {folder}. Encode again.")
    if len(material) != len(latents.items):
        raise InputError(
            f"The folder {folder} holds {len(latents.items)} sounds, not the {len(material)} of this library and these "
            "loops. Name the same --loops in the same order, or encode again."
        )
    window_s = min(ONE_SHOT_SECONDS, latents.one_shot_frames / latents.frame_rate)
    made = torch.empty((copies, *latents.values.shape), dtype=torch.float16)
    for copy in range(copies):
        sounds = material.sounds(sample_rate=codec.sample_rate, window_s=window_s)
        worse = _degraded(sounds, seed=seed + copy)
        for number, (frames, _) in enumerate(encode_sounds(worse, codec, one_shot_frames=latents.one_shot_frames)):
            item = latents.items[number]
            if item.frames != len(frames):
                raise InputError(f"Sound {number + 1} of {folder} has another length now. Encode again.")
            made[copy, item.start : item.start + item.frames] = frames
            if progress:
                progress(copy * len(material) + number + 1, copies * len(material))
    save_degraded(folder, made)
    return DegradeResult(folder, len(material), copies)


def _degraded(sounds: Iterator[SoundToEncode], *, seed: int) -> Iterator[SoundToEncode]:
    for number, sound in enumerate(sounds):
        drawn = draw_degradation(np.random.default_rng([seed, number]))
        yield replace(sound, audio=degrade(sound.audio, drawn, loop=sound.loop))
