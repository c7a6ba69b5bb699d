"""How long `samplegen --help` takes, against a Python that does nothing.

python benchmarks/start_up.py [--runs 15]
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from samplegen.evaluation.machine import describe_machine
from samplegen.evaluation.tables import markdown_table


def seconds(command: list[str], *, runs: int) -> list[float]:
    """Wall times of a command after one run that fills the disk's cache."""
    taken = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        taken.append(time.perf_counter() - start)
    return taken[1:]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15)
    options = parser.parse_args(arguments)
    beside = Path(sys.executable).with_name("samplegen")
    found = str(beside) if beside.exists() else shutil.which("samplegen")
    help_command = [found, "--help"] if found else [sys.executable, "-m", "samplegen", "--help"]
    commands = {"python -c pass": [sys.executable, "-c", "pass"], "samplegen --help": help_command}
    times = {name: seconds(command, runs=options.runs) for name, command in commands.items()}
    baseline = statistics.median(times["python -c pass"])
    rows = [
        [
            f"`{name}`",
            f"{statistics.median(taken):.3f}",
            f"{max(taken):.3f}",
            f"{statistics.median(taken) / baseline:.1f}",
        ]
        for name, taken in times.items()
    ]
    print(f"Medians of {options.runs} runs. {describe_machine().line()}\n")
    print(markdown_table(["command", "seconds", "slowest", "ratio"], rows))


if __name__ == "__main__":
    main()
