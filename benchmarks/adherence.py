"""Whether generated sounds follow their prompts: kinds, adjectives, guidance scales, tempo with and without text.

python benchmarks/adherence.py --model NAME --library FOLDER --each 10 --seed 1 --out adherence.json
"""

import argparse
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from samplegen.audio.tempo import tempo_matches
from samplegen.audio.types import Audio
from samplegen.engines.alpha_blend import Generator, load_generator
from samplegen.evaluation.adherence import PairResult, kinds_heard, make_from_prompts, pairs_moved
from samplegen.evaluation.machine import describe_machine
from samplegen.evaluation.one_shot_classifier import OneShotClassifier, Share, mean_over_kinds, one_shot_features
from samplegen.evaluation.tables import markdown_table, percent, write_figures
from samplegen.post.trim import trim_one_shot
from samplegen.training.sources.library import ONE_SHOT_KINDS
from samplegen.training.sources.scan import scan_library

TEXT_SCALES = (1.0, 2.0, 4.0, 7.0)
LOOP_PROMPTS = (
    "dark rolling techno drum loop with shaker", "dusty boom bap drum loop", "bright busy house drums",
    "sparse dub drum loop with reverb", "fast drum and bass break", "punchy trap beat", "minimal straight drum loop",
    "swung acoustic drum groove",
)  # fmt: skip
TOLERANCE_BPM = 0.5


def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    generator = load_generator(options.model)
    classifier = train_classifier(options.library)
    make = partial(made_with, generator)
    rng = lambda: np.random.default_rng(options.seed)  # noqa: E731  # every row from the same noise
    ways = {"tags and text": make, "text alone": partial(made_with, generator, use_tags=False),
            "tags alone": partial(made_with, generator, use_clap=False)}  # fmt: skip
    heard = {name: kinds_heard(classifier, way, each=options.each, rng=rng()) for name, way in ways.items()}
    moved = {name: pairs_moved(way, each=options.pairs, rng=rng()) for name, way in list(ways.items())[:2]}
    scales = {scale: at_scale(generator, classifier, scale, options, rng()) for scale in TEXT_SCALES}
    tempo = {text: tempo_hits(generator, options.loops, rng(), text=text) for text in (False, True)}
    line = "python benchmarks/adherence.py " + shlex.join(sys.argv[1:] if arguments is None else arguments)
    print(f"`{line}`\n")
    print(kinds_table(heard), pairs_table(moved), scales_table(scales), tempo_table(tempo), sep="\n\n")
    if options.out:
        figures = {"kinds": heard, "pairs": moved, "scales": {str(key): value for key, value in scales.items()}}
        tempi = {"with text" if text else "without": hits for text, hits in tempo.items()}
        write_figures(options.out, {"command": line, "machine": describe_machine(), **figures, "tempo": tempi})


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="generator-drums-44k")
    parser.add_argument("--library", type=Path, default=Path("../shared/audio"))
    parser.add_argument("--each", type=int, default=10, help="seeds of each kind")
    parser.add_argument("--pairs", type=int, default=5, help="seeds of each noun and pair of words")
    parser.add_argument("--loops", type=int, default=24, help="loops with and without text")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="JSON file")
    return parser.parse_args(arguments)


def made_with(generator: Generator, prompts: Sequence[str], seeds: Sequence[int], **choices: Any) -> list[Audio]:
    return make_from_prompts(generator, prompts, seeds=seeds, **choices)


def train_classifier(folder: Path) -> OneShotClassifier:
    """Trained on the real one-shots of the training sources."""
    from samplegen.audio.io import read_audio

    library = scan_library(folder).library
    real = library.select(kinds=ONE_SHOT_KINDS, split="train")
    audios = (read_audio(library.path_of(record), mono=True, max_seconds=4.0) for record in real)
    features = np.stack([one_shot_features(trim_one_shot(audio)) for audio in audios])
    return OneShotClassifier(features, [record.kind for record in real])


def at_scale(
    generator: Generator,
    classifier: OneShotClassifier,
    scale: float,
    options: argparse.Namespace,
    rng: np.random.Generator,
) -> tuple[Share, Share]:
    """Kinds heard, and words moved over all pairs, at one scale of text guidance."""
    guidance = replace(generator.sampling.guidance(), embedding_scale=scale)
    make = partial(made_with, generator, guidance=guidance)
    heard = kinds_heard(classifier, make, each=max(2, options.each // 2), rng=rng)["all"]
    pairs = pairs_moved(make, each=max(1, options.pairs // 2), rng=rng)
    counts = sum(pair.share.sounds for pair in pairs)
    mean = sum(pair.share.share * pair.share.sounds for pair in pairs) / counts
    return heard, Share(mean, float("nan"), float("nan"), counts)


def tempo_hits(generator: Generator, count: int, rng: np.random.Generator, *, text: bool) -> dict[str, float]:
    """Share of drum loops whose measured tempo is the asked one, before gates; whole BPM from 80 to 170, two bars."""
    hits = []
    for number in range(count):
        bpm, seed = float(rng.integers(80, 171)), int(rng.integers(2**62))
        prompt = LOOP_PROMPTS[number % len(LOOP_PROMPTS)]
        tags = tuple(dict.fromkeys(("loop_drums", *(generator.embedder.parse(prompt).known if text else ()))))
        clap = generator.clap.embed_text([prompt]) if text and generator.clap is not None else None
        plan = generator.plan_loop(bpm=bpm, bars=2, beats_per_bar=4)
        (audio,) = generator.make_loops(plan, tags=[tags], seeds=[seed], clap=clap)
        hits.append(tempo_matches(audio, bpm=bpm, tolerance_bpm=TOLERANCE_BPM, ring=True)[0])
    return {"loops": count, "share": float(np.mean(hits))}


def kinds_table(heard: dict[str, dict[str, Share]]) -> str:
    kinds = [*ONE_SHOT_KINDS, "all"]
    rows = [[kind, *(cell(shares[kind]) for shares in heard.values())] for kind in kinds]
    rows.append(["mean over kinds", *(percent(mean_over_kinds(shares)) for shares in heard.values())])
    return markdown_table(["kind heard", *heard], rows)


def pairs_table(moved: dict[str, list[PairResult]]) -> str:
    rows = [
        [f"{pairs[0].low_word} / {pairs[0].high_word}", pairs[0].measure]
        + [f"{cell(pair.share)}, median {pair.median_change:+.2f}" for pair in pairs]
        for pairs in zip(*moved.values(), strict=True)
    ]
    return markdown_table(["words", "measure", *moved], rows)


def scales_table(scales: dict[float, tuple[Share, Share]]) -> str:
    rows = [[f"{scale:g}", cell(heard), percent(pairs.share)] for scale, (heard, pairs) in scales.items()]
    return markdown_table(["guidance on text", "kinds heard", "words moved the right way"], rows)


def tempo_table(tempo: dict[bool, dict[str, float]]) -> str:
    rows = [["with text" if text else "without", f"{hits['loops']:.0f}", percent(hits["share"])]
            for text, hits in tempo.items()]  # fmt: skip
    return markdown_table(["loops", "n", "tempo within 0.5 BPM, before gates"], rows)


def cell(share: Share) -> str:
    return f"{percent(share.share)} ({percent(share.low)}–{percent(share.high)}, {share.sounds})"


if __name__ == "__main__":
    main()
