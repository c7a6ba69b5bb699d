"""A morph chain as a picture of six panels."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from samplegen.audio.source import Source, as_source
from samplegen.engines.morph_chain.result import Chain, MorphResult
from samplegen.plots import panels
from samplegen.plots.palettes import Palette, palette_of
from samplegen.plots.panels import number
from samplegen.plots.survey import Survey, survey

__all__ = ["draw_morph", "morph_figure"]

WINDOW_S, HOP_S = 0.030, 0.0075
_LEVELS_DB = 60.0
_LOWEST_CE = 0.05
_NAMED_FROM = 0.05  # part of the output a chain fills to have room for its name
_STYLES = ("-", "--", ":", "-.")


def draw_morph(
    result: MorphResult, source: Source, path: Path | Sequence[Path], *, palette: str = "spec", title: str = ""
) -> None:
    """Draw what a morph chain made of `source`, as PNG or SVG of 1600 × 1000 pixels.

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
    panels.save(morph_figure(result, source, palette=palette, title=title), path)


def morph_figure(result: MorphResult, source: Source, *, palette: str = "spec", title: str = "") -> Any:
    """The matplotlib figure that `draw_morph` writes."""
    colours = palette_of(palette)
    heading = "Morph chain" + (f": {title}" if title else "")
    figure, axes = panels.new_sheet(heading, footer=_footer(result))
    wave_in, wave_out, spectrum_in, spectrum_out, diffusion, levels = axes
    original = survey(source, window_s=WINDOW_S, hop_s=HOP_S)
    morphed = survey(as_source(result.audio), window_s=WINDOW_S, hop_s=HOP_S)
    _draw_input(wave_in, result, original, rate=source.sample_rate, palette=colours)
    _draw_output(wave_out, result, morphed, palette=colours)
    for panel, one, name in ((spectrum_in, original, "Input"), (spectrum_out, morphed, "Output")):
        panels.entitle(panel, f"{name}: spectrogram, 30 ms window, loudest {panels.RANGE_DB:g} dB")
        panels.draw_spectrogram(panel, one, colour_map=colours.colour_map)
        panels.set_time_axis(panel, one.duration_s)
    _draw_diffusion(diffusion, result, palette=colours)
    _draw_levels(levels, original, morphed, palette=colours)
    return figure


def _draw_input(axes: Any, result: MorphResult, original: Survey, *, rate: int, palette: Palette) -> None:
    events = result.segmentation.events
    shortest = result.segmentation.min_event_s
    kind = "equal frames" if result.segmentation.equal_frames else f"at least {1000 * shortest:.0f} ms"
    panels.entitle(axes, f"Input: {original.duration_s:.2f} s, {len(events)} events ({kind})")
    panels.draw_wave(axes, original, colour=palette.original)
    panels.share_scale([axes], original)
    starts = np.array([event.start for event in events], dtype=np.float64) / rate
    panels.draw_lines(axes, starts, colour=palette.mark, duration_s=original.duration_s)
    panels.set_time_axis(axes, original.duration_s)


def _draw_output(axes: Any, result: MorphResult, morphed: Survey, *, palette: Palette) -> None:
    """The output, tinted by chain; with a network for each channel, their chains lie above each other."""
    chains = sum(len(voice.chains) for voice in result.voices)
    panels.entitle(axes, f"Output: {morphed.duration_s:.2f} s, {chains} chain{'s' * (chains != 1)}")
    height = 1.0 / len(result.voices)
    for row, voice in enumerate(result.voices):
        for chain in voice.chains:
            start, end = chain.start / result.audio.sample_rate, chain.end / result.audio.sample_rate
            top = 1.0 - row * height
            axes.axvspan(
                start, end, ymin=top - height, ymax=top, color=palette.cluster(chain.cluster), alpha=0.35, lw=0
            )
            if end - start > _NAMED_FROM * morphed.duration_s:
                _name_chain(axes, chain, (start + end) / 2, top)
    panels.draw_wave(axes, morphed, colour="0.2")
    panels.share_scale([axes], morphed)
    panels.set_time_axis(axes, morphed.duration_s)


def _name_chain(axes: Any, chain: Chain, second: float, top: float) -> None:
    axes.text(
        second, top - 0.02, str(chain.cluster), transform=axes.get_xaxis_transform(), fontsize=panels.FONT_PT,
        ha="center", va="top", bbox={"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 1.5},
    )  # fmt: skip


def _draw_diffusion(axes: Any, result: MorphResult, *, palette: Palette) -> None:
    panels.entitle(axes, "Diffusion")
    panels.blank(axes)
    settings = result.settings
    bar = panels.inset(axes, 0.02, 0.88, 0.96, 0.075)
    panels.draw_temperature_bar(
        bar, start=settings.temperature_start, end=settings.temperature_end, palette=palette,
        middle=f"temperature, {settings.annealing}",
    )  # fmt: skip
    panels.write_lines(axes, 0.02, 0.70, _facts(result), characters=24)
    _draw_clusters(panels.inset(axes, 0.30, 0.13, 0.25, 0.53, caption="Events in each cluster, %"), result, palette)
    _draw_entropies(panels.inset(axes, 0.635, 0.13, 0.35, 0.53, caption="Cross-entropy of each chain"), result, palette)


def _facts(result: MorphResult) -> list[str]:
    chains = [chain for voice in result.voices for chain in voice.chains]
    fewest, most = min(chain.steps for chain in chains), max(chain.steps for chain in chains)
    taken = str(most) if fewest == most else f"{fewest}–{most}"
    spread = ", ".join(f"{voice.spread:.2f}" for voice in result.voices)
    lengths = [event.length / result.audio.sample_rate for event in result.segmentation.events]
    return [
        f"Steps {taken} of {result.settings.diffusion_steps}",
        f"Chains {len(chains)}",
        f"Early stops {sum(chain.stopped_early for chain in chains)}",
        f"Strength {number(result.settings.denoising_strength)}",
        f"Latent spread {spread}",
        f"Mean event {np.mean(lengths):.2f} s",
    ]


def _draw_clusters(axes: Any, result: MorphResult, palette: Palette) -> None:
    """Bars of each cluster's share; those of a second channel are hatched."""
    voices = result.voices
    width = 0.84 / len(voices)
    tallest = 0.0
    for row, voice in enumerate(voices):
        shares = 100 * np.asarray(voice.clusters.sizes) / max(1, len(voice.labels))
        tallest = max(tallest, float(shares.max()))
        for cluster, share in enumerate(shares):
            place = cluster + (row - (len(voices) - 1) / 2) * width
            axes.bar(
                place,
                share,
                width,
                color=palette.cluster(cluster),
                hatch="//" * (row % 2),
                edgecolor="white",
                linewidth=0.5,
            )
            if len(voices) == 1:
                axes.text(place, share, f"{share:.0f}", ha="center", va="bottom", fontsize=panels.FONT_PT)
    count = max(len(voice.clusters.sizes) for voice in voices)
    axes.set(xlim=(-0.6, count - 0.4), ylim=(0, 1.18 * tallest), xticks=range(count))
    axes.set_xlabel("cluster", fontsize=panels.FONT_PT, labelpad=1)
    _trim(axes)


def _draw_entropies(axes: Any, result: MorphResult, palette: Palette) -> None:
    """Cross-entropy over steps; a dot ends a chain that stopped early, the threshold is dotted."""
    for row, voice in enumerate(result.voices):
        for chain in voice.chains:
            colour, values = palette.cluster(chain.cluster), np.maximum(chain.ce, _LOWEST_CE)
            axes.plot(values, color=colour, linewidth=1.4, linestyle=_STYLES[row % len(_STYLES)])
            if chain.stopped_early:
                axes.plot(chain.steps, values[-1], "o", color=colour, markersize=5)
    threshold = result.settings.entropy_threshold
    axes.set_yscale("log")
    if threshold > _LOWEST_CE:
        axes.axhline(threshold, color="0.2", linestyle=":", linewidth=1.4)
    axes.set_xlim(0, max(1, result.settings.diffusion_steps))
    low, high = axes.get_ylim()
    axes.set_ylim(min(low, 0.5), max(high, 20.0))
    _plain_decades(axes)
    axes.set_xlabel(f"step (dotted: threshold {number(float(threshold))})", fontsize=panels.FONT_PT, labelpad=1)
    _trim(axes)


def _plain_decades(axes: Any) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axes.yaxis.set_major_locator(LogLocator(numticks=6))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _trim(axes: Any) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _draw_levels(axes: Any, original: Survey, morphed: Survey, *, palette: Palette) -> None:
    panels.entitle(axes, "Intensity, dB re 20 µPa")
    highest = max(float(one.intensity_db.max()) for one in (original, morphed))
    top = 5 * np.ceil((highest + 3) / 5)
    panels.draw_intensities(
        axes,
        original,
        morphed,
        palette=palette,
        colour=palette.result,
        name="output",
        limits_db=(top - _LEVELS_DB, top),
    )
    panels.set_time_axis(axes, max(original.duration_s, morphed.duration_s))


def _footer(result: MorphResult) -> list[str]:
    settings = result.settings
    about = {
        "seed": settings.seed, "latent size": settings.latent_size, "learning steps": settings.learning_steps,
        "clusters": settings.number_of_clusters, "steps": settings.diffusion_steps,
        "entropy threshold": settings.entropy_threshold, "guidance": settings.guidance, "noise": settings.noise,
        "covariance": settings.covariance, "patches": settings.patch_mode, "stereo": settings.stereo,
        "overlap": f"{1000 * settings.xfade_sec:g} ms", "gap": f"{1000 * settings.gap_sec:g} ms",
    }  # fmt: skip
    return [
        "Settings: " + ", ".join(f"{name} {number(value)}" for name, value in about.items()),
        "Result: " + "; ".join(_voice_line(voice) for voice in result.voices),
        *panels.warnings_line(result.report),
    ]


def _voice_line(voice: Any) -> str:
    name = "" if voice.channel is None else f"channel {voice.channel + 1}, "
    chains = ", ".join(f"{len(set(chain.sequence))}/{len(chain.sequence)}" for chain in voice.chains)
    loss = f"loss {number(voice.initial_loss)} → {number(voice.final_loss)}"
    return f"{name}{loss}, distinct events {chains}"
