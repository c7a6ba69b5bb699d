"""One training loop for every model: time-boxed, resumable, logged, atomic."""

import csv
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch

from samplegen.errors import InputError, UsageError
from samplegen.files import write_atomically
from samplegen.training.parallel import from_first, rank

_LOG_EVERY = 25


class TrainingTask(Protocol):
    """What the loop trains.

    ``state`` holds tensors, numbers, strings, lists and dictionaries only, so that it is
    read back without unpickling code.
    """

    def step(self, step: int, *, progress: float) -> dict[str, float]:
        """Run one optimiser step at training progress 0–1 and return its losses."""
        ...

    def validate(self) -> dict[str, float]:
        """Figures on the fixed validation set; ``score`` (lower is better) picks the best checkpoint."""
        ...

    def state(self) -> dict[str, Any]:
        """Everything needed to go on exactly here."""
        ...

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        ...


@dataclass(frozen=True)
class Schedule:
    """When a run stops, saves and validates.

    Parameters
    ----------
    max_minutes, max_steps
        Budget of the whole training over all resumed runs; at least one is set. Progress
        (and so the learning rate) follows whichever is further along.
    save_every_minutes, validate_every_minutes
        Wall-clock spacing.
    """

    max_minutes: float | None = None
    max_steps: int | None = None
    save_every_minutes: float = 4.0
    validate_every_minutes: float = 4.0

    def progress(self, *, seconds: float, step: int) -> float:
        """Share of the budget used, 0–1."""
        by_time = seconds / 60.0 / self.max_minutes if self.max_minutes else 0.0
        by_step = step / self.max_steps if self.max_steps else 0.0
        return min(1.0, max(by_time, by_step))


class _Clock:
    """Seconds trained so far, over all runs."""

    def __init__(self, before: float) -> None:
        self._start = time.monotonic() - before

    def seconds(self) -> float:
        return time.monotonic() - self._start


def run_training(
    task: TrainingTask,
    *,
    folder: Path,
    schedule: Schedule,
    resume: bool = False,
    report: Callable[[int, float, dict[str, float]], None] | None = None,
) -> dict[str, float]:
    """Train until the budget is used up; returns the last validation figures.

    Ctrl-C saves and ends. `report` gets (step, progress, losses) for a progress bar.
    Under several processes the first one keeps the clock, validates, logs and saves.

    Raises
    ------
    UsageError
        Without a budget, or where `folder` holds a run and `resume` is not set.
    """
    if schedule.max_minutes is None and schedule.max_steps is None:
        raise UsageError("A training needs a budget. Give --max-minutes or --max-steps.")
    first = rank() == 0
    step, seconds, best = _restore(task, folder, resume=resume)
    from_first(0.0)
    clock, log = _Clock(seconds), _Log(folder if first else None)
    saved = validated = clock.seconds()
    try:
        while (progress := from_first(schedule.progress(seconds=clock.seconds(), step=step))) < 1.0:
            losses = task.step(step, progress=progress)
            step += 1
            if step % _LOG_EVERY == 0:
                log.write("train", step, clock.seconds(), losses)
            if report and first:
                report(step, progress, losses)
            if first and clock.seconds() - validated > schedule.validate_every_minutes * 60:
                best = _validate(task, folder, log, step=step, seconds=clock.seconds(), best=best)
                validated = clock.seconds()
            if first and clock.seconds() - saved > schedule.save_every_minutes * 60:
                save_state(task, folder, step=step, seconds=clock.seconds(), best=best)
                saved = clock.seconds()
    finally:
        if first:
            save_state(task, folder, step=step, seconds=clock.seconds(), best=best)
    if not first:
        return {}
    figures = task.validate()
    _keep_best(task, folder, figures, best=best, step=step, seconds=clock.seconds())
    log.write("validate", step, clock.seconds(), figures)
    log.close()
    return figures


def save_state(task: TrainingTask, folder: Path, *, step: int, seconds: float, best: float) -> None:
    """Write the run's state atomically."""
    _write_state(folder / "last.pt", {"step": step, "seconds": seconds, "best": best, "task": task.state()})


def load_state(path: Path) -> dict[str, Any]:
    """Read a state; only plain values and tensors are accepted, never code.

    Raises
    ------
    InputError
        If the file is missing or damaged.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise InputError(f"No training state at {path}. Start without --resume.") from error
    except Exception as error:
        raise InputError(f"The training state {path} is damaged ({type(error).__name__}). Start anew.") from error
    if not isinstance(state, dict) or not {"step", "seconds", "best", "task"} <= state.keys():
        raise InputError(f"The file {path} is not a training state.")
    return state


def _write_state(path: Path, state: dict[str, Any]) -> None:
    write_atomically(path, lambda file: torch.save(state, file))


def _restore(task: TrainingTask, folder: Path, *, resume: bool) -> tuple[int, float, float]:
    path = folder / "last.pt"
    if resume and path.exists():
        state = load_state(path)
        task.load_state(state["task"])
        return int(state["step"]), float(state["seconds"]), float(state["best"])
    if path.exists():
        raise UsageError(f"The folder {folder} already holds a training. Give --resume or another --out.")
    return 0, 0.0, float("inf")


def _validate(task: TrainingTask, folder: Path, log: "_Log", *, step: int, seconds: float, best: float) -> float:
    figures = task.validate()
    log.write("validate", step, seconds, figures)
    return _keep_best(task, folder, figures, best=best, step=step, seconds=seconds)


def _keep_best(
    task: TrainingTask, folder: Path, figures: dict[str, float], *, best: float, step: int, seconds: float
) -> float:
    score = figures.get("score", float("inf"))
    if score < best:
        _write_state(folder / "best.pt", {"step": step, "seconds": seconds, "best": score, "task": task.state()})
        return score
    return best


class _Log:
    """Losses as long-form CSV, and TensorBoard events where it is installed."""

    def __init__(self, folder: Path | None) -> None:
        self._file = self._board = None
        if folder is None:
            return
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "losses.csv"
        fresh = not path.exists()
        self._file = path.open("a", newline="", encoding="utf-8")
        self._csv = csv.writer(self._file)
        if fresh:
            self._csv.writerow(["phase", "step", "seconds", "name", "value"])
        self._board = _tensorboard(folder)

    def write(self, phase: str, step: int, seconds: float, values: dict[str, float]) -> None:
        if self._file is None:
            return
        for name, value in values.items():
            self._csv.writerow([phase, step, f"{seconds:.1f}", name, f"{value:.6g}"])
            if self._board is not None:
                self._board.add_scalar(f"{phase}/{name}", value, step)
        self._file.flush()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        if self._board is not None:
            self._board.close()


def _tensorboard(folder: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder / "tensorboard"))
