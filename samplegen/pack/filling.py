"""Filling a pack with what orders make: draw, gate, redraw, write, go on after a stop.

Sounds are drawn in fixed blocks, so that a run that was stopped goes on with the same
bytes: a block draws again exactly what it drew before and writes what is missing.
"""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from samplegen.errors import InputError, OutputError
from samplegen.pack.entries import FileEntry, Missing
from samplegen.pack.export import PackWriter
from samplegen.pack.journal import Refusal
from samplegen.pack.judging import Bench, Judged
from samplegen.pack.orders import AnySound, Order
from samplegen.pack.pass_rates import GateRate, pass_rates_of
from samplegen.pack.recall import Recall
from samplegen.pack.requests import Report
from samplegen.pack.sound import Sound
from samplegen.pack.verdict import Verdict

__all__ = ["Filled", "GateRate", "PackResult", "fill_pack", "fill_sounds", "pass_rates_of"]


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
    pass_rates
        By gate, over the sounds of this request.
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
    pass_rates: Mapping[str, GateRate] = field(default_factory=dict)


@dataclass(frozen=True)
class Filled:
    """What one order put into a pack.

    Parameters
    ----------
    entries
        Each sound of the order, in its order.
    missing
        Those that could not be made.
    redraws
        Draws that a gate refused in this run.
    errors
        About recordings of no use.
    """

    entries: tuple[FileEntry, ...] = ()
    missing: tuple[Missing, ...] = ()
    redraws: int = 0
    unknown_words: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    errors: tuple[InputError, ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        """Where the sounds are, relative to the pack."""
        return tuple(Path(entry.path) for entry in self.entries)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why sounds are missing, each sentence once."""
        return tuple(dict.fromkeys(sound.reason for sound in self.missing))


@dataclass
class _Filling:
    """A pack while an order fills it."""

    order: Order
    writer: PackWriter
    recall: Recall
    bench: Bench
    entries: dict[int, FileEntry] = field(default_factory=dict)
    missing: dict[int, Missing] = field(default_factory=dict)
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
    with writer:
        made = fill_sounds(order, writer, progress=progress)
        if not made.entries:
            raise order.nothing_made(made.reasons, made.errors)
    return PackResult(
        writer.folder, made.files, order.seed, made.redraws, time.monotonic() - start, made.reasons,
        made.unknown_words, made.notes, pass_rates=pass_rates_of(made.entries, made.missing),
    )  # fmt: skip


def fill_sounds(
    order: Order,
    writer: PackWriter,
    *,
    recall: Recall | None = None,
    section: str = "",
    progress: Report | None = None,
    threads: int | None = None,
) -> Filled:
    """Make every sound of `order` that `writer` lacks; the pack is not finished, more may follow.

    What cannot be made is told, not raised, also where it is all.

    Parameters
    ----------
    recall
        Of the sounds that new ones must differ from; one for all orders of a pack.
    section
        Name of the recipe's section that asks.
    threads
        That judge sounds; None takes one for each core. Whatever it is, the bytes are the same.

    Raises
    ------
    OutputError
        If something cannot be written.
    """
    again = [order.job(number) for number in range(order.count)] if writer.force else ()
    recall = Recall(writer) if recall is None else recall
    recall.expect(again)
    writer.section = section
    with closing(order), Bench(threads) as bench:
        filling = _Filling(order, writer, recall, bench)
        for done in _fill_blocks(filling):
            if progress:
                progress(done, order.count)
    for number in sorted(filling.missing):
        writer.give_up(filling.missing[number])
    entries = {entry.path: entry for _, entry in sorted(filling.entries.items(), key=lambda item: item[0])}
    return Filled(
        tuple(entries.values()), tuple(filling.missing[number] for number in sorted(filling.missing)),
        filling.redraws, order.unknown_words, tuple(dict.fromkeys(order.notes)), tuple(filling.errors),
    )  # fmt: skip


def _fill_blocks(filling: _Filling) -> Iterator[int]:
    """Fill block after block; yields how many sounds were dealt with.

    Where the order allows it a block is drawn while the one before is judged and written. What
    is drawn depends on numbers and attempts alone, and what is judged comes in one order, so
    nothing else changes.
    """
    order = filling.order
    ahead = filling.bench.threads > 1 and getattr(order, "ahead", False)
    waiting: _Block | None = None
    for first in range(0, order.count, order.block):
        block = _Block(filling, range(first, min(first + order.block, order.count)))
        block.draw()
        if waiting is not None:
            waiting.complete()
            yield waiting.numbers.stop
        block.deal(later=ahead)
        waiting = block
        if not ahead:
            waiting.complete()
            yield block.numbers.stop
            waiting = None
    if waiting is not None:
        waiting.complete()
        yield waiting.numbers.stop


class _Block:
    """Sounds that are drawn together until every one passed or attempts run out.

    Those that an earlier run finished take part in the attempts that they took part in then.
    """

    def __init__(self, filling: _Filling, numbers: range) -> None:
        self.numbers, self._filling = numbers, filling
        order, writer = filling.order, filling.writer
        self._jobs = {number: order.job(number) for number in numbers}
        found = {number: entry for number in numbers if (entry := writer.done(self._jobs[number]))}
        self._done = {number: writer.claim(entry) for number, entry in found.items()}
        filling.entries |= self._done
        self._settled = {number: told for number in numbers if number not in found
                         and (told := writer.given_up(self._jobs[number]))}  # fmt: skip
        self._waiting = [
            number
            for number in numbers
            if number not in self._settled
            and (number not in found or not order.is_complete(number, writer, self._done[number]))
        ]
        self._attempt = 0
        self._drawn: list[tuple[int, AnySound]] = []

    def draw(self) -> None:
        """Draw all that takes part in the current attempt."""
        order, self._drawn = self._filling.order, []
        if not self._waiting:
            return
        taking_part = [number for number in self.numbers if self._takes_part(number)]
        try:
            self._drawn = list(zip(taking_part, order.make(taking_part, self._attempt), strict=True))
        except OutputError:
            raise
        except InputError as error:  # a recording of no use; the others go on
            self._filling.errors.append(error)
            self._miss(self._waiting, str(error))
            self._waiting = []

    def deal(self, *, later: bool = False) -> None:
        """Judge what was drawn and write what passed; `later` does so beside what follows."""
        self._filling.bench.run(self._judge_and_write, later=later)

    def complete(self) -> None:
        """Wait for `deal`, then draw again what was refused."""
        self._filling.bench.wait()
        while self._waiting and self._attempt + 1 < self._filling.order.attempts:
            self._attempt += 1
            self.draw()
            self.deal()
        for number in self._waiting:
            told = self._filling.writer.refusals(self._jobs[number])
            last = told[max(told)].reason if told else "It could not be made."
            self._miss([number], f"{self._filling.order.label(number)}: {last}")
        label, section = self._filling.order.label, self._filling.writer.section
        self._filling.missing |= {
            number: replace(told, label=label(number), section=section) for number, told in self._settled.items()
        }

    def _takes_part(self, number: int) -> bool:
        draws = self._settled[number].draws if number in self._settled else 0
        redraws = self._done[number].redraws + 1 if number in self._done else 0
        return number in self._waiting or max(draws, redraws) > self._attempt

    def _judge_and_write(self) -> None:
        filling, attempt = self._filling, self._attempt
        drawn, self._drawn = self._drawn, []
        fresh = [
            (number, sound)
            for number, sound in drawn
            if number in self._waiting and number not in self._done and not self._is_refused(number)
        ]
        verdicts = filling.bench.judge(
            filling.order, [sound for _, sound in fresh], sample_rate=filling.writer.sample_rate,
            index=filling.recall.index,
        )  # fmt: skip
        due = {number for number, _ in fresh}
        with closing(verdicts):
            for number, _ in drawn:
                entry = self._done.get(number)
                if number in due:
                    entry = self._add(number, next(verdicts))  # they follow the order of the draw
                elif entry is None or entry.redraws != attempt:
                    continue
                if entry is not None and number in self._waiting:
                    filling.order.accompany(number, filling.writer, entry)
                    self._waiting.remove(number)

    def _is_refused(self, number: int) -> bool:
        """Whether an earlier run, which did not come to the end, refused this draw already."""
        return not self._filling.writer.force and self._attempt in self._filling.writer.refusals(self._jobs[number])

    def _add(self, number: int, judged: Judged) -> FileEntry | None:
        """Write a sound that the gates let pass; otherwise None, and the reason is noted."""
        writer, job, verdict = self._filling.writer, self._jobs[number], judged.verdict
        if not verdict.passed:
            self._filling.redraws += 1
            writer.refuse(job, attempt=self._attempt, refusal=_refusal(verdict))
            return None
        if isinstance(judged.sound, Sound):
            entry = writer.add(judged.sound, job=job, verdict=verdict, redraws=self._attempt)
        else:
            entry = writer.add_long(judged.sound, job=job, verdict=verdict, redraws=self._attempt)
        self._filling.entries[number] = entry
        return entry

    def _miss(self, numbers: Sequence[int], reason: str) -> None:
        order, writer = self._filling.order, self._filling.writer
        for number in numbers:
            if number in self._done:
                continue  # only what belongs beside it is missing
            told = writer.refusals(self._jobs[number])
            self._filling.missing[number] = Missing(
                order.label(number), reason, writer.section, self._jobs[number], len(told),
                tuple(sorted({name for refusal in told.values() for name in refusal.gates})),
                dict(sorted(Counter(name for refusal in told.values() for name in refusal.refused).items())),
            )  # fmt: skip


def _refusal(verdict: Verdict) -> Refusal:
    refused = tuple(result.name for result in verdict.results if not result.passed)
    return Refusal(tuple(result.name for result in verdict.results), refused, verdict.reasons[0])
