"""What inpaint, extend and transition share: recordings read around their gaps, results in their own form."""

import time
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from samplegen.audio.io import read_info
from samplegen.audio.quality import click_places
from samplegen.audio.source import open_source
from samplegen.audio.types import Audio
from samplegen.errors import InputError, ModelMissingError
from samplegen.pack.duplicates import DuplicateIndex
from samplegen.pack.filling import PackResult, fill_pack
from samplegen.pack.inference import infer
from samplegen.pack.licence import SOURCE_LICENCE
from samplegen.pack.readtags import read_tags
from samplegen.pack.recordings import Recording
from samplegen.pack.sound import Sound, Tags
from samplegen.pack.verdict import GateResult, Verdict
from samplegen.units import seconds_to_samples
from samplegen.variations.edits.order import TEMPLATE, EditOrder, EditRequest, Made
from samplegen.variations.edits.sources import Asked, EditSource, read_source
from samplegen.variations.gaps.fillers import (
    ArFiller,
    CopyFiller,
    CrossfadeFiller,
    Filler,
    ModelFiller,
    PlainFiller,
    Scene,
)
from samplegen.variations.gaps.patched_files import Form, Layout, PatchedWriter
from samplegen.variations.gaps.places import Time
from samplegen.variations.inpaint import Filled

if TYPE_CHECKING:
    from samplegen.engines.alpha_blend import Generator

EDITING_MODEL: Final = "generator-edits-44k"
# Longer files are read around their gaps alone, and are loops only where the user says so.
WHOLE_S: Final = 60.0
_CLICK_S: Final = 0.002
_FILLERS: Final[dict[str, type[Filler]]] = {
    "dsp": PlainFiller, "copy": CopyFiller, "ar": ArFiller, "crossfade": CrossfadeFiller,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Take:
    """A recording with gaps to come, of any length.

    Parameters
    ----------
    sample_rate, channels, length
        As they are in the file.
    tags
        What it is; the kind ``loop`` where its end joins its start.
    """

    path: Path
    sample_rate: int
    channels: int
    length: int
    tags: Tags
    notes: tuple[str, ...] = ()

    @property
    def time(self) -> Time | None:
        """Of a loop."""
        tags = self.tags
        if tags.kind != "loop" or tags.bpm is None or tags.bars is None:
            return None
        return Time(tags.bpm, tags.bars, tags.meter[0])

    def read(self, start: int, stop: int) -> Audio:
        """These samples ``[C, stop - start]`` at the file's own rate."""
        with open_source(self.path, memory_limit_s=WHOLE_S) as source:
            samples = source.read(max(0, start), min(stop, source.length))
        if samples.shape[1] != stop - start:
            raise InputError(f"{self.path} holds {samples.shape[1] + start} samples, fewer than its header says.")
        return Audio(samples, self.sample_rate)


def read_take(recording: Recording, *, asked: Asked) -> Take:
    """Find out what a recording is; of a long one the samples are not read.

    Raises
    ------
    AudioReadError
        If it cannot be read.
    InputError
        If it is short and silent.
    """
    info = read_info(recording.path)
    if info.duration_s <= WHOLE_S:
        source = read_source(recording, asked=asked)
        notes = tuple(note for note in source.notes if "samples were made" not in note)
        with open_source(recording.path, memory_limit_s=WHOLE_S) as opened:
            length = opened.length
        return Take(recording.path, info.sample_rate, info.channels, length, source.tags, notes)
    category, key = asked.kind or "", None
    try:
        path = recording.path
        found = infer(read_tags(path), relative=f"{path.parent.name}/{path.name}", entry=None).tags
        category, key = asked.kind or found.category, found.key
    except InputError:
        pass
    notes = (f"{recording.path} is longer than {WHOLE_S:g} s and is not taken as a loop.",) if asked.is_loop else ()
    with open_source(recording.path, memory_limit_s=WHOLE_S) as opened:
        length = opened.length
    tags = Tags("texture", category, key=key)
    return Take(recording.path, info.sample_rate, info.channels, length, tags, notes)


@dataclass(frozen=True, eq=False)
class Patched(Made):
    """A result that is written from a layout."""

    layout: Layout = field(default_factory=lambda: Layout((), 44_100, 1, Form(16)))


class RepairOrder(EditOrder):
    """Results whose known samples are those of the file, bit for bit.

    Attributes
    ----------
    layouts
        Of the results that were drawn, by job.
    """

    engines: ClassVar[tuple[str, ...]] = ("alpha", "dsp", "copy", "ar", "crossfade")
    fallback: ClassVar[str | None] = "dsp"

    def __init__(self, request: EditRequest, *, generator: "Generator | None" = None) -> None:
        super().__init__(request, generator=generator)
        self.layouts: dict[str, Layout] = {}
        self._takes: dict[str, Take] = {}

    @abstractmethod
    def repair(self, take: Take, category: str, *, seeds: Sequence[int]) -> list[Patched]:
        """One result for each seed, the best first."""

    @property
    def sample_rate(self) -> int:
        """That of the first recording, in Hz; each result keeps its own."""
        return self._recordings[0].sample_rate or 44_100

    def filler(self) -> Filler:
        """What fills gaps."""
        if self.engine == "alpha" and self.generator is not None:
            return ModelFiller(self.generator)
        return _FILLERS[self.engine]()

    def edit(self, source: EditSource, *, seeds: Sequence[int], variations: Sequence[int]) -> list[Made]:
        """See `EditOrder.edit`; results come in the order of their joins, so each notes its own seed."""
        take = self._takes[source.recording.sha256]
        return list(self.repair(take, source.tags.category, seeds=seeds))

    def make(self, indices: Sequence[int], attempt: int) -> list[Sound]:
        """See `EditOrder.make`."""
        sounds = super().make(indices, attempt)
        for index in indices:
            recording, variation = self._place(index)
            made = self._made[recording.sha256, variation]
            if isinstance(made, Patched):
                self.layouts[self.job(index)] = made.layout
        return sounds

    def judge(self, sound: Sound, *, index: DuplicateIndex) -> Verdict:
        """The verb's own constraints alone: nearly all of the sound is the user's and stays."""
        parameters = sound.provenance.parameters
        made = self._made[parameters["source_sha256"], parameters["variation"]]
        verdict = Verdict(made.results, made.measures)
        if verdict.passed:
            self._kept += 1
        else:
            self._refused[next(result.name for result in verdict.results if not result.passed)] += 1
        return verdict

    def gates(self, scene: Scene, filled: Filled) -> tuple[GateResult, ...]:
        """No click at a join; what is filled without a model is not drawn again, so it is not judged."""
        if self.engine != "alpha":
            return ()
        clicks = clicks_at_joins(scene, filled.audio)
        reason = "" if not clicks else f"It clicks at {clicks} of its joins."
        return (GateResult("join_clicks", clicks == 0, clicks, 0, reason),)

    def _choose(self, request: EditRequest, generator: "Generator | None") -> tuple[str, "Generator | None"]:
        """The model that was trained to fill gaps where it is installed, else any."""
        if generator is None and request.model is None and request.engine in ("auto", "alpha"):
            from samplegen.engines.alpha_blend import load_generator

            try:
                generator = load_generator(EDITING_MODEL)
            except ModelMissingError:
                generator = None
        return super()._choose(request, generator)

    def _source(self, number: int) -> EditSource:
        if number in self._useless:
            raise self._useless[number]
        if number not in self._sources:
            recording = self._recordings[number]
            try:
                take = read_take(recording, asked=self.request.asked)
                heard = take.read(0, min(take.length, seconds_to_samples(WHOLE_S / 6, sample_rate=take.sample_rate)))
            except InputError as error:
                self._useless[number] = error
                raise
            self.notes += take.notes
            self._sources = {number: self._named(EditSource(recording, heard, take.tags))}
            self._takes = {recording.sha256: take}
        return self._sources[number]


def clicks_at_joins(scene: Scene, audio: Audio) -> int:
    """How many joins lie within 2 ms of a click, of which known sounds may have some as well."""
    places, rate = click_places(audio, ring=scene.ring), audio.sample_rate
    near = seconds_to_samples(_CLICK_S, sample_rate=rate)
    found = np.asarray(places, dtype=np.int64).ravel()
    joins = [place for gap in scene.gaps for place in (gap.start, gap.stop)]
    return sum(bool((np.abs(found - join % audio.length) <= near).any()) for join in joins) if found.size else 0


def category_of_scene(take: Take, category: str) -> str:
    """A loop's category begins with ``loop_``."""
    return f"loop_{category.removeprefix('loop_')}" if take.time is not None and category else category


def measured(filled: Filled, *, engine: str) -> dict[str, Any]:
    """Parameters of a result for its manifest."""
    return {"draw_seed": filled.seed, "method": engine}


def make_repairs(order: RepairOrder) -> PackResult:
    """Make what the order plans and write each result at its own rate and bit depth."""
    start, request = time.monotonic(), order.request
    writer = PatchedWriter(
        request.out, layouts=order.layouts, name=request.out.resolve().name, seed=abs(order.seed),
        template=request.template or TEMPLATE, licence=SOURCE_LICENCE, force=request.force,
        created_by=f"samplegen, {order.engine_name}",
    )  # fmt: skip
    return fill_pack(order, writer, progress=request.progress, start=start)
