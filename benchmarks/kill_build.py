"""Kill a pack build (SIGKILL) at random moments, restart it each time, and compare the end with an unbroken one.

python benchmarks/kill_build.py RECIPE --out DIR [--kills 20] [--seed 1]

Exits with 1 if a sound was ever partial or strange, or the packs differ.
"""

import argparse
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import soundfile

from samplegen.evaluation.tables import markdown_table
from samplegen.files import hash_file


def command(recipe: Path, folder: Path) -> list[str]:
    return [sys.executable, "-m", "samplegen", "pack", "build", str(recipe), "--out", str(folder), "--quiet"]


def contents(folder: Path) -> dict[str, str]:
    """SHA-256 of every file."""
    return {path.relative_to(folder).as_posix(): hash_file(path) for path in folder.rglob("*") if path.is_file()}


def damaged(folder: Path, wanted: dict[str, str]) -> list[str]:
    """Sounds that do not read to the end, or are not those of the unbroken build; hidden files do not count."""
    wrong = []
    for path in sorted(folder.rglob("*.wav")):
        name = path.relative_to(folder).as_posix()
        if path.name.startswith("."):
            continue
        with soundfile.SoundFile(path) as file:
            whole = len(file.read(dtype="int32")) == file.frames
        if not whole or wanted.get(name) != hash_file(path):
            wrong.append(name)
    return wrong


def kill_after(seconds: float, recipe: Path, folder: Path) -> bool:
    """Start a build and kill it, unless it ends before; whether it was killed."""
    build = subprocess.Popen(command(recipe, folder))
    try:
        code = build.wait(seconds)
    except subprocess.TimeoutExpired:
        build.send_signal(signal.SIGKILL)
        build.wait()
        return True
    if code:
        raise SystemExit(f"The build failed with {code}.")
    return False


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="an empty or new folder")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    # Both have one name: it stands in the tags.
    unbroken, broken = asked.out / "unbroken" / "pack", asked.out / "broken" / "pack"
    for folder in (unbroken, broken):
        shutil.rmtree(folder, ignore_errors=True)
    start = time.monotonic()
    subprocess.run(command(asked.recipe, unbroken), check=True)
    duration, wanted = time.monotonic() - start, contents(unbroken)
    moments, rows, wrong = random.Random(asked.seed), [], []
    for number in range(1, asked.kills + 1):
        # Later builds have less to do; a finished one is begun anew, for kills in every part of a build.
        after = moments.uniform(0.02, 0.6) * duration
        killed = kill_after(after, asked.recipe, broken)
        bad = damaged(broken, wanted) if broken.exists() else []
        wrong += bad
        rows.append([str(number), f"{after:.2f}", "yes" if killed else "was done", finished(broken), str(len(bad))])
        if not killed:
            wrong += difference(broken, wanted)
            shutil.rmtree(broken)
    subprocess.run(command(asked.recipe, broken), check=True)
    wrong += difference(broken, wanted)
    print(markdown_table(["kill", "after s", "killed", "sounds there", "partial or wrong"], rows))
    print(f"\n{len(wanted)} files, an unbroken build takes {duration:.1f} s. Differences at the end: {len(wrong)}.")
    print("\n".join(wrong[:20]))
    raise SystemExit(1 if wrong else 0)


def finished(folder: Path) -> str:
    return str(sum(not path.name.startswith(".") for path in folder.rglob("*.wav")))


def difference(folder: Path, wanted: dict[str, str]) -> list[str]:
    """Names of files that are not as they should be."""
    now = contents(folder)
    return sorted(name for name in {*now, *wanted} if now.get(name) != wanted.get(name))


if __name__ == "__main__":
    main()
