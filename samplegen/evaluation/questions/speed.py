"""How fast a whole process is, and where the time goes: network, codec."""

import math
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from samplegen.checkpoints.locations import MODELS_VARIABLE
from samplegen.evaluation.machine import describe_machine
from samplegen.evaluation.processes import Run, measure, samplegen_command
from samplegen.evaluation.questions.estimates import Estimate, bootstrap_estimate
from samplegen.evaluation.questions.report import Cell, Report, Table, Target
from samplegen.evaluation.questions.systems import Progress, System, beside, hashes
from samplegen.units import bars_to_seconds

if TYPE_CHECKING:
    from samplegen.codec.base import Codec

BPM, BARS, LOOPS = 128.0, 4, 8
WANTED_S, WANTED_MB = 3.0, 1500.0
_CODEC_S: Final = 8.0


def ask_speed(systems: Sequence[System], *, count: int, seed: int, progress: Progress | None = None) -> Report:
    """Whole processes that make 60 s of loops, parts of the work, and codecs; medians of `count` runs.

    The machine stands in the notes; figures of a busy one are too slow.
    """
    machine = describe_machine()
    audio_s = LOOPS * bars_to_seconds(BARS, bpm=BPM)
    rows: dict[str, dict[str, Cell]] = {}
    parts: dict[str, dict[str, Cell]] = {}
    codecs: dict[str, dict[str, Cell]] = {}
    for system in systems:
        rows[system.label] = whole_process(system, count=count, seed=seed, audio_s=audio_s)
        parts[system.label] = sampling(system, count=count, seed=seed, audio_s=audio_s)
        codecs[system.generator.codec.name + system.label.removeprefix(system.generator.name)] = codec_speed(
            system.generator.codec, count=count, seed=seed
        )
        if progress is not None:
            progress(len(rows), len(systems))
    for name, code in {"floor: import torch": "import torch", "floor: empty Python": "pass"}.items():
        runs = _runs([sys.executable, "-c", code], count=count)
        rows[name] = _row(runs, seed=seed, audio_s=None)
    wall, peak = (rows[systems[0].label][column] for column in ("seconds", "peak memory (MB)"))
    assert isinstance(wall, Estimate) and isinstance(peak, Estimate)
    return Report(
        "speed",
        "Speed and memory",
        (
            Table(f"Whole process: `samplegen loops --bpm {BPM:g} --bars {BARS} -n {LOOPS}`, {audio_s:g} s.", rows),
            Table(f"Network: latents of {LOOPS} such loops at once.", parts),
            Table(f"Codecs on {_CODEC_S:g} s of sound.", codecs, first="codec"),
        ),
        notes=(machine.line() + ".", "Medians of n runs after one to warm up."),
        targets=(
            Target("60 s of loops in at most 3 s, process start included", wall, wall.value <= WANTED_S),
            Target("at most 1.5 GB", peak, peak.value <= WANTED_MB),
        ),
        settings={"n": count, "seed": seed, "threads": _threads()},
        systems=hashes(systems),
    )


def _threads() -> int:
    import torch

    return torch.get_num_threads()


def whole_process(system: System, *, count: int, seed: int, audio_s: float) -> dict[str, Cell]:
    """Runs of the command line, gates and writing included."""
    command = [*samplegen_command(), "loops", "--bpm", f"{BPM:g}", "--bars", str(BARS), "-n", str(LOOPS)]
    command += ["--seed", str(seed), "--quiet", "--model", system.place]
    with beside(system.place):
        environment = {MODELS_VARIABLE: os.environ.get(MODELS_VARIABLE, "")}
    with tempfile.TemporaryDirectory() as folder:
        runs = [
            measure([*command, "--out", str(Path(folder) / str(number))], environment=environment)
            for number in range(count + 1)
        ]
    return _row(runs[1:], seed=seed, audio_s=audio_s)


def _runs(command: Sequence[str], *, count: int) -> list[Run]:
    return [measure(command) for _ in range(count + 1)][1:]


def _row(runs: Sequence[Run], *, seed: int, audio_s: float | None) -> dict[str, Cell]:
    wall = [run.wall_s for run in runs]
    return {
        "n": len(runs),
        "seconds": median(wall, seed=seed),
        "CPU seconds": median([run.cpu_s for run in runs], seed=seed),
        "peak memory (MB)": median([run.peak_mb for run in runs], seed=seed, digits=0),
        "× real time": "–" if audio_s is None else median([audio_s / each for each in wall], seed=seed, digits=1),
    }


def median(values: Sequence[float], *, seed: int, digits: int = 2) -> Estimate:
    """Median of runs, drawn anew for the interval."""
    found = np.asarray(values)
    return bootstrap_estimate(
        lambda chosen: float(np.median(found[chosen])), len(found), rng=np.random.default_rng(seed), digits=digits
    )


def sampling(system: System, *, count: int, seed: int, audio_s: float) -> dict[str, Cell]:
    """Evaluations of the velocity and of the network, and what they and the decoding take."""
    generator = system.generator
    plan = generator.plan_loop(bpm=BPM, bars=BARS, beats_per_bar=4)
    kind = generator.description.loop_kinds[0]
    clap = None if generator.clap is None else generator.clap.embed_text([kind] * LOOPS)
    steps: list[int] = []

    def run() -> float:
        start = time.perf_counter()
        generator.make_loops(plan, tags=[(kind,)] * LOOPS, seeds=list(range(LOOPS)), clap=clap)
        return time.perf_counter() - start

    hook = generator.network.register_forward_hook(lambda module, inputs, output: steps.append(len(inputs[0])))
    try:
        run()
    finally:
        hook.remove()
    calls, items = len(steps), sum(steps)
    seconds = [run() for _ in range(count)]
    factor = median([audio_s / each for each in seconds], seed=seed, digits=1)
    return {
        "n": count,
        "solver, steps": f"{generator.sampling.sampler}, {generator.sampling.steps}",
        "network calls": calls,
        "evaluations a loop, guidance included": f"{items / LOOPS:g}",
        "seconds": median(seconds, seed=seed),
        "ms an evaluation": median([1e3 * each / max(1, items) for each in seconds], seed=seed, digits=1),
        "× real time": factor,
    }


def codec_speed(codec: "Codec", *, count: int, seed: int) -> dict[str, Cell]:
    """Seconds of sound encoded and decoded in a second."""
    import torch

    hops = max(1, round(_CODEC_S * codec.sample_rate / codec.hop_length))
    samples = 0.1 * torch.randn(1, codec.channels, hops * codec.hop_length, generator=torch.Generator().manual_seed(0))
    seconds = samples.shape[-1] / codec.sample_rate
    encode, decode = [], []
    with torch.inference_mode():
        for _ in range(count + 1):
            start = time.perf_counter()
            latents = codec.encode(samples)
            middle = time.perf_counter()
            codec.decode(latents)
            encode.append(seconds / max(middle - start, 1e-9))
            decode.append(seconds / max(time.perf_counter() - middle, 1e-9))
    latents_s = codec.dimension * codec.sample_rate / codec.hop_length
    return {
        "n": count,
        "latents": f"{codec.dimension} × {codec.sample_rate / codec.hop_length:.1f} a second ({math.ceil(latents_s)})",
        "encode (× real time)": median(encode[1:], seed=seed, digits=0),
        "decode (× real time)": median(decode[1:], seed=seed, digits=0),
    }
