"""The picture of a phase diffusion shows what happened, in either palette."""

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from samplegen.audio.source import as_source
from samplegen.plots.palettes import PALETTES
from samplegen.plots.phase_figure import draw_phase, phase_figure
from tests.plots.results import RATE, FakeSource, noise, phase_result, picture_size

SOURCE = as_source(noise())
MODELS = ("ae_weighted", "ar_smear", "latent")


def lines_in(axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


@pytest.mark.parametrize("model", MODELS)
def test_six_titled_panels(model):
    figure = phase_figure(phase_result(model), SOURCE, title="rain")
    assert [axes.get_title(loc="left").split(",")[0] for axes in figure.axes] == [
        "Waveforms", "Intensity", "Original: spectrogram", "Diffused: spectrogram",
        "Network learned from this recording", "Summary",
    ]  # fmt: skip
    assert figure.texts[0].get_text() == f"Phase diffusion, {model}: rain"
    assert figure.axes[1].get_ylim() == (30.0, 90.0)


def test_pictures_have_their_size_and_equal_results_equal_bytes(tmp_path):
    draw_phase(phase_result("latent"), SOURCE, [tmp_path / "a.png", tmp_path / "a.svg"])
    draw_phase(phase_result("latent"), SOURCE, tmp_path / "b.svg")
    assert picture_size(tmp_path / "a.png") == (1600, 1000)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert ElementTree.parse(tmp_path / "a.svg").getroot().tag == "{http://www.w3.org/2000/svg}svg"


def test_weights_are_drawn_over_frequency():
    result = phase_result("ar_smear", analyses=2)
    (curves,) = phase_figure(result, SOURCE).axes[4].child_axes
    left, right, persistence = (line.get_ydata() for line in curves.get_lines())
    hz = curves.get_lines()[0].get_xdata()
    assert 100 < len(hz) < 257 and hz[0] >= 20 and np.all(np.diff(hz) > 0)
    for drawn, row in ((left, 0), (right, 1)):
        assert np.allclose(drawn, np.interp(hz, result.frequencies_hz, result.weights[row]), atol=1e-3)
    assert np.allclose(persistence, 1 - left)


def test_latent_shows_temperatures_and_distances():
    result = phase_result("latent")
    network = phase_figure(result, SOURCE).axes[4]
    bar, distances = network.child_axes
    assert [label.get_text() for label in bar.get_xticklabels()][::2] == ["T = 1", "T = 0.1"]
    assert result.distances is not None
    before, after = np.median(result.distances, axis=1)
    assert f"Median distance {before:.2f} → {after:.2f}" in lines_in(network)
    assert "Walk of 30 steps" in lines_in(network) and "Autoencoder 640–71–8–71–640" in lines_in(network)
    middle = bar.get_xticklabels()[1].get_text()
    assert middle == "temperature, exponential"
    assert sum(patch.get_data().values.sum() for patch in distances.patches) == result.distances.size


def test_custom_annealing_shows_its_own_ends():
    result = phase_result("latent", annealing="custom", temperatures=(3.0, 1.0, 0.2))
    figure = phase_figure(result, SOURCE)
    bar = figure.axes[4].child_axes[0]
    assert [label.get_text() for label in bar.get_xticklabels()] == ["T = 3", "temperature, custom", "T = 0.2"]
    assert "temperatures: 3, 1, 0.2" in lines_in(figure.axes[5])


def test_one_event_says_that_nothing_was_trained():
    result = phase_result()
    untrained = replace(result, report={**result.report, "initial_loss": None, "final_loss": None})
    assert "not trained: nothing to tell apart" in lines_in(phase_figure(untrained, SOURCE).axes[4])


def test_summary_names_every_setting_in_the_room_there_is():
    figure = phase_figure(phase_result(), SOURCE)
    lines = lines_in(figure.axes[5])
    for line in (
        "window: 64.0 ms",
        "hop: 16.0 ms",
        "hop_size: 128",
        "attacks: protected",
        "seed: 42",
        "RMS change: -6.02 dB",
    ):
        assert line in lines
    assert not any("more" in line or "…" in line for line in lines)


@pytest.mark.parametrize("model", MODELS)
def test_no_text_of_a_panel_runs_into_another_or_out_of_the_panel(model):
    figure = phase_figure(phase_result(model), SOURCE)
    figure.draw_without_rendering()
    for panel in figure.axes[4:]:
        frame = panel.get_window_extent()
        boxes = [text.get_window_extent() for text in panel.texts]
        boxes += [child.get_tightbbox() for child in panel.child_axes]
        for place, box in enumerate(boxes):
            assert box.x0 >= frame.x0 and box.x1 <= frame.x1 and box.y0 >= frame.y0 and box.y1 <= frame.y1
            assert not any(box.overlaps(other) for other in boxes[place + 1 :])


@pytest.mark.parametrize("name", list(PALETTES))
def test_palette_colours_models_and_spectrograms(name):
    for model in MODELS:
        figure = phase_figure(phase_result(model), SOURCE, palette=name)
        line = figure.axes[1].get_lines()[1]
        assert to_rgb(line.get_color()) == to_rgb(PALETTES[name].models[model])
        assert figure.axes[3].images[0].get_cmap().name == PALETTES[name].colour_map


def test_waveforms_share_a_scale_that_holds_both():
    loud = as_source(noise().with_samples(noise().samples * 1.9))
    figure = phase_figure(phase_result(source=loud), SOURCE)
    low, high = figure.axes[0].get_ylim()
    assert high == -low > np.abs(loud.read(0, loud.length)).max()


def test_long_recordings_are_read_in_blocks():
    source, result = (FakeSource(600 * RATE // 4, sample_rate=RATE // 4, channels=1) for _ in range(2))
    phase_figure(phase_result(source=result), source)
    assert max(source.largest, result.largest) <= 10.1 * RATE // 4
