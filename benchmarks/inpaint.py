"""Gaps in sounds that no training has seen, filled by the model and by three baselines.

::

    python benchmarks/inpaint.py --loops ../held --sources 20 --out docs/edits/inpaint.json

Loops are rendered of held-out sources (`samplegen data render`); one-shots are those of the library whose
sources stand in samplegen/training/held_out_sources.txt. Every gap is filled five times; the best of the five is
told by an oracle, joins, onsets and the distance to the copy are those of the filling that the command puts first.
"""

import argparse
import csv
from pathlib import Path

import numpy as np

from samplegen.audio.io import read_audio
from samplegen.engines.alpha_blend import load_generator
from samplegen.evaluation.inpaint_report import Case, Fill, draw_cases, measure, table
from samplegen.evaluation.machine import describe_machine
from samplegen.evaluation.tables import write_figures
from samplegen.pack.recordings import Recording
from samplegen.variations.edits.sources import read_source
from samplegen.variations.gaps.fillers import ArFiller, CopyFiller, CrossfadeFiller, Filler, ModelFiller
from samplegen.variations.gaps.places import Time

HELD_OUT = Path(__file__).parent.parent / "samplegen" / "training" / "held_out_sources.txt"


def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    rng = np.random.default_rng(options.seed)
    fillers: dict[str, Filler] = {
        "copy": CopyFiller(), "ar": ArFiller(longest_s=10.0), "crossfade": CrossfadeFiller(),
        "model": ModelFiller(load_generator(options.model), strength=options.strength),
    }  # fmt: skip
    text = ""
    told: dict[str, dict[str, list[dict[str, Fill]]]] = {}
    for title, cases in (("Loops", loops(options, rng)), ("One-shots", one_shots(options, rng))):
        by_size: dict[str, list[dict[str, Fill]]] = {}
        for case in cases:
            by_size.setdefault(case.size, []).append(measure(case, fillers, seeds=range(options.draws)))
        told[title] = by_size
        if by_size:
            text += f"### {title}\n\n{table(by_size, names=['model', 'copy', 'ar', 'crossfade'], seed=options.seed)}\n"
    line = f"python benchmarks/inpaint.py --loops HELD --sources {options.sources} --seed {options.seed}"
    line += f" --longest {options.longest:g}" + (f" --strength {options.strength:g}" if options.strength else "")
    text = f"`{line}`\n\n{describe_machine().line()}\n\n{text}"
    print(text)
    if options.out:
        write_figures(options.out, {"command": line, "machine": describe_machine(), "fills": told})
        options.out.with_suffix(".md").write_text(text, "utf-8")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="generator-edits-44k")
    parser.add_argument("--loops", type=Path, help="folder of rendered loops with tags")
    parser.add_argument("--library", type=Path, default=Path("../shared/audio"))
    parser.add_argument("--sources", type=int, default=20, help="of loops and of one-shots each, at most")
    parser.add_argument("--longest", type=float, default=5.0, help="seconds of a loop, at most")
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--strength", type=float, help="see ModelFiller")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="JSON file; a table goes beside it")
    return parser.parse_args(arguments)


def loops(options: argparse.Namespace, rng: np.random.Generator) -> list[Case]:
    """Of two bars or more, so that every baseline has something to go by."""
    cases: list[Case] = []
    paths = sorted(options.loops.glob("*.wav")) if options.loops else []
    taken = 0
    for number in rng.permutation(len(paths)):
        source = read_source(Recording(paths[number]))
        tags = source.tags
        if (
            tags.kind != "loop"
            or not tags.bpm
            or not tags.bars
            or tags.bars < 2
            or source.audio.duration_s > options.longest
        ):
            continue
        if taken == options.sources:
            break
        taken += 1
        time, category = Time(tags.bpm, tags.bars, tags.meter[0]), f"loop_{tags.category.removeprefix('loop_')}"
        cases += draw_cases(source.mono(), rng=rng, time=time, category=category)
    return cases


def one_shots(options: argparse.Namespace, rng: np.random.Generator) -> list[Case]:
    """Held out of all training."""
    sources = {line.strip() for line in HELD_OUT.read_text("utf-8").splitlines() if line and not line.startswith("#")}
    with (options.library / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["source_repo"] in sources and row["sample_rate"]]
    rows = [row for row in rows if 0.8 <= float(row["duration_s"]) <= 2.2]
    chosen = [rows[number] for number in rng.permutation(len(rows))[: options.sources]]
    made = []
    for row in chosen:
        audio = read_audio(options.library / row["path"], sample_rate=44_100, mono=True)
        made += draw_cases(audio, rng=rng, category=row["class"])
    return made


if __name__ == "__main__":
    main()
