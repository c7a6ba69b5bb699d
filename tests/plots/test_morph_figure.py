"""The picture of a morph chain shows what happened, in either palette."""

from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from samplegen.audio.source import as_source
from samplegen.errors import UsageError
from samplegen.plots.morph_figure import draw_morph, morph_figure
from samplegen.plots.palettes import PALETTES
from tests.plots.results import RATE, FakeSource, morph_result, noise, picture_size

SOURCE = as_source(noise())


def text_of(figure) -> str:
    panels = [*figure.axes, *(child for axes in figure.axes for child in axes.child_axes)]
    return "\n".join(text.get_text() for owner in (figure, *panels) for text in owner.texts)


def test_six_titled_panels():
    figure = morph_figure(morph_result(), SOURCE, title="rain")
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert [title.split(":")[0].split(",")[0] for title in titles] == [
        "Input", "Output", "Input", "Output", "Diffusion", "Intensity",
    ]  # fmt: skip
    assert "12 events" in titles[0] and "3 chains" in titles[1] and "Morph chain: rain" in text_of(figure)


def test_pictures_have_their_size_and_equal_results_equal_bytes(tmp_path):
    draw_morph(morph_result(), SOURCE, [tmp_path / "a.png", tmp_path / "a.svg"])
    draw_morph(morph_result(), SOURCE, tmp_path / "b.png")
    assert picture_size(tmp_path / "a.png") == (1600, 1000)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    root = ElementTree.parse(tmp_path / "a.svg").getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg" and root.get("viewBox") == "0 0 1152 720"


def test_diffusion_panel_counts_and_draws_every_chain():
    result = morph_result(clusters=3)
    figure = morph_figure(result, SOURCE)
    facts = text_of(figure)
    for line in (
        "Steps 18–30 of 30",
        "Chains 3",
        "Early stops 2",
        "Strength 0.6",
        "Latent spread 1.25",
        "Mean event 0.17 s",
    ):
        assert line in facts
    _, bars, curves = figure.axes[4].child_axes
    heights = [bar.get_height() for bar in bars.patches]
    assert heights == pytest.approx(100 * result.voices[0].clusters.sizes / 12) and sum(heights) == pytest.approx(100)
    lines = [line for line in curves.get_lines() if len(line.get_ydata()) > 2]
    for line, chain in zip(lines, result.chains, strict=True):
        assert np.array_equal(line.get_ydata(), chain.ce)
    dotted = [line for line in curves.get_lines() if line.get_linestyle() == ":"]
    assert len(dotted) == 1 and list(dotted[0].get_ydata()) == [1.0, 1.0]


@pytest.mark.parametrize("name", list(PALETTES))
def test_palette_colours_clusters_and_spectrograms(name):
    result = morph_result(clusters=8, events=40)
    figure = morph_figure(result, SOURCE, palette=name)
    bars = figure.axes[4].child_axes[1].patches
    assert [bar.get_facecolor()[:3] for bar in bars] == [to_rgb(colour) for colour in PALETTES[name].clusters]
    tints = [patch.get_facecolor()[:3] for patch in figure.axes[1].patches]
    assert tints == [to_rgb(PALETTES[name].cluster(chain.cluster)) for chain in result.chains]
    assert figure.axes[2].images[0].get_cmap().name == PALETTES[name].colour_map


def test_channels_apart_lie_above_each_other():
    figure = morph_figure(morph_result(voices=2), SOURCE)
    tints = [patch.get_bbox() for patch in figure.axes[1].patches]
    assert [(box.y0, box.y1) for box in tints] == [(0.5, 1.0)] * 3 + [(0.0, 0.5)] * 3
    assert "channel 2" in text_of(figure) and "6 chains" in figure.axes[1].get_title(loc="left")


def test_long_warnings_are_cut_to_the_width():
    figure = morph_figure(morph_result(warnings=["All events are nearly alike, so there is one cluster."] * 9), SOURCE)
    figure.draw_without_rendering()
    for text in figure.texts:
        box = text.get_window_extent()
        assert box.x0 >= 0 and box.x1 <= 1600 and box.y0 >= 0
    assert "…" in figure.texts[-1].get_text()


def test_everything_written_is_large_enough():
    figure = morph_figure(morph_result(), SOURCE)
    axes = [*figure.axes, *(child for panel in figure.axes for child in panel.child_axes)]
    texts = [text for panel in axes for text in (*panel.get_xticklabels(), *panel.get_yticklabels(), *panel.texts)]
    assert min(text.get_fontsize() for text in [*texts, *figure.texts]) >= 9


def test_a_long_recording_is_read_in_blocks():
    source = FakeSource(600 * RATE // 4, sample_rate=RATE // 4, channels=1)
    figure = morph_figure(morph_result(events=3000), source)
    assert source.largest <= 10.1 * RATE // 4 and "600.00 s, 3000 events" in figure.axes[0].get_title(loc="left")


def test_wrong_names_are_refused(tmp_path):
    source = FakeSource(RATE)
    with pytest.raises(UsageError, match=r"\.pdf"):
        draw_morph(morph_result(), source, tmp_path / "x.pdf")
    with pytest.raises(UsageError, match="palette 'blue'"):
        draw_morph(morph_result(), source, tmp_path / "x.png", palette="blue")
    assert source.total == 0
