"""Sliders and words beside the DSP baseline; and the table of units and directions.

::

    python benchmarks/tweak.py --fit                          # writes samplegen/variations/tweaks/sliders.json
    python benchmarks/tweak.py --sources 2 --out docs/edits/tweak.json

Sources are real one-shots of five classes, those held out of training first. Every slider is set to seven values; the
engines are the model alone, DSP alone, and both (`auto`: DSP completes what the model leaves). The class anchor is the
median d_spec between two real sounds of the class. Words are judged by the sliders that they name.
"""

import argparse
import csv
from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np

from samplegen.audio.io import read_audio
from samplegen.audio.types import Audio
from samplegen.engines.alpha_blend import Generator, load_generator
from samplegen.evaluation.humanize_report import beyond_filter
from samplegen.evaluation.machine import describe_machine
from samplegen.evaluation.tables import markdown_table, write_figures
from samplegen.evaluation.tweak_report import HEADER, SliderRun, sign_agreement, slider_row
from samplegen.files import write_json
from samplegen.post.trim import trim_one_shot
from samplegen.training.sources.split import held_out_sources
from samplegen.variations.edits.calls import Wish
from samplegen.variations.edits.distances import d_spec, pairwise, picture
from samplegen.variations.orders.tweak import LEFT
from samplegen.variations.tweak import Move, level, tweak_sound
from samplegen.variations.tweaks.dsp import drive_to
from samplegen.variations.tweaks.sliders import NAMES, TABLE, fit_directions, measure, slider_table, table_to_json
from samplegen.variations.tweaks.words import understand, word_step

KINDS = ("kick", "snare", "tom", "hat_closed", "percussion")
FIT_KINDS = (
    "kick", "snare", "hat_closed", "hat_open", "tom", "cymbal", "rim", "clap", "percussion", "bass", "synth", "fx",
)  # fmt: skip
ENGINES = ("alpha", "dsp", "auto")
SETTINGS = (-0.9, -0.6, -0.3, 0.0, 0.3, 0.6, 0.9)
PROMPTS = ("darker", "brighter", "more body", "thinner", "crunchy", "noisy", "punchy", "warm")
RATE, LONGEST_S = 44_100, 1.5
_BY_MODEL: dict[tuple[object, ...], Audio] = {}


def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    generator = load_generator(options.model)
    if options.fit:
        print(fit(options.library, generator))
        return
    rng = np.random.default_rng(options.seed)
    rows = read_rows(options.library)
    chosen, anchors = [], []
    for kind in options.kinds:
        audios = [read(options.library, row) for row in rows[kind][: max(8, options.sources)]]
        distance = float(np.median(pairwise([picture(audio) for audio in audios[:8]])))
        chosen += [(kind, audio) for audio in audios[: options.sources]]
        anchors += [distance] * options.sources
    table = [
        [slider, engine, *slider_row(run(generator, engine, slider, chosen, options.seed), anchor=np.array(anchors),
                                     rng=rng)]
        for slider in options.sliders for engine in ENGINES
    ]  # fmt: skip
    words = [[engine, *map(str, word_row(generator, engine, chosen, options.seed, rng))] for engine in ENGINES]
    line = f"python benchmarks/tweak.py --sources {options.sources} --seed {options.seed}"
    text = (
        f"`{line}`\n\n{describe_machine().line()}\n\n{len(chosen)} sources ({', '.join(options.kinds)}), settings "
        f"{', '.join(f'{one:+g}' for one in SETTINGS)} units.\n\n{markdown_table(('slider', 'engine', *HEADER), table)}"
        f"\n{markdown_table(('engine', 'sign agreement of words', 'judged'), words)}"
    )
    print(text)
    if options.out:
        write_figures(options.out, {"command": line, "sliders": table, "words": words})
        options.out.with_suffix(".table.md").write_text(text, "utf-8")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="generator-drums-44k")
    parser.add_argument("--library", type=Path, default=Path("../shared/audio"))
    parser.add_argument("--fit", action="store_true", help="write the table of units and directions")
    parser.add_argument("--sources", type=int, default=2, help="of each class")
    parser.add_argument("--kinds", nargs="*", default=list(KINDS))
    parser.add_argument("--sliders", nargs="*", default=list(NAMES), help="these alone; none: words alone")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="JSON file; a table goes beside it")
    return parser.parse_args(arguments)


def read_rows(library: Path) -> dict[str, list[dict[str, str]]]:
    """By class, mixed by a fixed seed, held-out sources first."""
    with (library / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["path"].startswith("oneshots/")]
    mixed = [rows[number] for number in np.random.default_rng(0).permutation(len(rows))]
    mixed.sort(key=lambda row: row["source_repo"] not in held_out_sources())
    return {kind: [row for row in mixed if row["class"] == kind] for kind in FIT_KINDS}


def read(library: Path, row: dict[str, str], *, longest_s: float = LONGEST_S) -> Audio:
    audio = read_audio(library / row["path"], sample_rate=RATE, mono=True, max_seconds=longest_s + 3.0)
    return trim_one_shot(audio, max_seconds=longest_s)


def fit(library: Path, generator: Generator) -> str:
    """Of up to 70 training sounds of each kind."""
    assert generator.clap is not None
    measures, vectors, kinds = [], [], []
    for kind, rows in read_rows(library).items():
        for row in [row for row in rows if row["source_repo"] not in held_out_sources()][:70]:
            audio = read(library, row, longest_s=2.5)
            measures.append(measure(audio))
            vectors.append(generator.clap.embed_audio([audio])[0].numpy())
            kinds.append(kind)
    source = "one-shots of the project's library of freely licensed recordings, held-out sources left out"
    table = replace(
        fit_directions(np.stack(measures), np.stack(vectors), kinds), clap_hash=generator.clap.hash, source=source
    )
    path = Path(str(resources.files("samplegen.variations.tweaks").joinpath(TABLE)))
    value = table_to_json(table, clap_name=generator.clap.name, command="python benchmarks/tweak.py --fit")
    write_json(path, value)
    return f"{path}: {table.sounds} sounds, R² {table.fit}"


def tweaked(generator: Generator, engine: str, kind: str, source: Audio, move: Move, seed: int) -> Audio:
    """As the command does it."""
    assert generator.clap is not None
    table, made, origin = slider_table(), source, measure(source)
    if engine != "dsp":
        own = Wish((kind,), generator.clap.embed_audio([source])[0])
        key = (id(source), tuple(move.sliders.items()), move.words is None, seed)
        if key not in _BY_MODEL:  # `auto` goes on where `alpha` ended
            found = tweak_sound(generator, source, move, own=own, table=table, strength=0.35, seed=seed)
            _BY_MODEL[key] = found.audio
        made = _BY_MODEL[key]
    if engine != "alpha":
        moved = table.units(measure(made), origin)
        left = {name: units for name, units in move.sliders.items() if abs(units - moved[NAMES.index(name)]) > LEFT}
        made = drive_to(made, left, table=table, origin=origin, seed=seed, ring=False,
                        finish=lambda audio: level(audio, source, lambda one: one)) if left else made  # fmt: skip
    return made


def run(generator: Generator, engine: str, slider: str, chosen: list[tuple[str, Audio]], seed: int) -> SliderRun:
    moved, distance, beyond = [], [], []
    for number, (kind, source) in enumerate(chosen):

        def made_at(units: float, kind: str = kind, source: Audio = source, number: int = number) -> Audio:
            move = Move({slider: units})
            return source if units == 0.0 else tweaked(generator, engine, kind, source, move, seed + number)

        made = [made_at(units) for units in SETTINGS]
        origin, own = measure(source), picture(source)
        moved.append([slider_table().units(measure(audio), origin) for audio in made])
        distance.append([d_spec(own, picture(audio)) for audio in made])
        beyond.append([np.nan if audio is source else beyond_filter(source, audio) for audio in made])
    return SliderRun(slider, SETTINGS, np.array(moved), np.array(distance), np.array(beyond))


def word_row(
    generator: Generator, engine: str, chosen: list[tuple[str, Audio]], seed: int, rng: np.random.Generator
) -> tuple[str, int]:
    asked, moved = [], []
    for text in PROMPTS:
        said = understand(text, amount=0.6)
        for number, (kind, source) in enumerate(chosen):
            assert generator.clap is not None
            step = word_step(said.words, kind, amount=0.6, embedder=generator.clap)
            made = tweaked(generator, engine, kind, source, Move(said.sliders, step), seed + number)
            asked.append(said.sliders)
            moved.append(slider_table().units(measure(made), measure(source)))
    return sign_agreement(asked, np.array(moved), rng=rng)


if __name__ == "__main__":
    main()
