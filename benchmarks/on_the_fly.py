"""Whole-process time and peak memory of `samplegen morph` and `samplegen phase`, and how they grow with duration.

python benchmarks/on_the_fly.py [--audio FOLDER] [--runs 3] [--seconds 10 60 480] [--hour] [--out on_the_fly.json]

The recording is made of the files of a folder, one after another at 44.1 kHz in stereo; without one,
of bursts of noise and tones. The published engine's figures are for orientation: one thread, 60 s.
"""

import argparse
import importlib.util
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from samplegen.evaluation.machine import describe_machine
from samplegen.evaluation.tables import markdown_table, write_figures

SAMPLE_RATE = 44_100
SUFFIXES = frozenset({".aif", ".aiff", ".flac", ".mp3", ".ogg", ".wav"})
BASELINE = [sys.executable, "-c", "import numpy, soundfile"]
BASELINE_NAME = "python -c 'import numpy, soundfile'"
# (command, preset): seconds that the published engine takes for 60 s of stereo
CASES: Mapping[tuple[str, str], float] = {
    ("morph", "gentle-crystallisation"): 2.1,
    ("morph", "slow-diffusion"): 3.5,
    ("morph", "multi-identity"): 3.5,
    ("phase", "spectral-fog"): 2.8,
    ("phase", "latent-deep"): 5.9,
}
PUBLISHED_SECONDS = 60
TARGET = 0.25
MAX_EXPONENT = 1.05
HOUR_S = 3_600
HOUR_CASES = (("morph", "gentle-crystallisation"), ("phase", "spectral-fog"))


def _generate() -> ModuleType:
    """`benchmarks/generate.py`, whose `measure` runs a process."""
    path = Path(__file__).with_name("generate.py")
    spec = importlib.util.spec_from_file_location("benchmark_generate", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


generate = _generate()


def default_folders() -> list[Path]:
    """Real audio beside the checkout, where there is any."""
    shared = Path(__file__).resolve().parents[2] / "shared" / "audio"
    return [folder for folder in (shared / "loops", shared / "ccby" / "loops") if folder.is_dir()]


def write_recording(path: Path, *, seconds: float, folders: Sequence[Path]) -> None:
    """A recording of exactly `seconds` in stereo, 16 bits; begun again where the material ends."""
    import numpy as np
    import soundfile

    left = round(seconds * SAMPLE_RATE)
    with soundfile.SoundFile(path, "w", SAMPLE_RATE, 2, "PCM_16") as file:
        while left > 0:
            written = 0
            for piece in _pieces(folders):
                file.write(np.clip(piece[:, :left].T, -1, 1))
                written += min(left, piece.shape[1])
                left -= min(left, piece.shape[1])
                if left == 0:
                    return
            if written == 0:
                raise SystemExit("The folder holds no audio.")


def _pieces(folders: Sequence[Path]) -> Iterator[Any]:
    """Arrays ``[2, n]``: every file of the folders, or what takes their place."""
    import numpy as np

    from samplegen.audio.io import read_audio
    from samplegen.errors import AudioReadError

    if not folders:
        yield _synthetic()
        return
    paths = sorted(path for folder in folders for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    for path in paths:
        try:
            samples = read_audio(path, sample_rate=SAMPLE_RATE).samples
        except AudioReadError:
            continue
        yield np.repeat(samples, 2, axis=0) if len(samples) == 1 else samples[:2]


def _synthetic() -> Any:
    """Ten seconds of decaying tones and noise, four a second."""
    import numpy as np

    rng = np.random.default_rng(1)
    time = np.arange(SAMPLE_RATE // 4) / SAMPLE_RATE
    bursts = []
    for _ in range(40):
        decay = np.exp(-time / rng.uniform(0.02, 0.2))
        tone = np.sin(2 * np.pi * rng.uniform(60, 4_000) * time)
        bursts.append(0.4 * decay * (tone + rng.uniform(0, 0.5) * rng.standard_normal((2, time.size))))
    return np.concatenate(bursts, axis=1).astype(np.float32) / 2


def make_recording(path: Path, *, seconds: float, folders: Sequence[Path]) -> None:
    """`write_recording` in a process of its own.

    Linux counts what this process holds when it starts another to the other's peak memory.
    """
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]); import on_the_fly as script; "
        "path, *folders = map(Path, sys.argv[3:]); "
        "script.write_recording(path, seconds=float(sys.argv[2]), folders=folders)"
    )
    arguments = [Path(__file__).parent, str(seconds), path, *folders]
    subprocess.run([sys.executable, "-c", code, *map(os.fspath, arguments)], check=True)


def exponent(first: tuple[float, float], last: tuple[float, float]) -> float:
    """Growth from one (duration, time) to another: 1 is linear."""
    return math.log(last[1] / first[1]) / math.log(last[0] / first[0])


def command_of(case: tuple[str, str], recording: Path, out: Path) -> list[str]:
    """The whole command line of one case."""
    verb, preset = case
    command: list[str] = generate.samplegen_command()
    return [*command, verb, os.fspath(recording), "--preset", preset, "--seed", "1", "--out", os.fspath(out), "--quiet"]


def measure_all(
    cases: Sequence[tuple[str, str]], recordings: Mapping[float, Path], *, runs: int, folder: Path
) -> dict[str, dict[float, list[Any]]]:
    """The runs of every case and duration; the cases take turns, so that a busy minute spoils none alone."""
    found: dict[str, dict[float, list[Any]]] = {"baseline": {0: []}}
    generate.measure(BASELINE)  # fills the disk's cache
    for number in range(runs):
        found["baseline"][0].append(generate.measure(BASELINE))
        for case in cases:
            for seconds, recording in recordings.items():
                out = folder / f"{case[0]}-{case[1]}-{seconds:g}-{number}"
                run = generate.measure(command_of(case, recording, out))
                found.setdefault(" ".join(case), {}).setdefault(seconds, []).append(run)
    return found


def time_rows(found: Mapping[str, Mapping[float, list[Any]]]) -> list[list[str]]:
    """One row for each case and duration."""
    baseline = generate.median(found["baseline"][0])
    rows = [
        [
            f"`{BASELINE_NAME}`",
            "",
            f"{baseline.wall_s:.2f}",
            f"{baseline.cpu_s:.2f}",
            f"{baseline.peak_mb:.0f}",
            "1",
            "",
        ]
    ]
    for (verb, preset), published_s in CASES.items():
        for seconds, runs in found.get(f"{verb} {preset}", {}).items():
            run = generate.median(runs)
            ratio = f"{run.wall_s / published_s:.2f}" if seconds == PUBLISHED_SECONDS else ""
            rows.append(
                [
                    f"`samplegen {verb} --preset {preset}`", f"{seconds:g}", f"{run.wall_s:.2f}", f"{run.cpu_s:.2f}",
                    f"{run.peak_mb:.0f}", f"{run.wall_s / baseline.wall_s:.1f}", ratio,
                ]
            )  # fmt: skip
    return rows


def growth(found: Mapping[str, Mapping[float, list[Any]]]) -> dict[str, dict[str, float]]:
    """Exponents of the process time (CPU) from each duration to the longest."""
    exponents: dict[str, dict[str, float]] = {}
    for name, by_seconds in found.items():
        times = {seconds: generate.median(runs).cpu_s for seconds, runs in sorted(by_seconds.items())}
        longest = max(times)
        earlier = [seconds for seconds in times if seconds != longest]
        if earlier:
            exponents[name] = {
                f"{seconds:g} to {longest:g} s": exponent((seconds, times[seconds]), (longest, times[longest]))
                for seconds in earlier
            }
    return exponents


def print_tables(found: Mapping[str, Mapping[float, list[Any]]], *, runs: int) -> None:
    """Times, then growth."""
    header = ["whole process", "audio (s)", "seconds", "CPU seconds", "peak memory (MB)", "ratio to baseline",
              f"ratio to the published engine (target {TARGET:g})"]  # fmt: skip
    print(f"Medians of {runs} runs. {describe_machine().line()}\n")
    print(markdown_table(header, time_rows(found)))
    exponents = growth(found)
    if exponents:
        spans = list(next(iter(exponents.values())))
        print(
            f"Exponent of the growth of CPU seconds with duration (1 is linear; at most {MAX_EXPONENT:g} is wanted):\n"
        )
        rows = [[f"`{name}`", *(f"{spans_of[span]:.2f}" for span in spans)] for name, spans_of in exponents.items()]
        print(markdown_table(["", *spans], rows))


def run_hour(folder: Path, *, folders: Sequence[Path]) -> dict[str, Any]:
    """One hour of stereo through one morph and one phase preset, once each."""
    recording = folder / "hour.wav"
    make_recording(recording, seconds=HOUR_S, folders=folders)
    found = {}
    for case in HOUR_CASES:
        run = found[" ".join(case)] = generate.measure(command_of(case, recording, folder / f"hour-{case[1]}"))
        line = f"{run.wall_s:.1f} s, CPU {run.cpu_s:.1f} s, peak memory {run.peak_mb:.0f} MB"
        print(f"One hour of stereo, `samplegen {case[0]} --preset {case[1]}`: {line}")
    return found


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audio", type=Path, action="append", help="folder of recordings; may be given again")
    parser.add_argument("--seconds", type=float, nargs="+", default=[10.0, 60.0, 480.0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--hour", action="store_true", help="also one hour of stereo, once")
    parser.add_argument("--out", type=Path, help="JSON file")
    options = parser.parse_args(arguments)
    folders = default_folders() if options.audio is None else options.audio
    figures: dict[str, Any] = {"machine": describe_machine(), "synthetic": not folders}
    with tempfile.TemporaryDirectory() as name:
        folder, recordings = Path(name), {}
        for seconds in sorted(options.seconds):
            recordings[seconds] = folder / f"recording-{seconds:g}.wav"
            make_recording(recordings[seconds], seconds=seconds, folders=folders)
        found = measure_all(list(CASES), recordings, runs=options.runs, folder=folder)
        print_tables(found, runs=options.runs)
        figures |= {"runs": found, "growth": growth(found)}
        if options.hour:
            figures["hour"] = run_hour(folder, folders=folders)
    if options.out:
        write_figures(options.out, figures)


if __name__ == "__main__":
    main()
