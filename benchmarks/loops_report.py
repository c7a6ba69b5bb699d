"""Loops of a model: tempo, timing, seams and distances from real ones, before and after the gates.

python benchmarks/loops_report.py --model NAME --held FOLDER [--train FOLDER] --count 48 --seed 1 --out loops.json

FOLDERs are what `samplegen data render` wrote; --held stands for real loops from sounds that were
not trained on, --train gives the distance between two kinds of real. Tempo, timing and seams of real
loops are measured on those that have as many bars as the generated ones, distances on all of the kind.
"""

import argparse
import shlex
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

from samplegen.audio.io import read_audio
from samplegen.audio.types import Audio
from samplegen.codec.base import Codec
from samplegen.codec.loading import load_codec
from samplegen.engines.alpha_blend import load_generator
from samplegen.errors import SamplegenError
from samplegen.evaluation.distances import (
    Distance,
    compare,
    distances_markdown,
    embed,
    latent_embedding,
    mel_embedding,
    noise_like,
)
from samplegen.evaluation.loops_report import (
    PlannedLoop,
    TimedLoop,
    loops_markdown,
    make_raw_loops,
    measure_loops,
    plan_loops,
)
from samplegen.evaluation.machine import describe_machine
from samplegen.evaluation.questions.sets import ring_round_trip
from samplegen.evaluation.tables import write_figures
from samplegen.evaluation.tempo_check import ESTIMATORS
from samplegen.pack.manifest import read_manifest
from samplegen.pipeline import LoopRequest, make_loops
from samplegen.post.loudness import normalise_peak, remove_dc
from samplegen.training.rendering.render_folder import read_index

FEWEST = 8  # sounds for a distance


def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    kind = f"loop_{options.kind}"
    sets: dict[str, list[TimedLoop]] = {}
    facts: dict[str, object] = {}
    if options.held:
        sets["held-out, rendered"] = rendered_loops(options.held, kind=kind, count=options.real)
    if options.model:
        generator = load_generator(options.model)
        planned = plan_loops(
            options.count, generator=np.random.default_rng(options.seed), kind=kind,
            styles=generator.description.styles, bars=options.bars, bpm_range=(options.low_bpm, options.high_bpm),
        )  # fmt: skip
        start = time.monotonic()
        raw = make_raw_loops(generator, planned)
        facts["generation_s"], facts["audio_s"] = time.monotonic() - start, sum(loop.audio.duration_s for loop in raw)
        sets["generated, before gates"] = [TimedLoop(even(x.audio), x.bpm, x.bars, x.beats_per_bar) for x in raw]
        if not options.raw_only:
            gated, facts["gates"] = gated_loops(options, planned)
            sets["generated, after gates"] = gated
    figures = {
        name: measure_loops(alike, estimators=options.estimators)
        for name, loops in sets.items()
        if (alike := [loop for loop in loops if (loop.bars, loop.beats_per_bar) == (options.bars, 4)])
    }
    text = loops_markdown(figures)
    distances: dict[str, dict[str, Distance]] = {}
    if options.held:
        codec = generator.codec if options.model else load_codec(options.codec) if options.codec else None
        distances = distance_tables(sets, options, kind=kind, codec=codec)
        text += "\n" + distances_markdown(distances)
    line = "python benchmarks/loops_report.py " + shlex.join(sys.argv[1:] if arguments is None else arguments)
    print(f"`{line}`\n{describe_machine().line()}\n\n{text}")
    for name, value in facts.items():
        print(f"{name}: {value}")
    if options.out:
        content = {"command": line, "machine": describe_machine(), "facts": facts, "figures": figures}
        write_figures(options.out, content | {"distances": distances})


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="generator; left out, only --held is measured")
    parser.add_argument("--codec", help="codec of the latent embedding where there is no --model")
    parser.add_argument("--held", type=Path, help="rendered loops of held-out sources")
    parser.add_argument("--train", type=Path, help="rendered loops of training sources")
    parser.add_argument("--kind", default="drums")
    parser.add_argument("--count", type=int, default=48)
    parser.add_argument("--real", type=int, default=120, help="most real loops to read")
    parser.add_argument("--bars", type=int, default=4)
    parser.add_argument("--low-bpm", type=int, default=80)
    parser.add_argument("--high-bpm", type=int, default=170)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--estimators", nargs="+", choices=list(ESTIMATORS), default=list(ESTIMATORS))
    parser.add_argument("--raw-only", action="store_true", help="leave out the run through the gates")
    parser.add_argument("--pack", type=Path, help="keep the gated pack here")
    parser.add_argument("--out", type=Path, help="JSON file")
    return parser.parse_args(arguments)


def even(audio: Audio) -> Audio:
    """Peak and offset as a pack would have them."""
    return normalise_peak(remove_dc(audio, ring=True), peak_db=-1.0)


def rendered_loops(folder: Path, *, kind: str, count: int) -> list[TimedLoop]:
    """The first `count` rendered loops of a kind."""
    chosen = [entry for entry in read_index(folder)[1] if entry["kind"] == kind][:count]
    audios = [even(read_audio(folder / entry["path"], mono=True)) for entry in chosen]
    return [
        TimedLoop(audio, entry["bpm"], entry["bars"], entry["meter"][0])
        for audio, entry in zip(audios, chosen, strict=True)
    ]


def gated_loops(options: argparse.Namespace, planned: list[PlannedLoop]) -> tuple[list[TimedLoop], dict[str, object]]:
    """The same tempi through the pipeline into a pack, and what the gates refused."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.pack or Path(temporary) / "pack"
        redraws, missing = 0, []
        for bpm, count in Counter(loop.bpm for loop in planned).items():
            request = LoopRequest(
                bpm=bpm, bars=options.bars, count=count, kind=options.kind, seed=options.seed, model=options.model,
                out=folder,
            )  # fmt: skip
            try:
                result = make_loops(request)
            except SamplegenError as error:  # no attempt passed
                missing.append(f"{bpm:g} BPM: {error}")
                continue
            redraws, missing = redraws + result.redraws, [*missing, *result.missing]
        manifest = read_manifest(folder)
        entries = manifest.files if manifest else ()
        loops = [
            TimedLoop(read_audio(folder / entry.path, mono=True), entry.bpm or 0.0, entry.bars or 0, entry.meter[0])
            for entry in entries
        ]
    passed_first = sum(entry.redraws == 0 for entry in entries) / max(1, len(planned))
    facts = {"asked": len(planned), "made": len(loops), "passed_at_once": passed_first}
    return loops, facts | {"redraws": redraws, "missing": missing}


def distance_tables(
    sets: dict[str, list[TimedLoop]], options: argparse.Namespace, *, kind: str, codec: Codec | None
) -> dict[str, dict[str, Distance]]:
    """Distances from the held-out loops, by embedding and comparison."""
    rng = np.random.default_rng(options.seed)
    sounds = {name: [loop.audio for loop in loops] for name, loops in sets.items()}
    held = sounds.pop("held-out, rendered")
    sounds = {f"{name} – held-out": audios for name, audios in sounds.items()}
    if options.train:
        sounds["rendered from training sounds – held-out"] = [
            loop.audio for loop in rendered_loops(options.train, kind=kind, count=options.real)
        ]
    if codec is not None:
        coded = [ring_round_trip(codec, audio) for audio in held]
        sounds["held-out through the codec – held-out"] = [even(audio) for audio in coded]
    sounds["white noise – held-out"] = [noise_like(audio, generator=rng) for audio in held]
    order = rng.permutation(len(held))
    embeddings = {"log-mel": mel_embedding}
    if codec is not None:
        embeddings["codec latents"] = lambda audio: latent_embedding(audio, codec=codec)
    tables: dict[str, dict[str, Distance]] = {}
    for name, embedding in embeddings.items():
        real = embed(held, embedding)
        first, second = real[order[::2]], real[order[1::2]]
        table = {"held-out, one half – the other": compare(first, second, generator=rng)}
        for row, audios in sounds.items():
            if len(audios) >= FEWEST:
                table[row] = compare(embed(audios, embedding), real, generator=rng)
        tables[name] = table
    return tables


if __name__ == "__main__":
    main()
