"""What phase diffusion does to real recordings: the statistics of specs/phase_diffusion.md §10."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from samplegen.audio.source import as_source
from samplegen.audio.types import Audio
from samplegen.engines.on_the_fly.events import segment
from samplegen.engines.on_the_fly.patches import mel_filters, patch_fft
from samplegen.engines.on_the_fly.streams import Streams
from samplegen.engines.phase_diffusion.analysis import BandErrors, analyse
from samplegen.engines.phase_diffusion.coherence import per_noise_variance
from samplegen.engines.phase_diffusion.engine import diffuse_audio
from samplegen.engines.phase_diffusion.presets import settings_for
from samplegen.engines.phase_diffusion.settings import PhaseSettings
from samplegen.evaluation.tables import markdown_table
from samplegen.units import seconds_to_samples

Values = npt.NDArray[np.float64]

LOW_HZ = 150.0
HIGH_HZ = 4000.0
_BLOCK_S = 0.010
_ATTACK_S = 0.030
_CLEAR_RISE_DB = 10.0
_FLOOR_DB = -80.0
_SPECTRUM = 4096


@dataclass(frozen=True)
class RenderFigures:
    """How one render differs from its recording.

    Parameters
    ----------
    level_db
        Of the whole sound, after the gain.
    brightness
        Spectral centroid after by before.
    low_db, high_db
        Level below 150 Hz and above 4 kHz against the recording, both relative to the whole sound.
    rise_in_db, rise_out_db
        Median rise within 10 ms at the recording's clear attacks.
    correlation_change
        Of left and right.
    difference_ratio
        RMS(y - x) / RMS(x).
    distance_ratio
        Median distance from the cluster's centre after the walk by before; NaN but for latent.
    """

    level_db: float
    brightness: float
    low_db: float
    high_db: float
    rise_in_db: float
    rise_out_db: float
    correlation_change: float
    difference_ratio: float
    distance_ratio: float


def measure_render(before: Audio, after: Audio, report: Mapping[str, Any]) -> RenderFigures:
    """Figures of a render and its report."""
    first, second = power_spectrum(before), power_spectrum(after)
    hz = np.fft.rfftfreq(_SPECTRUM, 1.0 / before.sample_rate)
    onsets = clear_onsets(before)
    distances = report["centroid_distance_before"], report["centroid_distance_after"]
    return RenderFigures(
        level_db=10.0 * math.log10(second.sum() / first.sum()),
        brightness=float((hz @ second / second.sum()) / (hz @ first / first.sum())),
        low_db=_share_db(second, hz < LOW_HZ) - _share_db(first, hz < LOW_HZ),
        high_db=_share_db(second, hz > HIGH_HZ) - _share_db(first, hz > HIGH_HZ),
        rise_in_db=onset_rise_db(before, onsets=onsets),
        rise_out_db=onset_rise_db(after, onsets=onsets),
        correlation_change=report["channel_correlation_out"] - report["channel_correlation_in"],
        difference_ratio=report["difference_ratio"],
        distance_ratio=float("nan") if distances[0] is None else distances[1] / distances[0],
    )


def power_spectrum(audio: Audio) -> Values:
    """Mean power of all channels and Hann frames ``[bins]``."""
    frames = np.lib.stride_tricks.sliding_window_view(audio.samples, _SPECTRUM, axis=1)[:, :: _SPECTRUM // 2]
    spectra = np.fft.rfft(frames * np.hanning(_SPECTRUM), axis=2)
    return np.asarray(np.square(np.abs(spectra)).mean(axis=(0, 1)))


def _share_db(power: Values, chosen: npt.NDArray[np.bool_]) -> float:
    return 10.0 * math.log10(max(1e-12, float(power[chosen].sum() / power.sum())))


def onset_rises_db(audio: Audio, *, onsets: Sequence[int]) -> Values:
    """Largest rise in level from 10 ms to the next 10 ms within 30 ms after each onset (in samples)."""
    width = seconds_to_samples(_BLOCK_S, sample_rate=audio.sample_rate)
    reach = seconds_to_samples(_ATTACK_S, sample_rate=audio.sample_rate)
    power = np.square(audio.samples, dtype=np.float64).mean(axis=0)
    summed = np.concatenate([[0.0], np.cumsum(power)])
    means = (summed[width:] - summed[:-width]) / width
    levels = 10.0 * np.log10(np.maximum(means, 10.0 ** (_FLOOR_DB / 10.0)))
    rises = levels[width:] - levels[:-width]  # at i: from [i, i + width) to the block behind
    inside = [onset for onset in onsets if width <= onset < len(rises) - reach]
    return np.array([rises[onset - width : onset - width + reach].max() for onset in inside])


def clear_onsets(audio: Audio) -> list[int]:
    """Starts of the events that begin with a rise of at least 10 dB."""
    width = seconds_to_samples(_BLOCK_S + _ATTACK_S, sample_rate=audio.sample_rate)
    found = segment(as_source(audio), min_event_s=0.10, max_event_s=2.0, retry_s=()).events
    starts = [event.start for event in found if width < event.start < audio.length - 2 * width]
    rises = onset_rises_db(audio, onsets=starts)
    return [start for start, rise in zip(starts, rises, strict=True) if rise >= _CLEAR_RISE_DB]


def onset_rise_db(audio: Audio, *, onsets: Sequence[int]) -> float:
    """Median of `onset_rises_db`; NaN without an onset."""
    return float(np.median(onset_rises_db(audio, onsets=onsets))) if onsets else float("nan")


def protection_gain_db(audio: Audio, *, window_size: int, seed: int = 42) -> float:
    """Onset rise at amount 1 with the attacks protected, less that without."""
    onsets = clear_onsets(audio)
    base = PhaseSettings(diffusion_amount=1.0, window_size=window_size, seed=seed)
    rises = [
        onset_rise_db(diffuse_audio(audio, replace(base, preserve_transients=protected))[0], onsets=onsets)
        for protected in (True, False)
    ]
    return rises[0] - rises[1]


def band_profile(audio: Audio, settings: PhaseSettings) -> tuple[Values, Values]:
    """Errors of the bands ``[bands]``: raw, and in units of what noise has."""
    errors = analyse(as_source(audio), settings, streams=Streams(settings.seed)).errors
    assert isinstance(errors, BandErrors)
    filters = mel_filters(patch_fft(audio.sample_rate), audio.sample_rate)
    return errors.of_bands, per_noise_variance(errors.of_bands, filters=filters)


def tones_and_noise(seconds: float, *, sample_rate: int, rng: np.random.Generator) -> Audio:
    """Tones of 300, 440 and 660 Hz, noise of 4 to 16 kHz at their level, and a bed of noise 34 dB below.

    The band of noise falls by 24 dB per octave. A brick wall inside a mel filter would leave that filter few
    bins of noise: one outlier, which all other weights are scaled by.
    """
    length = seconds_to_samples(seconds, sample_rate=sample_rate)
    time = np.arange(length) / sample_rate
    tones = sum(np.sin(2.0 * np.pi * hz * time + rng.uniform(0.0, 6.28)) for hz in (300.0, 440.0, 660.0))
    spectrum = np.fft.rfft(rng.standard_normal(length))
    hz = np.fft.rfftfreq(length, 1.0 / sample_rate)
    spectrum /= np.sqrt((1.0 + (4000.0 / np.maximum(hz, 1.0)) ** 8) * (1.0 + (hz / 16_000.0) ** 8))
    noise = np.fft.irfft(spectrum, n=length)
    mixed = tones / np.std(tones) + noise / np.std(noise) + 10.0 ** (-34.0 / 20.0) * rng.standard_normal(length)
    return Audio((0.1 * mixed[None]).astype(np.float32), sample_rate)


def tone_and_noise_weights(audio: Audio, settings: PhaseSettings) -> tuple[float, float]:
    """Mean bin weight at the tones of `tones_and_noise`, and over its noise."""
    weights = analyse(as_source(audio), settings, streams=Streams(settings.seed)).weights
    hz = np.arange(len(weights)) * audio.sample_rate / settings.window_size
    at_tones = np.zeros(len(hz), dtype=bool)
    for tone in (300.0, 440.0, 660.0):
        at_tones |= np.abs(hz - tone) <= 1.5 * audio.sample_rate / settings.window_size
    in_noise = (hz >= 4000.0) & (hz <= 16_000.0)
    return float(weights[at_tones].mean()), float(weights[in_noise].mean())


def measure(
    recordings: Mapping[str, Audio],
    *,
    presets: Sequence[str],
    coherences: Sequence[str] = ("compensated", "raw"),
    seed: int = 42,
) -> Iterator[tuple[str, str, str, RenderFigures]]:
    """(preset, recording, coherence, figures) of every render."""
    for preset in presets:
        for name, audio in recordings.items():
            for coherence in coherences:
                settings = settings_for(preset, coherence=coherence, seed=seed)
                yield preset, name, coherence, measure_render(audio, *diffuse_audio(audio, settings))


def white_noise(seconds: float, *, sample_rate: int, rng: np.random.Generator) -> Audio:
    """Mono noise at -20 dB."""
    samples = 0.1 * rng.standard_normal((1, seconds_to_samples(seconds, sample_rate=sample_rate)))
    return Audio(samples.astype(np.float32), sample_rate)


def noise_ratios(audio: Audio, settings: PhaseSettings) -> tuple[float, float]:
    """Largest by smallest band error of white noise, compensated and raw."""
    raw, compensated = band_profile(audio, settings)
    return float(compensated.max() / compensated.min()), float(raw.max() / raw.min())


def statistics(recordings: Mapping[str, Audio], *, seed: int = 42) -> Iterator[tuple[str, str, str, str]]:
    """(what, the specification's bound, measured, prototype and published figures), one line each."""
    rng = np.random.default_rng(seed)
    settings = PhaseSettings(seed=seed)
    compensated, raw = noise_ratios(white_noise(30.0, sample_rate=44_100, rng=rng), settings)
    yield (
        "white noise, compensated band errors, max/min", "≤ 3", f"{compensated:.1f} (raw {raw:.0f})", "2.3 (raw 30)"
    )  # fmt: skip
    audio = tones_and_noise(20.0, sample_rate=44_100, rng=rng)
    pairs = [tone_and_noise_weights(audio, replace(settings, coherence=kind)) for kind in ("compensated", "raw")]
    ours = "{:.2f} and {:.2f} (raw {:.2f} and {:.2f})".format(*pairs[0], *pairs[1])
    yield "weight of tones and of noise", "≤ 0.1 and ≥ 0.3", ours, "0.01 and 0.44 (raw 0.04 and 0.04)"
    for window, known in ((2048, "+8 dB (published +0.7)"), (8192, "+10 dB")):
        gains = ", ".join(f"{name} {protection_gain_db(audio, window_size=window, seed=seed):+.0f} dB"
                          for name, audio in recordings.items())  # fmt: skip
        yield f"onset rise, protected less unprotected, window {window}", "≥ 6 dB on drums", gains, known


_HEADER = (
    "preset", "recording", "coherence", "level", "below 150 Hz", "above 4 kHz", "brightness",
    "onset rise in → out", "L/R change", "difference", "distance left",
)  # fmt: skip


def statistics_table(found: Sequence[tuple[str, str, str, str]]) -> str:
    """The lines of `statistics` as Markdown."""
    return markdown_table(("", "bound", "measured", "prototype"), found)


def render_table(measured: Sequence[tuple[str, str, str, RenderFigures]]) -> str:
    """One line for every render, as Markdown."""
    return markdown_table(_HEADER, [[preset, name, kind, *_cells(one)] for preset, name, kind, one in measured])


def summary_table(measured: Sequence[tuple[str, str, str, RenderFigures]]) -> str:
    """The specification's bounds over all renders, as Markdown."""
    figures = [one for *_, one in measured]
    walked = [one.distance_ratio for preset, *_, one in measured if _is_cool_walk(preset)]
    widest = max(abs(one.correlation_change) for one in figures)
    farthest = max(walked, default=math.nan)
    rows = [
        ("change of L/R correlation, linked, at most", "≤ 0.10", f"{widest:.2f}", "published: 0.96 → 0.00"),
        ("median distance after/before, T ≤ 1.5, at most", "≤ 0.5", f"{farthest:.2f}", "published: 0.11–0.68"),
    ]
    return markdown_table(("", "bound", "measured", "known"), rows)


def _is_cool_walk(preset: str) -> bool:
    settings = settings_for(preset)
    return settings.model == "latent" and settings.temperature <= 1.5


def _cells(one: RenderFigures) -> list[str]:
    return [
        f"{one.level_db:+.1f} dB",
        f"{one.low_db:+.1f} dB",
        f"{one.high_db:+.1f} dB",
        f"×{one.brightness:.2f}",
        f"{one.rise_in_db:.1f} → {one.rise_out_db:.1f} dB",
        f"{one.correlation_change:+.2f}",
        f"{one.difference_ratio:.2f}",
        "" if math.isnan(one.distance_ratio) else f"{one.distance_ratio:.2f}",
    ]
