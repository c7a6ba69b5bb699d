"""Figures of verbs that change sounds: sources of the library, means with intervals, tables."""

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from samplegen.evaluation.humanize_report import Figure

_DRAWS = 1000


def mean_figure(values: Sequence[float], *, rng: np.random.Generator) -> Figure:
    """Mean over sources with its 95 % bootstrap interval."""
    found = np.asarray(values, np.float64)
    if not found.size:
        return Figure(float("nan"), float("nan"), float("nan"))
    drawn = found[rng.integers(found.size, size=(_DRAWS, found.size))].mean(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Figure(float(found.mean()), float(low), float(high))


def shown(figure: Figure, *, share: bool = False, digits: int = 2) -> str:
    """Such as ``0.21 (0.15 to 0.30)``, or in percent."""
    if share:
        return f"{100 * figure.value:.0f} % ({100 * figure.low:.0f} to {100 * figure.high:.0f})"
    return f"{figure.value:.{digits}f} ({figure.low:.{digits}f} to {figure.high:.{digits}f})"


def library_sources(
    library: Path, kind: str, *, count: int, seed: int, is_held_out: Callable[[str], bool]
) -> list[Path]:
    """Files of a class, those whose sources were held out of all training first (`is_held_out` of a source's name)."""
    with (library / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["class"] == kind and row["path"].endswith(".flac")]
    order = np.random.default_rng(seed).permutation(len(rows)).tolist()
    order.sort(key=lambda number: not is_held_out(rows[number]["source_repo"]))
    return [library / rows[number]["path"] for number in order[:count]]


def count_held_out(library: Path, paths: Sequence[Path], *, is_held_out: Callable[[str], bool]) -> int:
    """How many of the files come from sources that no training heard."""
    with (library / "index.csv").open(newline="", encoding="utf-8") as file:
        repositories: Mapping[str, str] = {row["path"]: row["source_repo"] for row in csv.DictReader(file)}
    return sum(is_held_out(repositories[path.relative_to(library).as_posix()]) for path in paths)
