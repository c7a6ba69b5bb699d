"""Sounds taken back to the noise they would have come from, and made again under another condition (spec §4)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor

from samplegen.audio.types import Audio
from samplegen.diffusion.guidance import Guidance
from samplegen.diffusion.masks import slerp, vary
from samplegen.diffusion.samplers import Velocity, midpoint, named_sampler
from samplegen.diffusion.schedules import alpha_grid
from samplegen.engines.alpha_blend.editing import STEPS, Edited, _check, _decoded, _encode, _Row, _velocity
from samplegen.engines.alpha_blend.rings import hold_period
from samplegen.networks.precision import fast_inference

if TYPE_CHECKING:
    from samplegen.engines.alpha_blend.generator import Generator, LoopPlan

# Share of fresh noise on the way from the inverted one, so that seeds differ.
FRESH: Final = 0.25
_ROWS: Final = 16


def regenerate_sounds(
    generator: "Generator",
    audios: Sequence[Audio],
    *,
    strength: float,
    seeds: Sequence[Sequence[int]],
    source_tags: Sequence[Sequence[str]],
    tags: Sequence[Sequence[str]],
    source_clap: Tensor | None = None,
    clap: Tensor | None = None,
    guidance: Guidance | None = None,
    loop: "LoopPlan | None" = None,
    steps: int = STEPS,
    fresh: float = FRESH,
) -> list[Edited]:
    """Sounds integrated back to ``alpha = 1 - strength`` as what they are, and forward as what they shall be.

    Parameters and errors are those of `edit_sounds`, besides:

    Parameters
    ----------
    source_tags, source_clap
        Conditions of the way back, which is not guided.
    tags, clap, guidance
        Of the way forward.
    fresh
        Share of each seed's own noise: 0 is the inversion alone (all seeds alike), 1 plain renoising.
    """
    _check(generator, audios, seeds, tags, loop)
    if not audios:
        return []
    with torch.inference_mode():
        source = generator.stats.normalise(_encode(generator, audios, loop))
        rows = [_Row(sound, seed) for sound, several in enumerate(seeds) for seed in several]
        back = _velocity(generator, generator._embed(source_tags, source_clap), source, None, None, loop,
                         seeds=[_Row(sound, sound) for sound in range(len(audios))])  # fmt: skip
        noise = _noise_of(generator, back, source, strength, steps, loop)
        vectors, made = generator._embed(tags, clap), list[Tensor]()
        for first in range(0, len(rows), _ROWS):
            some = rows[first : first + _ROWS]
            index = torch.tensor([row.sound for row in some])
            forward = _velocity(generator, vectors[index], source[index], None, guidance, loop, seeds=some)
            start = slerp(noise[index], _fresh(source, some, loop), fresh)
            made += _forward(generator, forward, source[index], start, strength, steps, loop)
    return list(_decoded(generator, audios, source, made, [len(several) for several in seeds], loop))


def _noise_of(
    generator: "Generator", velocity: Velocity, source: Tensor, strength: float, steps: int, loop: "LoopPlan | None"
) -> Tensor:
    """Noise ``[B, C, N]`` that, blended with the source at ``1 - strength``, lies on the source's own path."""
    if strength == 0.0:
        return torch.zeros_like(source)
    start, repeats = 1.0 - strength, 1 if loop is None else loop.ring.repeats
    grid = alpha_grid(max(2, round(steps * strength)), shape=generator.sampling.shape, start=start)[::-1]
    held = lambda x, alpha, *to: hold_period(velocity(x, alpha, *to), repeats=repeats)  # noqa: E731
    with fast_inference():
        blended = midpoint(held, source, grid).float()
    return (blended - start * source) / strength


def _fresh(source: Tensor, rows: Sequence[_Row], loop: "LoopPlan | None") -> Tensor:
    repeats = 1 if loop is None else loop.ring.repeats
    drawn = [torch.randn(source.shape[1:], generator=torch.Generator().manual_seed(row.seed)) for row in rows]
    noise: Tensor = hold_period(torch.stack(drawn), repeats=repeats) * repeats**0.5
    return noise


def _forward(
    generator: "Generator",
    velocity: Velocity,
    source: Tensor,
    noise: Tensor,
    strength: float,
    steps: int,
    loop: "LoopPlan | None",
) -> list[Tensor]:
    repeats = 1 if loop is None else loop.ring.repeats
    held = lambda x, alpha, *to: hold_period(velocity(x, alpha, *to), repeats=repeats)  # noqa: E731
    with fast_inference():
        made = vary(
            held, source, noise, strength=strength, steps=steps, shape=generator.sampling.shape,
            sampler=named_sampler(generator.sampling.sampler),
        )  # fmt: skip
    return list(made.float())
