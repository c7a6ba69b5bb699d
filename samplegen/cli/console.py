"""What a command prints: one result on stdout, progress and notes on stderr."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from typing import Any

ReportProgress = Callable[[float, float | None], None]


class Console:
    """The terminal of one command, used as a context.

    While it is open, anything a library prints goes to stderr, so that stdout holds
    the result and nothing else.

    Parameters
    ----------
    as_json
        Print the result as one JSON object, and no progress.
    quiet
        Print errors only (and the JSON object, where asked for).
    """

    def __init__(self, *, as_json: bool = False, quiet: bool = False) -> None:
        self._as_json, self._quiet = as_json, quiet
        self._stdout = sys.stdout
        self._redirection = redirect_stdout(sys.stderr)

    def __enter__(self) -> "Console":
        """Take stdout."""
        self._redirection.__enter__()
        return self

    def __exit__(self, *exception: Any) -> None:
        """Give stdout back."""
        self._redirection.__exit__(*exception)

    def result(self, value: Mapping[str, Any], *, text: str) -> None:
        """Print `value` as JSON, or `text` for people."""
        if self._as_json:
            print_json(value, file=self._stdout)
        elif not self._quiet and text:
            print(text, file=self._stdout)

    def note(self, text: str) -> None:
        """Tell people something beside the result."""
        if not (self._quiet or self._as_json):
            print(text, file=sys.stderr)

    @contextmanager
    def progress(self, label: str) -> Iterator[ReportProgress]:
        """Draw a progress bar on a terminal; yields a function of how much is done, and of how much there is."""
        if self._quiet or self._as_json or not sys.stderr.isatty():
            yield _ignore
            return
        from rich.console import Console as Terminal
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Terminal(stderr=True), transient=True) as bars:
            task = bars.add_task(label, total=None)

            def report(done: float, total: float | None = None) -> None:
                bars.update(task, completed=done, total=total)

            yield report


def _ignore(done: float, total: float | None = None) -> None:
    """Draw nothing."""


def print_json(value: Mapping[str, Any], *, file: Any = None) -> None:
    """Print one JSON object on one line; paths become text, NaN is refused."""
    print(json.dumps(value, ensure_ascii=False, allow_nan=False, default=os.fspath), file=file or sys.stdout)
