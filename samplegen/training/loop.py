"""One training loop for every model: time-boxed, resumable, logged, atomic."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch

from samplegen.errors import InputError, SamplegenError, UsageError
from samplegen.files import write_atomically
from samplegen.training.log import LossLog
from samplegen.training.parallel import from_first, interrupts_noted, mean_of_all, rank

LAST, BEST = "last.pt", "best.pt"
_LOG_EVERY = 25
_INTERRUPTED = 2.0

Report = Callable[[int, float, dict[str, float]], None]


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


def run_training(
    task: TrainingTask, *, folder: Path, schedule: Schedule, resume: bool = False, report: Report | None = None
) -> dict[str, float]:
    """Train until the budget is used up; returns the last validation figures.

    Ctrl-C ends after the present step, saves and raises. `report` gets (step, progress, losses)
    for a progress bar. Under several processes the first one keeps the clock, validates, logs
    and saves; the others return nothing.

    Raises
    ------
    UsageError
        Without a budget, or where `folder` holds a run and `resume` is not set.
    InputError
        If the state to resume is damaged or belongs to another task.
    SamplegenError
        If a loss is no longer a number; the last saved state stays.
    KeyboardInterrupt
        After Ctrl-C; the state is saved.
    """
    if schedule.max_minutes is None and schedule.max_steps is None:
        raise UsageError("A training needs a budget. Give --max-minutes or --max-steps.")
    run = _Run(task, folder, schedule, resume=resume)
    try:
        with interrupts_noted() as interrupts:
            while (progress := from_first(_INTERRUPTED if interrupts.asked else run.progress())) < 1.0:
                losses = run.advance(progress)
                if report and run.first:
                    report(run.step, progress, losses)
            run.save()
        if progress == _INTERRUPTED:
            raise KeyboardInterrupt
        return run.finish()
    finally:
        run.log.close()


class _Run:
    """Where a training stands, and what the first process writes about it."""

    def __init__(self, task: TrainingTask, folder: Path, schedule: Schedule, *, resume: bool) -> None:
        self.first = rank() == 0
        self._task, self._folder, self._schedule = task, folder, schedule
        self.step, seconds, self._best = _restore(task, folder, resume=resume)
        from_first(0.0)  # nobody writes before everybody has read
        self.log = LossLog(folder if self.first else None)
        self._start = time.monotonic() - seconds
        self._saved = self._validated = seconds

    @property
    def seconds(self) -> float:
        """Trained so far, over all runs."""
        return time.monotonic() - self._start

    def progress(self) -> float:
        return self._schedule.progress(seconds=self.seconds, step=self.step)

    def advance(self, progress: float) -> dict[str, float]:
        """One step, and what is due after it."""
        losses = mean_of_all(self._task.step(self.step, progress=progress))
        self.step += 1
        if not all(map(math.isfinite, losses.values())):
            raise SamplegenError(f"The losses of step {self.step} are not finite: {losses}. Train at a lower rate.")
        if self.step % _LOG_EVERY == 0:
            self.log.write("train", step=self.step, seconds=self.seconds, values=losses)
        if self.first and self.seconds - self._validated > self._schedule.validate_every_minutes * 60:
            self._validate()
        if self.first and self.seconds - self._saved > self._schedule.save_every_minutes * 60:
            self.save()
        return losses

    def save(self) -> None:
        if self.first:
            save_state(self._task, self._folder, step=self.step, seconds=self.seconds, best=self._best)
            self._saved = self.seconds

    def finish(self) -> dict[str, float]:
        """Last validation; the saved state then knows the best score."""
        if not self.first:
            return {}
        figures = self._validate()
        self.save()
        return figures

    def _validate(self) -> dict[str, float]:
        figures = self._task.validate()
        self.log.write("validate", step=self.step, seconds=self.seconds, values=figures)
        if (score := figures.get("score", math.inf)) < self._best:
            self._best = score
            save_state(self._task, self._folder, step=self.step, seconds=self.seconds, best=score, name=BEST)
        self._validated = self.seconds
        return figures


def save_state(task: TrainingTask, folder: Path, *, step: int, seconds: float, best: float, name: str = LAST) -> None:
    """Write the run's state atomically."""
    state = {"step": step, "seconds": seconds, "best": best, "task": task.state()}
    write_atomically(folder / name, lambda file: torch.save(state, file))


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
        raise InputError(f"There is no training state {path}. Train before, without --resume.") from error
    except Exception as error:
        raise InputError(f"The training state {path} is damaged ({type(error).__name__}). Start anew.") from error
    if not isinstance(state, dict) or not {"step", "seconds", "best", "task"} <= state.keys():
        raise InputError(f"The file {path} is not a training state.")
    return state


def _restore(task: TrainingTask, folder: Path, *, resume: bool) -> tuple[int, float, float]:
    path = folder / LAST
    if not path.exists():
        return 0, 0.0, math.inf
    if not resume:
        raise UsageError(f"The folder {folder} already holds a training. Give --resume or another --run.")
    state = load_state(path)
    try:
        task.load_state(state["task"])
        return int(state["step"]), float(state["seconds"]), float(state["best"])
    except (RuntimeError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise InputError(f"The training in {folder} has another form than this one, so it cannot go on.") from error
