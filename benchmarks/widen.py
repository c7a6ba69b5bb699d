"""Stereo images beside a Haas delay and a velvet-noise decorrelator.

::

    python benchmarks/widen.py --sources 8 --out docs/edits/widen.json

First draws of the model and of the fallback, as the command writes them, at the width it has by itself.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np

from samplegen.engines.alpha_blend import load_generator
from samplegen.evaluation.edit_figures import count_held_out, library_sources
from samplegen.evaluation.machine import describe_machine
from samplegen.evaluation.tables import write_figures
from samplegen.evaluation.widen_report import haas, measure_image, report_table, velvet
from samplegen.training.sources.split import split_of
from samplegen.variations.edits.sources import EditSource
from samplegen.variations.orders.widen import WidenOrder, WidenRequest
from samplegen.variations.widen import DEFAULT_WIDTH, correlation_of

KINDS = ("kick", "snare", "hat_closed", "synth", "loop_full", "loop_drums")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="generator-drums-44k")
    parser.add_argument("--library", type=Path, default=Path("../shared/audio"))
    parser.add_argument("--sources", type=int, default=50, help="of each class, at most")
    parser.add_argument("--kinds", nargs="*", default=list(KINDS))
    parser.add_argument("--width", type=float, default=DEFAULT_WIDTH)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="JSON file; a table goes beside it, as NAME_table.md")
    options = parser.parse_args(arguments)
    line = f"python benchmarks/widen.py --sources {options.sources} --width {options.width:g} --seed {options.seed}"
    generator = load_generator(options.model)
    text, figures = [f"`{line}`\n\n{describe_machine().line()}"], {}
    for kind in options.kinds:
        paths = library_sources(
            options.library, kind, count=options.sources, seed=options.seed, is_held_out=is_held_out
        )
        columns = report(generator, paths, options)
        held_out = count_held_out(options.library, paths, is_held_out=is_held_out)
        text.append(f"### {kind}: {len(paths)} sources, {held_out} held out of all training\n\n"
                    f"{report_table(columns, seed=options.seed)}")  # fmt: skip
        figures[kind] = columns
        print(text[-1], flush=True)
    if options.out:
        write_figures(options.out, {"command": line, "machine": describe_machine(), "figures": figures})
        options.out.with_name(f"{options.out.stem}_table.md").write_text("\n\n".join(text) + "\n", "utf-8")


def is_held_out(source: str) -> bool:
    return split_of(source) == "held_out"


def report(generator, paths, options) -> dict[str, list[dict[str, float]]]:  # type: ignore[no-untyped-def]
    wanted = correlation_of(options.width)
    columns: dict[str, list[dict[str, float]]] = {name: [] for name in ("model", "phase", "Haas", "velvet noise")}
    with tempfile.TemporaryDirectory() as folder:
        for name, engine in (("model", "alpha"), ("phase", "phase")):
            request = WidenRequest(inputs=tuple(paths), count=1, width=options.width, seed=options.seed, engine=engine,
                                   out=Path(folder))  # fmt: skip
            order = WidenOrder(request, generator=generator if engine == "alpha" else None)
            for number in range(order.count):
                (sound,) = order.make([number], 0)
                source: EditSource = next(iter(order._sources.values()))
                middle, kind = order._middle(source), source.tags.category
                own = 0.5 * sound.audio.samples.astype(np.float64).sum(axis=0)
                gain = float(own @ middle.samples[0]) / float(np.square(middle.samples[0], dtype=np.float64).sum())
                columns[name].append(measure_image(sound.audio.samples, middle, gain=gain, wanted=wanted, kind=kind))
                if engine == "alpha":
                    rng = np.random.default_rng(options.seed + number)
                    for title, stereo in (("Haas", haas(middle)), ("velvet noise", velvet(middle, rng=rng))):
                        columns[title].append(measure_image(stereo, middle, gain=1.0, wanted=wanted, kind=kind))
    return columns


if __name__ == "__main__":
    main()
