"""Random streams with names, and numerical work in one BLAS thread.

Each part of an engine draws from a stream of its own, so that a longer chain or one more epoch
leaves everything else as it was.
"""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np


class Streams:
    """Independent generators that follow from one seed.

    Parameters
    ----------
    seed
        Any integer, negative and huge ones too.
    """

    def __init__(self, seed: int) -> None:
        self.seed = int(seed)

    def stream(self, name: str) -> np.random.Generator:
        """A generator at the start of the stream `name`; the same name gives the same values again."""
        digest = hashlib.sha256(f"{self.seed}/{name}".encode()).digest()
        return np.random.Generator(np.random.SFC64(np.random.SeedSequence(int.from_bytes(digest, "big"))))


class _SharedLimit:
    """The limit of one BLAS thread, shared by all who want it: it belongs to the process, not to a Python thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._limit = ExitStack()

    def enter(self) -> None:
        with self._lock:
            if self._users == 0:
                from threadpoolctl import threadpool_limits

                self._limit.enter_context(threadpool_limits(limits=1, user_api="blas"))
            self._users += 1

    def leave(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                self._limit.close()


_LIMIT = _SharedLimit()


@contextmanager
def one_thread() -> Iterator[None]:
    """Let BLAS use one thread: sums then have one order, so results do not depend on the thread count.

    The limit holds for the whole process until the last of all nested or concurrent users leaves.
    """
    _LIMIT.enter()
    try:
        yield
    finally:
        _LIMIT.leave()
