"""Takes beside real round robins and beside two baselines, calibration of a generator, and speed.

::

    python benchmarks/humanize.py --calibrate --sources 30     # writes humanize.json beside the model
    python benchmarks/humanize.py --sources 50 --out docs/humanize.json
    python benchmarks/humanize.py --speed 200
    python benchmarks/humanize.py --reality

Every set has as many takes as the real ones (4), so that set statistics can be compared. Sources are other
takes than those that the calibration heard. The class is judged by a classifier of real one-shots, which
heard none of the sources. Without --velocity the velocity stays, as it does within a layer of a real kit.
"""

import argparse
import csv
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

from samplegen.audio.io import read_audio
from samplegen.checkpoints import find_model
from samplegen.engines.alpha_blend import load_generator
from samplegen.evaluation.humanize_calibration import calibrate
from samplegen.evaluation.humanize_report import (
    Measured,
    TakenSet,
    bootstrap,
    class_agreement,
    kolmogorov,
    measure_sets,
    report_table,
    separability,
    set_statistics,
)
from samplegen.evaluation.machine import describe_machine
from samplegen.evaluation.one_shot_classifier import OneShotClassifier, one_shot_features
from samplegen.evaluation.round_robins import RealSet, by_kind, measure_reality, real_sets
from samplegen.evaluation.tables import write_figures
from samplegen.pipeline import humanize
from samplegen.post.trim import trim_one_shot
from samplegen.variations.humanize import HumanizeSettings, lay_takes, plan_take, set_target_db, trim_gain
from samplegen.variations.orders.humanize import HumanizeOrder, HumanizeRequest
from samplegen.variations.takes.calibration import find_table, write_table
from samplegen.variations.takes.engines import AlphaTakes, DspTakes, TakeEngine, one_torch_thread
from samplegen.variations.takes.hits import make_hit
from samplegen.variations.takes.reality import OVERALL

TAKES, BLOCK = 4, 4
REAL = "real"


def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    library = options.library
    if options.speed:
        print(speed(library, options.speed, options.model))
        return
    sets = list(real_sets(library))
    if options.reality:
        for kind, some in by_kind(sets).items():
            print(kind, measure_reality(some))
        return
    line = f"python benchmarks/humanize.py --sources {options.sources} --seed {options.seed}"
    generator = load_generator(options.model)
    if options.calibrate:
        table = calibrate(AlphaTakes(generator, None), sets, sources=options.sources, seed=options.seed,
                          command=f"python benchmarks/humanize.py --calibrate --sources {options.sources}")  # fmt: skip
        print(write_table(find_model(options.model), table))
        return
    engines: dict[str, TakeEngine] = {
        "model": AlphaTakes(generator, find_table(options.model, model_hash=generator.hash)),
        "velvet": DspTakes("velvet"), "eq": DspTakes("eq"),
    }  # fmt: skip
    classifier = train_classifier(library, each=options.each)
    figures = report(sets, engines, classifier, options)
    text = "\n".join(f"### {kind}\n\n{report_table(columns)}" for kind, columns in figures.items())
    print(f"`{line}`\n\n{describe_machine().line()}\n\n{text}")
    if options.out:
        write_figures(options.out, {"command": line, "machine": describe_machine(), "figures": figures})
        options.out.with_suffix(".md").write_text(f"`{line}`\n\n{text}", "utf-8")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="generator-drums-44k")
    parser.add_argument("--library", type=Path, default=Path("../shared/audio"))
    parser.add_argument("--sources", type=int, default=50, help="sets of each class, at most")
    parser.add_argument("--kinds", nargs="*", help="these classes alone")
    parser.add_argument("--each", type=int, default=60, help="one-shots of each class for the classifier")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--velocity", type=float, default=0.0)
    parser.add_argument("--calibrate", action="store_true", help="write the calibration table")
    parser.add_argument("--reality", action="store_true", help="print what real sets measure")
    parser.add_argument("--speed", type=int, help="humanize this many hits, 8 takes of each, and tell how fast")
    parser.add_argument("--out", type=Path, help="JSON file; a table goes beside it")
    return parser.parse_args(arguments)


def train_classifier(library: Path, *, each: int) -> OneShotClassifier:
    """Of single one-shots; the round-robin kits are left out."""
    with (library / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["path"].startswith("oneshots/")]
    chosen, counts = [], dict[str, int]()
    for number in np.random.default_rng(0).permutation(len(rows)):
        kind = rows[number]["class"]
        if kind in ("kick", "snare", "hat_closed", "hat_open", "tom", "cymbal", "rim", "clap", "percussion", "bass"):
            counts[kind] = counts.get(kind, 0) + 1
            if counts[kind] <= each:
                chosen.append(rows[number])
    audios = (read_audio(library / row["path"], mono=True, max_seconds=4.0) for row in chosen)
    features = np.stack([one_shot_features(trim_one_shot(audio)) for audio in audios])
    return OneShotClassifier(features, [row["class"] for row in chosen])


def report(
    sets: list[RealSet], engines: dict[str, TakeEngine], classifier: OneShotClassifier, options: argparse.Namespace
) -> dict[str, dict[str, dict[str, str]]]:
    """Figures of each class and of all: of the real sets, and of each engine."""
    rng = np.random.default_rng(options.seed)
    real_by, made_by = by_kind(sets), dict[str, dict[str, list[TakenSet]]]()
    for kind, real in real_by.items():
        if kind != OVERALL and (not options.kinds or kind in options.kinds):
            some = [real[number] for number in rng.permutation(len(real))[: options.sources]]
            made_by[kind] = {name: take(engine, some, options) for name, engine in engines.items()}
    made_by[OVERALL] = {name: [one for kind in made_by for one in made_by[kind][name]] for name in engines}
    measured = {kind: {name: measure_sets(made, classifier=classifier) for name, made in columns.items()}
                for kind, columns in made_by.items()}  # fmt: skip
    figures = {}
    for kind, columns in measured.items():
        members = [one for one in sets if one.kind in (made_by if kind == OVERALL else (kind,))]
        real = [TakenSet(one.kind, one.takes) for one in members]
        distances = measure_sets(real, classifier=None).distances
        same = class_agreement(real, classifier)
        figures[kind] = {
            REAL: {
                "sets": str(len(real)), "median d_spec, dB": f"{np.median(np.concatenate(distances)):.2f}",
                "class kept": f"{100 * same:.0f} %",
            }
        }  # fmt: skip
        for name, found in columns.items():
            figures[kind][name] = column(found, distances, made_by[kind][name], options.seed, rng)
    return figures


def take(engine: TakeEngine, sets: list[RealSet], options: argparse.Namespace) -> list[TakenSet]:
    """Sets of takes of the last take of real sets, as the command makes them, before any gate."""
    settings = HumanizeSettings(TAKES, 1.0, options.velocity, 1)
    made = []
    for first in range(0, len(sets), BLOCK):
        hits = [
            make_hit(one.takes[-1], name=one.group, kind=one.kind, headroom_db=3.0)
            for one in sets[first : first + BLOCK]
        ]
        plans = [
            [plan_take(hit, settings, seed=options.seed * 10**6 + (first + number) * 100 + k, layer=1)
             for k in range(TAKES)]
            for number, hit in enumerate(hits)
        ]  # fmt: skip
        drives = [engine.drive(hit, amount=1.0) for hit in hits]
        with one_torch_thread():
            found = engine.differences(
                hits, seeds=[[plan.seed for plan in several] for several in plans], drives=drives
            )
        gains = [drive.gain for drive in drives]
        if engine.holds:
            targets = [set_target_db(hit, amount=1.0, seed=first + k) for k, hit in enumerate(hits)]
            gains = [trim_gain(hit, some, gain=gain, target_db=target)
                     for hit, some, gain, target in zip(hits, found, gains, targets, strict=True)]  # fmt: skip
        takes = lay_takes(hits, plans, found, gains=gains, holds=engine.holds)
        made += [TakenSet(hit.kind, tuple(several), hit) for hit, several in zip(hits, takes, strict=True)]
    return made


def column(
    found: Measured, real: list[list[float]], sets: list[TakenSet], seed: int, rng: np.random.Generator
) -> dict[str, str]:
    """The figures of an engine."""
    everything = np.concatenate(real)
    statistics = [set_statistics(one) for one in real]

    def over(figure: list[float], share: bool = False) -> str:
        made = bootstrap(sets, lambda some: float(np.mean([figure[k] for k in some])), rng=rng)
        return f"{100 * made.value:.0f} % ({100 * made.low:.0f}–{100 * made.high:.0f})" if share else made.text()

    distance = bootstrap(
        sets, lambda some: kolmogorov(np.concatenate([found.distances[k] for k in some]), everything), rng=rng
    )
    own = [set_statistics(one) for one in found.distances]
    auc = separability(own, statistics, seed=seed) if min(len(own), len(real)) >= 5 else float("nan")
    least = min(min(one) for one in found.distances) / float(np.median(everything))
    return {
        "sets": str(len(sets)), "median d_spec, dB": f"{np.median(np.concatenate(found.distances)):.2f}",
        "Kolmogorov distance": distance.text(), "AUC": f"{auc:.2f}", "class kept": over(found.kept, share=True),
        "onset shift ≤ 1 ms": over([float(ms <= 1.0) for ms in found.onset_ms], share=True),
        "pitch ≤ 10 cents": over([float(cents <= 10.0) for cents in found.cents], share=True),
        "attack ≤ 1.5 dB": over([float(db <= 1.5) for db in found.attack_db], share=True),
        "least distance / real median": f"{least:.2f}", "beyond a linear filter": over(found.beyond, share=True),
    }  # fmt: skip


def speed(library: Path, hits: int, model: str) -> str:
    """Files a second of the whole command once the model is loaded, and the memory it took."""
    paths = sorted((library / "oneshots_rr").rglob("*.flac"))
    chosen = tuple(paths[round(k * (len(paths) - 1) / max(1, hits - 1))] for k in range(hits))
    with tempfile.TemporaryDirectory() as folder:
        request = HumanizeRequest(count=8, out=Path(folder) / "pack", seed=1, inputs=chosen, model=model)
        order = HumanizeOrder(request)
        start = time.monotonic()
        result = humanize(request, order=order)
        seconds = time.monotonic() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"{len(result.files)} of {order.count} files in {seconds:.1f} s: {len(result.files) / seconds:.1f} files/s, "
        f"{memory:.0f} MiB at most, {order.acceptance:.0%} of the draws kept {order.refused}"
        f"\n{describe_machine().line()}"
    )


if __name__ == "__main__":
    main()
