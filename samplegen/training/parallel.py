"""Data-parallel training over processes: one gradient average per step, nothing else shared.

On a CPU two processes of one thread beat one process of two threads beside other
work: they meet once per step instead of at every operation.
"""

import tempfile
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, multiprocessing, nn

_PATIENCE = timedelta(hours=2)


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
    for gradient, mean in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(mean.view_as(gradient))


def from_first(value: float) -> float:
    """The first process's `value`, in every process."""
    if not dist.is_initialized():
        return value
    shared: Tensor = torch.tensor([value], dtype=torch.float64)
    dist.broadcast(shared, src=0)
    return float(shared[0])


def launch(work: Callable[..., Any], *arguments: Any, processes: int, threads: int = 1) -> None:
    """Run ``work(*arguments)`` in `processes` processes of `threads` threads that can average gradients.

    With one process it simply runs here. An error in one ends all.
    """
    if processes == 1:
        torch.set_num_threads(threads)
        work(*arguments)
        return
    with tempfile.TemporaryDirectory() as folder:
        meeting = (Path(folder) / "meeting").as_uri()
        multiprocessing.spawn(_start, args=(work, arguments, processes, threads, meeting), nprocs=processes)


def _start(
    index: int, work: Callable[..., Any], arguments: tuple[Any, ...], processes: int, threads: int, meeting: str
) -> None:
    torch.set_num_threads(threads)
    dist.init_process_group("gloo", init_method=meeting, rank=index, world_size=processes, timeout=_PATIENCE)
    try:
        work(*arguments)
    finally:
        dist.destroy_process_group()
