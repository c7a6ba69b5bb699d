"""Draw a loop of a pack (its tags say its tempo and bars) as the README's picture.

python benchmarks/picture.py LOOP.wav loop.png
"""

import argparse
from pathlib import Path

from samplegen.audio.io import read_audio
from samplegen.pack.readtags import read_tags
from samplegen.plots.loop_picture import plot_loop
from samplegen.units import samples_to_bpm


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("loop", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--bars", type=int, help="where the file has no tags")
    parser.add_argument("--beats-per-bar", type=int)
    parser.add_argument("--title")
    options = parser.parse_args(arguments)
    audio, tags = read_audio(options.loop), read_tags(options.loop)
    beats_per_bar = options.beats_per_bar or (tags.acid.meter[0] if tags.acid else 4)
    bars = options.bars or (tags.acid.beats // beats_per_bar if tags.acid else 0)
    if bars < 1:
        parser.error(f"{options.loop} does not say how many bars it has; give --bars.")
    bpm = tags.bpm or samples_to_bpm(audio.length, beats=bars * beats_per_bar, sample_rate=audio.sample_rate)
    title = options.title or options.loop.stem
    plot_loop(audio, bpm=bpm, bars=bars, beats_per_bar=beats_per_bar, path=options.picture, title=title)


if __name__ == "__main__":
    main()
