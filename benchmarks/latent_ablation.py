"""What a codec's latents can lose before it is heard: quantised, noisy, with fewer components, without the tones.

python benchmarks/latent_ablation.py data/library.jsonl --codec codec-44k-spectrogram --count 70

Nothing is trained: held-out sounds are encoded, the latents are changed, and what is decoded is compared with the
sound. Deviations and components are those of the held-out latents themselves. Writes docs/results/latents.md and .json.
"""

import argparse
import shlex
import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from samplegen.audio.io import read_audio
from samplegen.codec import load_codec
from samplegen.evaluation.changed_codec import (
    Change,
    ChangedCodec,
    fewer_components,
    learned_channels,
    quantised,
)
from samplegen.evaluation.codec_figures import SAMPLE_RATE, CodecFigure, figures_by_kind, reference_of, round_trip
from samplegen.evaluation.machine import describe_machine
from samplegen.evaluation.tables import markdown_table, write_figures
from samplegen.files import write_text
from samplegen.training.sources.library import GROOVE_KIND, KINDS, load_library

SECONDS = 4.0
BITS, NOISES, SHARES = (8, 6, 5, 4, 3), (0.05, 0.1, 0.2, 0.4), (0.75, 0.5, 0.25)


def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    codec = load_codec(options.codec)
    library = load_library(options.library).library
    records = library.select(kinds=KINDS - {GROOVE_KIND}, split="held_out")
    order = np.random.default_rng(options.seed).permutation(len(records))[: options.count]
    sounds = [read_audio(library.path_of(records[k]), mono=True, max_seconds=SECONDS) for k in sorted(order)]
    references = [reference_of(sound) for sound in sounds]
    with torch.inference_mode():
        heard = [codec.encode(torch.from_numpy(signal)[None, None]).values[0].T for signal in references]
    figures: dict[str, CodecFigure] = {}
    for name, change in changes(torch.cat(heard), learned=learned_channels(codec), seed=options.seed).items():
        made = [round_trip(ChangedCodec(codec, change), signal) for signal in references]
        kinds = ["all"] * len(made)
        rng = np.random.default_rng(options.seed)
        figures[name] = figures_by_kind(made, references, kinds, generator=rng)["all"]
        print(name, f"{figures[name].distance_db:.2f}", file=sys.stderr, flush=True)
    report(figures, options, sys.argv[1:] if arguments is None else arguments)


def changes(latents: Tensor, *, learned: int, seed: int) -> dict[str, Change]:
    """What is done to latents ``[B, C, N]``; `latents` ``[n, C]`` say how far each channel goes."""
    std = latents.std(dim=0).clamp_min(1e-6)[:, None]
    low, high = latents.min(dim=0).values[:, None], latents.max(dim=0).values[:, None]
    generator = torch.Generator().manual_seed(seed)

    def noisy(share: float) -> Change:
        return lambda x: x + share * std * torch.randn(x.shape, generator=generator)

    found: dict[str, Change] = {"as they are": lambda x: x}
    found |= {f"quantised to {bits} bits a channel": quantised(bits, low=low, high=high) for bits in BITS}
    found |= {f"noise of {share:g} deviations": noisy(share) for share in NOISES}
    found |= {
        f"{round(share * learned)} of {learned} learned components": fewer_components(
            round(share * learned), frames=latents[:, :learned]
        )
        for share in SHARES
    }
    if learned < latents.shape[1]:
        found["without the tones"] = lambda x: torch.cat([x[:, :learned], torch.zeros_like(x[:, learned:])], dim=1)
    return found


def report(figures: dict[str, CodecFigure], options: argparse.Namespace, arguments: list[str]) -> None:
    line = "python benchmarks/latent_ablation.py " + shlex.join(arguments)
    rows = [[name, f"{one.distance_db:.2f} ({one.low_db:.2f} to {one.high_db:.2f})"] for name, one in figures.items()]
    table = markdown_table(["latents", "log-mel distance (dB)"], rows)
    text = (
        f"# What latents can lose\n\n`{line}`\n\n{options.codec} on {next(iter(figures.values())).sounds} held-out "
        f"sounds, at most {SECONDS:g} s each at {SAMPLE_RATE} Hz; 95 % bootstrap intervals over sounds.\n\n{table}\n"
    )
    print(text)
    if options.out:
        write_text(options.out.with_suffix(".md"), text)
        write_figures(options.out.with_suffix(".json"),
                      {"command": line, "machine": describe_machine(), "figures": figures})  # fmt: skip


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path)
    parser.add_argument("--codec", default="codec-44k-spectrogram")
    parser.add_argument("--count", type=int, default=70)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("docs/results/latents"), help="without a suffix")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
