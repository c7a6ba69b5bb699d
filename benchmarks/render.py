"""How fast loops are rendered, how loud they come out, and whether tonal ones are in the key that they state.

    python benchmarks/render.py data/library.jsonl [--loops data/loops/train] [--count 60] [--keys 60] [--json FILE]

Renders `--count` loops with one and with two processes (start included) and compares their bytes. Of `--loops`
(otherwise of what was just rendered) the first `--keys` loops of each tonal role are heard by three estimators of
which the renderer asks two about recordings and none about synthesised patches; the third is librosa's. A key agrees
where it is the same, its relative, or the same tonic without a mode. Intervals are Wilson's, 95 %.
"""

import argparse
import json
import math
import tempfile
import time
import warnings
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from samplegen.audio.io import read_audio
from samplegen.audio.loop_key import hear_key
from samplegen.audio.tonality import second_key
from samplegen.audio.types import Audio
from samplegen.evaluation.key_check import librosa_key
from samplegen.pack.keys import Key
from samplegen.training.rendering.master import ring_lufs
from samplegen.training.rendering.render_folder import read_index, render_to_folder
from samplegen.training.sources.library import Library, load_library

ESTIMATORS = {
    "notes (`audio.tonality`)": second_key,
    "pitch track (`audio.loop_key`)": hear_key,
    "librosa": librosa_key,
}
LEVELS = 40
OFF = "cents off, median / 90th"


def wilson(hits: int, count: int) -> str:
    if not count:
        return "–"
    z, share = 1.96, hits / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    reach = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return f"{100 * share:.0f} % ({100 * max(0.0, middle - reach):.0f}–{100 * min(1.0, middle + reach):.0f})"


def speed(library: Library, folder: Path, *, count: int, processes: int) -> dict[str, Any]:
    started, used = time.perf_counter(), time.process_time()
    render_to_folder(library, folder, count=count, seed=1, file_format="wav", processes=processes)
    wall_s, own_s = time.perf_counter() - started, time.process_time() - used
    head, entries = read_index(folder)
    audio_s = sum(entry["length"] for entry in entries) / head["sample_rate"]
    return {"processes": processes, "loops": count, "audio_s": audio_s, "wall_s": wall_s,
            "times_real_time": audio_s / wall_s, "times_cpu": audio_s / own_s if processes == 1 else None}  # fmt: skip


def same_bytes(one: Path, other: Path) -> bool:
    return all(path.read_bytes() == (other / path.name).read_bytes() for path in sorted(one.iterdir()))


def agreement(folder: Path, entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, list[bool]] = defaultdict(list)
    two, cents, synth = [], [], 0
    for entry in entries:
        audio = read_audio(folder / entry["path"])
        key, agreeing = Key(entry["key"]), 0
        for name, hear in ESTIMATORS.items():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                heard = hear(audio)
            fits = key.relation(tonic=heard.tonic, mode=heard.mode) is not None
            found[name].append(fits)
            agreeing += fits
            cents += [abs(100.0 * heard.tuning)] if hear is hear_key else []
        two.append(agreeing >= 2)
        synth += any(path.startswith("synth/") for path in entry["sources"])
    off = [float(np.percentile(cents, q)) for q in (50, 90)]
    votes = {name: sum(fits) for name, fits in found.items()}
    return {"count": len(two), **votes, "two of three": sum(two), "synthesised": synth, OFF: off}


def loudness(folder: Path, entries: Sequence[dict[str, Any]]) -> list[float]:
    sounds = [read_audio(folder / entry["path"], mono=True) for entry in entries[:LEVELS]]
    heard = [_lufs(sound) for sound in sounds]
    return [float(np.percentile(heard, q)) for q in (10, 50, 90)]


def _lufs(audio: Audio) -> float:
    return ring_lufs(audio.samples[0], sample_rate=audio.sample_rate) or -70.0


def markdown(report: dict[str, Any]) -> str:
    lines = [
        "| processes | loops | audio | wall | × real time | × real time, CPU seconds |",
        "|---|---|---|---|---|---|",
    ]
    for run in report["speed"]:
        cpu = "–" if run["times_cpu"] is None else f"{run['times_cpu']:.0f}"
        lines.append(f"| {run['processes']} | {run['loops']} | {run['audio_s']:.0f} s | {run['wall_s']:.1f} s | "
                     f"{run['times_real_time']:.0f} | {cpu} |")  # fmt: skip
    lines += ["", f"Same bytes with one process and two: {'yes' if report['same_bytes'] else 'NO'}.", "",
              "| role | LUFS at -1 dBFS, 10th / median / 90th |", "|---|---|"]  # fmt: skip
    lines += [f"| {role} | {' / '.join(f'{v:.1f}' for v in values)} |" for role, values in report["lufs"].items()]
    lines += ["", f"| role | n (synthesised) | {' | '.join(ESTIMATORS)} | two of three | cents off, median / 90th |",
              "|---" * (5 + len(ESTIMATORS)) + "|"]  # fmt: skip
    for role, row in report["keys"].items():
        shares = " | ".join(wilson(row[name], row["count"]) for name in (*ESTIMATORS, "two of three"))
        cents = " / ".join(f"{value:.0f}" for value in row[OFF])
        lines.append(f"| {role} | {row['count']} ({row['synthesised']}) | {shares} | {cents} |")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path)
    parser.add_argument("--loops", type=Path, help="folder of rendered loops to hear")
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--keys", type=int, default=60)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    library = load_library(options.library).library
    with tempfile.TemporaryDirectory() as scratch:
        folders = [Path(scratch, str(processes)) for processes in (1, 2)]
        runs = [speed(library, folder, count=options.count, processes=k) for k, folder in enumerate(folders, start=1)]
        folder = options.loops or folders[0]
        by_role: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for entry in read_index(folder)[1]:
            by_role[entry["role"]].append(entry)
        roles = sorted(by_role)
        report = {
            "speed": runs,
            "same_bytes": same_bytes(*folders),
            "lufs": {role: loudness(folder, by_role[role]) for role in roles},
            "keys": {
                role: agreement(folder, by_role[role][: options.keys]) for role in roles if by_role[role][0]["key"]
            },
        }
    print(markdown(report))
    if options.json:
        options.json.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
