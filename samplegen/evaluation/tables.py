"""Figures as Markdown tables and as JSON."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from samplegen.files import write_json


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, one line per row, ending in a line break."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def percent(share: float) -> str:
    """A share in whole percent."""
    return f"{100.0 * share:.0f} %"


def to_json(value: Any) -> Any:
    """Dataclasses, mappings and sequences as JSON values; numbers that are not finite become None."""
    if is_dataclass(value) and not isinstance(value, type):
        return to_json(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_figures(path: Path, figures: Mapping[str, Any]) -> None:
    """Write `figures` (see `to_json`) atomically.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    write_json(path, to_json(figures))
