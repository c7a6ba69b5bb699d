"""Short sounds side by side as spectrograms: a column a kind, a row a maker."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from samplegen.audio.features import log_mel_db
from samplegen.audio.types import Audio
from samplegen.plots.canvas import new_figure, save_png

_CELL_IN = (1.35, 1.15)
_BANDS, _RANGE_DB = 64, 60.0
_FRAMES_A_SECOND = 172


def plot_sound_sheet(rows: Sequence[tuple[str, Mapping[str, Audio]]], *, seconds: float, path: Path) -> None:
    """Draw sounds ``[C, T]`` as PNG: of each row its name, and a sound a kind; kinds are columns in order of the first.

    All cells are `seconds` long; levels are relative to the loudest cell of the sound, over 60 dB.

    Raises
    ------
    DependencyError
        If matplotlib is missing.
    OutputError
        If the picture cannot be written.
    """
    kinds = list(rows[0][1])
    figure = new_figure(_CELL_IN[0] * len(kinds), _CELL_IN[1] * len(rows) + 0.3)
    grid = figure.subplots(len(rows), len(kinds), squeeze=False)
    for (name, sounds), line in zip(rows, grid, strict=True):
        for kind, axes in zip(kinds, line, strict=True):
            _draw(axes, sounds.get(kind), seconds)
        line[0].set_ylabel(name, fontsize=8)
    for kind, axes in zip(kinds, grid[0], strict=True):
        axes.set_title(kind.replace("_", " "), fontsize=9)
    save_png(figure, path)


def _draw(axes: Any, audio: Audio | None, seconds: float) -> None:
    axes.set(xticks=(), yticks=())
    axes.set_facecolor("#440154")  # viridis at its darkest: silence
    if audio is None or not audio.length:
        return
    mono = audio.mono()
    mono = mono.with_samples(mono.samples[:, : round(seconds * audio.sample_rate)])
    levels = log_mel_db(mono, n_fft=1024, hop_length=audio.sample_rate // _FRAMES_A_SECOND, n_mels=_BANDS)
    top = float(np.max(levels))
    axes.imshow(
        levels, origin="lower", aspect="auto", cmap="viridis", vmin=top - _RANGE_DB, vmax=top,
        extent=(0.0, mono.duration_s, 0.0, 1.0), interpolation="nearest",
    )  # fmt: skip
    axes.set(xlim=(0.0, seconds), ylim=(0.0, 1.0))
