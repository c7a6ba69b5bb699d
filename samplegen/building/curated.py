"""Writing a curated pack: the chosen sounds, then page, cover, map and what the next round needs."""

import time

from samplegen.pack.artwork import make_artwork
from samplegen.pack.audition import make_audition
from samplegen.pack.companions import Companion, PackView
from samplegen.pack.export import PackWriter
from samplegen.pack.filling import PackResult, fill_sounds, pass_rates_of
from samplegen.pack.naming import DEFAULT_TEMPLATE
from samplegen.variations.orders.curate import SECTION, CurateOrder


def build_curated(order: CurateOrder) -> PackResult:
    """Draw and choose, then write the pack; what no longer belongs to it is deleted.

    Raises
    ------
    SamplegenError
        If nothing can be made, or something cannot be written.
    """
    start = time.monotonic()
    order.prepare()
    writer = _writer(order)
    made = fill_sounds(order, writer, section=SECTION)
    if not made.entries:
        raise order.nothing_made(made.reasons, made.errors)
    settled = order.settled
    view = PackView(
        writer.folder, writer.name, made.entries, {SECTION: made.entries}, seed=writer.seed,
        bpm=settled.bpm if settled.loops else None, meter=settled.meter, licence=order.licence,
    )  # fmt: skip
    companions: list[Companion] = [*make_artwork(view), *make_audition(view), *order.companions(view)]
    writer.finish(companions, keep=order.jobs)
    order.finished()
    refused = sum(not one.verdict.passed for one in order.pool)
    return PackResult(
        writer.folder, made.files, order.seed, refused, time.monotonic() - start, made.reasons,
        notes=tuple(dict.fromkeys([*order.notes, *made.notes, *writer.notes])),
        pass_rates=pass_rates_of(made.entries, made.missing),
    )  # fmt: skip


def _writer(order: CurateOrder) -> PackWriter:
    request, settled = order.request, order.settled
    return PackWriter(
        request.out,
        name=request.out.resolve().name,
        template=settled.template or DEFAULT_TEMPLATE,
        seed=abs(order.seed),
        sample_rate=48_000 if settled.hardware else 44_100,
        bit_depth=16 if settled.hardware else 24,
        tagged=not settled.hardware,
        licence=order.licence,
        attributions=order.attributions,
        created_by=f"samplegen, {order.engine_name}",
        force=False,
        words=order.words,
        rejected=order.rejected,
    )
