"""Draw one-shots side by side, a column a kind: of each folder as many rows as are asked for.

python benchmarks/sound_sheet.py real=my-sounds made=my-pack --rows 2 --out sheet.png

Kinds are read from names of files and folders; which sounds of a kind are drawn, the seed says.
"""

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np

from samplegen.audio.io import read_audio
from samplegen.audio.types import Audio
from samplegen.conditioning.vocabulary import ONE_SHOT_KINDS
from samplegen.pack.recordings import AUDIO_SUFFIXES
from samplegen.plots.sound_sheet import plot_sound_sheet
from samplegen.training.sources.names import parse_name


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", metavar="NAME=FOLDER")
    parser.add_argument("--rows", type=int, default=2, help="rows of each folder")
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    rows: list[tuple[str, dict[str, Audio]]] = []
    for text in options.folders:
        name, _, place = text.partition("=")
        drawn = draw(Path(place), options.rows, rng=np.random.default_rng(options.seed))
        rows += [(name, {kind: read_audio(paths[row % len(paths)]) for kind, paths in drawn.items()})
                 for row in range(options.rows)]  # fmt: skip
    shared = [kind for kind in ONE_SHOT_KINDS if all(kind in sounds for _, sounds in rows)]
    if not shared:
        parser.error("The folders share no kind of one-shots.")
    rows = [(name, {kind: sounds[kind] for kind in shared}) for name, sounds in rows]
    plot_sound_sheet(rows, seconds=options.seconds, path=options.out)


def draw(folder: Path, count: int, *, rng: np.random.Generator) -> dict[str, list[Path]]:
    """Files of each kind, at most `count`, drawn at random."""
    found: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(folder.rglob("*")):
        facts = parse_name(path.relative_to(folder).as_posix())
        if path.suffix.lower() in AUDIO_SUFFIXES and facts.kind in ONE_SHOT_KINDS and not facts.is_loop:
            found[facts.kind].append(path)
    return {kind: [paths[k] for k in rng.permutation(len(paths))[:count]] for kind, paths in found.items()}


if __name__ == "__main__":
    main()
