"""Statistics of phase diffusion on three recordings: bounds beside the prototype's figures, and every preset.

python benchmarks/phase_statistics.py --audio ../shared/audio

Presets run with compensated and with raw coherence; the latent ones do without weights, so both are the same.
"""

import argparse
import sys
from pathlib import Path

from samplegen.engines.phase_diffusion.presets import CUSTOM, PRESETS
from samplegen.evaluation.phase_statistics import measure, render_table, statistics, statistics_table, summary_table
from samplegen.evaluation.recordings import make_recordings


def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    recordings = make_recordings(options.audio)
    print(statistics_table(list(statistics(recordings, seed=options.seed))))
    measured = []
    for figures in measure(
        recordings,
        presets=options.presets or [name for name in PRESETS if name != CUSTOM],
        coherences=options.coherence,
        seed=options.seed,
    ):
        measured.append(figures)
        print(*figures[:3], file=sys.stderr)
    print(summary_table(measured))
    print(render_table(measured), end="")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audio", type=Path, default=Path("../shared/audio"), help="folder of the audio library")
    parser.add_argument("--presets", nargs="*", help="only these")
    parser.add_argument("--coherence", nargs="*", default=["compensated", "raw"])
    parser.add_argument("--seed", type=int, default=42)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
