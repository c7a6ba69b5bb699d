"""From a request to a pack: plan, make, post-process, gate, redraw, name, tag, write.

Sounds are drawn in fixed blocks, so that a run that was stopped goes on with the same
bytes: a block draws again exactly what it drew before and writes what is missing.

Orders and engines are imported by the functions that need them: what makes textures
of a recording starts in a fraction of the time that the generators' torch takes.
"""

import secrets
import time
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from samplegen.errors import InputError, OutputError
from samplegen.pack.export import PackWriter, conform
from samplegen.pack.licence import SOURCE_LICENCE
from samplegen.pack.long import judge_long
from samplegen.pack.manifest import FileEntry
from samplegen.pack.naming import DEFAULT_TEMPLATE
from samplegen.pack.orders import AnySound, Order
from samplegen.pack.recall import Recall
from samplegen.pack.requests import (
    GeneratorRequest,
    LoopRequest,
    MorphRequest,
    OneShotRequest,
    PhaseRequest,
    RecordingRequest,
    Report,
    Request,
)
from samplegen.pack.sound import Sound

if TYPE_CHECKING:
    from samplegen.pack.generator_orders import LoopOrder, OneShotOrder
    from samplegen.pack.morph_order import MorphOrder
    from samplegen.pack.phase_order import PhaseOrder
    from samplegen.variations.riser_order import RiserRequest

if TYPE_CHECKING:
    pass

DEFAULT_MODEL = "generator-drums-44k"

__all__ = [
    "LoopRequest", "MorphRequest", "OneShotRequest", "PackResult", "PhaseRequest", "make_loops", "make_morphs",
    "make_one_shots", "make_phases", "make_risers", "open_pack", "run",
]  # fmt: skip


@dataclass(frozen=True)
class PackResult:
    """What was made.

    Parameters
    ----------
    files
        Relative to `folder`, those of this request only.
    redraws
        Draws that a gate refused.
    missing
        Sounds that no attempt could make, each with why.
    unknown_words
        Words of the prompt that were not understood.
    notes
        What else the user should know.
    """

    folder: Path
    files: tuple[Path, ...]
    seed: int
    redraws: int
    seconds: float
    missing: tuple[str, ...] = ()
    unknown_words: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def make_loops(request: LoopRequest) -> PackResult:
    """Make loops and write them as a pack."""
    from samplegen.pack.generator_orders import LoopOrder

    return _generate(request, LoopOrder)


def make_one_shots(request: OneShotRequest) -> PackResult:
    """Make one-shots and write them as a pack."""
    from samplegen.pack.generator_orders import OneShotOrder

    return _generate(request, OneShotOrder)


def make_morphs(request: MorphRequest) -> PackResult:
    """Morph recordings and write the results as a pack."""
    from samplegen.pack.morph_order import MorphOrder

    return _transform(request, MorphOrder)


def make_phases(request: PhaseRequest) -> PackResult:
    """Diffuse the phases of recordings and write the results as a pack."""
    from samplegen.pack.phase_order import PhaseOrder

    return _transform(request, PhaseOrder)


def make_risers(request: "RiserRequest") -> PackResult:
    """Make risers, downlifters or impacts, of noise or of recordings, and write them as a pack."""
    from samplegen.variations.riser_order import TEMPLATE, RiserOrder

    start = time.monotonic()
    order = RiserOrder(request)
    asked = replace(request, template=request.template or TEMPLATE)
    writer = open_pack(asked, seed=order.seed, created_by="samplegen, riser", licence=order.licence)
    return run(order, writer, progress=request.progress, start=start)


def _generate(request: GeneratorRequest, plan: "type[LoopOrder] | type[OneShotOrder]") -> PackResult:
    from samplegen.engines.alpha_blend import load_generator

    start = time.monotonic()
    seed = secrets.randbits(32) if request.seed is None else request.seed
    generator = load_generator(request.model or DEFAULT_MODEL)
    order: Order = plan(request, generator, seed=seed)  # type: ignore[arg-type]
    known = generator.description
    writer = open_pack(
        request, seed=seed, created_by=f"samplegen, model {generator.name}", licence=known.licence,
        attributions=known.attributions,
    )  # fmt: skip
    return run(order, writer, progress=request.progress, start=start)


def _transform(request: RecordingRequest, plan: "type[MorphOrder] | type[PhaseOrder]") -> PackResult:
    start = time.monotonic()
    order = plan(request)  # type: ignore[arg-type]
    writer = open_pack(
        request, seed=order.seed, created_by=f"samplegen, {order.engine}", licence=SOURCE_LICENCE,
        sample_rate=order.sample_rate,
    )  # fmt: skip
    return run(order, writer, progress=request.progress, start=start)


def open_pack(
    request: Request, *, seed: int, created_by: str, licence: str, attributions: tuple[str, ...] = (),
    sample_rate: int = 44_100,
) -> PackWriter:  # fmt: skip
    """The pack that a request asks to be written; `sample_rate` is that of packs not meant for hardware."""
    return PackWriter(
        request.out,
        name=request.out.resolve().name,
        seed=abs(seed),
        template=request.template or DEFAULT_TEMPLATE,
        sample_rate=48_000 if request.hardware else sample_rate,
        bit_depth=16 if request.hardware else 24,
        licence=licence,
        attributions=attributions,
        created_by=created_by,
        force=request.force,
    )


@dataclass
class _Filling:
    """A pack while an order fills it."""

    order: Order
    writer: PackWriter
    recall: Recall
    files: dict[int, Path] = field(default_factory=dict)
    reasons: dict[int, str] = field(default_factory=dict)
    errors: list[InputError] = field(default_factory=list)
    redraws: int = 0


def run(order: Order, writer: PackWriter, *, progress: Report | None = None, start: float | None = None) -> PackResult:
    """Make every sound of `order` that `writer` lacks, and finish the pack.

    Raises
    ------
    SamplegenError
        If no sound could be made; then no pack is finished.
    """
    start = time.monotonic() if start is None else start
    filling = _Filling(order, writer, Recall(writer))
    with closing(order), writer:
        for first in range(0, order.count, order.block):
            block = range(first, min(first + order.block, order.count))
            _fill_block(filling, block)
            if progress:
                progress(block.stop, order.count)
        reasons = [filling.reasons[number] for number in sorted(filling.reasons) if number not in filling.files]
        missing = tuple(dict.fromkeys(reasons))
        if not filling.files:
            raise order.nothing_made(missing, filling.errors)
    files = tuple(dict.fromkeys(filling.files[number] for number in sorted(filling.files)))
    return PackResult(
        writer.folder, files, order.seed, filling.redraws, time.monotonic() - start, missing,
        order.unknown_words, tuple(dict.fromkeys(order.notes)),
    )  # fmt: skip


def _fill_block(filling: _Filling, block: range) -> None:
    """Draw a block until every sound passed or attempts run out.

    Sounds that an earlier run finished take part in the attempts that they took part in then.
    """
    order, writer = filling.order, filling.writer
    done = {number: entry for number in block if (entry := writer.done(order.job(number)))}
    filling.files |= {number: Path(entry.path) for number, entry in done.items()}
    waiting = [number for number in block if number not in done or not order.is_complete(number, writer, done[number])]
    for attempt in range(order.attempts if waiting else 0):
        drawn = [
            number for number in block if number in waiting or (number in done and done[number].redraws >= attempt)
        ]
        try:
            sounds = order.make(drawn, attempt)
        except OutputError:
            raise
        except InputError as error:  # a recording of no use; the others go on
            filling.errors.append(error)
            filling.reasons |= dict.fromkeys(waiting, str(error))
            break
        for number, sound in zip(drawn, sounds, strict=True):
            entry = done.get(number)
            if entry is None:
                entry = _add(filling, number, sound, attempt)
            elif entry.redraws != attempt:
                continue
            if entry is not None and number in waiting:
                order.accompany(number, writer, entry)
                waiting.remove(number)
        if not waiting:
            break


def _add(filling: _Filling, number: int, sound: AnySound, attempt: int) -> FileEntry | None:
    """Write a sound that the gates let pass; otherwise None, and the reason is noted."""
    order, writer = filling.order, filling.writer
    if isinstance(sound, Sound):
        sound = conform(sound, sample_rate=writer.sample_rate)
        verdict = order.judge(sound, index=filling.recall.index())
    else:
        verdict = judge_long(sound)
    if not verdict.passed:
        filling.redraws += 1
        filling.reasons[number] = f"{order.label(number)}: {verdict.reasons[0]}"
        return None
    if isinstance(sound, Sound):
        entry = writer.add(sound, job=order.job(number), verdict=verdict, redraws=attempt)
    else:
        entry = writer.add_long(sound, job=order.job(number), verdict=verdict, redraws=attempt)
    filling.files[number] = Path(entry.path)
    return entry
