"""What a generator's latents gain or lose when they are changed before decoding, judged by the sounds that come out.

python benchmarks/generated_latents.py data/latents --model generator-drums-44k-fast --count 60

One model makes the same sounds again and again; only what happens between network and codec differs: nothing, held
within the range of real latents, quantised anew in that range, on fewer components, with the roll of semitones tidied.
Kernel distances are those of `samplegen evaluate distance`. Writes docs/results/generated_latents.md and .json.
"""

import argparse
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from samplegen.cli.evaluation_data import read_material
from samplegen.codec import load_codec
from samplegen.conditioning.clap import load_clap
from samplegen.evaluation.changed_codec import (
    Change,
    ChangedCodec,
    fewer_components,
    learned_channels,
    quantised,
)
from samplegen.evaluation.machine import describe_machine
from samplegen.evaluation.questions.distance import distance_rows
from samplegen.evaluation.questions.embeddings import make_embeddings
from samplegen.evaluation.questions.report import Table
from samplegen.evaluation.questions.sets import compared_loops, compared_one_shots
from samplegen.evaluation.questions.systems import System, load_systems
from samplegen.evaluation.tables import write_figures
from samplegen.files import write_text
from samplegen.training.encoding.latents import LatentSet

OUTSIDE = 0.001
BITS, SHARES = (6, 5, 4), (0.75, 0.5)
HEARD = 0.45  # of a semitone, below it the codec plays nothing
_FRAMES = 60_000


def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    (base,) = load_systems(options.model)
    codec = load_codec(options.codec)
    material = read_material(options.library, held=options.held, train=options.train)
    systems = [
        System(name, base.place, replace(base.generator, codec=ChangedCodec(base.generator.codec, change)))
        for name, change in changes(LatentSet.load(options.latents), learned=learned_channels(codec), only=options.only)
    ]
    embeddings = make_embeddings(codec, [load_clap(options.clap)])
    told = {"n": options.count, "seed": options.seed}
    forms = {
        "Loops": lambda: compared_loops(systems, material, count=options.count, seed=options.seed),
        "One-shots": lambda: compared_one_shots(systems, material, count=options.count, seed=options.seed),
    }
    tables = []
    for form, make in forms.items():
        rows = distance_rows(make(), embeddings, seed=options.seed)
        kept = {name: {c: v for c, v in row.items() if not c.startswith("FAD")} for name, row in rows.items()}
        tables.append(Table(f"{form}.", kept))
        print(tables[-1].markdown(), flush=True)
    line = "python benchmarks/generated_latents.py " + shlex.join(sys.argv[1:] if arguments is None else arguments)
    if options.out:
        page = "\n\n".join(["# Latents changed before decoding", f"`{line}`", *(table.markdown() for table in tables)])
        write_text(options.out.with_suffix(".md"), page.rstrip() + "\n")
        figures = {"command": line, "machine": describe_machine(), **told, "tables": [x.to_json() for x in tables]}
        write_figures(options.out.with_suffix(".json"), figures)


def changes(latents: LatentSet, *, learned: int, only: Sequence[str] = ()) -> list[tuple[str, Change]]:
    """What is done to latents ``[B, C, N]``; those of `latents` say what is real."""
    order = torch.randperm(len(latents.values), generator=torch.Generator().manual_seed(0))[:_FRAMES]
    real = latents.values[order].float()
    low, high = (torch.quantile(real, share, dim=0)[:, None] for share in (OUTSIDE, 1.0 - OUTSIDE))

    def roll(tidy: Change) -> Change:
        return lambda x: torch.cat([x[:, :learned], tidy(x[:, learned:])], dim=1)

    found: list[tuple[str, Change]] = [("as they are", lambda x: x)]
    found += [("within the range of real ones", lambda x: x.clamp(low, high))]
    found += [(f"quantised to {bits} bits a channel", quantised(bits, low=low, high=high)) for bits in BITS]
    found += [
        (f"{round(share * learned)} of {learned} components",
         fewer_components(round(share * learned), frames=real[:20_000, :learned]))
        for share in SHARES
    ]  # fmt: skip
    if learned < real.shape[1]:
        found += [
            ("partials' holes of a frame filled", roll(filled)),
            ("partials of under 3 frames left out", roll(lasting)),
            ("both", roll(lambda x: lasting(filled(x)))),
            ("partials smoothed over 3 frames", roll(smoothed)),
            ("no partials", roll(torch.zeros_like)),
        ]
    return [(name, change) for name, change in found if not only or any(word in name for word in only)]


def filled(roll: Tensor) -> Tensor:
    """Semitones ``[B, S, N]`` that are silent for one frame between two that sound get the mean of these."""
    before, after = torch.roll(roll, 1, dims=-1), torch.roll(roll, -1, dims=-1)
    hole = (roll <= HEARD) & (before > HEARD) & (after > HEARD)
    return torch.where(hole, (before + after) / 2, roll)


def lasting(roll: Tensor) -> Tensor:
    """Only what sounds in three frames in a row, where a line may glide by a semitone a frame."""
    sounds = (roll > HEARD).float()
    beside = F.max_pool1d(sounds.transpose(1, 2), 3, stride=1, padding=1).transpose(1, 2)
    back, on = torch.roll(beside, 1, dims=-1), torch.roll(beside, -1, dims=-1)
    back2, on2 = torch.roll(beside, 2, dims=-1), torch.roll(beside, -2, dims=-1)
    kept = (back * on + back * back2 + on * on2) > 0
    return torch.where(kept, roll, torch.zeros_like(roll))


def smoothed(roll: Tensor) -> Tensor:
    """Weights of a quarter, a half, a quarter over time."""
    return 0.5 * roll + 0.25 * (torch.roll(roll, 1, dims=-1) + torch.roll(roll, -1, dims=-1))


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("latents", type=Path, help="what `samplegen data encode` wrote")
    parser.add_argument("--model", default="generator-drums-44k-fast")
    parser.add_argument("--codec", default="codec-44k-spectrogram")
    parser.add_argument("--clap", default="clap-small-44k")
    parser.add_argument("--library", type=Path, default=Path("data/library.jsonl"))
    parser.add_argument("--held", type=Path, default=Path("data/loops/held_out"))
    parser.add_argument("--train", type=Path, default=Path("data/loops/train"))
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--only", nargs="*", default=[], help="changes whose names hold one of these words")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="without a suffix")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
