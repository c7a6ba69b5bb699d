"""Losses of a training as CSV, and as TensorBoard events where that is installed."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from samplegen.errors import InputError, OutputError

LOG_NAME = "losses.csv"
_COLUMNS = ("phase", "step", "seconds", "name", "value")


class LossLog:
    """Long-form rows of phase, step, seconds, name and value; no folder, no log."""

    def __init__(self, folder: Path | None) -> None:
        self._file = self._board = None
        if folder is None:
            return
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = (folder / LOG_NAME).open("a", newline="", encoding="utf-8")
        except OSError as error:
            raise OutputError(f"Cannot write to {folder}: {error.strerror}. Choose another folder.") from error
        self._csv = csv.writer(self._file)
        if not self._file.tell():
            self._csv.writerow(_COLUMNS)
        self._board = _tensorboard(folder)

    def write(self, phase: str, *, step: int, seconds: float, values: Mapping[str, float]) -> None:
        """Add one row for each value."""
        if self._file is None:
            return
        for name, value in values.items():
            self._csv.writerow([phase, step, f"{seconds:.1f}", name, f"{value:.6g}"])
            if self._board is not None:
                self._board.add_scalar(f"{phase}/{name}", value, step)
        self._file.flush()

    def close(self) -> None:
        """Finish both files."""
        if self._file is not None:
            self._file.close()
        if self._board is not None:
            self._board.close()


def read_figures(run: Path, *, step: int) -> dict[str, float]:
    """Validation figures that a run's log holds for `step`, the latest where there are several."""
    try:
        with (run / LOG_NAME).open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["phase"] == "validate" and row["step"] == str(step)]
        return {row["name"]: float(row["value"]) for row in rows}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"The log {run / LOG_NAME} cannot be read: {error}.") from error


def _tensorboard(folder: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder / "tensorboard"))
