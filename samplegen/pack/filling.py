"""Filling a pack with what an order makes: draw, gate, redraw, write, go on after a stop.

Sounds are drawn in fixed blocks, so that a run that was stopped goes on with the same
bytes: a block draws again exactly what it drew before and writes what is missing.
"""

import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from samplegen.errors import InputError, OutputError
from samplegen.pack.conform import conform
from samplegen.pack.export import PackWriter
from samplegen.pack.long import judge_long
from samplegen.pack.manifest import FileEntry
from samplegen.pack.orders import AnySound, Order
from samplegen.pack.recall import Recall
from samplegen.pack.requests import Report
from samplegen.pack.sound import Sound


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
    applied
        What a prompt decided.
    """

    folder: Path
    files: tuple[Path, ...]
    seed: int
    redraws: int
    seconds: float
    missing: tuple[str, ...] = ()
    unknown_words: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    applied: Mapping[str, Any] = field(default_factory=dict)


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


def fill_pack(
    order: Order, writer: PackWriter, *, progress: Report | None = None, start: float | None = None
) -> PackResult:
    """Make every sound of `order` that `writer` lacks, and finish the pack.

    Raises
    ------
    SamplegenError
        If no sound could be made; then no pack is finished.
    """
    start = time.monotonic() if start is None else start
    again = [order.job(number) for number in range(order.count)] if writer.force else ()
    filling = _Filling(order, writer, Recall(writer, again=again))
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
