"""Sounds that go on: loops of more bars, recordings of more seconds (specs/applications.md §8)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

import numpy as np

from samplegen.audio.types import Samples
from samplegen.errors import InputError, UsageError
from samplegen.units import bars_to_samples, seconds_to_samples
from samplegen.variations.edits.order import EditRequest
from samplegen.variations.gaps.fillers import CONTEXT_S, Filler, ModelFiller, Scene, make_scene, ramp_beats
from samplegen.variations.gaps.patched_files import FilePart, Layout, form_of
from samplegen.variations.gaps.places import SHORTEST_S, Gap, Time
from samplegen.variations.gaps.tempo_ramp import TempoRamp
from samplegen.variations.inpaint import Filled, fill_in_turn, fill_scene
from samplegen.variations.orders.repair import WHOLE_S, Patched, RepairOrder, Take, category_of_scene, measured

MAX_ADDED_S: Final = 60.0
PART_S: Final = 6.0


@dataclass(frozen=True, kw_only=True)
class ExtendRequest(EditRequest):
    """Sounds to go on: loops to `bars` bars in all, recordings by `seconds`; one of the two is given."""

    bars: int | None = None
    seconds: float | None = None


class RepeatFiller:
    """A loop played on: the first bars once more."""

    name = "copy"

    def __init__(self, known: int) -> None:
        self._known = known

    def fill(self, scene: Scene, *, seeds: Sequence[int]) -> list[Samples]:
        """See `samplegen.variations.inpaint.Filler`."""
        return [repeated(scene.audio.samples, known=self._known)] * len(seeds)


def repeated(samples: Samples, *, known: int) -> Samples:
    """The first `known` samples of ``[C, T]`` over and over, ``[C, T]``."""
    return samples[:, np.arange(samples.shape[1]) % known]


class ExtendOrder(RepairOrder):
    """Plan of an `ExtendRequest`."""

    verb = "extend"
    engines: ClassVar[tuple[str, ...]] = ("alpha", "dsp")
    request: ExtendRequest

    def __init__(self, request: ExtendRequest, **told: Any) -> None:
        if (request.bars is None) == (request.seconds is None):
            raise UsageError("Say how long: --bars of a loop in all, or --seconds to add to a recording; one of them.")
        if request.seconds is not None and not SHORTEST_S <= request.seconds <= MAX_ADDED_S:
            raise UsageError(f"--seconds {request.seconds:g} cannot be added; give {SHORTEST_S:g} to {MAX_ADDED_S:g}.")
        super().__init__(request, **told)

    def parameters(self) -> dict[str, Any]:
        """See `EditOrder.parameters`."""
        return {"to_bars": self.request.bars, "added_s": self.request.seconds}

    def repair(self, take: Take, category: str, *, seeds: Sequence[int]) -> list[Patched]:
        """See `RepairOrder.repair`."""
        if self.request.bars is not None:
            return self._loop(take, category, bars=self.request.bars, seeds=seeds)
        return self._recording(take, category, seconds=float(self.request.seconds or 0.0), seeds=seeds)

    def _loop(self, take: Take, category: str, *, bars: int, seeds: Sequence[int]) -> list[Patched]:
        time = take.time
        if time is None:
            raise InputError(f"No tempo of {take.path} is known, so it has no bars. Give --bpm, or --seconds instead.")
        longer = Time(time.bpm, bars, time.beats_per_bar)
        rate = take.sample_rate
        length = bars_to_samples(bars, bpm=time.bpm, beats_per_bar=time.beats_per_bar, sample_rate=rate)
        if bars <= time.bars:
            raise InputError(f"{take.path} has {time.bars} bars already. Ask for more with --bars.")
        if length > WHOLE_S * rate:
            raise InputError(f"{bars} bars at {time.bpm:g} BPM last {length / rate:.0f} s; {WHOLE_S:g} s are possible.")
        known = take.read(0, min(take.length, length - 1))
        audio = known.with_samples(np.pad(known.samples, ((0, 0), (0, length - known.length))))
        gap = Gap(known.length, length)
        scene = make_scene(
            audio, [gap], time=longer, category=category_of_scene(take, category),
            guess=repeated(audio.samples, known=known.length),
        )  # fmt: skip
        filler: Filler = RepeatFiller(known.length) if self.engine != "alpha" else self.filler()
        found = fill_scene(scene, filler, seeds=seeds)
        return [self._result(take, known.length, scene, one, filler.name, tags={"bars": bars}) for one in found]

    def _recording(self, take: Take, category: str, *, seconds: float, seeds: Sequence[int]) -> list[Patched]:
        rate = take.sample_rate
        added, context = (seconds_to_samples(time, sample_rate=rate) for time in (seconds, CONTEXT_S))
        known = take.read(max(0, take.length - context), take.length)
        audio = known.with_samples(np.pad(known.samples, ((0, 0), (0, added))))
        gap = Gap(known.length, audio.length)
        whole = take.tags.kind == "one_shot" and known.length == take.length
        scene = make_scene(audio, [gap], category=category, is_one_shot=whole, open_end=True)
        if take.time is not None:  # the loop once more, from its start on
            again = take.read(0, take.length).samples[:, np.arange(added) % take.length]
            scene = replace(scene, guess=np.concatenate([known.samples, again], axis=1))
        filler = self.filler()
        if isinstance(filler, ModelFiller):
            size = seconds_to_samples(PART_S, sample_rate=rate)
            parts = [Gap(start, min(start + size, gap.stop)) for start in range(gap.start, gap.stop, size)]
            skipped = (take.length - known.length) / rate
            found = fill_in_turn(
                scene, parts, lambda number, start: _in_time(filler, take.time, skipped + start / rate),
                seeds=seeds, context_s=CONTEXT_S,
            )  # fmt: skip
        else:
            found = fill_scene(scene, filler, seeds=seeds)
        tags = {} if take.time is None else {"kind": "texture", "bars": None}  # its end joins its start no more
        return [self._result(take, take.length, scene, one, filler.name, tags=tags) for one in found]

    def _result(
        self, take: Take, known: int, scene: Scene, filled: Filled, engine: str, *, tags: dict[str, Any]
    ) -> Patched:  # fmt: skip
        pieces = (FilePart(take.path, 0, known), filled.pieces[0])
        return Patched(
            filled.audio,
            measured(filled, engine=engine) | {"filled": [[known, known + filled.pieces[0].shape[1]]]},
            self.gates(scene, filled),
            {"join_flux": filled.join},
            tags,
            layout=Layout(pieces, take.sample_rate, take.channels, form_of(take.path)),
        )


def _in_time(filler: ModelFiller, time: Time | None, start_s: float) -> Filler:
    """The filler, told the beats of what begins `start_s` after a loop's start."""
    if time is None:
        return filler
    steady = TempoRamp(1, time.bpm, time.bpm)
    return ModelFiller(filler.generator, beats=ramp_beats(steady, start_s=start_s, beats_per_bar=time.beats_per_bar))
