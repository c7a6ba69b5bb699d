"""Two processes train like one with twice the batch, end together, and lose nothing to Ctrl-C."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.multiprocessing.spawn import ProcessRaisedException

from samplegen.errors import SamplegenError, UsageError
from samplegen.networks import precision
from samplegen.training import parallel
from samplegen.training.loop import load_state
from tests.training.together import ALONE, STEPS, TASKS, learn_all, learned
from tests.training.toys import items, loss_of, one_fails


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two processes wrote of everything that they learned."""
    folder = tmp_path_factory.mktemp("together")
    parallel.launch(learn_all, folder, processes=2)
    return folder


def test_two_halves_have_the_gradient_of_the_whole(together: Path) -> None:
    model = nn.Linear(3, 2)
    nn.init.constant_(model.weight, 0.5)
    nn.init.constant_(model.bias, 0.1)
    loss = loss_of(model, items())
    loss.backward()
    for rank in (0, 1):
        saved = torch.load(together / f"{rank}.pt", weights_only=True)
        assert saved["told"] == 10.0
        assert saved["means"] == {"loss": pytest.approx(loss.item(), rel=1e-6), "rank": 0.5}
        for parameter, gradient in zip(model.parameters(), saved["gradients"], strict=True):
            torch.testing.assert_close(gradient, parameter.grad)


@pytest.mark.parametrize("name", ["generator", "edits", "clap"])
def test_two_processes_learn_what_one_does_with_twice_the_batch(
    together: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "has_fast_bfloat16", lambda: False)
    alone = learned(ALONE[name](), range(STEPS))
    for rank in (0, 1):
        saved = torch.load(together / f"learned-{rank}.pt", weights_only=True)[name]
        for losses, wanted in zip(saved["losses"], alone["losses"], strict=True):
            assert losses == pytest.approx(wanted, rel=1e-4)
        for key, weights in alone["weights"].items():
            if not key.endswith(
                "attention.bias"
            ):  # a softmax ignores it: its gradient is rounding, which Adam makes great
                torch.testing.assert_close(saved["weights"][key], weights, rtol=1e-4, atol=1e-4)
    kinds = {key for losses in alone["losses"] for key in losses}
    assert name == "clap" or {"loops", "one_shots"} <= kinds


@pytest.mark.parametrize("name", ["generator", "edits", "clap", "spectrogram", "encodec"])
def test_processes_stay_together(together: Path, name: str) -> None:
    first, second = (torch.load(together / f"learned-{rank}.pt", weights_only=True)[name] for rank in (0, 1))
    before = TASKS[name]().model.state_dict()
    assert first["losses"] == second["losses"]
    assert any(not torch.equal(value, before[key]) for key, value in first["weights"].items())
    for key, value in first["weights"].items():
        assert torch.equal(value, second["weights"][key]) or name == "encodec" and "_codebook" in key, key


def test_processes_resume_to_the_bit(together: Path) -> None:
    for rank in (0, 1):
        saved = torch.load(together / f"learned-{rank}.pt", weights_only=True)
        assert saved["resumed"]["losses"] == saved["edits"]["losses"][2:]
        for key, value in saved["edits"]["weights"].items():
            assert torch.equal(value, saved["resumed"]["weights"][key]), key


def test_an_error_in_one_ends_all(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="The second process does not like step 3"):
        parallel.launch(one_fails, tmp_path, processes=2)
    assert not (tmp_path / "last.pt").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals to a process group")
def test_ctrl_c_saves(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.training.toys", str(tmp_path), str(10**9)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=root, stdout=pipe, stderr=pipe, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=120)
    assert process.returncode == -signal.SIGINT, errors
    assert "KeyboardInterrupt" in errors and "Terminating" not in errors
    assert load_state(tmp_path / "last.pt")["step"] >= 3


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="torchrun is for Linux")
def test_two_nodes_under_torchrun(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    meeting = ["--nnodes", "2", "--nproc-per-node", "1", "--master-addr", "127.0.0.1", "--master-port", str(port)]
    work = ["-m", "tests.training.toys", str(tmp_path), "6"]
    commands = [
        [sys.executable, "-m", "torch.distributed.run", *meeting, "--node-rank", str(node), *work] for node in (0, 1)
    ]
    root, pipe = Path(__file__).parents[2], subprocess.PIPE
    nodes = [subprocess.Popen(command, cwd=root, stdout=pipe, stderr=pipe, text=True) for command in commands]
    told = [node.communicate(timeout=300) for node in nodes]
    assert [node.returncode for node in nodes] == [0, 0], told
    assert told[0][0] == "begun\ndone\n" and told[1][0] == ""  # the first process tells, and goes on alone
    assert load_state(tmp_path / "last.pt")["step"] == 6


def test_one_process_is_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    parallel.launch(seen.append, "here", processes=1)
    assert seen == ["here"]
    assert (parallel.rank(), parallel.world_size(), parallel.from_first(3.5)) == (0, 1, 3.5)
    assert parallel.mean_of_all({"loss": 0.1}) == {"loss": 0.1}
    model, rows = nn.Linear(2, 1), torch.ones(3, 2)
    assert parallel.shared(model) is model and parallel.gathered(rows) is rows and parallel.own_share(3) == slice(0, 3)
    assert parallel.speaks()


def test_a_foreign_failure_is_told_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing:
        def launch(self, *_: object) -> None:
            raise ProcessRaisedException("\n\n-- Process 1 terminated:\nTraceback\nValueError: odd", 1, 1)

    monkeypatch.setattr(parallel, "_make_fabric", lambda *_, **__: Failing())
    with pytest.raises(SamplegenError, match="^A training process failed: ValueError: odd$"):
        parallel.launch(print, processes=2)


def test_interrupts_are_noted_once() -> None:
    with parallel.interrupts_noted() as interrupts:
        assert not interrupts.asked
        signal.raise_signal(signal.SIGINT)
        assert interrupts.asked
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
