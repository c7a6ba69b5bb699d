"""From a request to a pack: plan, make, post-process, gate, redraw, name, tag, write.

Orders and engines are imported by the functions that need them: what makes textures
of a recording starts in a fraction of the time that the generators' torch takes.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from samplegen.pack.export import PackWriter
from samplegen.pack.filling import PackResult, fill_pack
from samplegen.pack.licence import SOURCE_LICENCE
from samplegen.pack.naming import DEFAULT_TEMPLATE, ROW_TEMPLATE
from samplegen.pack.requests import (
    GeneratorRequest,
    Like,
    LoopRequest,
    MorphRequest,
    OneShotRequest,
    PhaseRequest,
    RecordingRequest,
    Request,
)

if TYPE_CHECKING:
    from samplegen.building.build import BuildResult
    from samplegen.pack.loop_order import LoopOrder
    from samplegen.pack.morph_order import MorphOrder
    from samplegen.pack.one_shot_order import OneShotOrder
    from samplegen.pack.phase_order import PhaseOrder
    from samplegen.pack.recipes.types import Recipe
    from samplegen.variations.curating.request import CurateRequest
    from samplegen.variations.edits.order import EditOrder
    from samplegen.variations.melodies.request import MelodyRequest
    from samplegen.variations.orders.curate import CurateOrder
    from samplegen.variations.orders.humanize import HumanizeOrder, HumanizeRequest
    from samplegen.variations.orders.melody import MelodyOrder
    from samplegen.variations.orders.riser import RiserRequest

DEFAULT_MODEL = "generator-drums-44k-fast"

__all__ = [
    "Like", "LoopRequest", "MorphRequest", "OneShotRequest", "PackResult", "PhaseRequest", "build_pack", "curate",
    "humanize",
    "make_edits", "make_loops", "make_melodies", "make_morphs", "make_one_shots", "make_phases", "make_risers",
    "open_pack",
]  # fmt: skip


def make_loops(request: LoopRequest) -> PackResult:
    """Make loops and write them as a pack."""
    from samplegen.pack.loop_order import LoopOrder

    return _generate(request, LoopOrder)


def make_one_shots(request: OneShotRequest) -> PackResult:
    """Make one-shots and write them as a pack."""
    from samplegen.pack.one_shot_order import OneShotOrder

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
    from samplegen.variations.orders.riser import TEMPLATE, RiserOrder

    start = time.monotonic()
    order = RiserOrder(request)
    asked = replace(request, template=request.template or TEMPLATE)
    writer = open_pack(asked, seed=order.seed, created_by="samplegen, riser", licence=order.licence)
    return fill_pack(order, writer, progress=request.progress, start=start)


def build_pack(
    recipe: "Recipe",
    *,
    out: Path,
    feedback: Path | None = None,
    force: bool = False,
    progress: Callable[[str, float, float], None] | None = None,
) -> "BuildResult":
    """Make the pack of a recipe in `out`, or finish or update the one that is there.

    Parameters
    ----------
    feedback
        The ``votes.json`` of the pack's page: what it rejects is drawn anew.
    progress
        Called with a section's name, its sounds that are done and all of them.
    """
    from samplegen.building.build import build
    from samplegen.building.rounds import rejected_jobs

    rejected = rejected_jobs(out, feedback)
    return build(recipe, out=out, default_model=DEFAULT_MODEL, rejected=rejected, force=force, progress=progress)


def humanize(request: "HumanizeRequest", *, order: "HumanizeOrder | None" = None) -> PackResult:
    """Make takes of hits and write them as a pack; `order` is the request's, where it was planned already."""
    from samplegen.variations.orders.humanize import TEMPLATE, HumanizeOrder

    start = time.monotonic()
    order = order or HumanizeOrder(request)
    asked = replace(request, template=request.template or TEMPLATE)
    writer = open_pack(
        asked, seed=order.seed, created_by=f"samplegen, {order.engine.name}", licence=request.licence,
        sample_rate=order.sample_rate,
    )  # fmt: skip
    return fill_pack(order, writer, progress=request.progress, start=start)


def make_edits(order: "EditOrder") -> PackResult:
    """Make what a verb's order plans of sounds, and write the results as a pack."""
    from samplegen.variations.edits.order import TEMPLATE

    start = time.monotonic()
    asked = replace(order.request, template=order.request.template or TEMPLATE)
    writer = open_pack(
        asked, seed=order.seed, created_by=f"samplegen, {order.engine_name}", licence=SOURCE_LICENCE,
        sample_rate=order.sample_rate,
    )  # fmt: skip
    return fill_pack(order, writer, progress=order.request.progress, start=start)


def make_melodies(request: "MelodyRequest", *, order: "MelodyOrder | None" = None) -> PackResult:
    """Make melody loops and write them as a pack with MIDI; `order` is the request's, where it was planned already."""
    from samplegen.variations.orders.melody import ENGINE, TEMPLATE, MelodyOrder

    start = time.monotonic()
    order = order or MelodyOrder(request)
    asked = replace(request, template=request.template or TEMPLATE)
    writer = open_pack(
        asked, seed=order.seed, created_by=f"samplegen, {ENGINE}", licence=order.licence,
        attributions=order.attributions,
    )  # fmt: skip
    return fill_pack(order, writer, progress=request.progress, start=start)


def curate(request: "CurateRequest", *, order: "CurateOrder | None" = None) -> PackResult:
    """Draw many candidates and write the best that differ as a pack; `order` is the request's, where it was planned."""
    from samplegen.building.curated import build_curated
    from samplegen.variations.orders.curate import CurateOrder

    return build_curated(order or CurateOrder(request))


def _generate(request: GeneratorRequest, plan: "type[LoopOrder] | type[OneShotOrder]") -> PackResult:
    from samplegen.engines.alpha_blend import load_generator
    from samplegen.pack.prompts import understand

    start = time.monotonic()
    if request.prompt is not None:
        understand(request.prompt)  # what contradicts itself is refused before a model is loaded
    seed = secrets.randbits(32) if request.seed is None else request.seed
    steered = request.negative or request.guidance_bpm is not None or request.guidance_text is not None
    generator = load_generator(request.model or DEFAULT_MODEL, steerable=bool(steered))
    order = plan(request, generator, seed=seed)  # type: ignore[arg-type]
    known = generator.description
    if request.announce:
        for note in order.notes:
            request.announce(note)
    asked = replace(request, template=request.template or (ROW_TEMPLATE if request.morph_to else None))
    writer = open_pack(
        asked, seed=seed, created_by=f"samplegen, model {generator.name}", licence=known.licence,
        attributions=known.attributions,
    )  # fmt: skip
    result = fill_pack(order, writer, progress=request.progress, start=start)
    return replace(result, applied=order.applied)


def _transform(request: RecordingRequest, plan: "type[MorphOrder] | type[PhaseOrder]") -> PackResult:
    start = time.monotonic()
    order = plan(request)  # type: ignore[arg-type]
    writer = open_pack(
        request, seed=order.seed, created_by=f"samplegen, {order.engine}", licence=SOURCE_LICENCE,
        sample_rate=order.sample_rate,
    )  # fmt: skip
    return fill_pack(order, writer, progress=request.progress, start=start)


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
        tagged=not request.hardware,
        licence=licence,
        attributions=attributions,
        created_by=created_by,
        force=request.force,
    )
