"""The loop that trains every model: budgets, resuming to the bit, the best checkpoint, and damage."""

import csv
import os
import pickle
import signal
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from samplegen.errors import InputError, OutputError, SamplegenError, UsageError
from samplegen.training import log, loop
from samplegen.training.loop import Schedule, load_state, run_training
from tests.training.toys import Toy


@pytest.fixture(autouse=True)
def _no_tensorboard(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "tensorboard" not in request.node.name:
        monkeypatch.setattr(log, "_tensorboard", lambda folder: None)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Six seconds pass with every step."""
    time = SimpleNamespace(now=1000.0)
    time.monotonic = lambda: time.now
    monkeypatch.setattr(loop, "time", time)
    step = Toy.step

    def slow(self: Toy, number: int, *, progress: float) -> dict[str, float]:
        time.now += 6.0
        return step(self, number, progress=progress)

    monkeypatch.setattr(Toy, "step", slow)
    return time


def stop_at(step: int) -> Callable[[int, float, dict[str, float]], None]:
    def report(done: int, progress: float, losses: dict[str, float]) -> None:
        if done == step:
            signal.raise_signal(signal.SIGINT)

    return report


def same(first: Any, second: Any) -> bool:
    if isinstance(first, torch.Tensor):
        return torch.equal(first, second)
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    if isinstance(first, list):
        return len(first) == len(second) and all(map(same, first, second))
    return bool(first == second)


def test_a_budget_of_steps(tmp_path: Path) -> None:
    task = Toy()
    assert run_training(task, folder=tmp_path, schedule=Schedule(max_steps=5)) == {"score": 1.0, "steps": 0.5}
    assert task.progress == [0.0, 0.2, 0.4, 0.6, 0.8]
    assert load_state(tmp_path / "last.pt")["step"] == 5


def test_a_budget_of_minutes_over_all_runs(tmp_path: Path, clock: SimpleNamespace) -> None:
    task = Toy()
    run_training(task, folder=tmp_path, schedule=Schedule(max_minutes=1.0))
    assert len(task.progress) == 10
    clock.now += 500.0  # between two runs nothing is trained
    again = Toy()
    run_training(again, folder=tmp_path, schedule=Schedule(max_minutes=2.0), resume=True)
    assert len(again.progress) == 10 and again.progress[0] == pytest.approx(0.5)
    state = load_state(tmp_path / "last.pt")
    assert (state["step"], state["seconds"]) == (20, pytest.approx(120.0))


def test_the_budget_that_is_used_up_first_counts(tmp_path: Path, clock: SimpleNamespace) -> None:
    task = Toy()
    run_training(task, folder=tmp_path, schedule=Schedule(max_minutes=1.0, max_steps=4))
    assert task.progress == [0.0, 0.25, 0.5, 0.75]


def test_a_resumed_run_equals_an_unbroken_one(tmp_path: Path) -> None:
    schedule = Schedule(max_steps=12)
    whole, first, second = Toy(), Toy(), Toy()
    run_training(whole, folder=tmp_path / "whole", schedule=schedule)
    with pytest.raises(KeyboardInterrupt):
        run_training(first, folder=tmp_path / "broken", schedule=schedule, report=stop_at(5))
    assert load_state(tmp_path / "broken" / "last.pt")["step"] == 5
    run_training(second, folder=tmp_path / "broken", schedule=schedule, resume=True)
    assert not same(first.state(), whole.state())
    assert same(second.state(), whole.state())
    saved = [load_state(tmp_path / name / "last.pt")["task"] for name in ("whole", "broken")]
    assert same(saved[0], saved[1])


def test_resuming_what_never_began_begins(tmp_path: Path) -> None:
    run_training(Toy(), folder=tmp_path, schedule=Schedule(max_steps=2), resume=True)
    assert load_state(tmp_path / "last.pt")["step"] == 2


def test_a_second_ctrl_c_does_not_wait(tmp_path: Path) -> None:
    class Stubborn(Toy):
        def step(self, step: int, *, progress: float) -> dict[str, float]:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            raise AssertionError("not reached")

    with pytest.raises(KeyboardInterrupt):
        run_training(Stubborn(), folder=tmp_path, schedule=Schedule(max_steps=2))
    assert not (tmp_path / "last.pt").exists()


def test_no_budget(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--max-minutes or --max-steps"):
        run_training(Toy(), folder=tmp_path, schedule=Schedule())


def test_a_training_is_not_overwritten(tmp_path: Path) -> None:
    run_training(Toy(), folder=tmp_path, schedule=Schedule(max_steps=2))
    before = (tmp_path / "last.pt").read_bytes()
    with pytest.raises(UsageError, match="already holds a training. Give --resume or another --run"):
        run_training(Toy(), folder=tmp_path, schedule=Schedule(max_steps=3))
    assert (tmp_path / "last.pt").read_bytes() == before


class Attack:
    """Would make a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("damage", ["cut", "text", "empty", "pickle", "torch pickle", "other state", "list"])
def test_a_damaged_state(tmp_path: Path, damage: str) -> None:
    run_training(Toy(), folder=tmp_path, schedule=Schedule(max_steps=2))
    path, trap = tmp_path / "last.pt", tmp_path / "trap"
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-200])
    elif damage in ("text", "empty"):
        path.write_text("not a state" if damage == "text" else "")
    elif damage == "pickle":
        path.write_bytes(pickle.dumps({"step": 1, "task": Attack(trap)}))
    elif damage == "torch pickle":
        torch.save({"step": 1, "seconds": 0.0, "best": 0.0, "task": Attack(trap)}, path)
    else:
        torch.save([1] if damage == "list" else {"step": 1}, path)
    with pytest.raises(InputError, match="damaged|not a training state"):
        run_training(Toy(), folder=tmp_path, schedule=Schedule(max_steps=4), resume=True)
    assert not trap.exists()


def test_the_state_of_another_task(tmp_path: Path) -> None:
    run_training(Toy(size=3), folder=tmp_path, schedule=Schedule(max_steps=2))
    with pytest.raises(InputError, match="has another form than this one"):
        run_training(Toy(size=4), folder=tmp_path, schedule=Schedule(max_steps=4), resume=True)


def test_losses_as_rows(tmp_path: Path) -> None:
    run_training(Toy(), folder=tmp_path, schedule=Schedule(max_steps=50))
    run_training(Toy(), folder=tmp_path, schedule=Schedule(max_steps=75), resume=True)
    with (tmp_path / "losses.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["phase"], row["step"], row["name"]) for row in rows] == [
        ("train", "25", "loss"), ("train", "50", "loss"), ("validate", "50", "score"), ("validate", "50", "steps"),
        ("train", "75", "loss"), ("validate", "75", "score"), ("validate", "75", "steps"),
    ]  # fmt: skip
    assert all(float(row["value"]) > 0 and float(row["seconds"]) >= 0 for row in rows)
    assert log.read_figures(tmp_path, step=75) == {"score": 1.0, "steps": 0.5}


def test_losses_for_tensorboard(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    run_training(Toy(), folder=tmp_path, schedule=Schedule(max_steps=1))
    assert any((tmp_path / "tensorboard").iterdir())


def test_the_lowest_score_is_kept(tmp_path: Path, clock: SimpleNamespace) -> None:
    schedule = Schedule(max_steps=4, validate_every_minutes=0.05)
    run_training(Toy(scores=(3.0, 1.0, 2.0, 4.0, 5.0)), folder=tmp_path, schedule=schedule)
    best = load_state(tmp_path / "best.pt")
    assert (best["step"], best["best"]) == (2, 1.0)
    assert load_state(tmp_path / "last.pt")["best"] == 1.0


def test_a_resumed_run_knows_the_best_score(tmp_path: Path) -> None:
    run_training(Toy(scores=(1.0,)), folder=tmp_path, schedule=Schedule(max_steps=2))
    run_training(Toy(scores=(2.0,)), folder=tmp_path, schedule=Schedule(max_steps=4), resume=True)
    assert load_state(tmp_path / "best.pt")["step"] == 2


def test_saved_now_and_then(tmp_path: Path, clock: SimpleNamespace) -> None:
    class Crash(Toy):
        def step(self, step: int, *, progress: float) -> dict[str, float]:
            if step == 5:
                raise MemoryError
            return super().step(step, progress=progress)

    with pytest.raises(MemoryError):
        run_training(Crash(), folder=tmp_path, schedule=Schedule(max_steps=9, save_every_minutes=0.25))
    assert load_state(tmp_path / "last.pt")["step"] == 3  # after 18 seconds; the next would come after 36


def test_losses_that_are_no_numbers_spoil_no_state(tmp_path: Path) -> None:
    class Diverging(Toy):
        def step(self, step: int, *, progress: float) -> dict[str, float]:
            return {"loss": float("nan")} if step == 3 else super().step(step, progress=progress)

    run_training(Toy(), folder=tmp_path, schedule=Schedule(max_steps=2))
    with pytest.raises(SamplegenError, match="losses of step 4 are not finite"):
        run_training(Diverging(), folder=tmp_path, schedule=Schedule(max_steps=9), resume=True)
    assert load_state(tmp_path / "last.pt")["step"] == 2


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="Cannot write to"):
        run_training(Toy(), folder=tmp_path / "file", schedule=Schedule(max_steps=2))


def test_figures_of_a_run_without_a_log(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        log.read_figures(tmp_path, step=1)
