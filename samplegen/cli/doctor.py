"""``samplegen doctor``: is everything there, and what to do if not."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import typer

from samplegen.cli.console import Console
from samplegen.cli.options import Json, Quiet

if TYPE_CHECKING:
    from samplegen.cli.checks import Finding

UNUSABLE: Final = 4
_MARKS: Final = {"ok": "ok  ", "note": "note", "fail": "FAIL"}


def doctor(json: Json = False, quiet: Quiet = False) -> None:
    """Check that all is there, and say what to do if not."""
    from samplegen.cli.checks import examine

    with Console(as_json=json, quiet=quiet) as console:
        findings = list(examine())
        failed = [finding for finding in findings if finding.state == "fail"]
        closing = f"{len(failed)} things to repair." if failed else "samplegen is ready."
        text = "\n".join([*map(_line, findings), closing])
        console.result({"usable": not failed, "findings": [asdict(finding) for finding in findings]}, text=text)
    if failed:
        raise typer.Exit(UNUSABLE)


def _line(finding: "Finding") -> str:
    advice = f"\n      {finding.advice}" if finding.advice else ""
    return f"{_MARKS[finding.state]}  {finding.name}: {finding.found}{advice}"
