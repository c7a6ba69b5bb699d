"""What a question is answered with: tables of estimates, as Markdown and as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from samplegen.evaluation.questions.estimates import Estimate
from samplegen.evaluation.tables import markdown_table, to_json
from samplegen.files import write_json, write_text

Cell = Estimate | str | int

INTERVALS: Final = (
    "In brackets: 95 % intervals, by Wilson for shares, else from sounds drawn anew (bootstrap; distances and "
    "diversity: halves without replacement)."
)


@dataclass(frozen=True)
class Table:
    """Rows of systems and anchors.

    Parameters
    ----------
    title
        Stands above it.
    first
        Heading of the first column.
    rows
        By name of the system; every row has the same columns.
    """

    title: str
    rows: Mapping[str, Mapping[str, Cell]]
    first: str = "system"

    def markdown(self) -> str:
        """Title and table."""
        columns = list(next(iter(self.rows.values())))
        lines = [[name, *(shown(row[column]) for column in columns)] for name, row in self.rows.items()]
        return f"{self.title}\n\n{markdown_table([self.first, *columns], lines)}"

    def to_json(self) -> dict[str, Any]:
        """Title and rows."""
        return {"title": self.title, "rows": [{self.first: name, **_plain(row)} for name, row in self.rows.items()]}


@dataclass(frozen=True)
class Target:
    """What a figure should be, and whether it is."""

    wanted: str
    found: Estimate
    met: bool

    def line(self) -> str:
        """One line of a list."""
        return f"- {'met' if self.met else '**missed**'}: {self.wanted}; measured {self.found.shown()}"


@dataclass(frozen=True)
class Report:
    """The answer to one question.

    Parameters
    ----------
    question
        Name of the command, and of the files.
    heading
        The question in words.
    command
        That asks it again.
    systems
        Name and hash of every model measured.
    settings
        Whatever else the figures depend on: counts, seed, codec and embeddings.
    """

    question: str
    heading: str
    tables: tuple[Table, ...]
    notes: tuple[str, ...] = ()
    targets: tuple[Target, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    systems: Mapping[str, str] = field(default_factory=dict)
    command: str = ""

    def markdown(self) -> str:
        """A page: heading, command, tables, targets, notes."""
        models = ", ".join(f"{name} ({digest[:12]})" for name, digest in self.systems.items())
        settings = ", ".join(f"{name} {value}" for name, value in self.settings.items())
        parts = [f"# {self.heading}", *([f"`{self.command}`"] if self.command else [])]
        parts += [f"{'Models: ' + models + '. ' if models else ''}{settings}."] if models or settings else []
        parts += [table.markdown().rstrip("\n") for table in self.tables]
        parts += ["\n".join(target.line() for target in self.targets)] if self.targets else []
        return "\n\n".join([*parts, *self.notes, INTERVALS]) + "\n"

    def to_json(self) -> dict[str, Any]:
        """Everything; figures with ``value``, ``low``, ``high`` and ``n``."""
        return {
            "question": self.question, "heading": self.heading, "command": self.command,
            "systems": dict(self.systems), "settings": to_json(self.settings),
            "tables": [table.to_json() for table in self.tables],
            "targets": [{"wanted": x.wanted, "met": x.met, "found": _figure(x.found)} for x in self.targets],
            "notes": list(self.notes),
        }  # fmt: skip


def shown(cell: Cell) -> str:
    """A cell as text."""
    return cell.shown() if isinstance(cell, Estimate) else str(cell)


def _plain(row: Mapping[str, Cell]) -> dict[str, Any]:
    return {name: _figure(cell) if isinstance(cell, Estimate) else cell for name, cell in row.items()}


def _figure(estimate: Estimate) -> Any:
    return to_json({"value": estimate.value, "low": estimate.low, "high": estimate.high, "n": estimate.n})


def write_report(folder: Path, report: Report) -> list[Path]:
    """Write ``QUESTION.md`` and ``QUESTION.json`` and return their paths.

    Raises
    ------
    OutputError
        If they cannot be written.
    """
    page, figures = folder / f"{report.question}.md", folder / f"{report.question}.json"
    write_text(page, report.markdown())
    write_json(figures, report.to_json())
    return [page, figures]


def summary(reports: Sequence[Report]) -> str:
    """Every target of several reports in one list."""
    lines = [f"{target.line()} ({report.question})" for report in reports for target in report.targets]
    return "\n".join(lines)
