"""Data-parallel training under Lightning Fabric: processes of this machine, or those that torchrun started on many.

Every process holds the whole network and a share of the batch; gradients are averaged while they
are computed (DistributedDataParallel). One process needs neither Fabric nor anything else of this.

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
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from multiprocessing import active_children
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.multiprocessing.spawn import ProcessException

from samplegen import errors
from samplegen.errors import DependencyError, SamplegenError, UsageError

if TYPE_CHECKING:
    from lightning_fabric import Fabric

INSTALL = "pip install 'samplegen[train]'"
_GRACE_S = 120.0

P = ParamSpec("P")
R = TypeVar("R")

_fabric: "Fabric | None" = None  # of this process, while it is one of several


@dataclass
class Interrupts:
    """Whether Ctrl-C was pressed."""

    asked: bool = False


def rank() -> int:
    """Number of this process, 0 where there is only one."""
    return 0 if _fabric is None else _fabric.global_rank


def world_size() -> int:
    """How many processes train together."""
    return 1 if _fabric is None else _fabric.world_size


def own_share(batch: int) -> slice:
    """Which items of a batch that all processes drew alike are this one's.

    Raises
    ------
    UsageError
        If the batch cannot be shared evenly; its mean would no longer be the mean of the shares'.
    """
    if batch % world_size():
        raise UsageError(f"{world_size()} processes cannot share a batch of {batch} evenly. Choose a multiple.")
    own = batch // world_size()
    return slice(rank() * own, (rank() + 1) * own)


def shared(module: nn.Module, way: Callable[P, R] | None = None) -> Callable[P, R]:
    """`way` through `module` (by default its ``forward``) whose backward leaves mean gradients in its parameters.

    The means are over the processes. Keep what is returned, and call it once per backward.
    """
    if _fabric is None:
        return way or module
    through: Callable[P, R] = _fabric.setup_module(_Way(module, way or module))
    return through


class _Way(nn.Module):
    """Any function of a module's parameters, as a module whose forward it is."""

    def __init__(self, module: nn.Module, way: Callable[..., Any]) -> None:
        super().__init__()
        self.module, self._call = module, [way]  # in a list, where torch does not look for modules

    def forward(self, *arguments: Any, **options: Any) -> Any:
        return self._call[0](*arguments, **options)


def from_first(value: float) -> float:
    """The first process's `value`, in every process."""
    return value if _fabric is None else _fabric.broadcast(value)


def mean_of_all(values: Mapping[str, float]) -> dict[str, float]:
    """Mean over the processes of each of the values, which all of them have."""
    if _fabric is None:
        return dict(values)
    means: Any = _fabric.all_reduce(torch.tensor(list(values.values()), dtype=torch.float64), reduce_op="mean")
    return dict(zip(values, means.tolist(), strict=True))


def gathered(rows: Tensor) -> Tensor:
    """The ``[B, ...]`` of every process behind each other; gradients find their way back."""
    if _fabric is None:
        return rows
    every: Any = _fabric.all_gather(rows, sync_grads=True)
    whole: Tensor = every.flatten(0, 1)
    return whole


@contextmanager
def interrupts_noted() -> Iterator[Interrupts]:
    """Note Ctrl-C and a polite kill instead of raising; where there is one process, a second one raises."""
    noted = Interrupts()

    def note(*_: object) -> None:
        if noted.asked and _fabric is None:
            raise KeyboardInterrupt
        noted.asked = True

    if threading.current_thread() is not threading.main_thread():
        yield noted
        return
    # Among several processes of ours a polite kill is how the others are ended when one has failed.
    spawned = _fabric is not None and not _started_outside()
    signals = (signal.SIGINT,) if spawned else (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, note) for number in signals]
    try:
        yield noted
    finally:
        for number, action in zip(signals, before, strict=True):
            signal.signal(number, action)


def launch(work: Callable[..., Any], *arguments: Any, processes: int, threads: int = 1, device: str = "cpu") -> None:
    """Run ``work(*arguments)`` in `processes` processes of `threads` threads that train together, on one device each.

    With one process it simply runs here. An error in one ends all and is raised here; so does
    Ctrl-C, after two minutes at most for what they want to save. Where torchrun started the
    processes, theirs is the number, and of `launch` only the first one returns: the others end.

    Raises
    ------
    DependencyError
        If Lightning Fabric is wanted and not installed.
    UsageError
        If there are not as many devices.
    SamplegenError
        What a process raised, or that one failed otherwise.
    """
    if _started_outside():
        _join(work, arguments, device)
    elif processes == 1:
        torch.set_num_threads(threads)
        work(*arguments)
    else:
        _spawn(work, arguments, processes, threads, device)


def need_fabric(processes: int) -> None:
    """Say that Lightning Fabric is missing, before long work, where it will be needed."""
    if processes > 1 and find_spec("lightning_fabric") is None:
        raise DependencyError(f"Training with several processes needs Lightning Fabric. Run: {INSTALL}")


def speaks() -> bool:
    """Whether this process is the one to tell people, of those that torchrun started."""
    return not _started_outside() or os.environ["RANK"] == "0"


def _started_outside() -> bool:
    return dist.is_available() and dist.is_torchelastic_launched() and int(os.environ["WORLD_SIZE"]) > 1


def _join(work: Callable[..., Any], arguments: Sequence[Any], device: str) -> None:
    """Work as one of the processes that torchrun started."""
    here, everywhere = (int(os.environ[name]) for name in ("LOCAL_WORLD_SIZE", "WORLD_SIZE"))
    fabric = _make_fabric(device, processes=here, nodes=everywhere // here, start="popen")
    fabric.launch(partial(_work, work=work, arguments=arguments))
    if not speaks():
        raise SystemExit(0)


def _spawn(work: Callable[..., Any], arguments: Sequence[Any], processes: int, threads: int, device: str) -> None:
    fabric = _make_fabric(device, processes=processes, nodes=1, start="spawn")
    others = set(active_children())
    with tempfile.TemporaryDirectory() as folder:
        try:
            fabric.launch(partial(_start, work=work, arguments=arguments, threads=threads, folder=folder))
        except KeyboardInterrupt:
            _interrupt([child for child in active_children() if child not in others])
            raise
        except ProcessException as error:
            raise _told(Path(folder)) or SamplegenError(f"A training process failed: {_last_line(error)}") from error
        finally:
            os.environ.pop("MASTER_PORT", None)  # Fabric's choice, of this once
        told = _told(Path(folder))
        if told is not None:
            raise told


def _make_fabric(device: str, *, processes: int, nodes: int, start: Literal["spawn", "popen"]) -> "Fabric":
    need_fabric(processes * nodes)
    from samplegen.training.fabric import make_fabric

    return make_fabric(device, processes=processes, nodes=nodes, start=start)


def _start(fabric: "Fabric", work: Callable[..., Any], arguments: Sequence[Any], threads: int, folder: str) -> None:
    """Work as one of the processes that `_spawn` started; word of what it raised stays in `folder`."""
    torch.set_num_threads(threads)
    try:
        _work(fabric, work, arguments)
    except (SamplegenError, KeyboardInterrupt) as error:
        (Path(folder) / f"error-{rank()}").write_text(f"{type(error).__name__}\n{error}", encoding="utf-8")
        if isinstance(error, SamplegenError):
            raise  # which ends the others; Ctrl-C does so itself


def _work(fabric: "Fabric", work: Callable[..., Any], arguments: Sequence[Any]) -> None:
    global _fabric
    _fabric = fabric
    work(*arguments)
    _fabric = None
    dist.destroy_process_group()


def _interrupt(running: Sequence[BaseProcess]) -> None:
    """Pass Ctrl-C on to processes that may not have got it, and wait while they save."""
    try:
        if sys.platform != "win32":  # there a signal would end them at once; the console tells them anyway
            for process in running:
                if process.pid is not None:
                    os.kill(process.pid, signal.SIGINT)
        end = time.monotonic() + _GRACE_S
        for process in running:
            process.join(max(0.0, end - time.monotonic()))
    finally:
        for process in running:
            if process.is_alive():
                process.kill()


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
