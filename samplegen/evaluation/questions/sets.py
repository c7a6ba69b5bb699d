"""Sets of sounds that are compared: what each system makes of held-out sounds' orders, real anchors, and floors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import torch

from samplegen.audio.resample import resample, resample_ring
from samplegen.audio.types import Audio
from samplegen.evaluation.distances import noise_like
from samplegen.evaluation.questions.embeddings import in_window
from samplegen.evaluation.questions.material import Material, RealLoop, RealSound, draw_alike, draw_real, need
from samplegen.evaluation.questions.systems import Progress, System, matched_plan
from samplegen.units import samples_to_frames

if TYPE_CHECKING:
    from samplegen.codec.base import Codec

HALVES: Final = "real vs real: held-out, one half and the other"
SOURCES: Final = "real vs real: training sources"
NOISE: Final = "floor: white noise"
SILENCE: Final = "floor: silence"


@dataclass(frozen=True)
class Compared:
    """Sets of sounds to hold against real ones of held-out sources.

    Parameters
    ----------
    reference
        The held-out sounds.
    systems
        What each system makes when it is asked for sounds like them.
    anchors
        Sets that tell how to read the figures.
    """

    reference: tuple[Audio, ...]
    systems: Mapping[str, Sequence[Audio]]
    anchors: Mapping[str, Sequence[Audio]]

    @property
    def all(self) -> dict[str, Sequence[Audio]]:
        """Systems, then anchors."""
        return {**self.systems, **self.anchors}


def compared_loops(
    systems: Sequence[System], material: Material, *, count: int, seed: int, codec: "Codec | None" = None,
    progress: Progress | None = None,
) -> Compared:  # fmt: skip
    """Loops of all kinds that the first system makes, in the proportions of the held-out ones."""
    rng = np.random.default_rng(seed)
    kinds = systems[0].generator.description.loop_kinds
    known = [loop for loop in material.held_loops if loop.kind in kinds]
    need(known, name="held-out loops")
    held = draw_real(known, count, rng=rng)
    train = draw_alike(held, material.train_loops, rng=rng)
    made = {
        system.label: [loop.audio for loop in system.loops(matched_plan(held, system, seed=seed), progress=progress)]
        for system in systems
    }
    return _compared(held, train, made, codec=codec, loops=True, rng=rng)


def compared_one_shots(
    systems: Sequence[System], material: Material, *, count: int, seed: int, codec: "Codec | None" = None
) -> Compared:  # fmt: skip
    """One-shots of the kinds of held-out ones, each in a window of 1.5 s."""
    rng = np.random.default_rng(seed)
    kinds = systems[0].generator.description.kinds
    known = [sound for sound in material.one_shots(held_out=True) if sound.kind in kinds]
    need(known, name="held-out one-shots")
    held = draw_real(known, count, rng=rng)
    train = draw_alike(held, material.one_shots(held_out=False), rng=rng)
    seeds = [int(each) for each in rng.integers(2**62, size=len(held))]
    made: dict[str, list[Audio]] = {}
    for system in systems:
        pairs = [
            (sound.kind, each)
            for sound, each in zip(held, seeds, strict=True)
            if sound.kind in system.generator.description.kinds
        ]
        sounds = system.one_shots([kind for kind, _ in pairs], [each for _, each in pairs])
        made[system.label] = [in_window(audio) for audio in sounds]
    return _compared(held, train, made, codec=codec, loops=False, rng=rng)


def _compared(
    held: Sequence[RealLoop] | Sequence[RealSound],
    train: Sequence[RealLoop] | Sequence[RealSound],
    made: Mapping[str, Sequence[Audio]],
    *,
    codec: "Codec | None",
    loops: bool,
    rng: np.random.Generator,
) -> Compared:
    reference, others = (
        [sound.read() if loops else in_window(sound.read()) for sound in sounds] for sounds in (held, train)
    )
    anchors: dict[str, Sequence[Audio]] = {SOURCES: others}
    if codec is not None:
        anchors[f"held-out through {codec.name}"] = [ring_round_trip(codec, audio) for audio in reference]
    anchors[NOISE] = [noise_like(audio, generator=rng) for audio in reference]
    anchors[SILENCE] = [audio.with_samples(np.zeros_like(audio.samples)) for audio in reference]
    return Compared(tuple(reference), made, anchors)


def ring_round_trip(codec: "Codec", audio: Audio) -> Audio:
    """A loop through a codec and back, on the ring."""
    whole = resample(audio.mono(), sample_rate=codec.sample_rate)
    frames = max(1, samples_to_frames(whole.length, hop_length=codec.hop_length))
    samples = torch.tensor(resample_ring(whole.samples, length=frames * codec.hop_length))
    with torch.inference_mode():
        latents = codec.encode(samples[None].expand(1, codec.channels, -1), loop=True)
        decoded = codec.decode(latents, loop=True)[0].mean(0, keepdim=True).numpy()
    return Audio(resample_ring(decoded, length=whole.length), codec.sample_rate)
