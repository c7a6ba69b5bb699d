"""Judging sounds in several threads with the verdicts of one: gates side by side, likeness in turn.

Gates look at one sound alone, so they run in any order. What is asked of the index of sounds that
are kept already waits until all sounds before were judged and, where they passed, written.
"""

import os
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from types import TracebackType
from typing import Final, Self

from samplegen.engines.on_the_fly.streams import one_thread
from samplegen.pack.conform import conform
from samplegen.pack.duplicates import DuplicateIndex, Neighbour, embed_sound
from samplegen.pack.long import judge_long
from samplegen.pack.orders import AnySound, Order
from samplegen.pack.sound import Sound
from samplegen.pack.verdict import Verdict

MAX_THREADS: Final = 16


@dataclass(frozen=True)
class Judged:
    """A sound as it would be written, and what the gates say."""

    sound: AnySound
    verdict: Verdict


class Stopped(Exception):
    """Nobody waits for this verdict any more."""


class _Turn(DuplicateIndex):
    """The index that one sound is compared with, once all sounds before it are dealt with."""

    def __init__(self) -> None:
        super().__init__()
        self._event = Event()
        self._index: DuplicateIndex | None = None

    @property
    def has_come(self) -> bool:
        """Whether `come` was called."""
        return self._event.is_set()

    def as_index(self) -> DuplicateIndex:
        """Itself."""
        return self

    def come(self, index: DuplicateIndex | None) -> None:
        """Let the comparison begin; None ends it."""
        self._index = index
        self._event.set()

    def nearest(self, sound: Sound) -> Neighbour | None:
        """That of the index; the picture of the sound is made while it waits."""
        picture = embed_sound(sound)
        self._event.wait()
        if self._index is None:
            raise Stopped
        return self._index.nearest_to(picture, kind=sound.tags.kind)


class Bench:
    """Threads that judge sounds, and one more that deals with a block while the next is drawn.

    Parameters
    ----------
    threads
        None takes one for each core.
    """

    def __init__(self, threads: int | None = None) -> None:
        self.threads = min(MAX_THREADS, _cores()) if threads is None else max(1, threads)
        self._judges: ThreadPoolExecutor | None = None
        self._desk: ThreadPoolExecutor | None = None
        self._work: Future[None] | None = None
        self._stopped = False

    def __enter__(self) -> Self:
        """The bench itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the threads; after an error they stop behind the sound at hand."""
        self._stopped = True
        for pool in (self._desk, self._judges):
            if pool is not None:
                pool.shutdown(cancel_futures=True)

    def run(self, work: Callable[[], None], *, later: bool) -> None:
        """Do `work` now, or beside what comes next until `wait`."""
        if not later:
            work()
            return
        self._desk = self._desk or ThreadPoolExecutor(1, "samplegen-desk")
        self._work = self._desk.submit(work)

    def wait(self) -> None:
        """Wait for work that runs beside; its errors rise here."""
        work, self._work = self._work, None
        if work is not None:
            work.result()

    def judge(
        self, order: Order, sounds: Sequence[AnySound], *, sample_rate: int, index: Callable[[], DuplicateIndex]
    ) -> Generator[Judged, None, None]:
        """What the gates of `order` say of each sound, brought to `sample_rate`, in the order given.

        Parameters
        ----------
        index
            Asked when all sounds before were taken from the iterator and dealt with.
        """
        if self.threads == 1 or len(sounds) <= 1:
            for sound in sounds:
                yield _judge(order, sound, sample_rate=sample_rate, index=index)
            return
        self._judges = self._judges or ThreadPoolExecutor(self.threads, "samplegen-judge")
        turns = [_Turn() for _ in sounds]
        futures = [
            self._judges.submit(_judge, order, sound, sample_rate=sample_rate, index=turn.as_index)
            for sound, turn in zip(sounds, turns, strict=True)
        ]
        try:
            for turn, future in zip(turns, futures, strict=True):
                if self._stopped:
                    raise Stopped
                turn.come(index())
                yield future.result()
        finally:
            for turn, future in zip(turns, futures, strict=True):
                future.cancel()
                if not turn.has_come:
                    turn.come(None)


def _judge(order: Order, sound: AnySound, *, sample_rate: int, index: Callable[[], DuplicateIndex]) -> Judged:
    with one_thread():  # measures stand in the manifest, to the last digit the same
        if not isinstance(sound, Sound):
            return Judged(sound, judge_long(sound))
        sound = conform(sound, sample_rate=sample_rate)
        return Judged(sound, order.judge(sound, index=index()))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
