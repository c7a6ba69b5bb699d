"""Which solver, number of evaluations, grid and guidance: a sweep with common seeds on a trained model.

python benchmarks/sampling.py --model NAME --held FOLDER --count 12 --out sampling.json
"""

import argparse
import itertools
import shlex
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from samplegen.audio.io import read_audio
from samplegen.audio.resample import resample_ring
from samplegen.audio.types import Audio
from samplegen.codec.base import Codec, Latents
from samplegen.diffusion.samplers import SAMPLERS, evaluations
from samplegen.engines.alpha_blend import Generator, Sampling, load_generator
from samplegen.evaluation.distances import compare, latent_statistics
from samplegen.evaluation.loops_report import make_raw_loops, measure_loops, plan_loops
from samplegen.evaluation.machine import describe_machine
from samplegen.evaluation.tables import markdown_table, percent, write_figures
from samplegen.training.render_folder import read_index
from samplegen.units import samples_to_frames


class ListeningCodec:
    """A codec that keeps the latents it is asked to decode."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self.heard: list[torch.Tensor] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._codec, name)

    def decode(self, latents: Latents, *, loop: bool = False) -> torch.Tensor:
        """As the codec does."""
        self.heard.append(latents.values)
        return self._codec.decode(latents, loop=loop)


def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    generator = load_generator(options.model)
    real = [normalised(generator, latents) for latents in real_latents(generator.codec, options.held, options.real)]
    real_std, reference = float(np.std(np.concatenate(real, axis=1))), np.stack([latent_statistics(x) for x in real])
    rows, figures = [], []
    for sampling in settings(generator.sampling, options):
        figure = try_out(generator, sampling, options, real_std=real_std, reference=reference)
        figures.append(figure)
        rows.append(
            [str(figure[name]) if not isinstance(figure[name], float) else f"{figure[name]:.3f}" for name in COLUMNS]
        )
        print(" | ".join(rows[-1]), file=sys.stderr, flush=True)
    line = "python benchmarks/sampling.py " + shlex.join(sys.argv[1:] if arguments is None else arguments)
    print(f"`{line}`\n{describe_machine().line()}\n\n{markdown_table(COLUMNS, rows)}")
    if options.out:
        write_figures(options.out, {"command": line, "machine": describe_machine(), "figures": figures})


COLUMNS = [
    "sampler", "NFE", "grid", "beat scale", "tag scale", "latent std ratio", "kernel distance", "Fréchet distance",
    "tempo within 0.5", "onset (ms)", "s per loop",
]  # fmt: skip


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--held", type=Path, required=True, help="rendered loops of held-out sources")
    parser.add_argument("--count", type=int, default=12, help="loops per setting")
    parser.add_argument("--real", type=int, default=60)
    parser.add_argument("--bars", type=int, default=2)
    parser.add_argument("--samplers", nargs="+", choices=list(SAMPLERS), default=["midpoint", "heun", "euler"])
    parser.add_argument("--nfe", nargs="+", type=int, default=[8, 16, 32])
    parser.add_argument("--shapes", nargs="+", type=float, default=[0.5, 1.0])
    parser.add_argument("--beat-scales", nargs="+", type=float, default=[1.0, 1.5, 2.0])
    parser.add_argument("--tag-scales", nargs="+", type=float, default=[1.0, 2.0, 3.0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="JSON file")
    return parser.parse_args(arguments)


def settings(usual: Sampling, options: argparse.Namespace) -> Iterator[Sampling]:
    """First solvers at the usual guidance, then guidance at the usual solver."""
    for name, nfe, shape in itertools.product(options.samplers, options.nfe, options.shapes):
        steps = max(range(1, nfe + 2), key=lambda count: -abs(evaluations(name, count) - nfe))  # noqa: B023
        yield replace(usual, sampler=name, steps=steps, shape=shape)
    for beat, tag in itertools.product(options.beat_scales, options.tag_scales):
        if (beat, tag) != (usual.beat_scale, usual.embedding_scale):
            yield replace(usual, beat_scale=beat, embedding_scale=tag)


def try_out(
    generator: Generator, sampling: Sampling, options: argparse.Namespace, *, real_std: float, reference: np.ndarray
) -> dict[str, Any]:
    """Figures of one setting."""
    codec = ListeningCodec(generator.codec)
    listening = replace(generator, codec=codec, sampling=sampling)  # type: ignore[arg-type]
    planned = plan_loops(
        options.count, generator=np.random.default_rng(options.seed), kind="loop_drums",
        styles=generator.description.styles, bars=options.bars,
    )  # fmt: skip
    start = time.perf_counter()
    loops = make_raw_loops(listening, planned)
    taken = time.perf_counter() - start
    latents = [normalised(generator, row) for batch in codec.heard for row in batch]
    rows = np.stack([latent_statistics(row) for row in latents])
    distance = compare(rows, reference, generator=np.random.default_rng(options.seed))
    measured = measure_loops(loops, estimators=["three bands"])
    tempo = measured.tempo["three bands"]
    values = [
        sampling.sampler, evaluations(sampling.sampler, sampling.steps), f"{sampling.shape:g}",
        f"{sampling.beat_scale:g}", f"{sampling.embedding_scale:g}",
        float(np.std(np.concatenate(latents, axis=1))) / real_std, distance.kernel, distance.frechet,
        percent(tempo.exact + tempo.octave), measured.onset_ms, taken / len(loops),
    ]  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def normalised(generator: Generator, latents: torch.Tensor) -> np.ndarray:
    """``[C, N]`` latents as the network sees them."""
    return np.asarray(generator.stats.normalise(latents.float()[None])[0].double().numpy())


def real_latents(codec: Codec, folder: Path, count: int) -> list[torch.Tensor]:
    """Latents ``[C, N]`` of rendered drum loops."""
    chosen = [entry for entry in read_index(folder)[1] if entry["kind"] == "loop_drums"][:count]
    return [encode(codec, read_audio(folder / x["path"], sample_rate=codec.sample_rate, mono=True)) for x in chosen]


def encode(codec: Codec, audio: Audio) -> torch.Tensor:
    frames = max(1, samples_to_frames(audio.length, hop_length=codec.hop_length))
    samples = torch.tensor(resample_ring(audio.samples, length=frames * codec.hop_length))
    with torch.inference_mode():
        return codec.encode(samples[None].expand(1, codec.channels, -1), loop=True).values[0]


if __name__ == "__main__":
    main()
