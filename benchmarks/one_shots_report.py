"""Generated one-shots, heard by a classifier trained on real ones of the training sources.

python benchmarks/one_shots_report.py --model NAME --library FOLDER --each 20 --seed 1 --out one_shots.json
"""

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from samplegen.audio.io import read_audio
from samplegen.audio.types import Audio
from samplegen.engines.alpha_blend import Generator, load_generator
from samplegen.evaluation.machine import describe_machine
from samplegen.evaluation.one_shot_classifier import (
    OneShotClassifier,
    Share,
    cross_validated,
    mean_over_kinds,
    one_shot_features,
    recognised,
)
from samplegen.evaluation.tables import markdown_table, percent, write_figures
from samplegen.pack.prompts import spoken_kind
from samplegen.post.loudness import normalise_peak, remove_dc
from samplegen.post.trim import trim_one_shot
from samplegen.training.library import ONE_SHOT_KINDS, Library, Record
from samplegen.training.scan import scan_library

BATCH = 12
CODED = 200


def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    rng = np.random.default_rng(options.seed)
    library = scan_library(options.library).library
    real = library.select(kinds=ONE_SHOT_KINDS, split="train")
    held = library.select(kinds=ONE_SHOT_KINDS, split="held_out")
    features, kinds = features_of(library, real), [record.kind for record in real]
    classifier = OneShotClassifier(features, kinds)
    crossed = cross_validated(features, kinds, sources=[record.source for record in real])
    shuffled = cross_validated(features, kinds, sources=[str(number) for number in rng.permutation(len(real))])
    shares = {
        "real, cross-validated by sound": recognised(shuffled, kinds, generator=rng),
        "real, cross-validated by source": recognised(crossed, kinds, generator=rng),
    }
    if held:
        predicted = classifier.predict(features_of(library, held))
        shares["real, held-out sources"] = recognised(predicted, [record.kind for record in held], generator=rng)
    if options.model:
        generator = load_generator(options.model)
        wanted = [kind for kind in generator.description.kinds for _ in range(options.each)]
        made = make_one_shots(generator, wanted, rng=rng)
        predicted = classifier.predict(np.stack([one_shot_features(audio) for audio in made]))
        shares["generated"] = recognised(predicted, wanted, generator=rng)
    text = table(shares)
    line = "python benchmarks/one_shots_report.py " + shlex.join(sys.argv[1:] if arguments is None else arguments)
    print(f"`{line}`\n{len(real)} training and {len(held)} held-out one-shots\n\n{text}")
    if options.out:
        write_figures(options.out, {"command": line, "machine": describe_machine(), "shares": shares})


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="generator; left out, only the classifier is measured")
    parser.add_argument("--library", type=Path, default=Path("../shared/audio"))
    parser.add_argument("--each", type=int, default=20, help="one-shots of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="JSON file")
    return parser.parse_args(arguments)


def features_of(library: Library, records: Sequence[Record]) -> np.ndarray:
    """Features of a library's one-shots, trimmed as generated ones are, ``[n, 384]``."""
    audios = (read_audio(library.path_of(record), mono=True, max_seconds=4.0) for record in records)
    return np.stack([one_shot_features(trim_one_shot(audio)) for audio in audios])


def make_one_shots(generator: Generator, kinds: Sequence[str], *, rng: np.random.Generator) -> list[Audio]:
    """One-shots before any gate, finished as a pack would have them."""
    made: list[Audio] = []
    for first in range(0, len(kinds), BATCH):
        some = kinds[first : first + BATCH]
        seeds = [int(seed) for seed in rng.integers(2**62, size=len(some))]
        clap = generator.clap.embed_text([spoken_kind(kind) for kind in some]) if generator.clap else None
        made += generator.make_one_shots(tags=[(kind,) for kind in some], seeds=seeds, clap=clap)
    return [normalise_peak(trim_one_shot(remove_dc(audio, ring=False)), peak_db=-1.0) for audio in made]


def table(shares: dict[str, dict[str, Share]]) -> str:
    """Kinds by set; the last rows are all sounds, and the mean with every kind weighing the same."""
    kinds = [*ONE_SHOT_KINDS, "all"]
    rows = [[kind, *(cell(row.get(kind)) for row in shares.values())] for kind in kinds]
    rows.append(["mean over kinds", *(percent(mean_over_kinds(row)) for row in shares.values())])
    return markdown_table(["kind", *shares], rows)


def cell(share: Share | None) -> str:
    return (
        "–" if share is None else f"{percent(share.share)} ({percent(share.low)}–{percent(share.high)}, {share.sounds})"
    )


if __name__ == "__main__":
    main()
