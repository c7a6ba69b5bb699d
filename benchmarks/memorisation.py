"""What the memorisation guard catches of planted copies, and what else it refuses.

    python benchmarks/memorisation.py LIBRARY --loops TRAIN --loops HELD_OUT [--model NAME] [--one-shots 200]
        [--copied-loops 100] [--made 200] [--made-loops 50] [--seed 1]

Copies are of random training sounds; held-out sounds are refused about once in a hundred by construction. What the
model made is judged by the guard alone, drawn once. Intervals are Wilson's, 95 %; times are of one core.
"""

import argparse
import math
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import soxr

from samplegen.audio.io import read_audio
from samplegen.audio.types import Audio, Samples
from samplegen.conditioning.vocabulary import ONE_SHOT_KINDS
from samplegen.engines.alpha_blend import load_generator
from samplegen.errors import ModelInvalidError
from samplegen.pack.loop_order import LoopOrder
from samplegen.pack.memorisation import Guard, Near, load_guard
from samplegen.pack.one_shot_order import OneShotOrder
from samplegen.pack.requests import LoopRequest, OneShotRequest
from samplegen.pack.sound import Provenance, Sound, Tags
from samplegen.training.encoding.encode import ONE_SHOT_SECONDS
from samplegen.training.rendering.render_folder import read_index
from samplegen.training.sources.library import load_library

RATE = 44_100
SHIFT = round(0.005 * RATE)
Copy = Callable[[Samples, float], Samples]


def at_pitch(samples: Samples, cents: float) -> Samples:
    return soxr.resample(samples, RATE * 2.0 ** (cents / 1200.0), RATE, quality="HQ").astype(np.float32)


# Of samples [T] and the samples of a beat.
COPIES: Mapping[str, Copy] = {
    "the same": lambda samples, beat: samples,
    "6 dB less": lambda samples, beat: samples / 2,
    "20 cents higher": lambda samples, beat: at_pitch(samples, 20.0),
    "20 cents lower": lambda samples, beat: at_pitch(samples, -20.0),
}
ONE_SHOT_COPIES: Mapping[str, Copy] = {
    **COPIES,
    "5 ms later": lambda samples, beat: np.concatenate([np.zeros(SHIFT, np.float32), samples]),
    "two semitones higher": lambda samples, beat: at_pitch(samples, 200.0),
    "two semitones lower": lambda samples, beat: at_pitch(samples, -200.0),
}
LOOP_COPIES: Mapping[str, Copy] = {
    **COPIES,
    "5 ms later": lambda samples, beat: np.roll(samples, SHIFT),
    "begun a beat later": lambda samples, beat: np.roll(samples, -round(beat)),
    "begun three beats earlier": lambda samples, beat: np.roll(samples, round(3 * beat)),
}


def wilson(hits: int, count: int) -> str:
    z, share = 1.96, hits / max(1, count)
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    reach = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return f"{100 * share:.1f} % ({100 * (middle - reach):.1f}–{100 * (middle + reach):.1f}, {count})"


def as_sound(samples: Samples, tags: Tags) -> Sound:
    return Sound(Audio(samples, RATE), tags, Provenance("alpha_blend", "", "", "", 0, {}))


def one_shots(library: Path, split: str) -> list[tuple[str, Path, Tags]]:
    scanned = load_library(library).library
    records = scanned.select(kinds=ONE_SHOT_KINDS, split="train" if split == "train" else "held_out")
    return [(record.path, scanned.path_of(record), Tags("one_shot", record.kind)) for record in records]


def loops(folders: list[Path], split: str) -> list[tuple[str, Path, Tags]]:
    found = []
    for folder in folders:
        head, entries = read_index(folder)
        for entry in entries if head["split"] == split else ():
            tags = Tags("loop", entry["kind"], bpm=entry["bpm"], bars=entry["bars"], meter=tuple(entry["meter"]))
            found.append((Path(entry["path"]).stem, folder / entry["path"], tags))
    return found


def read(path: Path, tags: Tags) -> Samples:
    most = 2 * ONE_SHOT_SECONDS if tags.kind == "one_shot" else None
    return read_audio(path, sample_rate=RATE, mono=True, max_seconds=most).samples[0]


def row(what: str, near: list[Near], *, names: list[str] | None = None) -> str:
    share = [one.distance / one.limit for one in near]
    own = f"{100 * np.mean([one.name == name for one, name in zip(near, names, strict=True)]):.0f} %" if names else "—"
    caught = wilson(sum(one.is_remembered for one in near), len(near))
    return f"| {what} | {caught} | {own} | {np.median(share):.2f} | {min(share):.2f} | {max(share):.2f} |"


def planted(guard: Guard, found: list[tuple[str, Path, Tags]], copies: Mapping[str, Copy]) -> Iterator[str]:
    heard = [(name, read(path, tags), tags) for name, path, tags in found]
    for what, copy in copies.items():
        near = []
        for _, samples, tags in heard:
            beat = len(samples) / (tags.bars * tags.meter[0]) if tags.bars else 0.0
            near.append(guard.nearest(as_sound(copy(samples, beat), tags)))
        yield row(what, near, names=[name for name, _, _ in heard])


def made(order: OneShotOrder | LoopOrder) -> list[Sound]:
    sounds: list[Sound] = []
    for start in range(0, order.count, order.block):
        sounds += order.make(range(start, min(order.count, start + order.block)), 0)
    return sounds


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path)
    parser.add_argument("--loops", type=Path, action="append", default=[])
    parser.add_argument("--model", default="generator-drums-44k")
    parser.add_argument("--one-shots", type=int, default=200)
    parser.add_argument("--copied-loops", type=int, default=100)
    parser.add_argument("--made", type=int, default=200)
    parser.add_argument("--made-loops", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    generator = load_generator(asked.model)
    begun = time.process_time()
    guard = load_guard(generator)
    if guard is None:
        raise ModelInvalidError(f"{asked.model} has no memory. Make it with: samplegen data remember")
    print(f"loaded in {1e3 * (time.process_time() - begun):.0f} ms")
    rng = np.random.default_rng(asked.seed)
    trained_shots, held_shots = (one_shots(asked.library, split) for split in ("train", "held_out"))
    trained_loops, held_loops = (loops(asked.loops, split) for split in ("train", "held_out"))
    for trained, count, copies, held_out in (
        (trained_shots, asked.one_shots, ONE_SHOT_COPIES, held_shots),
        (trained_loops, asked.copied_loops, LOOP_COPIES, held_loops),
    ):
        print(f"\n| {trained[0][2].kind} | refused | nearest is the source | median of limit | least | most |")
        print("| --- | --- | --- | --- | --- | --- |")
        chosen = [trained[index] for index in rng.choice(len(trained), min(count, len(trained)), replace=False)]
        for line in planted(guard, chosen, copies):
            print(line, flush=True)
        sounds = [as_sound(read(path, tags), tags) for _, path, tags in held_out]
        begun = time.process_time()
        near = [guard.nearest(sound) for sound in sounds]
        each_ms = 1e3 * (time.process_time() - begun) / len(near)
        print(row("held out", near), flush=True)
        print(f"\n{each_ms:.1f} ms a sound. Nearest held-out sounds:")
        for (name, _, _), one in sorted(zip(held_out, near, strict=True), key=lambda pair: pair[1].distance)[:5]:
            print(f"- {name}: {one.distance:.3f} from {one.name}")
    print("\n| made | refused | nearest is the source | median of limit | least | most |")
    print("| --- | --- | --- | --- | --- | --- |")
    shots = OneShotOrder(OneShotRequest(count=asked.made, out=Path(), model=asked.model), generator, seed=asked.seed)
    print(row("one-shots", [guard.nearest(sound) for sound in made(shots)]), flush=True)
    bars = LoopRequest(count=asked.made_loops, out=Path(), model=asked.model, bars=2)
    print(row("loops", [guard.nearest(sound) for sound in made(LoopOrder(bars, generator, seed=asked.seed))]))


if __name__ == "__main__":
    main()
