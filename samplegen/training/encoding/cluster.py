"""Work on a Ray cluster: the same function on many units, results in the order of the units."""

import logging
import os
import socket
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import gettempdir
from typing import Any, TypeVar
from urllib.parse import urlsplit

from samplegen.errors import DependencyError, InputError, SamplegenError, UsageError

INSTALL = "pip install 'samplegen[scale]'"
TRIES = 3
_AHEAD = 4  # units under way for each processor, so that none waits for the reader of the results
_REACHED_S = 5.0

T = TypeVar("T")
R = TypeVar("R")


def map_on_ray(work: Callable[[T], R], units: Iterable[T], *, address: str) -> Iterator[R]:
    """Yield ``work(unit)`` for each unit, in order, computed by the workers of a Ray cluster.

    A unit whose worker or node dies goes to another one, up to `TRIES` times; what `work` itself
    raises is raised here, and a second try would change nothing about it.

    Parameters
    ----------
    work
        What a worker does with a unit, on one processor; crosses to it by pickle.
    address
        ``auto`` for the cluster that this machine is part of, or ``HOST:PORT`` of its head, or
        ``ray://HOST:PORT`` from outside it.

    Raises
    ------
    DependencyError
        If Ray is not installed here, or samplegen not on a worker.
    UsageError, InputError
        If the address is none, or no cluster answers there.
    SamplegenError
        What `work` raised, or that a unit's workers died once too often.
    """
    with _connected(address) as ray:
        remote = ray.remote(num_cpus=1, max_retries=TRIES, retry_exceptions=False)(_call)
        sent = ray.put(work)
        most = _AHEAD * max(1, int(ray.cluster_resources().get("CPU", 1)))
        waiting: deque[Any] = deque()
        for unit in units:
            waiting.append(remote.remote(sent, unit))
            if len(waiting) >= most:
                yield _result(ray, waiting.popleft())
        while waiting:
            yield _result(ray, waiting.popleft())


def _call(work: Callable[[T], R], unit: T) -> R:
    return work(unit)


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    if find_spec("ray") is None:
        raise DependencyError(f"Work on a cluster needs Ray. Run: {INSTALL}")
    import ray

    known = _last_cluster() if address == "auto" else address
    if known is not None:
        _reach(known)
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"--ray {address}: no cluster to work on ({reason:.300}). Start one: ray start --head"
        ) from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _last_cluster() -> str | None:
    """What Ray takes ``auto`` for: ``RAY_ADDRESS``, or the cluster last started here, which may be gone."""
    note = Path(os.environ.get("RAY_TMPDIR") or gettempdir()) / "ray" / "ray_current_cluster"
    return os.environ.get("RAY_ADDRESS") or (note.read_text("utf-8").strip() if note.is_file() else None)


def _reach(address: str) -> None:
    """Knock first: Ray itself tries an address where nobody answers for minutes, and then ends the program."""
    try:
        parts = urlsplit(address if "//" in address else f"//{address}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not port:
        raise UsageError(f"--ray {address!r} is no address. Give auto, HOST:PORT or ray://HOST:PORT.")
    try:
        socket.create_connection((host, port), timeout=_REACHED_S).close()
    except OSError as error:
        raise InputError(
            f"--ray {address}: nobody answers there ({error}). Start a cluster with 'ray start --head --port {port}', "
            "or give the address that it says."
        ) from error


def _result(ray: Any, reference: Any) -> Any:
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        cause = error.cause
        if isinstance(cause, SamplegenError):
            raise cause from None
        if isinstance(cause, ImportError):
            raise DependencyError(f"A worker lacks a package ({cause}). Run there: {INSTALL}") from error
        raise SamplegenError(f"A worker failed: {type(cause).__name__}: {cause}") from error
    except ray.exceptions.RayError as error:
        reason = " ".join(str(error).split())
        raise SamplegenError(f"Workers died {TRIES + 1} times at the same file ({reason:.300}).") from error
