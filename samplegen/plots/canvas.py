"""A matplotlib figure without a window, and writing it as PNG."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from samplegen.errors import DependencyError, OutputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 100


def new_figure(width_in: float, height_in: float, *, layout: Literal["constrained"] | None = "constrained") -> "Figure":
    """An empty figure of this size at `DPI`; without `layout` its axes stay where they are put.

    Raises
    ------
    DependencyError
        If matplotlib is missing.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise DependencyError(f"Pictures need matplotlib: pip install 'samplegen[eval]' ({error}).") from error
    return Figure((width_in, height_in), dpi=DPI, layout=layout)


def save_png(figure: "Figure", path: Path) -> None:
    """Write it; equal figures give equal bytes.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    try:
        figure.savefig(path, format="png", metadata={"Software": "samplegen"})
    except OSError as error:
        raise OutputError(f"Cannot write the picture {path}: {error.strerror or error}.") from error
