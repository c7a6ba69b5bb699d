"""Gaps of a sound filled so that every known sample stays as it is (specs/applications.md §8).

Fillers say what may stand in the gaps of a `Scene`; `complete` brings it to the scene's level and width and
joins it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from samplegen.audio.types import Audio, Samples
from samplegen.units import seconds_to_samples
from samplegen.variations.gaps.fillers import KNOWN_S, Filler, Scene, put
from samplegen.variations.gaps.joins import join_flux, match_level, splice, widen
from samplegen.variations.gaps.places import Gap

# No lower than this is a filling's ceiling: a peak beyond full scale would be clipped.
CEILING: Final = 0.999
_END_S: Final = 0.05


def complete(scene: Scene, made: Samples, *, seed: int) -> list[Samples]:
    """What goes into each gap, ``[C, gap]``, of what a filler made of the whole scene.

    Levels are matched around the gap, a filling that would be clipped is turned down, mono becomes stereo as the
    known sound is, and joins are faded inside the gap.
    """
    rate, pieces = scene.audio.sample_rate, []
    for gap in scene.gaps:
        before, after = scene.sides(scene.audio.samples, gap, seconds=KNOWN_S)
        filling = made[:, np.arange(gap.start, gap.stop) % scene.audio.length]
        mixed = [
            part if len(made) == scene.audio.channels else part.mean(axis=0, keepdims=True) for part in (before, after)
        ]
        filling = match_level(
            filling, known=(mixed[0], mixed[1]), made=scene.sides(made, gap, seconds=KNOWN_S), rate=rate
        )
        if len(filling) != scene.audio.channels:
            filling = _in_channels(filling, np.concatenate([before, after], axis=1), seed=seed, rate=rate)
        ceiling = max(CEILING, float(np.abs(scene.audio.samples).max(initial=0.0)))
        filling = filling * min(1.0, ceiling / max(ceiling, float(np.abs(filling).max(initial=0.0))))
        joined = splice(filling, before=before, after=after, sample_rate=rate)
        if scene.open_end and gap is scene.gaps[-1]:
            joined = _ended(joined, rate=rate)
        pieces.append(np.clip(joined, -ceiling, ceiling))  # where a fade adds both
    return pieces


def assemble(scene: Scene, pieces: Sequence[Samples]) -> Audio:
    """The scene with its gaps filled; all else is bit for bit what it was."""
    samples = scene.audio.samples.copy()
    for gap, piece in zip(scene.gaps, pieces, strict=True):
        put(samples, gap, piece)
    return scene.audio.with_samples(samples)


def worst_join(scene: Scene, audio: Audio) -> float:
    """Largest join flux of all gaps, see `samplegen.variations.gaps.joins.join_flux`; up to 1 is inconspicuous."""
    rate = audio.sample_rate
    return max(
        join_flux(
            audio.samples, gap, sample_rate=rate, ring=scene.ring, open_end=scene.open_end and gap is scene.gaps[-1]
        )
        for gap in scene.gaps
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Filled:
    """One way to fill a scene.

    Parameters
    ----------
    pieces
        Of each gap, ``[C, gap]``.
    join
        See `worst_join`.
    """

    audio: Audio
    pieces: tuple[Samples, ...]
    seed: int
    join: float


def fill_scene(scene: Scene, filler: Filler, *, seeds: Sequence[int]) -> list[Filled]:
    """One filling for each seed, those with the least conspicuous joins first."""
    found = []
    for seed, made in zip(seeds, filler.fill(scene, seeds=seeds), strict=True):
        pieces = complete(scene, made, seed=seed)
        audio = assemble(scene, pieces)
        found.append(Filled(audio, tuple(pieces), seed, worst_join(scene, audio)))
    return sorted(found, key=lambda one: (one.join > 1.0, one.join)) if filler.name == "alpha" else found


def fill_in_turn(
    scene: Scene,
    parts: Sequence[Gap],
    filler_of: Callable[[int, int], Filler],
    *,
    seeds: Sequence[int],
    context_s: float,
) -> list[Filled]:  # fmt: skip
    """Fill one long gap part after part; each sees the end of the one before, and what follows the gap.

    Parameters
    ----------
    parts
        Of the only gap, in order, without holes.
    filler_of
        The filler of a part by its number, whose scene begins at the given sample.
    """
    gap, found = scene.gaps[0], []
    context = seconds_to_samples(context_s, sample_rate=scene.audio.sample_rate)
    for seed in seeds:
        samples = scene.audio.samples.copy()
        for number, part in enumerate(parts):
            left, right = max(0, part.start - context), min(scene.audio.length, part.stop + context)
            here = Gap(part.start, gap.stop).moved(-left)
            here = Gap(here.start, min(here.stop, right - left))
            view = replace(scene, audio=scene.audio.with_samples(samples[:, left:right]), gaps=(here,), time=None)
            view = replace(
                view, open_end=scene.open_end or right < gap.stop, guess=_seen(scene, samples, part, left, right)
            )
            made = filler_of(number, left).fill(view, seeds=[seed + number])[0]
            whole = complete(replace(view, open_end=scene.open_end and number == len(parts) - 1), made, seed=seed)[0]
            put(samples, part, whole[:, : part.length])
        audio = scene.audio.with_samples(samples)
        found.append(Filled(audio, (samples[:, gap.start : gap.stop],), seed, worst_join(scene, audio)))
    return sorted(found, key=lambda one: (one.join > 1.0, one.join))


def _seen(scene: Scene, samples: Samples, part: Gap, left: int, right: int) -> Samples | None:
    """The scene's guess from `part` on, behind what is filled already."""
    if scene.guess is None:
        return None
    return np.concatenate([samples[:, left : part.start], scene.guess[:, part.start : right]], axis=1)


def _in_channels(filling: Samples, known: Samples, *, seed: int, rate: int) -> Samples:
    channels = known.shape[0]
    if channels == 2 and known.shape[1]:
        return widen(filling, known=known, seed=seed, rate=rate)
    return np.repeat(filling, channels, axis=0)


def _ended(samples: Samples, *, rate: int) -> Samples:
    """With a fade of 50 ms at its end, for what ends nowhere."""
    count = min(samples.shape[1], seconds_to_samples(_END_S, sample_rate=rate))
    faded = samples.copy()
    faded[:, samples.shape[1] - count :] *= np.cos(0.5 * np.pi * np.arange(count) / max(1, count)).astype(np.float32)
    return faded
