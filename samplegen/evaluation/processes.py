"""Time and peak memory of whole processes.

``python -m samplegen.evaluation.processes COMMAND...`` runs one and prints its figures as JSON. It is a process of its
own because Linux counts the memory of the process that starts another to the other's peak, so it has to stay small.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from samplegen.errors import SamplegenError


@dataclass(frozen=True)
class Run:
    """One finished process: seconds on the clock and of all cores, and its peak memory."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def measure_here(command: Sequence[str]) -> Run:
    """Run a command as a child of this process and wait for it; its output is thrown away.

    Raises
    ------
    SamplegenError
        If the command fails, with what it said.
    """
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    with process.stderr as stream:
        said = stream.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SamplegenError(f"{shlex.join(command)} failed: {said.decode(errors='replace').strip()}")
    per_mb = 2**20 if sys.platform == "darwin" else 2**10  # ru_maxrss is in bytes there, in KiB here
    return Run(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / per_mb)


def measure(command: Sequence[str], *, environment: Mapping[str, str] | None = None) -> Run:
    """As `measure_here`, from a small process of its own.

    Raises
    ------
    SamplegenError
        If the command fails, with what it said.
    """
    line = [sys.executable, "-m", "samplegen.evaluation.processes", *command]
    done = subprocess.run(line, capture_output=True, text=True, env={**os.environ, **(environment or {})})
    if done.returncode:
        raise SamplegenError(done.stderr.strip().rpartition("\n")[2])
    return Run(**json.loads(done.stdout))


def samplegen_command() -> list[str]:
    """The installed command, else the module."""
    beside = Path(sys.executable).with_name("samplegen")
    found = str(beside) if beside.exists() else shutil.which("samplegen")
    return [found] if found else [sys.executable, "-m", "samplegen"]


if __name__ == "__main__":
    try:
        print(json.dumps(asdict(measure_here(sys.argv[1:]))))
    except SamplegenError as failure:
        sys.exit(str(failure))
