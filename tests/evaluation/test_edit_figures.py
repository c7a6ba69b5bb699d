"""Figures of verbs: intervals, choice of sources, and what stereo images measure."""

from pathlib import Path

import numpy as np
import pytest

from samplegen.audio.types import Audio
from samplegen.evaluation.edit_figures import count_held_out, library_sources, mean_figure, shown
from samplegen.evaluation.vary_report import Column, growing
from samplegen.evaluation.widen_report import haas, measure_image, velvet
from samplegen.variations.widen import make_side, to_stereo

RATE = 44_100


def test_intervals_hold_the_mean() -> None:
    figure = mean_figure([0.0, 1.0, 1.0, 0.0], rng=np.random.default_rng(0))
    assert figure.low < 0.5 == figure.value < figure.high
    assert shown(mean_figure([1.0, 1.0], rng=np.random.default_rng(0)), share=True) == "100 % (100 to 100)"


def test_held_out_sources_come_first(tmp_path: Path) -> None:
    rows = ["path,class,source_repo", "a.flac,kick,old", "b.flac,kick,new", "c.flac,snare,new", "d.mid,kick,new"]
    (tmp_path / "index.csv").write_text("\n".join(rows), "utf-8")
    paths = library_sources(tmp_path, "kick", count=5, seed=0, is_held_out=lambda name: name == "new")
    assert [path.name for path in paths] == ["b.flac", "a.flac"]
    assert count_held_out(tmp_path, paths, is_held_out=lambda name: name == "new") == 1


def test_distances_that_grow() -> None:
    columns = [Column(), Column(), Column()]
    for column, values in zip(columns, ((1.0, 1.0), (2.0, 3.0), (3.0, 2.0)), strict=True):
        for value in values:
            column.add([{"d": value}])
    assert growing(columns, "d") == [1.0, 0.0]


def test_images_beside_the_baselines() -> None:
    rng = np.random.default_rng(1)
    middle = Audio(0.2 * rng.standard_normal((1, RATE)).astype(np.float32), RATE)
    side, reached = make_side(middle, rng.standard_normal((1, RATE)).astype(np.float32), width=0.4)
    stereo, gain = to_stereo(middle.samples, side)
    ours = measure_image(stereo, middle, gain=gain, wanted=reached, kind="snare")
    assert ours["fold-down within -90 dB"] == ours["correlation within 0.05 of asked"] == 1.0
    assert ours["fold-down d_spec, dB"] < 0.01
    late = measure_image(haas(middle), middle, gain=1.0, wanted=0.6, kind="snare")
    assert late["fold-down d_spec, dB"] > 1.0 and late["fold-down error, dB"] > -10.0
    spread = velvet(middle, rng=rng)
    assert np.square(spread).sum(axis=1) == pytest.approx(np.square(middle.samples).sum(), rel=0.1)
