"""Variations by strength, beside the codec alone, the engine without a model, and other sounds.

::

    python benchmarks/vary.py --sources 8 --out docs/edits/vary.json

Of every source two first draws at each strength, judged as the command judges them. Sources held out of all
training come first. The class is judged by a classifier of real one-shots that heard none of the sources.
"""

import argparse
import csv
import tempfile
from pathlib import Path

import numpy as np

from samplegen.audio.io import read_audio
from samplegen.engines.alpha_blend import load_generator
from samplegen.engines.alpha_blend.editing import RECOLOUR_BELOW
from samplegen.evaluation.edit_figures import count_held_out, library_sources, mean_figure, shown
from samplegen.evaluation.machine import describe_machine
from samplegen.evaluation.one_shot_classifier import OneShotClassifier, one_shot_features
from samplegen.evaluation.tables import write_figures
from samplegen.evaluation.vary_report import DISTANCES, Column, growing, measure_order, measure_other, report_table
from samplegen.pack.recordings import Recording
from samplegen.post.trim import trim_one_shot
from samplegen.training.sources.split import split_of
from samplegen.variations.edits.calls import edit_lanes, from_lanes, own_wish, plan_of, to_lanes
from samplegen.variations.edits.sources import EditSource, read_source, with_kind
from samplegen.variations.edits.vary_dsp import vary_without_model
from samplegen.variations.orders.vary import VaryOrder, VaryRequest
from samplegen.variations.takes.engines import velvet_take
from samplegen.variations.vary import settle

STRENGTHS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.8)
KINDS = ("kick", "snare", "hat_closed", "loop_full", "loop_drums")
HEARD = ("kick", "snare", "hat_closed", "hat_open", "tom", "cymbal", "rim", "clap", "percussion", "bass")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="generator-drums-44k")
    parser.add_argument("--library", type=Path, default=Path("../shared/audio"))
    parser.add_argument("--sources", type=int, default=50, help="of each class, at most")
    parser.add_argument("--kinds", nargs="*", default=list(KINDS))
    parser.add_argument("--strengths", nargs="*", type=float, default=list(STRENGTHS))
    parser.add_argument("--outputs", type=int, default=2, help="of each source and strength")
    parser.add_argument("--each", type=int, default=40, help="one-shots of each class for the classifier")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="JSON file; a table goes beside it, as NAME_table.md")
    options = parser.parse_args(arguments)
    line = f"python benchmarks/vary.py --sources {options.sources} --outputs {options.outputs} --seed {options.seed}"
    chosen = {kind: library_sources(options.library, kind, count=options.sources, seed=options.seed,
                                    is_held_out=is_held_out) for kind in options.kinds}  # fmt: skip
    classifier = train(options, {path for paths in chosen.values() for path in paths})
    generator = load_generator(options.model)
    text, figures = [f"`{line}`\n\n{describe_machine().line()}"], {}
    for kind, paths in chosen.items():
        columns = report(generator, paths, classifier, options)
        table = report_table(columns, seed=options.seed)
        steps = [columns[f"strength {strength:g}"] for strength in options.strengths]
        rng = np.random.default_rng(options.seed)
        monotone = ", ".join(f"{name} {shown(mean_figure(growing(steps, name), rng=rng), share=True)}"
                             for name in DISTANCES)  # fmt: skip
        held_out = count_held_out(options.library, paths, is_held_out=is_held_out)
        text.append(f"### {kind}: {len(paths)} sources, {held_out} held out of all training\n\n{table}\n"
                    f"Sources whose distance grows at every step of strength: {monotone}.")  # fmt: skip
        figures[kind] = {title: column.values for title, column in columns.items()}
        print(text[-1], flush=True)
    if options.out:
        write_figures(options.out, {"command": line, "machine": describe_machine(), "figures": figures})
        options.out.with_name(f"{options.out.stem}_table.md").write_text("\n\n".join(text) + "\n", "utf-8")


def train(options: argparse.Namespace, left_out: set[Path]) -> OneShotClassifier:
    with (options.library / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["path"].startswith("oneshots/") and row["class"] in HEARD]
    counts, used = dict[str, int](), []
    for number in np.random.default_rng(0).permutation(len(rows)):
        row = rows[number]
        counts[row["class"]] = counts.get(row["class"], 0) + 1
        if counts[row["class"]] <= options.each and options.library / row["path"] not in left_out:
            used.append(row)
    audios = (read_audio(options.library / row["path"], mono=True, max_seconds=2.0) for row in used)
    features = np.stack([one_shot_features(trim_one_shot(audio)) for audio in audios])
    return OneShotClassifier(features, [row["class"] for row in used])


def is_held_out(source: str) -> bool:
    return split_of(source) == "held_out"


def report(generator, paths, classifier, options) -> dict[str, Column]:  # type: ignore[no-untyped-def]
    columns = anchors(generator, paths, classifier, options)
    with tempfile.TemporaryDirectory() as folder:
        for strength in options.strengths:
            request = VaryRequest(inputs=tuple(paths), count=options.outputs, strength=strength, seed=options.seed,
                                  out=Path(folder))  # fmt: skip
            column = columns[f"strength {strength:g}"] = Column()
            for rows in measure_order(VaryOrder(request, generator=generator), classifier=classifier):
                column.add(rows)
    return columns


def anchors(generator, paths, classifier, options) -> dict[str, Column]:  # type: ignore[no-untyped-def]
    """The codec alone, the engine without a model, velvet noise, and the next source of the class."""
    known = (*generator.description.kinds, *generator.description.loop_kinds)
    sources = [with_kind(read_source(Recording(path)), known, embedder=generator.clap) for path in paths]
    columns = {name: Column() for name in ("codec round trip", "dsp 0.5", "velvet noise", "another of the class")}
    for number, source in enumerate(sources):
        others = {
            "codec round trip": round_trip(generator, source),
            "dsp 0.5": vary_without_model(source, strength=0.5, seed=options.seed),
            "velvet noise": source.audio.with_samples(
                velvet_take(source.audio, rng=np.random.default_rng(options.seed), drive=1.0)
            ),
            "another of the class": sources[number - 1].audio,
        }
        for name, audio in others.items():
            columns[name].add([measure_other(audio, source, embedder=generator.clap, classifier=classifier)])
    return columns


def round_trip(generator, source: EditSource):  # type: ignore[no-untyped-def]
    """Through the codec and back: a weaker edit than this would give the sound itself (`RECOLOUR_BELOW`)."""
    edited = edit_lanes(generator, to_lanes(source.audio.samples), strength=RECOLOUR_BELOW, seeds=[],
                        wish=own_wish(generator, source), loop=plan_of(generator, source))  # fmt: skip
    return settle(from_lanes(edited.round_trip, channels=source.audio.channels), source)


if __name__ == "__main__":
    main()
