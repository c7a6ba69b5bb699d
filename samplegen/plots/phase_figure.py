"""A phase diffusion as a picture of six panels."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from samplegen.audio.source import Source
from samplegen.engines.on_the_fly.autoencoder import hidden_size
from samplegen.engines.phase_diffusion.result import PhaseResult
from samplegen.engines.phase_diffusion.settings import PhaseSettings
from samplegen.engines.phase_diffusion.walk import walk_temperatures
from samplegen.plots import panels
from samplegen.plots.palettes import Colour, Palette, palette_of
from samplegen.plots.panels import number
from samplegen.plots.survey import Floats, Survey, survey

__all__ = ["draw_phase", "phase_figure"]

WINDOW_S, HOP_S = 0.005, 0.010
_LIMITS_DB = (30.0, 90.0)
_LOWEST_HZ = 20.0
_INPUTS = 640  # 40 bands of 16 frames


def draw_phase(
    result: PhaseResult, source: Source, path: Path | Sequence[Path], *, palette: str = "spec", title: str = ""
) -> None:
    """Draw what a phase diffusion made of `source`, as PNG or SVG of 1600 × 1000 pixels.

    Parameters
    ----------
    path
        One or more files; each suffix chooses its format.
    palette
        ``spec``, or ``colour-blind`` for colours told apart by everybody.
    title
        What the recording is called.

    Raises
    ------
    DependencyError
        If matplotlib is missing.
    UsageError
        For another palette or suffix.
    OutputError
        If a picture cannot be written.
    """
    panels.check_suffixes(path)
    panels.save(phase_figure(result, source, palette=palette, title=title), path)


def phase_figure(result: PhaseResult, source: Source, *, palette: str = "spec", title: str = "") -> Any:
    """The matplotlib figure that `draw_phase` writes."""
    colours = palette_of(palette)
    model = result.settings.model
    heading = f"Phase diffusion, {model}" + (f": {title}" if title else "")
    figure, axes = panels.new_sheet(heading, footer=panels.warnings_line(result.report))
    waves, levels, before, after, network, summary = axes
    shade = colours.models[model]
    original = survey(source, window_s=WINDOW_S, hop_s=HOP_S)
    diffused = survey(result.source, window_s=WINDOW_S, hop_s=HOP_S)
    _draw_waves(waves, original, diffused, palette=colours, colour=shade)
    panels.entitle(levels, f"Intensity, {_LIMITS_DB[0]:g}–{_LIMITS_DB[1]:g} dB")
    panels.draw_intensities(
        levels, original, diffused, palette=colours, colour=shade, name="diffused", limits_db=_LIMITS_DB
    )
    panels.set_time_axis(levels, original.duration_s)
    for axes, one, name in ((before, original, "Original"), (after, diffused, "Diffused")):
        panels.entitle(axes, f"{name}: spectrogram, 5 ms window, loudest {panels.RANGE_DB:g} dB")
        panels.draw_spectrogram(axes, one, colour_map=colours.colour_map)
        panels.set_time_axis(axes, one.duration_s)
    _draw_network(network, result, palette=colours, colour=shade)
    _draw_summary(summary, result, source)
    return figure


def _draw_waves(axes: Any, original: Survey, diffused: Survey, *, palette: Palette, colour: Colour) -> None:
    panels.entitle(axes, "Waveforms")
    panels.draw_wave(axes, original, colour=palette.original, label="original")
    panels.draw_wave(axes, diffused, colour=colour, alpha=0.6, label="diffused")
    panels.share_scale([axes], original, diffused)
    panels.set_time_axis(axes, original.duration_s)
    axes.legend(loc="lower right", fontsize=panels.FONT_PT, ncols=2, framealpha=0.85, borderpad=0.3)


def _draw_network(axes: Any, result: PhaseResult, *, palette: Palette, colour: Colour) -> None:
    panels.entitle(axes, "Network learned from this recording")
    panels.blank(axes)
    panels.write_lines(axes, 0.015, 0.955, _network_lines(result), characters=44)
    if result.distances is None:
        _draw_weights(axes, result, palette=palette, colour=colour)
    else:
        _draw_walk(axes, result, palette=palette, colour=colour)


def _network_lines(result: PhaseResult) -> list[str]:
    report, settings = result.report, result.settings
    sizes = report["cluster_sizes"]
    lines = [
        *_training_lines(result),
        f"Events {report['n_events']}",
        f"Clusters {len(sizes)} of {settings.n_clusters} asked for",
        "Cluster sizes " + ", ".join(str(size) for size in sizes),
    ]
    if result.distances is None:
        return [*lines, f"Weights: mean {result.weights.mean():.2f}, {(result.weights > 0.5).mean():.0%} above 0.5"]
    lines += [f"Temperature {number(settings.temperature)}", f"Walk of {settings.diffusion_steps} steps"]
    before, after = np.median(result.distances, axis=1)
    return [*lines, f"Median distance {before:.2f} → {after:.2f}"]


def _training_lines(result: PhaseResult) -> list[str]:
    """Architecture and losses; one event, or events all alike, teach no network anything."""
    report, latent = result.report, result.settings.latent_size
    hidden = hidden_size(_INPUTS, latent)
    lines = ["Autoencoder " + "–".join(str(size) for size in (_INPUTS, hidden, latent, hidden, _INPUTS))]
    if report.get("initial_loss") is None:
        return [*lines, "not trained: nothing to tell apart"]
    loss = f"Loss {number(report['initial_loss'])} → {number(report['final_loss'])}"
    return [*lines, f"Latent size {latent}", f"Training steps {result.settings.train_steps}", loss]


def _draw_weights(axes: Any, result: PhaseResult, *, palette: Palette, colour: Colour) -> None:
    """Weights over frequency, and for ar_smear the persistence they are multiplied with."""
    inner = panels.inset(axes, 0.43, 0.14, 0.55, 0.72, caption="Weight of each bin (0 structured, 1 noise-like)")
    hz = _thin(result.frequencies_hz, result.frequencies_hz)
    many = result.weights.shape[0] > 1
    for row, weights in enumerate(result.weights):
        label = f"weight, channel {row + 1}" if many else "weight"
        style = ("-", "--", ":")[row % 3]
        inner.plot(hz, _thin(result.frequencies_hz, weights), color=colour, linestyle=style, linewidth=1.6, label=label)
    if result.persistence is not None:
        mean = _thin(result.frequencies_hz, result.persistence.mean(axis=0))
        inner.plot(hz, mean, color=palette.original, linewidth=1.2, label="persistence r", zorder=1)
    inner.set(xscale="log", xlim=(_LOWEST_HZ, hz[-1]), ylim=(-0.03, 1.03))
    ticks = [tick for tick in (30, 100, 300, 1000, 3000, 10_000) if tick < hz[-1]]
    inner.set_xticks(ticks, [f"{tick / 1000:g} k" if tick >= 1000 else str(tick) for tick in ticks])
    inner.minorticks_off()
    inner.set_xlabel("Hz", fontsize=panels.FONT_PT, labelpad=1)
    inner.grid(color="0.92", linewidth=0.8)
    if many or result.persistence is not None:
        inner.legend(loc="best", fontsize=panels.FONT_PT, framealpha=0.85, borderpad=0.3)


def _thin(hz: Floats, values: Floats) -> Floats:
    """Means over 24 bands an octave, of the bins from 20 Hz on: a wide window has 65,537 of them."""
    shown = hz >= _LOWEST_HZ
    bands = np.floor(24 * np.log2(hz[shown] / _LOWEST_HZ)).astype(np.int64)
    first = np.unique(bands, return_index=True)[1]
    means: Floats = np.add.reduceat(values[shown], first) / np.diff(np.append(first, bands.size))
    return means


def _draw_walk(axes: Any, result: PhaseResult, *, palette: Palette, colour: Colour) -> None:
    """The temperature of the walk, and how far the events lie from their centres before and after it."""
    bar = panels.inset(axes, 0.43, 0.82, 0.55, 0.09)
    annealed = walk_temperatures(result.settings)
    middle = f"temperature, {result.settings.annealing}"
    panels.draw_temperature_bar(bar, start=annealed[0], end=annealed[-1], palette=palette, middle=middle)
    inner = panels.inset(axes, 0.43, 0.14, 0.55, 0.48, caption="Events by distance from their cluster's centre")
    assert result.distances is not None
    edges = np.linspace(0.0, max(float(result.distances.max()), 0.1), 25)
    for row, shade, label in ((0, palette.original, "before"), (1, colour, "after")):
        counts = np.histogram(result.distances[row], edges)[0]
        inner.stairs(counts, edges, fill=True, color=shade, alpha=0.65, label=label)
        inner.axvline(float(np.median(result.distances[row])), color=shade, linestyle=":", linewidth=1.6)
    inner.set_xlim(0.0, edges[-1])
    inner.yaxis.get_major_locator().set_params(integer=True)
    inner.set_xlabel("distance (dotted: median)", fontsize=panels.FONT_PT, labelpad=1)
    inner.legend(loc="upper right", fontsize=panels.FONT_PT, framealpha=0.85, borderpad=0.3)


def _draw_summary(axes: Any, result: PhaseResult, source: Source) -> None:
    """All settings, what they are in milliseconds, and what changed."""
    panels.entitle(axes, "Summary")
    panels.blank(axes)
    settings, rate = result.settings, source.sample_rate
    lines = _setting_lines(settings)
    derived = [
        f"window: {1000 * settings.window_size / rate:.1f} ms",
        f"hop: {1000 * settings.hop / rate:.1f} ms",
        f"attacks: {'protected' if settings.preserve_transients else 'not protected'}",
    ]
    half = -(-len(lines) // 2)
    columns = (lines[:half], lines[half:], derived + _change_lines(result.report))
    for left, column in zip((0.015, 0.335, 0.66), columns, strict=True):
        panels.write_lines(axes, left, 0.955, column, characters=33)


def _setting_lines(settings: PhaseSettings) -> list[str]:
    values = asdict(settings) | {"hop_size": settings.hop}
    if settings.annealing != "custom":
        del values["temperatures"]
    return [f"{name}: {_value(value)}" for name, value in values.items()]


def _value(value: Any) -> str:
    return ", ".join(number(one) for one in value) if isinstance(value, tuple) else number(value)


def _change_lines(report: Mapping[str, Any]) -> list[str]:
    """What the report says of levels and channels."""
    before, after = report["rms_in"], report["rms_out"]
    change_db = 20 * np.log10(max(after, 1e-9) / max(before, 1e-9))
    lines = [
        f"RMS change: {change_db:+.2f} dB",
        f"RMS: {number(before)} → {number(after)}",
        f"gain: {number(report['gain'])}",
        f"peak: {number(report['peak'])}",
        f"difference ratio: {number(report['difference_ratio'])}",
        f"mean wet share: {number(report['mean_alpha'])}",
        f"effective share: {number(report['effective_share'])}",
    ]
    if report.get("channel_correlation_in") is None:
        return lines
    both = (number(report[f"channel_correlation_{end}"]) for end in ("in", "out"))
    return [*lines, "correlation: " + " → ".join(both)]
