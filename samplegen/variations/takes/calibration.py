"""What an amount of 1 is: strength and gain at which takes differ as real ones do (specs/applications.md §3)."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from samplegen.errors import InputError, ModelInvalidError, ModelMissingError, UsageError
from samplegen.files import write_json
from samplegen.pack.validation import Reader
from samplegen.variations.takes.reality import OVERALL

TABLE_NAME: Final = "humanize.json"
FORMAT: Final = "samplegen-humanize"
VERSION: Final = 1
MAX_STRENGTH: Final = 0.30
MAX_AMOUNT: Final = 4.0


@dataclass(frozen=True)
class Drive:
    """How an edit is made so strong as asked.

    Parameters
    ----------
    strength, gain
        As in `deltas.render_edit`.
    """

    strength: float
    gain: float


@dataclass(frozen=True)
class ClassRow:
    """Calibration of a class.

    Parameters
    ----------
    gain
        At which `strengths` were measured.
    strengths, distances_db
        Rising; the median `d_spec` of two takes at each strength.
    median_db
        That of real round robins.
    sources
        Sounds that were edited to measure it.
    """

    gain: float
    strengths: tuple[float, ...]
    distances_db: tuple[float, ...]
    median_db: float
    sources: int

    def drive(self, amount: float) -> Drive:
        """Of `amount` real round robins; beyond the measured strengths the gain grows in proportion."""
        wanted = amount * self.median_db
        most = self.distances_db[-1]
        strength = float(np.interp(min(wanted, most), (0.0, *self.distances_db), (0.0, *self.strengths)))
        return Drive(round(strength, 4), self.gain * max(1.0, wanted / most))


# Between the classes of the bundled model; for models of which nothing was measured.
UNCALIBRATED: Final = ClassRow(5.0, (MAX_STRENGTH,), (2.7,), 2.7, 0)


@dataclass(frozen=True)
class HumanizeTable:
    """Calibration of one generator; it holds for the weights of that hash alone."""

    model_hash: str
    rows: Mapping[str, ClassRow]
    command: str = ""

    def row(self, kind: str) -> ClassRow:
        """Of a class, or of all classes together where it was not measured."""
        return self.rows.get(kind, self.rows[OVERALL])

    def to_json(self) -> dict[str, Any]:
        """As it stands in ``humanize.json`` beside the model."""
        return {
            "format": FORMAT, "version": VERSION, "model_hash": self.model_hash, "command": self.command,
            "classes": {kind: asdict(row) for kind, row in self.rows.items()},
        }  # fmt: skip


def write_table(folder: Path, table: HumanizeTable) -> Path:
    """Write a table beside the model in `folder`; returns its path."""
    path = folder / TABLE_NAME
    write_json(path, table.to_json())
    return path


def read_table(folder: Path, *, model_hash: str) -> HumanizeTable | None:
    """The table beside the model in `folder`; None where there is none, or it is of other weights.

    Raises
    ------
    ModelInvalidError
        If it is damaged.
    """
    path = folder / TABLE_NAME
    if not path.is_file():
        return None
    try:
        read = Reader(json.loads(path.read_text("utf-8")), place=str(path))
        if (read.text("format"), read.integer("version")) != (FORMAT, VERSION):
            raise ValueError("it is of another format")
        if read.text("model_hash") != model_hash:
            return None
        rows = {str(kind): _row(value, place=f"{path}, {kind}") for kind, value in read.mapping("classes").items()}
        if OVERALL not in rows:
            raise ValueError(f"it has no row {OVERALL!r}")
        return HumanizeTable(model_hash, rows, read.text("command"))
    except (OSError, ValueError, TypeError, RecursionError, InputError) as error:
        raise ModelInvalidError(f"{path} cannot be used: {error}. Get the model again, or remove the file.") from error


def find_table(model: str, *, model_hash: str) -> HumanizeTable | None:
    """`read_table` of a model by name or folder."""
    from samplegen.checkpoints import find_model

    try:
        return read_table(find_model(model), model_hash=model_hash)
    except ModelMissingError:
        return None


def bisect(
    measure: Callable[[float], float],
    *,
    target: float,
    low: float,
    high: float,
    tolerance: float = 0.02,
    rounds: int = 12,
) -> float:
    """Where a rising `measure` meets `target`, to `tolerance` of it; the nearer end where it never does.

    Raises
    ------
    UsageError
        If the range is empty.
    """
    if not low < high:
        raise UsageError(f"A bisection needs a range that rises, not {low:g} to {high:g}.")
    if measure(high) <= target:
        return high
    for _ in range(rounds):
        middle = 0.5 * (low + high)
        found = measure(middle)
        if abs(found - target) <= tolerance * target:
            return middle
        low, high = (middle, high) if found < target else (low, middle)
    return 0.5 * (low + high)


def _row(value: object, *, place: str) -> ClassRow:
    read = Reader(value, place=place)
    gain, median = read.optional_number("gain"), read.optional_number("median_db")
    strengths, distances = (tuple(map(float, read.sequence(name))) for name in ("strengths", "distances_db"))
    rising = all(np.all(np.diff((0.0, *values)) > 0.0) for values in (strengths, distances))
    if not gain or not median or gain < 0.0 or median < 0.0 or not strengths or len(strengths) != len(distances):
        raise ValueError(f"{place} lacks numbers")
    if not rising or strengths[-1] > 1.0:
        raise ValueError(f"{place} does not rise")
    return ClassRow(gain, strengths, distances, median, read.integer("sources"))
