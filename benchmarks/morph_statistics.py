"""Statistics, levels and brightness of morph chains on three recordings, every preset, several seeds.

python benchmarks/morph_statistics.py --audio ../shared/audio --seeds 3
"""

import argparse
import sys
from pathlib import Path

from samplegen.engines.morph_chain.presets import PRESETS
from samplegen.evaluation.morph_statistics import measure, statistics_table
from samplegen.evaluation.recordings import make_recordings


def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    measured = []
    presets = options.presets or list(PRESETS)
    for figures in measure(make_recordings(options.audio), presets=presets, seeds=range(1, options.seeds + 1)):
        measured.append(figures)
        print(f"{figures.recording}, {figures.preset}: {len(figures.chains)} chains", file=sys.stderr)
    print(statistics_table(sorted(measured, key=lambda one: presets.index(one.preset))), end="")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audio", type=Path, default=Path("../shared/audio"), help="folder of the audio library")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--presets", nargs="*", help="only these")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
