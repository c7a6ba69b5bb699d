"""Voice transfer over strengths: target-class probability against envelope correlation, beside cross-synthesis.

::

    python benchmarks/transfer.py --sources 8 --out docs/edits/transfer.json

Sources of a pair such as kick:snare are real one-shots, those held out of all training first. The class is judged
by a logistic regression on spectra over time of real one-shots; it heard neither a source nor what a baseline takes
its voice from. Cross-synthesis is given a real sound of the target class, drawn by chance; the model is not.
Rows: the two routes of the model, the baseline, and as anchors the sources themselves and those real sounds.
"""

import argparse
import csv
from pathlib import Path

import numpy as np

from samplegen.audio.io import read_audio
from samplegen.audio.types import Audio
from samplegen.engines.alpha_blend import load_generator
from samplegen.evaluation.machine import describe_machine
from samplegen.evaluation.one_shot_classifier import one_shot_features
from samplegen.evaluation.tables import markdown_table, write_figures
from samplegen.evaluation.transfer_report import (
    KindProbabilities,
    Sweep,
    area_of,
    best_strength,
    cross_validated_accuracy,
    sweep_rows,
)
from samplegen.post.trim import trim_one_shot
from samplegen.training.sources.split import held_out_sources
from samplegen.variations.edits.calls import Wish
from samplegen.variations.transfer import ROUTES, Target, cross_synthesis, envelope_correlation, transfer_sounds

KINDS = ("kick", "snare", "hat_closed", "hat_open", "tom", "clap")
RATE, LONGEST_S, BLOCK = 44_100, 2.0, 4
HEADER = ("engine", "strength", "P(target)", "envelope correlation", "P ≥ 0.8 and correlation ≥ 0.6")


def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    rng = np.random.default_rng(options.seed)
    rows = read_rows(options.library)
    used = {pair: draw_pair(rows, pair, options.sources, rng) for pair in options.pairs}
    taken = {row["path"] for some in used.values() for pairs in some for row in pairs}
    judge, accuracy = train(options.library, [row for row in rows if row["path"] not in taken], options.each, rng)
    generator = load_generator(options.model)
    strengths = tuple(options.strengths)
    sweeps: dict[str, list[Sweep]] = {}
    for pair, some in used.items():
        sources, voices = ([read(options.library, row) for row in column] for column in zip(*some, strict=True))
        for name, sweep in sweeps_of(generator, judge, pair, sources, voices, strengths, options.seed).items():
            sweeps.setdefault(name, []).append(sweep)
    whole = {name: together(several) for name, several in sweeps.items()}
    text = report(whole, rng)
    held = sum(source["source_repo"] in held_out_sources() for some in used.values() for source, _ in some)
    line = f"python benchmarks/transfer.py --sources {options.sources} --seed {options.seed}"
    count = sum(map(len, used.values()))
    facts = (
        f"`{line}`\n\n{describe_machine().line()}\n\n{count} sources ({', '.join(options.pairs)}; {held} of them held "
        f"out of training), one result each. The judge is right on {accuracy:.0%} of real sounds.\n"
    )
    print(f"{facts}\n{text}")
    if options.out:
        figures = {name: {"strengths": sweep.strengths, "probability": sweep.probability.tolist(),
                          "correlation": sweep.correlation.tolist()} for name, sweep in whole.items()}  # fmt: skip
        write_figures(options.out, {"command": line, "judge_accuracy": accuracy, "sweeps": figures})
        options.out.with_suffix(".table.md").write_text(f"{facts}\n{text}", "utf-8")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="generator-drums-44k")
    parser.add_argument("--library", type=Path, default=Path("../shared/audio"))
    parser.add_argument("--sources", type=int, default=8, help="of each pair")
    parser.add_argument("--pairs", nargs="*", default=["kick:snare", "snare:kick", "hat_closed:snare"])
    parser.add_argument("--strengths", nargs="*", type=float, default=[0.5, 0.65, 0.8, 0.9])
    parser.add_argument("--each", type=int, default=140, help="one-shots of each class for the judge")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="JSON file; a table goes beside it")
    return parser.parse_args(arguments)


def read_rows(library: Path) -> list[dict[str, str]]:
    with (library / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["path"].startswith(("oneshots/", "ccby/"))]
    return [row for row in rows if row["class"] in KINDS and float(row["duration_s"] or 0.0) > 0.03]


def draw_pair(
    rows: list[dict[str, str]], pair: str, count: int, rng: np.random.Generator
) -> list[tuple[dict[str, str], dict[str, str]]]:
    """Sources and sounds of the target class; held-out sources first."""
    first, second = pair.split(":")
    held = held_out_sources()

    def drawn(kind: str) -> list[dict[str, str]]:
        mixed = [rows[number] for number in rng.permutation(len(rows)) if rows[number]["class"] == kind]
        return sorted(mixed, key=lambda row: row["source_repo"] not in held)

    return list(zip(drawn(first)[:count], drawn(second)[-count:], strict=False))


def train(
    library: Path, rows: list[dict[str, str]], each: int, rng: np.random.Generator
) -> tuple[KindProbabilities, float]:
    chosen = []
    for kind in KINDS:
        members = [row for row in rows if row["class"] == kind]
        chosen += [members[number] for number in rng.permutation(len(members))[:each]]
    features = np.stack([one_shot_features(trim_one_shot(read(library, row))) for row in chosen])
    kinds = [row["class"] for row in chosen]
    accuracy = cross_validated_accuracy(features, kinds, sources=[row["source_repo"] for row in chosen])
    return KindProbabilities(features, kinds), accuracy


def read(library: Path, row: dict[str, str]) -> Audio:
    audio = read_audio(library / row["path"], sample_rate=RATE, mono=True, max_seconds=LONGEST_S + 2.0)
    return trim_one_shot(audio, max_seconds=LONGEST_S)


def sweeps_of(
    generator, judge: KindProbabilities, pair: str, sources: list[Audio], voices: list[Audio],
    strengths: tuple[float, ...], seed: int,
) -> dict[str, Sweep]:  # fmt: skip
    kind, target = pair.split(":")

    def model(route: str, strength: float) -> list[Audio]:
        made = []
        for number, audio in enumerate(sources):
            own = Wish((kind,), None if generator.clap is None else generator.clap.embed_audio([audio])[0])
            made += transfer_sounds(generator, audio, Target(target), voice=own, strength=strength,
                                    seeds=[seed * 1000 + number], route=route)  # fmt: skip
        return made

    def cross(strength: float) -> list[Audio]:
        return [cross_synthesis(audio, voice, strength=strength) for audio, voice in zip(sources, voices, strict=True)]

    def sweep(make, over: tuple[float, ...]) -> Sweep:
        made = [make(strength) for strength in over]
        return Sweep(over, np.stack([judge.probabilities(some, target) for some in made]), np.array([
            [envelope_correlation(audio, one) for audio, one in zip(sources, some, strict=True)] for some in made
        ]))  # fmt: skip

    found = {f"model, {route}": sweep(lambda s, route=route: model(route, s), strengths) for route in ROUTES}
    found["cross-synthesis"] = sweep(cross, strengths)
    found["the source itself"] = sweep(lambda _: sources, (0.0,))
    found["a real sound of the target class"] = sweep(lambda _: voices, (1.0,))
    return found


def together(sweeps: list[Sweep]) -> Sweep:
    """All pairs' sources."""
    return Sweep(sweeps[0].strengths, np.concatenate([one.probability for one in sweeps], axis=1),
                 np.concatenate([one.correlation for one in sweeps], axis=1))  # fmt: skip


def report(sweeps: dict[str, Sweep], rng: np.random.Generator) -> str:
    rows = [row for name, sweep in sweeps.items() for row in sweep_rows(name, sweep, rng=rng)]
    whole = [[name, area_of(sweep, rng=rng), f"{sweep.strengths[best_strength(sweep)]:g}"]
             for name, sweep in sweeps.items() if len(sweep.strengths) > 1]  # fmt: skip
    return (
        f"{markdown_table(HEADER, rows)}\n{markdown_table(('engine', 'area under the curve', 'best strength'), whole)}"
    )


if __name__ == "__main__":
    main()
