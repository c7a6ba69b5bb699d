"""Small finished packs on the disk."""

from dataclasses import replace
from pathlib import Path

from samplegen.pack.companions import PackView
from samplegen.pack.export import PackWriter
from samplegen.pack.manifest import read_manifest
from tests.pack.signals import make_loop, make_one_shot


def make_pack(folder: Path, *, loops: int = 3, one_shots: int = 3, name: str = "Small pack", seed: int = 5) -> PackView:
    """Loops of one tempo (and one more of another), then one-shots of several kinds."""
    tempos = [128.0] * loops + [97.0] * (loops > 0)
    kinds = ("kick", "snare", "hat_closed", "clap")
    with PackWriter(folder, name=name, seed=seed) as writer:
        for number, bpm in enumerate(tempos):
            writer.add(make_loop(bpm=bpm, bars=1 + number % 2, seed=number), job=f"loop {number}")
        for number in range(one_shots):
            writer.add(make_one_shot(seed=number, category=kinds[number % len(kinds)]), job=f"one-shot {number}")
    manifest = read_manifest(folder)
    assert manifest is not None
    return PackView(folder=folder, name=name, entries=manifest.files, seed=seed, bpm=128.0, key="Am", licence="CC0-1.0")


def renamed(view: PackView, name: str) -> PackView:
    """`view` with everything that its maker words called `name`."""
    entries = tuple(
        replace(entry, category=name, parameters={"prompt": name, "style": name, "words": [name]})
        for entry in view.entries
    )
    return replace(view, name=name, description=name, artist=name, licence=name, entries=entries)
