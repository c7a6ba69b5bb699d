"""Sheets: sizes, suffixes, clocks and lines that fit."""

import builtins
import sys
from pathlib import Path

import numpy as np
import pytest

from samplegen.errors import DependencyError, OutputError, UsageError
from samplegen.plots import panels
from samplegen.plots.palettes import PALETTES, palette_of
from tests.plots.results import picture_size


@pytest.fixture
def no_matplotlib(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    real = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name.split(".")[0] == "matplotlib":
            raise ImportError("No module named 'matplotlib'")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)


def test_missing_matplotlib_is_named(no_matplotlib):
    with pytest.raises(DependencyError, match=r"samplegen\[eval\]"):
        panels.new_sheet("x")


def test_a_sheet_has_six_axes_and_its_size(tmp_path):
    figure, axes = panels.new_sheet("heading", footer=["one", "two", "three", "four"])
    assert len(axes) == 6 == len(figure.axes)
    panels.save(figure, tmp_path / "x.PNG")
    assert picture_size(tmp_path / "x.PNG") == (1600, 1000)
    assert [text.get_text() for text in figure.texts] == ["heading", "one", "two", "three"]


def test_other_suffixes_are_refused_before_anything_is_written(tmp_path):
    figure, _ = panels.new_sheet("x")
    with pytest.raises(UsageError, match=r"\.png or \.svg.*'x\.jpg'"):
        panels.save(figure, [tmp_path / "x.png", tmp_path / "x.jpg"])
    assert not list(tmp_path.iterdir())


def test_an_unwritable_place_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file"):
        panels.save(panels.new_sheet("x")[0], tmp_path / "file" / "x.png")


def test_many_lines_become_ticks_one_for_a_pixel():
    _, axes = panels.new_sheet("x")
    for panel, count in ((axes[0], 100), (axes[1], 10_000)):
        panels.draw_lines(panel, np.linspace(0, 3599, count), colour="k", duration_s=3600.0)
    few, many = (panel.collections[0].get_segments() for panel in axes[:2])
    assert len(few) == 100 and few[0][1][1] == 1.0
    assert 700 <= len(many) <= 740 and many[0][1][1] == pytest.approx(0.1)


def test_what_does_not_fit_is_cut_and_says_so():
    assert panels.shorten("short", 10) == "short"
    cut = panels.shorten("a" * 50 + "b" * 50, 31)
    assert len(cut) == 31 and cut.startswith("aaa") and cut.endswith("bbb") and "…" in cut
    _, axes = panels.new_sheet("x")
    panels.write_lines(axes[0], 0, 0.9, [str(n) for n in range(30)], characters=20, step=0.1)
    shown = [text.get_text() for text in axes[0].texts]
    assert shown == [*"01234567", "… and 22 more"]


@pytest.mark.parametrize(("second", "text"), [(0.0, "0:00"), (59.6, "1:00"), (3661.0, "61:01")])
def test_clock(second, text):
    assert panels.clock(second) == text


@pytest.mark.parametrize(
    ("seconds", "last", "label"), [(100.0, "100", "seconds"), (600.0, "8:00", "minutes"), (3600.0, "50:00", "minutes")]
)
def test_long_times_are_minutes_at_round_places(seconds, last, label):
    figure, axes = panels.new_sheet("x")
    panels.set_time_axis(axes[0], seconds)
    figure.draw_without_rendering()
    shown = [tick.get_text() for tick in axes[0].get_xticklabels()]
    assert shown[-1] == last and shown[0] in ("0", "0:00") and len(shown) <= 9
    assert axes[0].get_xlabel() == label


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (True, "yes"), (3, "3"), (0.123456, "0.123"), (1e7, "10000000"), ("a", "a")]
)
def test_numbers(value, text):
    assert panels.number(value) == text


def test_temperature_bar_goes_from_hot_to_cold_in_ten_segments():
    _, axes = panels.new_sheet("x")
    panels.draw_temperature_bar(axes[0], start=2.0, end=0.1, palette=palette_of("spec"))
    colours = [patch.get_facecolor()[:3] for patch in axes[0].patches]
    assert len(colours) == 10
    assert colours[0] == pytest.approx((0.95, 0.55, 0.10)) and colours[-1] == pytest.approx((0.15, 0.30, 0.80))
    assert [label.get_text() for label in axes[0].get_xticklabels()] == ["T = 2", "", "T = 0.1"]


def test_palettes_have_a_colour_for_every_cluster_and_model():
    from matplotlib.colors import to_rgb

    for palette in PALETTES.values():
        assert len({to_rgb(colour) for colour in palette.clusters}) == 8
        assert set(palette.models) == {"ae_weighted", "ar_smear", "latent"}
        assert palette.cluster(9) == palette.cluster(1)
    with pytest.raises(UsageError, match=r"'grey'.*spec, colour-blind"):
        palette_of("grey")


def test_one_picture_or_several(tmp_path):
    figure, _ = panels.new_sheet("x")
    panels.save(figure, [tmp_path / "a.png", tmp_path / "a.svg"])
    assert {path.name for path in Path(tmp_path).iterdir()} == {"a.png", "a.svg"}


def test_names_that_look_like_formulas_or_have_no_glyph(tmp_path):
    """A warning would be an error here."""
    name = "a$\\frac$ ^b 🎹.wav"
    figure, _ = panels.new_sheet(name, footer=["$\\x$"])
    panels.save(figure, [tmp_path / "a.png", tmp_path / "a.svg"])
    assert figure.texts[0].get_text() == name and picture_size(tmp_path / "a.png") == (1600, 1000)
