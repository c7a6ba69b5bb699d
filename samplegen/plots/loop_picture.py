"""A loop as a picture: waveform under its bars and beats, spectrogram below."""

from pathlib import Path
from typing import Any

import numpy as np

from samplegen.audio.features import hz_to_mel, log_mel_db, mel_to_hz
from samplegen.audio.types import Audio
from samplegen.plots.canvas import DPI, new_figure, save_png
from samplegen.units import slice_to_sample

WIDTH_PX, HEIGHT_PX = 1600, 900
_BANDS = 128
_RANGE_DB = 70.0
_COLUMNS = 1400
_TICKS_HZ = (100, 300, 1000, 3000, 10_000)
# Okabe and Ito's colours and matplotlib's viridis: told apart by everybody, and in print.
_WAVE, _BAR, _BEAT = "#0072B2", "#D55E00", "#999999"


def plot_loop(audio: Audio, *, bpm: float, bars: int, beats_per_bar: int, path: Path, title: str) -> None:
    """Draw a loop ``[C, T]`` as PNG of 1600 × 900 pixels.

    Raises
    ------
    DependencyError
        If matplotlib is missing.
    OutputError
        If the picture cannot be written.
    """
    figure = new_figure(WIDTH_PX / DPI, HEIGHT_PX / DPI)
    wave, spectrum = figure.subplots(2, 1, sharex=True, height_ratios=[2, 3])
    figure.suptitle(f"{title} – {bars} bars of {beats_per_bar} beats at {bpm:g} BPM", fontsize=17)
    lines = _grid(audio, bars=bars, beats_per_bar=beats_per_bar)
    _draw_wave(wave, audio)
    image = _draw_spectrum(spectrum, audio)
    for axes, beat_colour, bar_colour in ((wave, _BEAT, _BAR), (spectrum, "#FFFFFF40", "#FFFFFFC0")):
        for beat, second in enumerate(lines):
            on_bar = beat % beats_per_bar == 0
            axes.axvline(second, color=bar_colour if on_bar else beat_colour, linewidth=1.8 if on_bar else 0.8)
    for bar in range(bars):
        wave.annotate(
            f"bar {bar + 1}", (lines[bar * beats_per_bar], 1.0), xycoords=("data", "axes fraction"),
            xytext=(5, -16), textcoords="offset points", fontsize=12, color=_BAR,
        )  # fmt: skip
    figure.colorbar(image, ax=spectrum, label="dB", pad=0.01)
    save_png(figure, path)


def _grid(audio: Audio, *, bars: int, beats_per_bar: int) -> list[float]:
    """Seconds of every beat, the end included."""
    beats = bars * beats_per_bar
    return [slice_to_sample(k, slices=beats, length=audio.length) / audio.sample_rate for k in range(beats + 1)]


def _draw_wave(axes: Any, audio: Audio) -> None:
    """Lowest and highest sample of each column, and twice the RMS level inside."""
    samples = audio.mono().samples[0]
    edges = np.linspace(0, samples.size, min(_COLUMNS, samples.size) + 1).astype(np.int64)
    low, high = np.minimum.reduceat(samples, edges[:-1]), np.maximum.reduceat(samples, edges[:-1])
    level = np.sqrt(np.add.reduceat(np.square(samples), edges[:-1]) / np.diff(edges))
    seconds = edges[:-1] / audio.sample_rate
    axes.fill_between(seconds, low, high, color=_WAVE, alpha=0.55, linewidth=0, step="post", zorder=3)
    axes.fill_between(seconds, -level, level, color=_WAVE, linewidth=0, step="post", zorder=3)
    axes.set(ylim=(-1.05, 1.05), ylabel="amplitude", xlim=(0.0, audio.duration_s))


def _draw_spectrum(axes: Any, audio: Audio) -> Any:
    hop = max(1, audio.length // _COLUMNS)
    levels = log_mel_db(audio, n_fft=2048, hop_length=hop, n_mels=_BANDS, ring=True)
    top = float(levels.max())
    image = axes.imshow(
        levels, origin="lower", aspect="auto", cmap="viridis", vmin=top - _RANGE_DB, vmax=top,
        extent=(0.0, audio.duration_s, -0.5, _BANDS - 0.5), interpolation="nearest",
    )  # fmt: skip
    centres = mel_to_hz(np.linspace(0.0, float(hz_to_mel(audio.sample_rate / 2)), _BANDS + 2)[1:-1])
    ticks = [hz for hz in _TICKS_HZ if hz < centres[-1]]
    axes.set_yticks([float(np.interp(hz, centres, np.arange(_BANDS))) for hz in ticks])
    axes.set_yticklabels([f"{hz / 1000:g} k" if hz >= 1000 else f"{hz}" for hz in ticks])
    axes.set(ylabel="frequency (Hz)", xlabel="seconds")
    return image
