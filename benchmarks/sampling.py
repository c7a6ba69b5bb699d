"""Which solver, number of evaluations, grid and guidance: a sweep with common seeds on a trained model.

python benchmarks/sampling.py --model NAME --student NAME --held FOLDER --count 24 --max-minutes 30

Writes docs/results/sampling.md and .json. Settings come in the order of what they tell, so a run that its time
ends has the important ones; the table says how many were left out. Every setting makes the same loops from the
same noise: "off the end" is how far its latents are from those of the most evaluations, in units of these.
"""

import argparse
import itertools
import shlex
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
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
from samplegen.evaluation.distances import Distance, compare, embed, latent_statistics, mel_embedding
from samplegen.evaluation.loops_report import make_raw_loops, measure_loops, plan_loops
from samplegen.evaluation.machine import describe_machine
from samplegen.evaluation.tables import markdown_table, percent, write_figures
from samplegen.files import write_text
from samplegen.training.rendering.render_folder import read_index
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


@dataclass(frozen=True, eq=False)
class Reference:
    """Held-out loops ``[n, d]`` in each embedding, and the deviation of their latents."""

    embeddings: dict[str, np.ndarray]
    std: float


@dataclass(frozen=True)
class Setting:
    """One row: who samples how."""

    who: str
    generator: Generator
    sampling: Sampling


COLUMNS = [
    "model", "sampler", "evaluations", "grid", "guidance", "off the end", "latent std ratio",
    "kernel distance, codec latents", "kernel distance, log-mel", "tempo within 0.5", "onset (ms)", "s per loop",
]  # fmt: skip


def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    began = time.monotonic()
    generator = load_generator(options.model)
    student = load_generator(options.student) if options.student else None
    reference = hear(generator, options)
    every = list(settings(generator, student, options))
    figures: list[dict[str, Any]] = []
    ends: list[np.ndarray] | None = None
    for setting in every:
        if options.max_minutes and (time.monotonic() - began) / 60 > options.max_minutes:
            break
        figure, latents = try_out(setting, options, reference=reference, ends=ends)
        ends = ends or latents
        figures.append(figure)
        print(" | ".join(row_of(figure)), file=sys.stderr, flush=True)
    line = "python benchmarks/sampling.py " + shlex.join(sys.argv[1:] if arguments is None else arguments)
    table = markdown_table(COLUMNS, [row_of(figure) for figure in figures])
    left_out = len(every) - len(figures)
    text = (
        f"# Sampling\n\n`{line}`\n\n{describe_machine().line()} {options.count} loops a row, "
        f"{len(reference.embeddings['log-mel'])} held-out ones; 95 % intervals of the kernel distances in brackets. "
        f"{f'{left_out} settings were left out when the time was over. ' if left_out else ''}"
        f"Half of the held-out loops against the other half: {anchor(reference)}.\n\n{table}"
    )
    print(text)
    if options.out:
        write_text(options.out.with_suffix(".md"), text + "\n")
        content = {"command": line, "machine": describe_machine(), "left_out": left_out, "figures": figures}
        write_figures(options.out.with_suffix(".json"), content)


def row_of(figure: dict[str, Any]) -> list[str]:
    """A figure's cells."""
    cells = []
    for name in COLUMNS:
        value = figure[name]
        if isinstance(value, Distance):
            cells.append(f"{value.kernel:.2f} ({value.low:.2f} to {value.high:.2f})")
        else:
            cells.append(f"{value:.3g}" if isinstance(value, float) else str(value))
    return cells


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--student", help="few-step student of the model")
    parser.add_argument("--held", type=Path, required=True, help="rendered loops of held-out sources")
    parser.add_argument("--count", type=int, default=24, help="loops per setting")
    parser.add_argument("--real", type=int, default=100)
    parser.add_argument("--bars", type=int, default=2)
    parser.add_argument("--low-bpm", type=int, default=60)
    parser.add_argument("--high-bpm", type=int, default=200)
    parser.add_argument("--samplers", nargs="+", choices=list(SAMPLERS), default=["midpoint", "heun", "euler"])
    parser.add_argument("--nfe", nargs="+", type=int, default=[4, 8, 12, 16, 24, 32, 64])
    parser.add_argument("--student-nfe", nargs="+", type=int, default=[1, 2, 4, 8])
    parser.add_argument("--shapes", nargs="+", type=float, default=[0.5, 1.0], help="grids; the first at every NFE")
    parser.add_argument("--scales", nargs="+", type=float, default=[1.0, 1.5, 2.0, 3.0, 4.0], help="guidance, both")
    parser.add_argument("--guided-nfe", type=int, default=16, help="evaluations at which grids and guidance are swept")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--max-minutes", type=float)
    parser.add_argument("--out", type=Path, default=Path("docs/results/sampling"), help="without a suffix")
    return parser.parse_args(arguments)


def settings(generator: Generator, student: Generator | None, options: argparse.Namespace) -> Iterator[Setting]:
    """The most evaluations first, as the others are compared with it; then what tells most."""
    usual = replace(generator.sampling, shape=options.shapes[0])
    best = with_evaluations(replace(usual, sampler=options.samplers[0]), max(options.nfe))
    plain = {"beat_scale": 1.0, "embedding_scale": 1.0}
    rows = [("teacher", generator, best)]
    if student is not None:
        rows += [("student", student, with_evaluations(student.sampling, nfe)) for nfe in options.student_nfe]
    for nfe in options.nfe:
        for name in options.samplers:
            rows.append(("teacher", generator, with_evaluations(replace(usual, sampler=name), nfe)))
        if nfe <= options.guided_nfe:
            unguided = replace(usual, sampler=options.samplers[0], **plain)
            rows.append(("teacher", generator, with_evaluations(unguided, nfe)))
    for shape, scale in itertools.product(options.shapes, options.scales):
        guided = replace(usual, sampler=options.samplers[0], shape=shape, beat_scale=scale, embedding_scale=scale)
        rows.append(("teacher", generator, with_evaluations(guided, options.guided_nfe)))
    seen = set()
    for who, made_by, sampling in rows:
        if (who, sampling) not in seen:
            seen.add((who, sampling))
            yield Setting(who, made_by, sampling)


def with_evaluations(sampling: Sampling, nfe: int) -> Sampling:
    """The number of steps that comes nearest to that many evaluations."""
    name = sampling.sampler
    return replace(sampling, steps=max(range(1, nfe + 2), key=lambda count: -abs(evaluations(name, count) - nfe)))


def try_out(
    setting: Setting, options: argparse.Namespace, *, reference: Reference, ends: list[np.ndarray] | None
) -> tuple[dict[str, Any], list[np.ndarray]]:
    """Figures of one setting, and its normalised latents."""
    sampling, codec = setting.sampling, ListeningCodec(setting.generator.codec)
    listening = replace(setting.generator, codec=codec, sampling=sampling)  # type: ignore[arg-type]
    planned = plan_loops(
        options.count, generator=np.random.default_rng(options.seed), kind="loop_drums",
        styles=setting.generator.description.styles, bars=options.bars, bpm_range=(options.low_bpm, options.high_bpm),
    )  # fmt: skip
    start = time.perf_counter()
    loops = make_raw_loops(listening, planned)
    taken = time.perf_counter() - start
    latents = [normalised(setting.generator, row) for batch in codec.heard for row in batch]
    rng = np.random.default_rng(options.seed)
    rows = {
        "codec latents": np.stack([latent_statistics(row) for row in latents]),
        "log-mel": embed([loop.audio for loop in loops], mel_embedding),
    }
    apart = {name: compare(rows[name], reference.embeddings[name], generator=rng) for name in rows}
    measured = measure_loops(loops, estimators=["three bands"])
    tempo = measured.tempo["three bands"]
    scales = (sampling.beat_scale, sampling.embedding_scale)
    guidance = "none" if scales == (1.0, 1.0) else " / ".join(f"{scale:g}" for scale in scales)
    values = [
        setting.who, sampling.sampler, evaluations(sampling.sampler, sampling.steps), f"{sampling.shape:g}",
        "built in" if setting.generator.teacher else guidance, 0.0 if ends is None else off(latents, ends),
        float(np.std(np.concatenate(latents, axis=1))) / reference.std, apart["codec latents"], apart["log-mel"],
        percent(tempo.exact + tempo.octave), measured.onset_ms, taken / len(loops),
    ]  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True)), latents


def off(latents: list[np.ndarray], ends: list[np.ndarray]) -> float:
    """Root mean square of the differences, in units of the ends'."""
    apart = np.concatenate([(made - end).ravel() for made, end in zip(latents, ends, strict=True)])
    whole = np.concatenate([end.ravel() for end in ends])
    return float(np.sqrt(np.square(apart).mean() / np.square(whole).mean()))


def hear(generator: Generator, options: argparse.Namespace) -> Reference:
    """Drum loops of held-out sources."""
    codec = generator.codec
    chosen = [entry for entry in read_index(options.held)[1] if entry["kind"] == "loop_drums"][: options.real]
    audios = [read_audio(options.held / entry["path"], sample_rate=codec.sample_rate, mono=True) for entry in chosen]
    latents = [normalised(generator, encode(codec, audio)) for audio in audios]
    rows = {
        "codec latents": np.stack([latent_statistics(row) for row in latents]),
        "log-mel": embed(audios, mel_embedding),
    }
    return Reference(rows, float(np.std(np.concatenate(latents, axis=1))))


def anchor(reference: Reference) -> str:
    """What the distances are between real loops."""
    rng = np.random.default_rng(0)
    found = {name: compare(rows[::2], rows[1::2], generator=rng) for name, rows in reference.embeddings.items()}
    return ", ".join(f"{name} {one.kernel:.2f} ({one.low:.2f} to {one.high:.2f})" for name, one in found.items())


def normalised(generator: Generator, latents: torch.Tensor) -> np.ndarray:
    """``[C, N]`` latents as the network sees them."""
    return np.asarray(generator.stats.normalise(latents.float()[None])[0].double().numpy())


def encode(codec: Codec, audio: Audio) -> torch.Tensor:
    frames = max(1, samples_to_frames(audio.length, hop_length=codec.hop_length))
    samples = torch.tensor(resample_ring(audio.samples, length=frames * codec.hop_length))
    with torch.inference_mode():
        return codec.encode(samples[None].expand(1, codec.channels, -1), loop=True).values[0]


if __name__ == "__main__":
    main()
