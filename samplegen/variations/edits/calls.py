"""The edit call for sounds of any length: loops on their ring, long sounds in windows that overlap."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from samplegen.audio.types import Audio, Samples
from samplegen.errors import InputError, UsageError
from samplegen.pack.orders import derive_seed
from samplegen.post.fades import blend
from samplegen.units import db_to_gain, seconds_to_samples

if TYPE_CHECKING:
    from torch import Tensor

    from samplegen.diffusion.guidance import Guidance
    from samplegen.engines.alpha_blend import Generator
    from samplegen.engines.alpha_blend.generator import LoopPlan
    from samplegen.variations.edits.sources import EditSource

LONGEST_LOOP_S: Final = 60.0
WINDOW_S: Final = 30.0
OVERLAP_S: Final = 0.5
# Peak at which sounds are encoded: that of the training sounds.
LEVEL_DB: Final = -1.0
SIDE_DB: Final = -45.0


@dataclass(frozen=True, eq=False)
class EditedLanes:
    """Lanes of a sound after the edit call.

    Parameters
    ----------
    round_trip
        ``[C, T]`` through the codec and back.
    made
        One ``[C, T]`` for each seed.
    """

    round_trip: Samples
    made: tuple[Samples, ...]


@dataclass(frozen=True, eq=False)
class Wish:
    """Condition of an edit.

    Parameters
    ----------
    clap
        ``[D]``, or None for a model without it.
    guidance
        None is the conditional model itself.
    """

    tags: tuple[str, ...] = ()
    clap: "Tensor | None" = None
    guidance: "Guidance | None" = None


def own_wish(generator: "Generator", source: "EditSource") -> Wish:
    """A sound's own class, as far as the model knows it, and its own embedding."""
    known = (*generator.description.kinds, *generator.description.loop_kinds)
    tags = (source.tags.category,) if source.tags.category in known else ()
    return Wish(tags, None if generator.clap is None else generator.clap.embed_audio([source.mono()])[0])


def plan_of(generator: "Generator", source: "EditSource") -> "LoopPlan | None":
    """The ring of a loop; None for other sounds.

    Raises
    ------
    InputError
        If the loop is too short or too long for one ring.
    """
    tags = source.tags
    if not source.is_loop or tags.bpm is None or tags.bars is None:
        return None
    if source.audio.duration_s > LONGEST_LOOP_S:
        raise InputError(
            f"{source.recording.path} is a loop of {source.audio.duration_s:.0f} s; the model works on loops of up to "
            f"{LONGEST_LOOP_S:g} s as a whole. Cut it into shorter loops."
        )
    try:
        return generator.plan_loop(bpm=tags.bpm, bars=tags.bars, beats_per_bar=tags.meter[0])
    except UsageError as error:
        raise InputError(f"{source.recording.path}: {error}") from error


def to_lanes(samples: Samples) -> Samples:
    """What is edited of ``[C, T]``: mono, or mid and side (mid alone where the side is faint)."""
    if samples.shape[0] != 2:
        return samples
    mid, side = 0.5 * (samples[0] + samples[1]), 0.5 * (samples[0] - samples[1])
    power = [float(np.square(lane, dtype=np.float64).sum()) for lane in (mid, side)]
    return np.stack([mid, side]) if power[1] > db_to_gain(SIDE_DB) ** 2 * power[0] else mid[None]


def from_lanes(lanes: Samples, *, channels: int) -> Samples:
    """Channels ``[C, T]`` of the lanes that `to_lanes` made of them."""
    if channels != 2:
        return lanes
    mid = lanes[0]
    side = lanes[1] if len(lanes) == 2 else np.zeros_like(mid)
    return np.stack([mid + side, mid - side])


def edit_lanes(
    generator: "Generator",
    lanes: Samples,
    *,
    strength: float,
    seeds: Sequence[int],
    wish: Wish,
    loop: "LoopPlan | None" = None,
    trust: float = 0.0,
) -> EditedLanes:
    """Edit lanes ``[C, T]`` at the codec's rate; all lanes hear one condition and, per seed, one noise.

    Sounds longer than `WINDOW_S` are edited in windows, each with noise of its own, that go over into each other
    within `OVERLAP_S`. The level at which a sound comes does not matter. `trust` as in `Generator.edit`.
    """
    gain = _gain(lanes)
    spans = (
        [slice(0, lanes.shape[1])] if loop is not None else windows(lanes.shape[1], rate=generator.codec.sample_rate)
    )
    parts = [
        _edit(generator, lanes[:, span] * gain, strength, _own_seeds(seeds, number, len(spans)), wish, loop, trust)
        for number, span in enumerate(spans)
    ]
    whole = [join([part[row] for part in parts], spans) / gain for row in range(len(seeds) + 1)]
    return EditedLanes(whole[0], tuple(whole[1:]))


def windows(length: int, *, rate: int) -> list[slice]:
    """Windows of at most `WINDOW_S` that overlap by `OVERLAP_S` or more and cover `length` samples."""
    size, overlap = (seconds_to_samples(seconds, sample_rate=rate) for seconds in (WINDOW_S, OVERLAP_S))
    if length <= size:
        return [slice(0, length)]
    count = -(-(length - overlap) // (size - overlap))
    starts = [round(number * (length - size) / (count - 1)) for number in range(count)]
    return [slice(start, start + size) for start in starts]


def join(parts: Sequence[Samples], spans: Sequence[slice]) -> Samples:
    """Windows ``[C, n]`` laid at their places, blended where two overlap."""
    made = parts[0]
    for part, span in zip(parts[1:], spans[1:], strict=True):
        shared = made.shape[1] - span.start
        made = np.concatenate(
            [made[:, : span.start], blend(made[:, span.start :], part[:, :shared]), part[:, shared:]], axis=1
        )
    return made


def _own_seeds(seeds: Sequence[int], number: int, count: int) -> list[int]:
    return list(seeds) if count == 1 else [derive_seed(seed, number, 0) for seed in seeds]


def _gain(lanes: Samples) -> np.float32:
    peak = float(np.abs(lanes).max(initial=0.0))
    return np.float32(db_to_gain(LEVEL_DB) / peak) if peak > 0.0 else np.float32(1.0)


def _edit(
    generator: "Generator",
    lanes: Samples,
    strength: float,
    seeds: Sequence[int],
    wish: Wish,
    loop: "LoopPlan | None",
    trust: float,
) -> list[Samples]:
    """Round trip first, then one ``[C, T]`` for each seed."""
    rate, count = generator.codec.sample_rate, len(lanes)
    edited = generator.edit(
        [Audio(lane[None], rate) for lane in lanes],
        strength=strength,
        seeds=[seeds] * count,
        tags=[wish.tags] * count,
        clap=None if wish.clap is None else wish.clap[None].expand(count, -1),
        guidance=wish.guidance,
        loop=loop,
        trust=trust,
    )
    rows = [[one.round_trip, *one.made] for one in edited]
    return [np.concatenate([row[number].samples for row in rows]) for number in range(len(seeds) + 1)]
