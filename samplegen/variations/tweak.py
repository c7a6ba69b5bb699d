"""Sound design by the generator: a condition moved in one direction, and only what that changes (spec §5).

The sound is renoised and denoised twice with the same noise: under its own condition, and under the moved one. The
difference of the two is what the move means; it is laid over the sound itself, by level over time and frequency and
by what is new, until the sliders measure what was asked for.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter

from samplegen.audio.types import Audio, Samples
from samplegen.post.loudness import limit_peak
from samplegen.units import db_to_gain, seconds_to_samples
from samplegen.variations.edits.alignment import align, attack_slice, match_level, onset_sample
from samplegen.variations.edits.calls import LEVEL_DB, Wish
from samplegen.variations.edits.deltas import attack_shape, delta_share, merge_delta
from samplegen.variations.edits.stft import analyse, synthesise
from samplegen.variations.tweaks.sliders import NAMES, SliderTable, measure

if TYPE_CHECKING:
    from torch import Tensor

    from samplegen.engines.alpha_blend import Generator, LoopPlan

Floats = npt.NDArray[np.float64]
Finish = Callable[[Audio], Audio]

DEFAULT_STRENGTH: Final = 0.35
_OF_TIME: Final = frozenset({"attack", "decay"})
PARTS: Final = ("attack", "tail")
# How far the condition goes for one unit: the regression's step, and beyond it.
REACHES: Final = (2.0, 4.0, 4.0)
PULLS: Final = (3.0, 6.0, 15.0)
MAX_GAIN: Final = 3.0
FREE: Final = 0.5
_OFF_TARGET: Final = 2.0
_TRIALS: Final = 7
_PEAK_DB: Final = -0.4
_CELL: Final = (9, 3)  # frames, bins
_DEPTH_DB: Final = 70.0
_MOST_DB: Final = 18.0
_PAD_S: Final = 0.5


@dataclass(frozen=True, eq=False)
class Move:
    """What is asked of a sound.

    Parameters
    ----------
    sliders
        Units by name.
    words
        ``[D]``, what words add to the CLAP vector; None without words.
    """

    sliders: Mapping[str, float]
    words: "Tensor | None" = None

    def wanted(self) -> Floats:
        """Units ``[6]`` in the order of `sliders.NAMES`; 0 where nothing is asked."""
        return np.array([self.sliders.get(name, 0.0) for name in NAMES])


@dataclass(frozen=True, eq=False)
class Tweaked:
    """A result.

    Parameters
    ----------
    moved
        Units ``[6]`` that it measures beside its source.
    """

    audio: Audio
    moved: Floats
    reach: float = 0.0
    gain: float = 0.0


def only_part(source: Audio, part: str | None) -> Finish:
    """What keeps everything but a part of `source` as it is: ``attack`` or ``tail``; None changes all."""
    if part is None:
        return lambda audio: audio
    shape = attack_shape(source.length, attack_slice(source))
    shape = shape if part == "attack" else 1.0 - shape
    return lambda audio: audio.with_samples(source.samples + shape * (audio.samples - source.samples))


def level(audio: Audio, source: Audio, finish: Finish) -> Audio:
    """A result at the source's energy and below the peak ceiling, its other parts as they were."""
    return limit_peak(finish(audio.with_samples(match_level(audio.samples, source.samples))), peak_db=_PEAK_DB)


def tweak_sound(
    generator: "Generator",
    source: Audio,
    move: Move,
    *,
    own: Wish,
    table: SliderTable,
    strength: float,
    seed: int,
    loop: "LoopPlan | None" = None,
    finish: Finish = lambda audio: audio,
) -> Tweaked:
    """`source` ``[C, T]`` moved by the generator as far as it can, at most as far as asked.

    Candidates of several reaches in the condition are each turned up until the asked sliders measure right; the one
    that is nearest, with the others within half a unit, is kept. Stereo: the mid's change moves both channels alike.
    """
    conditions = moved_conditions(generator, move, own, table)
    if not conditions:
        return Tweaked(source, np.zeros(len(NAMES)))
    made = _edit(generator, source, own, conditions, strength=strength, seed=seed, loop=loop)
    origin, best = measure(source), Tweaked(source, np.zeros(len(NAMES)))
    least = _error(best.moved, move)
    for reach, one, novelty in ((*pair, new) for pair in zip(REACHES, made[1:], strict=True) for new in (False, True)):
        render = _renderer(
            source, one, made[0], strength=strength, ring=loop is not None, finish=finish, novelty=novelty,
            hold=not _OF_TIME & move.sliders.keys(),
        )  # fmt: skip
        found = _turn_up(render, move, table, origin, reach)
        if _error(found.moved, move) < least or not move.sliders:
            best, least = found, _error(found.moved, move)
    return best


def moved_conditions(generator: "Generator", move: Move, own: Wish, table: SliderTable) -> "list[Tensor]":
    """CLAP vectors ``[D]`` of the sound itself and of it moved by each of `REACHES`; empty where nothing can move."""
    import torch

    if generator.clap is None or own.clap is None:
        return []
    directions = table.directions_for(generator.clap.hash)
    step = torch.zeros_like(own.clap)
    if directions is not None:
        step = step + torch.from_numpy(move.wanted() @ directions).to(own.clap)
    if move.words is not None:
        step = step + move.words
    if not bool(step.any()):
        return []
    return [own.clap, *(torch.nn.functional.normalize(own.clap + reach * step, dim=0) for reach in REACHES)]


def _edit(
    generator: "Generator", source: Audio, own: Wish, conditions: "Sequence[Tensor]", *, strength: float, seed: int,
    loop: "LoopPlan | None",
) -> list[Samples]:  # fmt: skip
    """``[1, T]`` for each condition, of one noise; the first is the sound's own."""
    import torch

    from samplegen.engines.alpha_blend.steering import steer_sound

    mono = source.mono()
    gain = np.float32(db_to_gain(LEVEL_DB) / max(1e-9, float(np.abs(mono.samples).max(initial=0.0))))
    made = steer_sound(
        generator, mono.with_samples(mono.samples * gain), strength=strength, seed=seed, tags=own.tags,
        own=conditions[0], moved=torch.stack(list(conditions[1:])), weights=PULLS, loop=loop,
    )  # fmt: skip
    return [one.samples / gain for one in made]


def _colour_db(made: Samples, same: Samples) -> Floats:
    """How the move changed the level over time and frequency, ``[frames, bins]`` in dB, of two signals ``[1, T]``."""
    levels = []
    for samples in (made, same):
        power = uniform_filter(np.square(np.abs(analyse(samples[0]))), _CELL)
        levels.append(10.0 * np.log10(np.maximum(power, max(float(power.max()), 1e-12) * 10.0 ** (-_DEPTH_DB / 10.0))))
    return np.asarray(levels[0] - levels[1])


def _recoloured(source: Samples, colour: Floats, *, hold: bool) -> Samples:
    """``[C, T]`` with its level moved by `colour` over time and frequency; with `hold` every frame keeps its energy."""
    gain = 10.0 ** (np.clip(colour, -_MOST_DB, _MOST_DB) / 20.0)
    made = []
    for channel in source:
        own = analyse(channel)
        moved = own * gain
        if hold:
            energy = [np.square(np.abs(part)).sum(axis=1, keepdims=True) for part in (own, moved)]
            moved = moved * np.sqrt(np.asarray(energy[0]) / np.maximum(np.asarray(energy[1]), 1e-20))
        made.append(synthesise(moved, length=channel.size))
    return np.stack(made).astype(np.float32)


def _renderer(
    source: Audio,
    made: Samples,
    same: Samples,
    *,
    strength: float,
    ring: bool,
    finish: Finish,
    novelty: bool,
    hold: bool = True,
) -> Callable[[float], Audio]:
    """What gives the sound for a gain of the move: 0 is the source itself.

    With `novelty` what the move adds to the sound is merged in too, not its level alone. With `hold` the envelope
    stays: only the spectrum of each moment changes.
    """
    share = delta_share(strength)
    if ring:
        source, made, same, finish = _unrolled(source, made, same, finish)
    colour, delta = _colour_db(made, same), np.repeat(made - same, source.channels, axis=0)
    onset, mono = (0 if ring else onset_sample(source)), source.mono()
    direct = source.samples + (align(mono.with_samples(made), mono).samples - mono.samples) if share < 1.0 else None

    def render(gain: float) -> Audio:
        added = _recoloured(source.samples, gain * colour, hold=hold)
        if novelty:
            added = added + merge_delta(np.float32(min(gain, 1.0)) * delta, source.samples, onset=onset)
        if direct is not None:
            mix = min(gain, 1.0) * (1.0 - share)
            added = (np.float32(1.0 - mix) * added + np.float32(mix) * direct).astype(np.float32)
        return level(source.with_samples(added), source, finish) if not ring else finish(source.with_samples(added))

    return render


def _unrolled(source: Audio, made: Samples, same: Samples, finish: Finish) -> tuple[Audio, Samples, Samples, Finish]:
    """A loop with half a second of itself before and after; `finish` cuts that off again and levels."""
    length = source.length
    pad = min(length, seconds_to_samples(_PAD_S, sample_rate=source.sample_rate))
    laid = [np.concatenate([x[:, length - pad :], x, x[:, :pad]], axis=1) for x in (source.samples, made, same)]

    def cut(audio: Audio) -> Audio:
        return level(audio.with_samples(audio.samples[:, pad : pad + length]), source, finish)

    return source.with_samples(laid[0]), laid[1], laid[2], cut


def _turn_up(render: Callable[[float], Audio], move: Move, table: SliderTable, origin: Floats, reach: float) -> Tweaked:
    """By bisection on the share of the way that the asked sliders have gone."""

    def at(gain: float) -> Tweaked:
        audio = render(gain)
        return Tweaked(audio, table.units(measure(audio), origin), reach, gain)

    if not move.sliders:
        return at(1.0)
    wanted, best = move.wanted(), at(1.0)
    low, high = (0.0, 1.0) if best_way(best.moved, wanted) > 1.0 else (1.0, MAX_GAIN)
    for _ in range(_TRIALS):
        found = at(0.5 * (low + high))
        low, high = (found.gain, high) if best_way(found.moved, wanted) < 1.0 else (low, found.gain)
        best = found if _error(found.moved, move) < _error(best.moved, move) else best
    return best


def best_way(moved: Floats, wanted: Floats) -> float:
    """Share of the asked way that was gone, along it."""
    return float(moved @ wanted) / max(1e-12, float(wanted @ wanted))


def _error(moved: Floats, move: Move) -> float:
    """Squared units by which asked sliders miss, and by which the others leave half a unit."""
    wanted = move.wanted()
    asked = np.array([name in move.sliders for name in NAMES])
    away = np.where(asked, moved - wanted, _OFF_TARGET * np.maximum(0.0, np.abs(moved) - FREE))
    return float(np.square(away).sum())
