"""What commands that make packs say at the end."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from samplegen.cli.console import Console

if TYPE_CHECKING:
    from samplegen.pipeline import PackResult
    from samplegen.variations.edits.order import EditOrder


def show_pack(
    console: Console,
    result: "PackResult",
    *,
    notes: Sequence[str],
    left_out: str = "Left out",
    more: Mapping[str, Any] | None = None,
) -> None:
    """Print what was made: the files and a closing line, or one JSON object.

    Parameters
    ----------
    notes
        Sentences for people, in this order.
    left_out
        How the reason of a missing sound begins.
    more
        Further members of the JSON object.
    """
    files = [str(path) for path in result.files]
    value = {
        "folder": result.folder,
        "files": files,
        "seed": result.seed,
        "redraws": result.redraws,
        "missing": list(result.missing),
        **(more or {}),
        "notes": list(result.notes),
        "seconds": round(result.seconds, 3),
    }
    for note in notes:
        console.note(note)
    for reason in result.missing:
        console.note(f"{left_out}: {reason}")
    redrawn = f", {result.redraws} redrawn" if result.redraws else ""
    sounds = "1 sound" if len(files) == 1 else f"{len(files)} sounds"
    closing = f"{sounds} in {result.folder} (seed {result.seed}{redrawn}, {result.seconds:.1f} s)"
    console.result(value, text="\n".join([*files, closing]))


def show_edits(
    console: Console,
    result: "PackResult",
    order: "EditOrder",
    *,
    notes: Sequence[str] = (),
    more: Mapping[str, Any] | None = None,
) -> None:
    """Print what a verb made of sounds: the engine that ran, what it noted, then as `show_pack`."""
    told = [f"Engine: {order.engine_name}.", *(f"Note: {note}" for note in result.notes), *notes]
    figures = {"engine": order.engine_name, "acceptance": round(order.acceptance, 4)}
    show_pack(console, result, notes=told, more=figures | dict(more or {}))
