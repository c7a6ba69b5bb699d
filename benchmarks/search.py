"""How fast a library is indexed and asked, how much names help, and which near-duplicates are found.

python benchmarks/search.py FOLDER [--processes 2] [--runs 5] [--skip-speed]

FOLDER holds the sounds and an index.csv with a column ``class`` (as samplegen's own audio); the cache is a
temporary folder. Names: mean average precision of kinds asked in words, where the names weigh 0 to 1; folders
(which say the kind) are hidden, only file names count, and only sounds of sources that the embedder has not
heard in training. Near-duplicates: copies changed in nine ways.
"""

import argparse
import csv
import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import soundfile

from samplegen.audio.io import read_audio
from samplegen.audio.resample import resample
from samplegen.audio.types import Audio
from samplegen.conditioning.clap import DEFAULT_CLAP, load_clap
from samplegen.evaluation.machine import describe_machine
from samplegen.evaluation.tables import markdown_table
from samplegen.search.analysis import embed_audio
from samplegen.search.duplicates import MAX_DISTANCE_DB, MIN_COSINE, find_duplicates
from samplegen.search.lexical import concepts_of, lexical_scores
from samplegen.search.picture import distances_db, picture_of
from samplegen.search.query import vectors_of
from samplegen.search.store import Store, index_path
from samplegen.search.text_tower import load_text_tower
from samplegen.training.sources.split import split_of

QUERIES = {
    "kick": ("kick drum", "bass drum"), "snare": ("snare", "snare drum hit"), "hat_closed": ("closed hi hat", "hihat"),
    "hat_open": ("open hi hat", "long open hat"), "clap": ("hand clap", "claps"), "tom": ("tom", "floor tom"),
    "rim": ("rimshot", "side stick"), "cymbal": ("crash cymbal", "ride"), "percussion": ("percussion", "shaker"),
    "bass": ("bass", "deep bass note"), "synth": ("synth stab", "synthesizer"), "vocal": ("voice", "vocal shout"),
}  # fmt: skip
WEIGHTS = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
SOUNDS_CHANGED = 60


def _command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "samplegen", "search", *map(str, arguments), "--quiet"]


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def speed(folder: Path, *, processes: int, runs: int) -> list[list[str]]:
    first = _seconds(_command("dusty rimshot", folder, "--processes", processes))
    again = [_seconds(_command("dusty rimshot", folder)) for _ in range(runs)]
    like = [_seconds(_command(folder, "--like", next(folder.rglob("*.flac")))) for _ in range(runs)]
    twice = [_seconds(_command("--duplicates", folder)) for _ in range(runs)]
    rows = [["index, then one query (first run)", f"{first:.1f}", ""]]
    for name, taken in (("scan and query in words", again), ("scan and --like", like), ("--duplicates", twice)):
        rows.append([name, f"{statistics.median(taken):.2f}", f"{max(taken):.2f}"])
    return rows


def average_precision(scores: np.ndarray, relevant: np.ndarray) -> float:
    hits = relevant[np.argsort(-scores, kind="stable")]
    return float((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].mean())


def weights_of_names(folder: Path, store: Store) -> list[list[str]]:
    tower = load_text_tower(DEFAULT_CLAP)
    assert tower is not None
    with (folder / "index.csv").open(encoding="utf-8", newline="") as file:
        kinds = {
            row["path"]: row["class"] for row in csv.DictReader(file) if split_of(row["source_repo"]) == "held_out"
        }
    root = os.path.realpath(folder)
    entries = [entry for entry in store.entries(root) if os.path.relpath(entry.path, root) in kinds]
    truth = np.array([kinds[os.path.relpath(entry.path, root)] for entry in entries])
    names, vectors = [os.path.basename(entry.path) for entry in entries], vectors_of(entries)
    found: dict[float, list[float]] = {weight: [] for weight in WEIGHTS}
    for kind, texts in ((kind, texts) for kind, texts in QUERIES.items() if (truth == kind).any()):
        for text in texts:
            heard, said = np.maximum(0.0, vectors @ tower.embed(text)), lexical_scores(concepts_of(text), names)
            for weight in WEIGHTS:
                found[weight].append(average_precision((1.0 - weight) * heard + weight * said, truth == kind))
    chance = float(np.mean([(truth == kind).mean() for kind in QUERIES if (truth == kind).any()]))
    rows = [[f"names {weight:g}", f"{np.mean(values):.3f}"] for weight, values in found.items()]
    return [*rows, ["random", f"{chance:.3f}"]]


def changes() -> dict[str, Callable[[Audio], Audio]]:
    def faded(audio: Audio) -> Audio:
        return audio.with_samples(
            audio.samples * np.minimum(1.0, np.linspace(5.0, 0.0, audio.length, dtype=np.float32))
        )

    def cut(audio: Audio) -> Audio:
        return audio.with_samples(audio.samples[:, min(audio.length // 4, audio.sample_rate // 200) :])

    def coded(audio: Audio) -> Audio:
        file = io.BytesIO()
        soundfile.write(file, audio.samples.T, audio.sample_rate, format="MP3")
        file.seek(0)
        samples, sample_rate = soundfile.read(file, dtype="float32", always_2d=True)
        return Audio(np.ascontiguousarray(samples.T), sample_rate)

    return {
        "12 dB quieter, 16 bits": lambda a: a.with_samples(np.round(a.samples * 0.25 * 32767) / np.float32(32767)),
        "48 kHz": lambda a: resample(a, sample_rate=48_000),
        "MP3": coded,
        "22 kHz": lambda a: resample(a, sample_rate=22_050),
        "10 ms of silence before": lambda a: a.with_samples(np.pad(a.samples, ((0, 0), (a.sample_rate // 100, 0)))),
        "the first 5 ms cut off": cut,
        "the last fifth faded out": faded,
        "1 % higher": lambda a: Audio(resample(a, sample_rate=round(a.sample_rate / 1.01)).samples, a.sample_rate),
        "a semitone higher": lambda a: Audio(
            resample(a, sample_rate=round(a.sample_rate / 2 ** (1 / 12))).samples, a.sample_rate
        ),
    }


def changed_copies(paths: Sequence[Path]) -> list[list[str]]:
    embedder = load_clap()
    audios = [read_audio(path, mono=True) for path in paths]
    known = [(picture_of(audio), embed_audio(audio, embedder=embedder).astype(np.float32)) for audio in audios]
    rows = []
    for name, change in changes().items():
        found = []
        for audio, (picture, vector) in zip(audios, known, strict=True):
            other = change(audio)
            apart = float(distances_db(picture_of(other), others=picture[None])[0])
            found.append((apart, float(embed_audio(other, embedder=embedder).astype(np.float32) @ vector)))
        caught = np.mean([apart <= MAX_DISTANCE_DB and cosine >= MIN_COSINE for apart, cosine in found])
        rows.append([name, f"{caught:.0%}", f"{statistics.median(apart for apart, _ in found):.2f}"])
    return rows


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--skip-speed", action="store_true", help="Use the index that the cache holds.")
    options = parser.parse_args(arguments)
    tower = load_text_tower(DEFAULT_CLAP)
    assert tower is not None
    with tempfile.TemporaryDirectory() as cache:
        if not options.skip_speed:
            os.environ["XDG_CACHE_HOME"] = cache
            rows = speed(options.folder, processes=options.processes, runs=options.runs)
        store, root = Store(index_path(tower.hash)), os.path.realpath(options.folder)
        entries = store.entries(root)
        print(f"{len(entries)} files. {describe_machine().line()}\n")
        if not options.skip_speed:
            print(markdown_table(["whole process", "seconds, median", "slowest"], rows))
        print(f"\n{markdown_table(['weight', 'mean average precision'], weights_of_names(options.folder, store))}")
        groups = find_duplicates(entries, store.pictures, root=root)
        exact, files = sum(group.exact for group in groups), sum(len(group.sounds) for group in groups)
        print(f"\n{len(groups)} groups of duplicates ({exact} of equal bytes) with {files} files.\n")
        chosen = np.random.default_rng(0).choice(len(entries), min(SOUNDS_CHANGED, len(entries)), replace=False)
        rows = changed_copies([Path(entries[k].path) for k in chosen])
        print(markdown_table(["copy", "found", "distance in dB, median"], rows))
        store.close()


if __name__ == "__main__":
    main()
