"""Data-parallel training over processes: one gradient average per step, nothing else shared.

On a CPU two processes of one thread beat one process of two threads beside other
work: they meet once per step instead of at every operation.

Ctrl-C reaches all processes of a terminal at once, most of them in the middle of an
exchange that the others then wait for in vain. So inside `interrupts_noted` it is only
noted, and the first process ends the loop for all at its next step.
"""

import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.multiprocessing.spawn import ProcessContext, ProcessException, start_processes

from samplegen import errors
from samplegen.errors import SamplegenError

_PATIENCE = timedelta(hours=2)
_GRACE_S = 120.0


@dataclass
class Interrupts:
    """Whether Ctrl-C was pressed."""

    asked: bool = False


def rank() -> int:
    """Number of this process, 0 where there is only one."""
    return dist.get_rank() if dist.is_initialized() else 0


def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Replace every gradient by its mean over the processes (all of them have the same ones)."""
    if not dist.is_initialized():
        return
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(flat)
    flat /= dist.get_world_size()
    means = torch.split_with_sizes(flat, [gradient.numel() for gradient in gradients])
    for gradient, mean in zip(gradients, means, strict=True):
        gradient.copy_(mean.view_as(gradient))


def from_first(value: float) -> float:
    """The first process's `value`, in every process."""
    if not dist.is_initialized():
        return value
    shared: Tensor = torch.tensor([value], dtype=torch.float64)
    dist.broadcast(shared, src=0)
    return float(shared[0])


@contextmanager
def interrupts_noted() -> Iterator[Interrupts]:
    """Note Ctrl-C and a polite kill instead of raising; where there is one process, a second one raises."""
    noted = Interrupts()

    def note(*_: object) -> None:
        if noted.asked and not dist.is_initialized():
            raise KeyboardInterrupt
        noted.asked = True

    if threading.current_thread() is not threading.main_thread():
        yield noted
        return
    # Among several processes a polite kill is how the others are ended when one has failed.
    signals = (signal.SIGINT,) if dist.is_initialized() else (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, note) for number in signals]
    try:
        yield noted
    finally:
        for number, action in zip(signals, before, strict=True):
            signal.signal(number, action)


def launch(work: Callable[..., Any], *arguments: Any, processes: int, threads: int = 1) -> None:
    """Run ``work(*arguments)`` in `processes` processes of `threads` threads that can average gradients.

    With one process it simply runs here. An error in one ends all and is raised here; so does
    Ctrl-C, after two minutes at most for what they want to save.

    Raises
    ------
    SamplegenError
        What a process raised, or that one failed otherwise.
    """
    if processes == 1:
        torch.set_num_threads(threads)
        work(*arguments)
        return
    with tempfile.TemporaryDirectory() as folder:
        running = start_processes(  # type: ignore[no-untyped-call]
            _start, args=(work, arguments, processes, threads, folder), nprocs=processes, join=False
        )
        try:
            while not running.join(grace_period=_GRACE_S):
                pass
        except KeyboardInterrupt:
            _interrupt(running)
            raise
        except ProcessException as error:
            raise _told(Path(folder)) or SamplegenError(f"A training process failed: {_last_line(error)}") from error
        told = _told(Path(folder))
        if told is not None:
            raise told


def _interrupt(running: ProcessContext) -> None:
    """Pass Ctrl-C on to processes that may not have got it, and wait while they save."""
    try:
        if sys.platform != "win32":  # there a signal would end them at once; the console tells them anyway
            for process in running.processes:
                os.kill(process.pid, signal.SIGINT)
        end = time.monotonic() + _GRACE_S
        for process in running.processes:
            process.join(max(0.0, end - time.monotonic()))
    finally:
        for process in running.processes:
            if process.is_alive():
                process.kill()


def _start(
    index: int, work: Callable[..., Any], arguments: tuple[Any, ...], processes: int, threads: int, folder: str
) -> None:
    torch.set_num_threads(threads)
    meeting = (Path(folder) / "meeting").as_uri()
    try:
        dist.init_process_group("gloo", init_method=meeting, rank=index, world_size=processes, timeout=_PATIENCE)
        work(*arguments)
        dist.destroy_process_group()
    except (SamplegenError, KeyboardInterrupt) as error:
        (Path(folder) / f"error-{index}").write_text(f"{type(error).__name__}\n{error}", encoding="utf-8")
        raise


def _told(folder: Path) -> BaseException | None:
    """The error that a process left word of."""
    for path in sorted(folder.glob("error-*")):
        name, _, message = path.read_text(encoding="utf-8").partition("\n")
        if name == KeyboardInterrupt.__name__:
            return KeyboardInterrupt()
        kind: type[SamplegenError] = getattr(errors, name, SamplegenError)
        return kind(message)
    return None


def _last_line(error: ProcessException) -> str:
    return str(error).strip().splitlines()[-1]
