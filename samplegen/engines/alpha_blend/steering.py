"""One sound, one noise, several conditions: what each condition changes, beside the sound's own (spec §5)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor

from samplegen.audio.types import Audio
from samplegen.conditioning.beat_phase import loop_phase, one_shot_phase
from samplegen.conditioning.types import Conditioning
from samplegen.diffusion.blending import Denoiser
from samplegen.diffusion.masks import vary
from samplegen.diffusion.rings import ring_network
from samplegen.diffusion.samplers import Velocity, named_sampler
from samplegen.engines.alpha_blend.editing import _check, _decoded, _encode
from samplegen.engines.alpha_blend.generator import _conditioning
from samplegen.engines.alpha_blend.rings import hold_period
from samplegen.networks.precision import fast_inference

if TYPE_CHECKING:
    from samplegen.engines.alpha_blend.generator import Generator, LoopPlan

STEPS: Final = 6


def steer_sound(
    generator: "Generator",
    audio: Audio,
    *,
    strength: float,
    seed: int,
    tags: Sequence[str],
    own: Tensor,
    moved: Tensor,
    weights: Sequence[float],
    loop: "LoopPlan | None" = None,
    steps: int = STEPS,
) -> list[Audio]:
    """The sound edited under its own condition, then once for each of `moved` and its weight, all from one noise.

    The velocity is ``v_own + w (v_moved - v_own)`` (spec §5): w 0 is the plain edit, which comes first.

    Parameters
    ----------
    audio
        ``[1, T]`` at the codec's rate; of a loop exactly its ring's length.
    tags, own
        The sound's own words and CLAP vector ``[D]``.
    moved, weights
        CLAP vectors ``[K, D]``, and K weights w.
    """
    _check(generator, [audio], [[seed]], [tags], loop)
    with torch.inference_mode():
        source = generator.stats.normalise(_encode(generator, [audio], loop))
        vectors = generator._embed([tags] * (1 + len(moved)), torch.cat([own[None], moved]))
        pull = torch.tensor([*weights])[:, None, None]
        network, conditioning = _network(generator, source, vectors, seed, loop)

        def velocity(x: Tensor, alpha: float, *to: float) -> Tensor:
            """Of ``[1 + 2 K, C, N]``: the plain edit, the K moved ones; their own conditions follow."""
            both = torch.cat([x, x[1:]])
            told = {"arrival": to[0]} if to else {}
            found = network(both, alpha, conditioning, circular=loop is not None, **told)
            plain, moved_v, own_v = found[:1], found[1 : len(x)], found[len(x) :]
            return torch.cat([plain, own_v + pull * (moved_v - own_v)])

        made = _integrate(generator, velocity, source, 1 + len(moved), strength, seed, steps, loop)
        (edited,) = _decoded(generator, [audio], source, list(made), [len(made)], loop)
    return list(edited.made)


def _network(
    generator: "Generator", source: Tensor, vectors: Tensor, seed: int, loop: "LoopPlan | None"
) -> tuple[Denoiser, Conditioning]:
    codec, frames = generator.codec, source.shape[-1]
    rate = codec.sample_rate / codec.hop_length
    rows = torch.cat([vectors, vectors[:1].expand(len(vectors) - 1, -1)])
    if loop is None:
        beat = one_shot_phase(frames, frame_rate=rate, window_frames=frames, latency_s=codec.latency_s)
        return generator.network, _conditioning(beat, rows)
    beat = loop_phase(
        frames, bars=loop.bars * loop.ring.repeats, beats_per_bar=loop.beats_per_bar, bpm=loop.bpm, frame_rate=rate,
        latency_s=codec.latency_s,
    )  # fmt: skip
    return ring_network(generator.network, generator=torch.Generator().manual_seed(seed)), _conditioning(beat, rows)


def _integrate(
    generator: "Generator", velocity: Velocity, source: Tensor, rows: int, strength: float, seed: int, steps: int,
    loop: "LoopPlan | None",
) -> Tensor:  # fmt: skip
    repeats = 1 if loop is None else loop.ring.repeats
    noise = torch.randn(source.shape, generator=torch.Generator().manual_seed(seed))
    held = lambda x, alpha, *to: hold_period(velocity(x, alpha, *to), repeats=repeats)  # noqa: E731
    with fast_inference():
        return vary(
            held, source.expand(rows, -1, -1), hold_period(noise, repeats=repeats).expand(rows, -1, -1) * repeats**0.5,
            strength=strength, steps=steps, shape=generator.sampling.shape,
            sampler=named_sampler(generator.sampling.sampler),
        ).float()  # fmt: skip
