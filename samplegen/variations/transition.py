"""From one sound to another: the end of A, some bars that are made, the start of B (specs/applications.md §8)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import map_coordinates

from samplegen.audio.resample import resample
from samplegen.audio.types import Audio, Samples
from samplegen.errors import InputError, UsageError
from samplegen.pack.recordings import Recording
from samplegen.units import seconds_to_samples
from samplegen.variations.edits.order import EditRequest
from samplegen.variations.edits.sources import Asked, EditSource
from samplegen.variations.gaps.fillers import CONTEXT_S, Filler, ModelFiller, Scene, make_scene, ramp_beats
from samplegen.variations.gaps.patched_files import FilePart, Layout, joined_form
from samplegen.variations.gaps.places import Gap
from samplegen.variations.gaps.tempo_ramp import TempoRamp
from samplegen.variations.inpaint import Filled, fill_in_turn, fill_scene
from samplegen.variations.orders.repair import Patched, RepairOrder, Take, category_of_scene, measured, read_take

if TYPE_CHECKING:
    from samplegen.engines.alpha_blend import Generator

MAX_S: Final = 60.0


@dataclass(frozen=True, kw_only=True)
class TransitionRequest(EditRequest):
    """From the only input to `to`.

    Parameters
    ----------
    bars
        To make between them, in A's meter.
    tempi
        Of A's end and B's start in BPM; None is that of the loops.
    keep
        Bars of A before and of B behind it that come into the file.
    """

    to: Path
    bars: int = 1
    tempi: tuple[float, float] | None = None
    keep: int = 1


@dataclass(frozen=True, eq=False)
class _Pair:
    """Both sounds at A's rate and channels, and the time between them."""

    a: Take
    b: Take
    before: Audio
    after: Audio
    ramp: TempoRamp
    beats_per_bar: int
    categories: tuple[str, str]

    @property
    def gap(self) -> int:
        """Samples to make."""
        return seconds_to_samples(self.ramp.duration_s, sample_rate=self.before.sample_rate)


class LoopCrossfade:
    """Loop A played on, faded over to loop B, whose start comes when it should.

    Both follow the ramp of the tempo as records do whose pitch faders are moved.
    """

    name = "crossfade"

    def __init__(self, a: Audio, b: Audio, ramp: TempoRamp) -> None:
        self._a, self._b, self._ramp = a, b, ramp

    def fill(self, scene: Scene, *, seeds: Sequence[int]) -> list[Samples]:
        """See `samplegen.variations.gaps.fillers.Filler`."""
        gap, samples = scene.gaps[0], scene.audio.samples.copy()
        place, ramp = np.arange(gap.length), self._ramp
        beats = ramp.beats_at(place / scene.audio.sample_rate)
        on = _at_beats(self._a, beats, bpm=ramp.from_bpm)
        lead = _at_beats(self._b, beats - ramp.beats, bpm=ramp.to_bpm)
        turn = 0.5 * np.pi * place / gap.length
        samples[:, gap.start : gap.stop] = on * np.cos(turn) + lead * np.sin(turn)
        return [samples] * len(seeds)


class TransitionOrder(RepairOrder):
    """Plan of a `TransitionRequest`."""

    verb = "transition"
    engines: ClassVar[tuple[str, ...]] = ("alpha", "dsp")
    request: TransitionRequest

    def __init__(self, request: TransitionRequest, **told: Any) -> None:
        super().__init__(request, **told)
        if len(self._recordings) != 1:
            raise UsageError("A transition goes from one sound to one other: samplegen transition a.wav b.wav.")
        self._to = Recording(request.to)

    def parameters(self) -> dict[str, Any]:
        """See `EditOrder.parameters`."""
        request = self.request
        return {"to": self._to.name, "to_sha256": self._to.sha256, "bars": request.bars, "keep": request.keep,
                "tempi": request.tempi}  # fmt: skip

    def repair(self, take: Take, category: str, *, seeds: Sequence[int]) -> list[Patched]:
        """See `RepairOrder.repair`."""
        pair = self._pair(take, category)
        audio = Audio(
            np.concatenate(
                [pair.before.samples, np.zeros((pair.before.channels, pair.gap), np.float32), pair.after.samples],
                axis=1,
            ),
            pair.before.sample_rate,
        )
        gap = Gap(pair.before.length, pair.before.length + pair.gap)
        scene = make_scene(audio, [gap])
        if pair.a.time is not None and pair.b.time is not None:
            guess = self._without_model(pair).fill(scene, seeds=[0])[0]
            scene = replace(scene, guess=guess)
        if self.engine == "alpha" and self.generator is not None:
            found = self._by_model(self.generator, pair, scene, gap, seeds)
        else:
            found = fill_scene(scene, self._without_model(pair), seeds=seeds)
        return [self._result(pair, scene, one) for one in found]

    def _by_model(
        self, generator: "Generator", pair: _Pair, scene: Scene, gap: Gap, seeds: Sequence[int]
    ) -> list[Filled]:
        bars = self.request.bars
        edges = pair.ramp.samples_of(
            np.arange(bars + 1, dtype=np.float64) * pair.beats_per_bar, sample_rate=scene.audio.sample_rate
        )  # fmt: skip
        places = [gap.start + int(edge) for edge in edges[:-1]] + [gap.stop]
        parts = [Gap(start, stop) for start, stop in zip(places, places[1:], strict=False)]

        def filler_of(number: int, start: int) -> Filler:
            position = (number + 0.5) / len(parts)
            return _ramped(generator, pair, position, (start - gap.start) / scene.audio.sample_rate)

        return fill_in_turn(scene, parts, filler_of, seeds=seeds, context_s=CONTEXT_S)

    def _without_model(self, pair: _Pair) -> Filler:
        if pair.a.time is None or pair.b.time is None:
            raise InputError("Without the model only loops can be joined. Install the model, or give loops.")
        wholes = [_like(take.read(0, take.length), pair.before) for take in (pair.a, pair.b)]
        return LoopCrossfade(wholes[0], wholes[1], pair.ramp)

    def _pair(self, a: Take, category: str) -> _Pair:
        b = read_take(self._to, asked=Asked())
        source = self._named(EditSource(self._to, b.read(0, min(b.length, 10 * b.sample_rate)), b.tags))
        tempi, meter = self._tempi(a, b), a.time.beats_per_bar if a.time else (self.request.asked.meter or (4, 4))[0]
        ramp = TempoRamp(self.request.bars * meter, *tempi)
        if ramp.duration_s > MAX_S:
            raise InputError(f"{self.request.bars} bars last {ramp.duration_s:.0f} s; {MAX_S:g} s can be made.")
        kept = [max(CONTEXT_S, self._kept_s(bpm, meter)) for bpm in tempi]
        before = a.read(max(0, a.length - seconds_to_samples(kept[0], sample_rate=a.sample_rate)), a.length)
        after = b.read(0, min(b.length, seconds_to_samples(kept[1], sample_rate=b.sample_rate)))
        if (b.sample_rate, b.channels) != (a.sample_rate, a.channels):
            self.notes.append(f"{b.path} was brought to {a.sample_rate} Hz and {max(a.channels, b.channels)} channels.")
        before = before if a.channels >= b.channels else before.with_samples(np.repeat(before.samples, 2, axis=0))
        return _Pair(a, b, before, _like(after, before), ramp, meter,
                     (category_of_scene(a, category), category_of_scene(b, source.tags.category)))  # fmt: skip

    def _tempi(self, a: Take, b: Take) -> tuple[float, float]:
        if self.request.tempi is not None:
            return self.request.tempi
        found = [take.time.bpm if take.time else None for take in (a, b)]
        if found[0] is None or found[1] is None:
            unknown = a.path if found[0] is None else b.path
            raise InputError(f"No tempo of {unknown} is known. Give --bpm 124, or --bpm 124:128 for both ends.")
        return found[0], found[1]

    def _kept_s(self, bpm: float, meter: int) -> float:
        return self.request.keep * meter * 60.0 / bpm

    def _result(self, pair: _Pair, scene: Scene, filled: Filled) -> Patched:
        rate, ramp = pair.before.sample_rate, pair.ramp
        tails = [
            min(audio.length, seconds_to_samples(self._kept_s(bpm, pair.beats_per_bar), sample_rate=rate))
            for audio, bpm in ((pair.before, ramp.from_bpm), (pair.after, ramp.to_bpm))
        ]
        same = pair.a.channels == pair.before.channels
        alike = (pair.b.sample_rate, pair.b.channels) == (rate, pair.before.channels)
        first = FilePart(pair.a.path, pair.a.length - tails[0], pair.a.length) if same else (
            pair.before.samples[:, pair.before.length - tails[0] :])  # fmt: skip
        last = FilePart(pair.b.path, 0, tails[1]) if alike else pair.after.samples[:, : tails[1]]
        constant = ramp.from_bpm if ramp.from_bpm == ramp.to_bpm else None
        return Patched(
            filled.audio,
            measured(filled, engine="alpha" if self.engine == "alpha" else "crossfade")
            | {"filled": [[tails[0], tails[0] + pair.gap]], "from_bpm": ramp.from_bpm, "to_bpm": ramp.to_bpm},
            self.gates(scene, filled),
            {"join_flux": filled.join},
            {"kind": "texture", "bars": None, "bpm": constant, "category": "transition"},
            layout=Layout((first, filled.pieces[0], last), rate, pair.before.channels,
                          joined_form([pair.a.path, pair.b.path])),
        )  # fmt: skip


def _ramped(generator: "Generator", pair: _Pair, position: float, start_s: float) -> ModelFiller:
    """The model on the way from A to B, told the beats of a view that begins `start_s` from the gap's start."""
    from samplegen.engines.alpha_blend.filling import condition

    known = {*generator.description.kinds, *generator.description.loop_kinds}
    tags = [(category,) if category in known else () for category in pair.categories]
    vectors = condition(
        generator, tags=tags[0], heard=pair.before.mono(), towards=(tags[1], pair.after.mono()), position=position
    )  # fmt: skip

    beats = ramp_beats(pair.ramp, start_s=start_s, beats_per_bar=pair.beats_per_bar)
    return ModelFiller(generator, vectors=vectors, beats=beats)


def _like(audio: Audio, other: Audio) -> Audio:
    """`audio` at the other's rate and channels."""
    made = resample(audio, sample_rate=other.sample_rate)
    if made.channels == other.channels:
        return made
    mono = made.mono()
    return mono.with_samples(np.repeat(mono.samples, other.channels, axis=0))


def _at_beats(loop: Audio, beats: npt.NDArray[np.float64], *, bpm: float) -> npt.NDArray[np.float64]:
    """A loop read at these beats, round and round, ``[C, beats]``."""
    places = beats * 60.0 * loop.sample_rate / bpm
    made = [map_coordinates(channel, places[None], order=3, mode="grid-wrap") for channel in loop.samples]
    return np.asarray(made, np.float64)
