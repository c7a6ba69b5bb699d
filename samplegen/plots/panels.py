"""The sheet of six panels both figures are drawn on, and the panels they have in common."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from samplegen.errors import UsageError
from samplegen.files import write_atomically
from samplegen.plots.canvas import DPI, new_figure
from samplegen.plots.palettes import Colour, Palette
from samplegen.plots.survey import Survey

WIDTH_PX, HEIGHT_PX = 1600, 1000
FONT_PT = 9.5
RANGE_DB = 50.0
_TITLE_PT, _HEADING_PT = 11.5, 15
_FOOTER_CHARACTERS = 228
_FOOTER_BOTTOM, _FOOTER_STEP = 0.012, 0.0215
_FORMATS = {".png": "png", ".svg": "svg"}
# More lines than this would paint the waveform over.
_FULL_LINES = 150
_LONG_S = 120.0
_ROUND_S = (30, 60, 120, 300, 600, 900, 1800, 3600)


def new_sheet(heading: str, *, footer: Sequence[str] = ()) -> tuple[Any, list[Any]]:
    """A figure of 1600 × 1000 pixels and its six axes, row by row; up to three lines of footer.

    Raises
    ------
    DependencyError
        If matplotlib is missing.
    """
    figure = new_figure(WIDTH_PX / DPI, HEIGHT_PX / DPI, layout=None)
    lines = [shorten(line, _FOOTER_CHARACTERS) for line in footer[:3]]
    above = _FOOTER_BOTTOM + _FOOTER_STEP * len(lines)
    grid = figure.add_gridspec(
        3, 2, height_ratios=[2.2, 3, 3.8], left=0.047, right=0.987, top=0.915, bottom=above + 0.046,
        hspace=0.36, wspace=0.1,
    )  # fmt: skip
    panels = [figure.add_subplot(grid[row, column]) for row in range(3) for column in range(2)]
    # A file's name is no formula, whatever dollar signs it holds.
    figure.text(0.5, 0.985, shorten(heading, 120), fontsize=_HEADING_PT, ha="center", va="top", parse_math=False)
    for row, line in enumerate(lines, start=1):
        figure.text(0.01, above - _FOOTER_STEP * row, line, fontsize=FONT_PT, va="bottom", parse_math=False)
    return figure, panels


def save(figure: Any, path: Path | Sequence[Path]) -> None:
    """Write `figure` as PNG or SVG, whichever each name ends in; equal figures give equal bytes.

    Raises
    ------
    UsageError
        If a name ends in something else.
    OutputError
        If a picture cannot be written.
    """
    from matplotlib import rc_context

    check_suffixes(path)
    for target in _listed(path):
        kind = _FORMATS[target.suffix.lower()]
        about = {"Software": "samplegen"} if kind == "png" else {"Creator": "samplegen", "Date": None}
        # The salt names the clip paths of an SVG, which are random otherwise.
        with rc_context({"svg.hashsalt": "samplegen"}), warnings.catch_warnings():
            warnings.filterwarnings("ignore", r"Glyph \d+ ")  # a file may be named as the font cannot; it draws a box
            write_atomically(target, lambda file, k=kind, a=about: figure.savefig(file, format=k, metadata=a))  # type: ignore[misc]


def check_suffixes(path: Path | Sequence[Path]) -> None:
    """Refuse pictures that are neither PNG nor SVG with `UsageError`; called before the work of drawing."""
    for target in _listed(path):
        if target.suffix.lower() not in _FORMATS:
            raise UsageError(f"A picture is written as .png or .svg, not {target.name!r}. Rename it.")


def _listed(path: Path | Sequence[Path]) -> list[Path]:
    return [path] if isinstance(path, Path) else list(path)


def entitle(axes: Any, title: str) -> None:
    """Give a panel its title and the common text size."""
    axes.set_title(title, fontsize=_TITLE_PT, loc="left", pad=5)
    axes.tick_params(labelsize=FONT_PT)


def set_time_axis(axes: Any, duration_s: float) -> None:
    """Seconds below a panel, or minutes:seconds beyond two minutes."""
    axes.set_xlim(0.0, duration_s)
    if duration_s > _LONG_S:
        step = next((step for step in _ROUND_S if duration_s / step <= 9), round(duration_s / 9))
        ticks = np.arange(0.0, duration_s, step)
        axes.set_xticks(ticks, [clock(second) for second in ticks])
    axes.set_xlabel("minutes" if duration_s > _LONG_S else "seconds", fontsize=FONT_PT, labelpad=1)


def clock(second: float) -> str:
    """Minutes and seconds, as 62:05."""
    return f"{int(round(second)) // 60}:{int(round(second)) % 60:02d}"


def draw_wave(axes: Any, survey: Survey, *, colour: Colour, alpha: float = 1.0, label: str | None = None) -> None:
    """Fill between the lowest and highest sample of each column."""
    seconds = np.linspace(0.0, survey.duration_s, survey.low.size + 1)
    low, high = (np.append(side, side[-1]) for side in (survey.low, survey.high))
    axes.fill_between(seconds, low, high, color=colour, alpha=alpha, linewidth=0.4, step="post", label=label)
    axes.set_ylabel("amplitude", fontsize=FONT_PT, labelpad=2)


def share_scale(axes: Sequence[Any], *surveys: Survey) -> None:
    """Give all `axes` the amplitude scale that holds every survey."""
    peak = max(max(abs(one.low.min()), abs(one.high.max())) for one in surveys)
    for each in axes:
        each.set_ylim(-1.08 * max(peak, 1e-3), 1.08 * max(peak, 1e-3))


def draw_lines(axes: Any, seconds: npt.NDArray[np.float64], *, colour: Colour, duration_s: float) -> None:
    """Vertical lines at `seconds`; hundreds of them become ticks along the lower edge, one for each pixel."""
    if seconds.size <= _FULL_LINES:
        axes.vlines(seconds, 0, 1, transform=axes.get_xaxis_transform(), color=colour, linewidth=0.9, alpha=0.85)
        return
    pixel = np.unique(np.floor(seconds / max(duration_s, 1e-9) * 740).astype(np.int64), return_index=True)[1]
    ticks = seconds[pixel]
    axes.vlines(ticks, 0, 0.1, transform=axes.get_xaxis_transform(), color=colour, linewidth=0.7)


def draw_spectrogram(axes: Any, survey: Survey, *, colour_map: str) -> None:
    """Levels over time and frequency, the loudest 50 dB of them."""
    top = float(survey.levels_db.max())
    axes.imshow(
        survey.levels_db, origin="lower", aspect="auto", cmap=colour_map, vmin=top - RANGE_DB, vmax=top,
        extent=(0.0, survey.duration_s, 0.0, survey.top_hz), interpolation="antialiased",
    )  # fmt: skip
    axes.set_ylim(0.0, min(5000.0, survey.top_hz))
    axes.set_yticks([hz for hz in (0, 1000, 2000, 3000, 4000, 5000) if hz <= survey.top_hz])
    axes.set_yticklabels([f"{tick / 1000:g}" for tick in axes.get_yticks()])
    axes.set_ylabel("kHz", fontsize=FONT_PT, labelpad=2)


def draw_intensities(
    axes: Any,
    original: Survey,
    result: Survey,
    *,
    palette: Palette,
    colour: Colour,
    name: str,
    limits_db: tuple[float, float],
) -> None:
    """Both levels over time on one scale, each over its own duration."""
    for survey, shade, width, label in ((original, palette.original, 1.6, "original"), (result, colour, 1.0, name)):
        points = survey.intensity_db.size
        seconds = (np.arange(points) + 0.5) * survey.duration_s / points
        axes.plot(
            seconds, np.maximum(survey.intensity_db, limits_db[0] - 10), color=shade, linewidth=width, label=label
        )
    axes.set_ylim(*limits_db)
    axes.set_ylabel("dB", fontsize=FONT_PT, labelpad=2)
    axes.grid(axis="y", color="0.9", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.legend(loc="lower right", fontsize=FONT_PT, ncols=2, framealpha=0.85, borderpad=0.3)


def blank(axes: Any) -> None:
    """Leave only the title of a panel; what it shows is placed inside with `inset`."""
    axes.set(xlim=(0, 1), ylim=(0, 1), xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_color("0.8")


def inset(axes: Any, left: float, bottom: float, width: float, height: float, *, caption: str = "") -> Any:
    """Axes inside a panel, in parts of its width and height."""
    inner = axes.inset_axes([left, bottom, width, height])
    inner.tick_params(labelsize=FONT_PT, length=3, pad=2)
    if caption:
        inner.set_title(caption, fontsize=FONT_PT, loc="left", pad=3)
    return inner


def write_lines(
    axes: Any, left: float, top: float, lines: Sequence[str], *, characters: int, step: float = 0.085
) -> None:
    """Lines of text down a panel from `top`; what does not fit is cut short and says so."""
    room = max(1, int(top / step))
    shown = list(lines) if len(lines) <= room else [*lines[: room - 1], f"… and {len(lines) - room + 1} more"]
    for row, line in enumerate(shown):
        axes.text(
            left, top - row * step, shorten(line, characters), fontsize=FONT_PT, va="top", transform=axes.transAxes
        )


def warnings_line(report: Mapping[str, Any]) -> list[str]:
    """The report's warnings on one line of the footer."""
    warnings = [str(text) for text in report.get("warnings", ())]
    return ["Warnings: " + " ".join(warnings) if warnings else "No warnings."]


def shorten(text: str, characters: int) -> str:
    """`text` with its middle replaced by an ellipsis when it is too long."""
    text = " ".join(text.split())
    if len(text) <= characters:
        return text
    head = (characters - 1) * 2 // 3
    return f"{text[:head]}…{text[len(text) - (characters - 1 - head) :]}"


def number(value: Any) -> str:
    """A value as the figures print it: three digits, yes or no, a dash for none."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}" if np.isfinite(value) and abs(value) < 1e5 else f"{value:.0f}"
    return str(value)


def draw_temperature_bar(axes: Any, *, start: float, end: float, palette: Palette, middle: str = "") -> None:
    """Ten segments from the hot colour to the cold one; below, the temperatures at both ends and `middle`."""
    from matplotlib.colors import to_rgb

    hot, cold = np.array(to_rgb(palette.hot)), np.array(to_rgb(palette.cold))
    for segment in range(10):
        part = segment / 9
        axes.axvspan(segment / 10, (segment + 1) / 10, color=tuple((1 - part) * hot + part * cold), linewidth=0)
    axes.set(xlim=(0, 1), ylim=(0, 1), yticks=[], xticks=[0, 0.5, 1])
    axes.tick_params(length=0)
    axes.set_xticklabels([f"T = {number(float(start))}", middle, f"T = {number(float(end))}"])
    for label, side in zip(axes.get_xticklabels(), ("left", "center", "right"), strict=True):
        label.set_horizontalalignment(side)
