"""From a request to a pack: plan, make, post-process, gate, redraw, name, tag, write.

Sounds are drawn in fixed blocks, so that a run that was stopped goes on with the same
bytes: a block draws again exactly what it drew before and writes what is missing.
"""

import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from samplegen.engines.alpha_blend import Generator, load_generator
from samplegen.errors import ModelError
from samplegen.pack.duplicates import DuplicateIndex
from samplegen.pack.export import PackWriter, conform
from samplegen.pack.gates import judge
from samplegen.pack.naming import DEFAULT_TEMPLATE
from samplegen.pack.orders import LoopOrder, LoopRequest, OneShotOrder, OneShotRequest, Order
from samplegen.pack.recall import recall_kept, remember

DEFAULT_MODEL = "generator-drums-44k"
BLOCK = 8
ATTEMPTS = 6

__all__ = ["LoopRequest", "OneShotRequest", "PackResult", "make_loops", "make_one_shots"]


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
    """

    folder: Path
    files: tuple[Path, ...]
    seed: int
    redraws: int
    seconds: float
    missing: tuple[str, ...] = ()
    unknown_words: tuple[str, ...] = ()


def make_loops(request: LoopRequest) -> PackResult:
    """Make loops and write them as a pack."""
    return _make(request, LoopOrder)


def make_one_shots(request: OneShotRequest) -> PackResult:
    """Make one-shots and write them as a pack."""
    return _make(request, OneShotOrder)


def _make(request: LoopRequest | OneShotRequest, plan: type[LoopOrder] | type[OneShotOrder]) -> PackResult:
    start = time.monotonic()
    seed = secrets.randbits(32) if request.seed is None else request.seed
    generator = load_generator(request.model or DEFAULT_MODEL)
    order: Order = plan(request, generator, seed=seed)  # type: ignore[arg-type]
    with _writer(request, generator, seed) as writer:
        index = recall_kept(writer)
        files: dict[int, Path] = {}
        missing: list[str] = []
        redraws = 0
        for first in range(0, order.count, BLOCK):
            block = range(first, min(first + BLOCK, order.count))
            redraws += _fill_block(order, block, writer, index, files, missing)
            if request.progress:
                request.progress(block.stop, order.count)
        if not files:
            raise ModelError(
                f"None of {order.count} sounds of {generator.name} passed the gates ({'; '.join(missing[:3])}). "
                "Ask for something else, or choose another --model."
            )
    ordered = tuple(files[number] for number in sorted(files))
    return PackResult(
        request.out, ordered, seed, redraws, time.monotonic() - start, tuple(missing), order.unknown_words
    )


def _fill_block(
    order: Order, block: range, writer: PackWriter, index: DuplicateIndex, files: dict[int, Path], missing: list[str]
) -> int:
    """Draw a block until every sound passed or attempts run out; returns the refused draws.

    Sounds that an earlier run finished take part in the attempts that they took part in then.
    """
    done = {number: entry for number in block if (entry := writer.done(order.job(number)))}
    files |= {number: Path(entry.path) for number, entry in done.items()}
    waiting = [number for number in block if number not in done]
    reasons: dict[int, str] = {}
    redraws = 0
    for attempt in range(ATTEMPTS if waiting else 0):
        drawn = [
            number for number in block if number in waiting or (number in done and done[number].redraws >= attempt)
        ]
        for number, drawn_sound in zip(drawn, order.make(drawn, attempt), strict=True):
            if number in done:
                continue
            sound = conform(drawn_sound, sample_rate=writer.sample_rate)
            verdict = judge(sound, index=index)
            if not verdict.passed:
                redraws, reasons[number] = redraws + 1, verdict.reasons[0]
                continue
            entry = writer.add(sound, job=order.job(number), verdict=verdict, redraws=attempt)
            remember(index, writer, entry)
            files[number] = Path(entry.path)
            waiting.remove(number)
        if not waiting:
            break
    missing += [f"sound {number + 1}: {reasons[number]}" for number in waiting]
    return redraws


def _writer(request: LoopRequest | OneShotRequest, generator: Generator, seed: int) -> PackWriter:
    return PackWriter(
        request.out,
        name=request.out.resolve().name,
        seed=seed,
        template=request.template or DEFAULT_TEMPLATE,
        sample_rate=48_000 if request.hardware else 44_100,
        bit_depth=16 if request.hardware else 24,
        licence=generator.description.licence,
        attributions=generator.description.attributions,
        created_by=f"samplegen, model {generator.name}",
        force=request.force,
    )
