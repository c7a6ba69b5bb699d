"""The real sounds of `samplegen evaluate`: from files that `samplegen data` wrote to plain values."""

from pathlib import Path
from typing import TYPE_CHECKING

from samplegen.errors import InputError

if TYPE_CHECKING:
    from samplegen.evaluation.questions.material import Material, RealLoop, RealSound
    from samplegen.training.sources.library import Library
    from samplegen.training.sources.split import Split


def read_material(library: Path, *, held: Path, train: Path) -> "Material":
    """One-shots of a library and rendered loops, held-out ones apart from those that training heard.

    Raises
    ------
    InputError
        If something is missing, with the commands that make it, or was split by another list.
    """
    from samplegen.evaluation.questions.material import HOW_TO, Material

    for path in (library, held / "index.jsonl", train / "index.jsonl"):
        if not path.is_file():
            how = HOW_TO.format(library=library, held=held, train=train)
            raise InputError(f"{path} is missing. {how}")
    from samplegen.training.sources.library import load_library

    scanned = load_library(library).library
    if not scanned.folder.is_dir():
        raise InputError(f"The sounds of {library} were in {scanned.folder}, which is missing. Scan them again.")
    return Material(
        held_sounds=_sounds(scanned, "held_out"),
        train_sounds=_sounds(scanned, "train"),
        held_loops=_loops(held, "held_out"),
        train_loops=_loops(train, "train"),
    )


def _sounds(library: "Library", split: "Split") -> tuple["RealSound", ...]:
    from samplegen.evaluation.questions.material import RealSound
    from samplegen.training.sources.library import GROOVE_KIND, KINDS
    from samplegen.training.sources.split import held_out_sources

    records = library.select(kinds=KINDS - {GROOVE_KIND}, split=split)
    wrong = next((x.source for x in records if split == "train" and x.source in held_out_sources()), None)
    if wrong is not None:
        raise InputError(
            f"The library counts {wrong} as training sounds, but it is held out by samplegen/training/"
            "held_out_sources.txt. Scan again with: samplegen data scan"
        )
    return tuple(RealSound(library.path_of(record), record.kind, record.source) for record in records)


def _loops(folder: Path, split: "Split") -> tuple["RealLoop", ...]:
    from samplegen.evaluation.questions.material import RealLoop
    from samplegen.training.rendering.render_folder import read_index

    head, entries = read_index(folder)
    if head.get("split") != split:
        raise InputError(
            f"{folder} holds loops of the split {head.get('split')!r}, not {split!r}. Name another folder."
        )
    return tuple(
        RealLoop(
            folder / entry["path"], entry["kind"], entry["style"], float(entry["bpm"]), int(entry["bars"]),
            int(entry["meter"][0]),
        )
        for entry in entries
    )  # fmt: skip
