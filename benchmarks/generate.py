"""Whole-process time and peak memory of `samplegen loops`, against importing torch and nothing else.

python benchmarks/generate.py [--model NAME] [--runs 3] [--out generate.json]

Known on a 2-core machine: the LADMG project's network with its 99 steps reaches 0.9 times real
time at 24 kHz mono, the small Stable Audio Open architecture 0.45 times.
"""

import argparse
import shlex
import statistics
import sys
import tempfile
from pathlib import Path

from samplegen.evaluation.machine import describe_machine
from samplegen.evaluation.processes import Run, measure, samplegen_command
from samplegen.evaluation.tables import markdown_table, write_figures
from samplegen.units import bars_to_seconds

BASELINE = [sys.executable, "-c", "import torch"]


def median(runs: list[Run]) -> Run:
    """Medians of each figure; the peak of the peaks."""
    return Run(
        statistics.median(run.wall_s for run in runs),
        statistics.median(run.cpu_s for run in runs),
        max(run.peak_mb for run in runs),
    )


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model")
    parser.add_argument("--bpm", type=float, default=128.0)
    parser.add_argument("--bars", type=int, default=4)
    parser.add_argument("-n", "--count", type=int, default=8)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--out", type=Path, help="JSON file")
    options = parser.parse_args(arguments)
    machine = describe_machine()
    command = [*samplegen_command(), "loops", "--bpm", f"{options.bpm:g}", "--bars", str(options.bars)]
    command += ["-n", str(options.count), "--seed", "1", "--quiet"]
    command += ["--model", options.model] if options.model else []
    baselines, runs = [], []
    with tempfile.TemporaryDirectory() as folder:
        measure(BASELINE)  # fills the disk's cache
        for number in range(options.runs):
            baselines.append(measure(BASELINE))
            runs.append(measure([*command, "--out", str(Path(folder) / str(number))]))
    baseline, run = median(baselines), median(runs)
    audio_s = options.count * bars_to_seconds(options.bars, bpm=options.bpm)
    shown = "samplegen " + shlex.join(command[command.index("loops") :])
    rows = [
        [
            "`python -c 'import torch'`", f"{baseline.wall_s:.2f}", f"{baseline.cpu_s:.2f}", f"{baseline.peak_mb:.0f}",
            "1", "–",
        ],
        [
            f"`{shown}`", f"{run.wall_s:.2f}", f"{run.cpu_s:.2f}", f"{run.peak_mb:.0f}",
            f"{run.wall_s / baseline.wall_s:.1f}", f"{audio_s / run.wall_s:.1f}",
        ],
    ]  # fmt: skip
    header = ["whole process", "seconds", "CPU seconds", "peak memory (MB)", "ratio to baseline", "× real time"]
    print(f"Medians of {options.runs} runs, {audio_s:.0f} s of audio. {machine.line()}\n")
    print(markdown_table(header, rows))
    if options.out:
        figures = {"audio_s": audio_s, "real_time_factor": audio_s / run.wall_s, "ratio": run.wall_s / baseline.wall_s}
        every = {"baseline": baselines, "loops": runs}
        write_figures(options.out, {"command": shown, "machine": machine, "figures": figures, "runs": every})


if __name__ == "__main__":
    main()
