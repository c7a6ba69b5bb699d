"""Random streams with names, and numerical work in one BLAS thread.

Each part of an engine draws from a stream of its own, so that a longer chain or one more epoch
leaves everything else as it was.
"""

import hashlib
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np


class Streams:
    """Independent generators that follow from one seed.

    Parameters
    ----------
    seed
        Any integer, negative and huge ones too.
    channel
        Index of the channel whose own streams these are; None for those of all channels together.
    """

    def __init__(self, seed: int, *, channel: int | None = None) -> None:
        self._prefix = f"{int(seed)}/" if channel is None else f"{int(seed)}/channel {channel}/"

    def stream(self, name: str) -> np.random.Generator:
        """A generator at the start of the stream `name`; the same name gives the same values again."""
        digest = hashlib.sha256(f"{self._prefix}{name}".encode()).digest()
        return np.random.Generator(np.random.SFC64(np.random.SeedSequence(int.from_bytes(digest, "big"))))


class _SharedLimit:
    """One BLAS thread for all who want it.

    Some BLAS count their threads for the process, some for each Python thread. So every Python thread
    sets the limit for itself, but it is lifted only when nobody needs it any more.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users: Counter[int] = Counter()  # by Python thread
        self._limits = ExitStack()

    def enter(self) -> None:
        with self._lock:
            if not self._users[threading.get_ident()]:
                from threadpoolctl import threadpool_limits

                self._limits.enter_context(threadpool_limits(limits=1, user_api="blas"))
            self._users[threading.get_ident()] += 1

    def leave(self) -> None:
        with self._lock:
            self._users[threading.get_ident()] -= 1
            self._users += Counter()  # forgets the threads that count zero
            if not self._users:
                self._limits.close()


_LIMIT = _SharedLimit()


@contextmanager
def one_thread() -> Iterator[None]:
    """Let BLAS use one thread: sums then have one order, so results do not depend on the thread count.

    The limit holds until the last of all nested or concurrent users leaves. Nesting costs next to nothing.
    """
    _LIMIT.enter()
    try:
        yield
    finally:
        _LIMIT.leave()
