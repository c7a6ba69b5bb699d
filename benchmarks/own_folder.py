"""A folder as a producer has it, of the development audio: 200 one-shots in folders by kind, 20 drum loops.

Two drum kits, an acoustic one and an 808, with a few sounds of others where they lack a kind; two loops of each
ten tempi. What docs/train_your_own.md trains on.

    python benchmarks/own_folder.py ../shared/audio my-sounds
"""

import argparse
import csv
import shutil
from collections import defaultdict
from pathlib import Path

import soundfile

FOLDERS = {
    "kick": "Kicks/kick", "snare": "Snares/snare", "hat_closed": "Closed Hats/closed hat",
    "hat_open": "Open Hats/open hat", "tom": "Toms/tom", "cymbal": "Cymbals/cymbal", "rim": "Rims/rim",
    "percussion": "Percussion/perc",
}  # fmt: skip
SOURCES = ("crabacus/the-open-source-drumkit", "tidalcycles/sounds-tr808-fischer")
LOOPS = ("patchbanks/WaivOps-EDM-TR8", "patchbanks/WaivOps-EDM-HSE")
FREE = ("CC0-1.0", "Unlicense", "LicenseRef-public-domain")
EACH, LOOPS_EACH = 25, 10


def main(arguments: list[str] | None = None) -> None:
    """Copy the chosen sounds under names that say what they are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("audio", type=Path, help="folder with an index.csv")
    parser.add_argument("out", type=Path, help="folder to make")
    options = parser.parse_args(arguments)
    with (options.audio / "index.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for kind, name in FOLDERS.items():
        for number, row in enumerate(one_shots(rows, kind)):
            copy(options.audio / row["path"], options.out / f"{name} {number + 1:02}.wav")
    for source in LOOPS:
        found = [row for row in rows if row["source_repo"] == source and row["class"] == "loop_drums"]
        for number, row in enumerate(found[:LOOPS_EACH]):
            name = f"Loops/{'house' if 'HSE' in source else 'electro'} drums {number + 1:02} {row['bpm']}bpm.wav"
            copy(options.audio / row["path"], options.out / name)
    files = sorted(options.out.rglob("*.wav"))
    loops = sum(path.parent.name == "Loops" for path in files)
    print(f"{len(files) - loops} one-shots and {loops} loops in {options.out}")


def one_shots(rows: list[dict[str, str]], kind: str) -> list[dict[str, str]]:
    """`EACH` sounds of a kind: of the two kits in turn, then of any other source."""
    by_source: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        if row["class"] == kind and row["licence"] in FREE:
            by_source[row["source_repo"]].append(row)
    kits = [by_source[source] for source in SOURCES]
    turns = [kit[turn] for turn in range(EACH) for kit in kits if turn < len(kit)]
    others = [row for source in sorted(by_source) if source not in SOURCES for row in by_source[source]]
    return (turns + others)[:EACH]


def copy(source: Path, target: Path) -> None:
    """As WAV, whatever the source is."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.suffix == ".wav":
        shutil.copyfile(source, target)
        return
    samples, rate = soundfile.read(source)
    soundfile.write(target, samples, rate, "PCM_16")


if __name__ == "__main__":
    main()
