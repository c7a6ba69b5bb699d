"""Gaps of a sound filled by a trained generator, which sees what is left of it (specs/applications.md §8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from torch import Tensor

from samplegen.audio.types import Audio
from samplegen.codec.base import Latents
from samplegen.conditioning.beat_phase import loop_phase, null_phase, one_shot_phase
from samplegen.conditioning.mixing import slerp
from samplegen.conditioning.types import Conditioning
from samplegen.diffusion.blending import blend
from samplegen.diffusion.guidance import NO_GUIDANCE, Guidance, guided_velocity
from samplegen.diffusion.masks import KNOWN, inpaint, masked_network
from samplegen.diffusion.rings import ring_network
from samplegen.diffusion.samplers import named_sampler
from samplegen.diffusion.schedules import alpha_grid
from samplegen.engines.alpha_blend.rings import hold_period
from samplegen.errors import UsageError
from samplegen.networks.precision import fast_inference

if TYPE_CHECKING:
    from samplegen.engines.alpha_blend.generator import Generator, LoopPlan

STEPS: Final = 8
MAX_WINDOW_S: Final = 60.0
# A frame is unknown where what lies in the gap moves its latents by more than this, in standard deviations.
HEARD: Final = 0.1
_ROWS: Final = 8

Stretches = Sequence[tuple[int, int]]


@dataclass(frozen=True, eq=False)
class Window:
    """A stretch of a sound with gaps in it.

    Parameters
    ----------
    audio
        ``[1, T]`` at the codec's rate. Of a loop the whole ring of ``loop.ring.frames * hop`` samples. The gaps
        hold any continuation of what is around them; it is not shown to the network.
    gaps
        Samples ``start <= n < stop`` that are to be made; on a ring `stop` may pass the end.
    loop
        Time of a loop; None otherwise.
    beat
        ``[8, N]`` phase channels of the window's frames (see `frames_in`); None where there is no beat.
    """

    audio: Audio
    gaps: tuple[tuple[int, int], ...]
    loop: "LoopPlan | None" = None
    beat: Tensor | None = None


def frames_in(generator: "Generator", length: int) -> int:
    """Latent frames that a window of `length` samples takes, a multiple of what the network divides."""
    multiple = generator.network.multiple
    needed = -(-length // generator.codec.hop_length)
    return -(-needed // multiple) * multiple


def one_shot_beat(generator: "Generator", length: int) -> Tensor | None:
    """Phase channels of a window that is a whole one-shot; None for one longer than those that were learned."""
    frames, longest = frames_in(generator, length), generator.description.one_shot_frames
    if frames > longest:
        return None
    rate = generator.codec.sample_rate / generator.codec.hop_length
    return one_shot_phase(frames, frame_rate=rate, window_frames=longest, latency_s=generator.codec.latency_s)


def condition(
    generator: "Generator",
    *,
    tags: Sequence[str],
    heard: Audio | None = None,
    towards: tuple[Sequence[str], Audio | None] | None = None,
    position: float = 0.0,
) -> Tensor:
    """Condition vector ``[1, D]`` of tags and of a sound that is heard, on the way to another at `position`."""
    vectors = _vector(generator, tags, heard)
    if towards is None or position <= 0.0:
        return vectors
    far, size = _vector(generator, *towards), generator.embedder.dimension
    at = torch.tensor([position])
    parts = [slerp(vectors[:, part], far[:, part], at) for part in (slice(size), slice(size, None))]
    return torch.cat(parts, dim=1)


def fill_window(
    generator: "Generator",
    window: Window,
    *,
    seeds: Sequence[int],
    vectors: Tensor,
    guidance: Guidance = NO_GUIDANCE,
    steps: int = STEPS,
    strength: float = 1.0,
) -> list[Audio]:
    """The window once for each seed, ``[1, T]``, decoded whole: outside the gaps it is the codec's round trip.

    A network that was trained with masks is shown what is known; any other has its predicted data replaced
    there (`samplegen.diffusion.masks.inpaint`).

    Parameters
    ----------
    vectors
        ``[1, D]``, see `condition`.
    strength
        1 fills from noise; less begins with what the window holds in its gaps, noised to ``alpha = 1 - strength``.

    Raises
    ------
    UsageError
        If the window has another rate or channels than the codec, is too long, or has no gap.
    """
    _check(generator, window)
    with torch.inference_mode():
        known, keep, beat = _known(generator, window)
        made: list[Audio] = []
        for first in range(0, len(seeds), _ROWS):
            some = seeds[first : first + _ROWS]
            latents = _draw(generator, window, known, keep, beat, vectors, some, guidance, steps, strength)
            values = Latents(generator.stats.denormalise(latents), generator.codec.sample_rate / _hop(generator))
            decoded = generator.codec.decode(values, loop=window.loop is not None).numpy()
            made += [window.audio.with_samples(row[:, : window.audio.length]) for row in decoded]
    return made


def _draw(
    generator: "Generator", window: Window, known: Tensor, keep: Tensor, beat: Tensor, vectors: Tensor,
    seeds: Sequence[int], guidance: Guidance, steps: int, strength: float,
) -> Tensor:  # fmt: skip
    """Latents ``[B, C, N]``, those that are known as they are."""
    repeats = 1 if window.loop is None else window.loop.ring.repeats
    known = known.expand(len(seeds), -1, -1)
    noise = torch.stack([torch.randn(known.shape[1:], generator=torch.Generator().manual_seed(s)) for s in seeds])
    network: object = generator.network
    if window.loop is not None:
        network = ring_network(generator.network, generator=torch.Generator().manual_seed(seeds[0]))
    if generator.network.config.inpainting:
        network = masked_network(network, known=known, mask=keep * KNOWN)  # type: ignore[arg-type]
    has_beat = torch.full((len(seeds),), bool(beat.any()))
    conditions = vectors.expand(len(seeds), -1)
    conditioning = Conditioning(
        beat.expand(len(seeds), -1, -1), conditions, has_beat, conditions.norm(dim=1) > 0
    )  # fmt: skip
    velocity = guided_velocity(network, conditioning, guidance, circular=window.loop is not None)  # type: ignore[arg-type]
    held = lambda x, alpha, *to: hold_period(velocity(x, alpha, *to), repeats=repeats)  # noqa: E731
    start = 1.0 - strength
    alphas = alpha_grid(max(1, round(steps * strength)), shape=generator.sampling.shape, start=start)
    first = blend(hold_period(noise, repeats=repeats) * repeats**0.5, known, start)
    with fast_inference():
        return inpaint(
            held, first, known=known, mask=keep, alphas=alphas,
            sampler=named_sampler(generator.sampling.sampler),
        ).float()  # fmt: skip


def _known(generator: "Generator", window: Window) -> tuple[Tensor, Tensor, Tensor]:
    """Latents ``[1, C, N]``, mask ``[N]`` of those that the gaps do not touch, and phases ``[8, N]``.

    What an encoder's receptive field can reach is mostly far beyond what it hears. So the sound is encoded
    twice, with the gaps continued and with silence in them: frames that notice are unknown.
    """
    hop, codec = _hop(generator), generator.codec
    loop = window.loop
    frames = frames_in(generator, window.audio.length) if loop is None else loop.ring.frames
    laid = np.zeros((2, 1, frames * hop), np.float32)
    laid[:, :, : window.audio.length] = window.audio.samples
    touched = torch.zeros(frames, dtype=torch.bool)
    for start, stop in window.gaps:
        places = np.arange(start, stop) % laid.shape[-1]
        laid[1, 0, places] = 0.0
        touched[torch.from_numpy(np.unique(places // hop))] = True
    latents = generator.stats.normalise(codec.encode(torch.from_numpy(laid), loop=loop is not None).values)
    moved = (latents[0] - latents[1]).square().mean(0).sqrt()
    return latents[:1], ~(touched | (moved > HEARD)), _beat(generator, window, frames)


def _beat(generator: "Generator", window: Window, frames: int) -> Tensor:
    codec, loop = generator.codec, window.loop
    if loop is not None:
        return loop_phase(
            frames, bars=loop.bars * loop.ring.repeats, beats_per_bar=loop.beats_per_bar, bpm=loop.bpm,
            frame_rate=codec.sample_rate / codec.hop_length, latency_s=codec.latency_s,
        )  # fmt: skip
    return null_phase(frames) if window.beat is None else window.beat


def _vector(generator: "Generator", tags: Sequence[str], heard: Audio | None) -> Tensor:
    clap = None if generator.clap is None or heard is None else generator.clap.embed_audio([heard])
    return generator._embed([tuple(tags)], clap)


def _hop(generator: "Generator") -> int:
    return generator.codec.hop_length


def _check(generator: "Generator", window: Window) -> None:
    generator.require_steerable()
    audio, codec = window.audio, generator.codec
    if (audio.channels, audio.sample_rate) != (1, codec.sample_rate):
        raise UsageError(
            f"Gaps are filled in mono at {codec.sample_rate} Hz, not {audio.channels} channels "
            f"at {audio.sample_rate} Hz."
        )
    if not window.gaps or audio.length == 0:
        raise UsageError("A window without a gap cannot be filled.")
    if audio.duration_s > MAX_WINDOW_S:
        raise UsageError(f"{audio.duration_s:.1f} s cannot be filled in one go; {MAX_WINDOW_S:g} s can.")
    if window.loop is not None and audio.length != window.loop.ring.frames * codec.hop_length:
        raise UsageError(
            f"A ring of {window.loop.ring.frames * codec.hop_length} samples is expected, not {audio.length}."
        )
