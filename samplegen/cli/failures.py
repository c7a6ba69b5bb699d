"""Every exception as one plain message and an exit code."""

import errno
from dataclasses import dataclass

from typer import TyperException

from samplegen.errors import SamplegenError

INTERRUPTED = 130
_DEFECT, _USAGE, _INPUT, _DEPENDENCY = 1, 2, 3, 4
_USERS_DISK = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True)
class Failure:
    """What the user is told.

    Parameters
    ----------
    kind
        Name in the error tree, for ``--json``.
    message
        What happened, and what to do.
    exit_code
        As in `samplegen.errors`; 130 after Ctrl-C.
    """

    kind: str
    message: str
    exit_code: int

    def to_json(self) -> dict[str, object]:
        """The object that ``--json`` prints."""
        return {"error": {"kind": self.kind, "message": self.message, "exit_code": self.exit_code}}


def interrupted() -> Failure:
    """What Ctrl-C leaves behind."""
    message = "Interrupted. Finished files are kept; run the same command again to go on."
    return Failure("Interrupted", message, INTERRUPTED)


def describe_failure(error: Exception) -> Failure:
    """The failure that `error` means to the user."""
    if isinstance(error, SamplegenError) and type(error) is not SamplegenError:
        return Failure(type(error).__name__, str(error), error.exit_code)
    if isinstance(error, TyperException):
        return Failure("UsageError", error.format_message(), _USAGE)
    if isinstance(error, OSError) and error.errno in _USERS_DISK:
        where = f" {error.filename}" if error.filename else ""
        return Failure("InputError", f"Cannot use the file{where}: {error.strerror}.", _INPUT)
    if isinstance(error, ImportError) and not (error.name or "").startswith("samplegen"):
        return Failure("DependencyError", _missing_package(error), _DEPENDENCY)
    return Failure("Defect", _defect(error), _DEFECT)


def _missing_package(error: ImportError) -> str:
    reason = str(error).split("\n", 1)[0]
    return f"A package cannot be imported ({reason}). Run 'samplegen doctor' to see what to install."


def _defect(error: Exception) -> str:
    what = str(error) if isinstance(error, SamplegenError) else f"{type(error).__name__}: {error}".removesuffix(": ")
    return (
        f"This is a defect in samplegen, not in what you did ({what.splitlines()[0]}). "
        "Please report it with the command; with SAMPLEGEN_DEBUG=1 the same command prints the traceback to send along."
    )
