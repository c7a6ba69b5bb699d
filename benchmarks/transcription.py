"""How well drums are transcribed, against a plain rule; and the fit of the rule that does it.

python benchmarks/transcription.py FOLDER [--count 240]
python benchmarks/transcription.py --fit FOLDER --count 3200 [--out hits.npz]

FOLDER holds rendered loops (``samplegen data render --split held_out``), whose index says every hit. An onset is
found within 50 ms on the ring; hits of a loop that start within 30 ms are one onset. Intervals: 95 %, bootstrap over
loops. The baseline takes the onset detector as it is and calls a hit kick, snare or hat by its spectral centroid.
"""

import argparse
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from samplegen.audio.features import spectra
from samplegen.audio.io import read_audio
from samplegen.audio.onsets import detect_onsets
from samplegen.audio.types import Audio
from samplegen.evaluation.machine import describe_machine
from samplegen.evaluation.tables import markdown_table
from samplegen.pack.midi.hits import BANDS, CLASSES, FLOOR_DB, Hits, find_hits
from samplegen.pack.midi.transcribe import transcribe

TOLERANCE_S, TOGETHER_S = 0.05, 0.03
DRUM_LOOPS = ("loop_drums", "loop_tops", "loop_kick", "loop_percussion")
KICK_BELOW_HZ, SNARE_BELOW_HZ = 900.0, 5000.0  # best of a grid on training loops
ROWS: dict[str, tuple[str, ...]] = {
    "onsets, of any kind": CLASSES, "kick": ("kick",), "snare": ("snare",),
    "snare, clap or rim": ("snare", "clap", "rim"),
    "hats": ("hat_closed", "hat_open"), "closed hat": ("hat_closed",), "open hat": ("hat_open",), "clap": ("clap",),
    "rim": ("rim",), "tom": ("tom",), "cymbal": ("cymbal",), "percussion": ("percussion",),
}  # fmt: skip
Timed = list[tuple[float, str]]


def loops_of(folder: Path, count: int) -> list[dict[str, Any]]:
    lines = (folder / "index.jsonl").read_text("utf-8").splitlines()[1:]
    return [entry for entry in map(json.loads, lines) if entry["kind"] in DRUM_LOOPS][:count]


def truth_of(entry: dict[str, Any], span_s: float) -> Timed:
    kinds = {"fx": "percussion"}
    return [(at * span_s / entry["beats"] % span_s, kinds.get(kind, kind)) for at, kind, *_ in entry["events"]]


def ours(audio: Audio, entry: dict[str, Any]) -> Timed:
    told = transcribe(audio, bpm=entry["bpm"], meter=tuple(entry["meter"]), bars=entry["bars"])
    scale = audio.duration_s / entry["beats"]
    return [(event.start * scale, event.kind) for event in told.pattern.events]


def baseline(audio: Audio, entry: dict[str, Any]) -> Timed:
    times = detect_onsets(audio, ring=True)
    if not times.size:
        return []
    centres = np.rint((times + 0.014) * audio.sample_rate).astype(np.int64) % audio.length
    magnitudes = np.concatenate(list(spectra(audio.mono().samples[0], n_fft=1024, centres=centres, ring=True)))
    hertz = np.fft.rfftfreq(1024, 1.0 / audio.sample_rate)
    centroids = (magnitudes @ hertz) / np.maximum(magnitudes.sum(axis=1), 1e-12)
    edges = np.searchsorted([KICK_BELOW_HZ, SNARE_BELOW_HZ], centroids)
    return [(float(time), ("kick", "snare", "hat_closed")[edge]) for time, edge in zip(times, edges, strict=True)]


def merged(times: Iterable[float]) -> list[float]:
    kept: list[float] = []
    for time in sorted(times):
        if not kept or time - kept[-1] > TOGETHER_S:
            kept.append(time)
    return kept


def counts(truth: list[float], found: list[float], span_s: float) -> tuple[int, int, int]:
    """Matched, in truth, found; each onset is matched once, the nearest first come."""
    left, matched = list(found), 0
    for time in truth:
        gaps = [min(abs(other - time), span_s - abs(other - time)) for other in left]
        if gaps and min(gaps) <= TOLERANCE_S:
            left.pop(int(np.argmin(gaps)))
            matched += 1
    return matched, len(truth), len(found)


def f_score(table: np.ndarray) -> float:
    matched, truth, found = table.sum(axis=0)
    return float(2.0 * matched / max(truth + found, 1))


def interval(table: np.ndarray) -> str:
    rng = np.random.default_rng(0)
    scores = [f_score(table[rng.integers(len(table), size=len(table))]) for _ in range(1000)]
    low, high = np.quantile(scores, (0.025, 0.975))
    return f"{f_score(table):.3f} ({low:.3f} to {high:.3f})"


def report(folder: Path, count: int) -> str:
    methods: dict[str, Callable[[Audio, dict[str, Any]], Timed]] = {"samplegen": ours, "plain rule": baseline}
    tables: dict[tuple[str, str], list[tuple[int, int, int]]] = {}
    entries = loops_of(folder, count)
    for entry in entries:
        audio = read_audio(folder / entry["path"])
        truth = truth_of(entry, audio.duration_s)
        for method, run in methods.items():
            found = run(audio, entry)
            for row, kinds in ROWS.items():
                both = (merged(time for time, kind in timed if kind in kinds) for timed in (truth, found))
                tables.setdefault((method, row), []).append(counts(*both, audio.duration_s))
    rows = []
    for row in ROWS:
        own, plain = (np.array(tables[(method, row)]) for method in methods)
        matched, hits, found = own.sum(axis=0)
        rates = f"{matched / max(found, 1):.2f} / {matched / max(hits, 1):.2f}"
        rows.append([row, str(hits), interval(own), rates, interval(plain) if plain[:, 2].any() else "none"])
    table = markdown_table(("hits", "in truth", "F1", "precision / recall", "F1 of the plain rule"), rows)
    return f"{len(entries)} loops; {describe_machine()}\n\n{table}"


def labelled(folder: Path, count: int) -> tuple[list[Hits], list[np.ndarray]]:
    """Candidates of every loop, and which classes each holds ``[hits, CLASSES]``."""
    hits, labels = [], []
    for entry in loops_of(folder, count):
        audio = read_audio(folder / entry["path"])
        found = find_hits(audio, ring=True)
        label = np.zeros((len(found.times_s), len(CLASSES)), np.float32)
        for time, kind in truth_of(entry, audio.duration_s) if len(label) else ():
            gaps = np.abs(found.times_s - time)
            gaps = np.minimum(gaps, audio.duration_s - gaps)
            if gaps.min() < TOGETHER_S:
                label[int(gaps.argmin()), CLASSES.index(kind)] = 1.0
        hits.append(found)
        labels.append(label)
    return hits, labels


def equalised(hits: Hits, *, rng: np.random.Generator) -> Hits:
    """`hits` heard through a random smooth equaliser."""
    curve = np.interp(np.linspace(0.0, 4.0, BANDS), np.arange(5), rng.normal(0.0, 4.0, 5)).astype(np.float32)
    low = curve[: BANDS // 4].mean()
    moved = [
        np.where(levels > FLOOR_DB + 0.5, np.maximum(levels + shift, FLOOR_DB), levels)
        for levels, shift in ((hits.levels_db, curve), (hits.low_db, low))
    ]
    return replace(hits, levels_db=moved[0], low_db=moved[1])


def best_threshold(chances: np.ndarray, truth: np.ndarray) -> float:
    def score(threshold: float) -> float:
        said = chances > threshold
        return 2.0 * float((said & truth).sum()) / max(float(said.sum() + truth.sum()), 1.0)

    return float(max(np.linspace(0.2, 0.7, 26), key=score))


def fit(folder: Path, count: int, out: Path, *, hidden: int = 96, epochs: int = 8, copies: int = 3) -> None:
    import torch
    from torch import nn

    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    hits, labels = labelled(folder, count)
    inner = [index for index in range(len(hits)) if index % 8]
    outer = [index for index in range(len(hits)) if not index % 8]
    rounds = [hits, *([equalised(one, rng=rng) for one in hits] for _ in range(copies - 1))]
    x = torch.tensor(np.concatenate([made[index].features for made in rounds for index in inner]))
    y = torch.tensor(np.concatenate([labels[index] for _ in rounds for index in inner]))
    first, last = nn.Linear(x.shape[1], hidden), nn.Linear(hidden, len(CLASSES))
    network = nn.Sequential(first, nn.ReLU(), nn.Dropout(0.3), last)
    optimiser = torch.optim.AdamW(network.parameters(), 2e-3, weight_decay=1e-2)
    steps = epochs * (len(x) // 256 + 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps)
    for _ in range(epochs):
        for batch in torch.randperm(len(x)).split(256):
            loss = nn.functional.binary_cross_entropy_with_logits(network(x[batch]), y[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    network.eval()
    with torch.no_grad():
        chances = torch.sigmoid(
            network(torch.tensor(np.concatenate([hits[index].features for index in outer])))
        ).numpy()
    truth = np.concatenate([labels[index] for index in outer]) > 0.0
    thresholds = [best_threshold(chances[:, k], truth[:, k]) for k in range(len(CLASSES))]
    weights = {
        "hidden_weight": first.weight.T, "hidden_bias": first.bias, "weight": last.weight.T, "bias": last.bias,
    }  # fmt: skip
    arrays = {name: value.detach().numpy().astype(np.float16) for name, value in weights.items()}
    np.savez(out, thresholds=np.array(thresholds, np.float32), **arrays)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=240)
    parser.add_argument("--fit", action="store_true", help="fit the rule to these loops and write it to --out")
    parser.add_argument("--out", type=Path, default=Path("hits.npz"))
    arguments = parser.parse_args(arguments)
    if arguments.fit:
        fit(arguments.folder, arguments.count, arguments.out)
    else:
        print(report(arguments.folder, arguments.count))


if __name__ == "__main__":
    main()
