"""Phase diffusion: a recording resynthesised with random phases and magnitudes it taught a network.

Phases from Paulstretch (Nasca Octavian Paul, 2006) without the stretch; the rest is specified in
phase_diffusion.md. Work goes block by block, so that an hour needs no more memory than a minute.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from samplegen.audio.source import Source, as_source, channel_of, whole
from samplegen.audio.spool import Spool
from samplegen.audio.types import Audio, Samples
from samplegen.engines.on_the_fly.checks import check_recording
from samplegen.engines.on_the_fly.streams import Streams, one_thread
from samplegen.engines.phase_diffusion.analysis import Analysis, analyse
from samplegen.engines.phase_diffusion.frames import (
    FrameBlock,
    Framing,
    OverlapAdd,
    Spectra,
    forward,
    frame_blocks,
    inverse,
)
from samplegen.engines.phase_diffusion.levels import Levels, output_gain
from samplegen.engines.phase_diffusion.phases import Phases
from samplegen.engines.phase_diffusion.report import analysis_figures, make_report
from samplegen.engines.phase_diffusion.result import PhaseResult
from samplegen.engines.phase_diffusion.settings import PhaseSettings, resolve
from samplegen.engines.phase_diffusion.smear import Attenuation, Smear, persistence
from samplegen.engines.phase_diffusion.walk import Walk, band_envelopes, latent_blend, walk

__all__ = ["Progress", "diffuse", "diffuse_audio"]

Values = npt.NDArray[np.float64]
Progress = Callable[[float, float], None]
Curve = Callable[[float], float]


class _Shaper(Protocol):
    """Gives spectra their new magnitudes and phases."""

    def apply(self, spectra: Spectra, *, first: int, effect: Values, phasors: Spectra) -> None: ...


@dataclass(frozen=True, eq=False)
class _Voice:
    """Channels that share an analysis, and what it makes of their spectra."""

    channels: slice
    analysis: Analysis
    shaper: _Shaper
    persistence: Values | None
    walk: Walk | None


class _Share:
    """Progress from `start` to `end` of the whole."""

    def __init__(self, progress: Progress | None, *, start: float, end: float) -> None:
        self._progress, self._start, self._end = progress, start, end

    def __call__(self, done: int, whole: int) -> None:
        if self._progress is not None:
            self._progress(self._start + (self._end - self._start) * done / max(1, whole), 1.0)


def diffuse(
    source: Source,
    settings: PhaseSettings,
    *,
    spool: Spool,
    progress: Progress | None = None,
    curve: Curve | None = None,
) -> PhaseResult:
    """Diffuse a recording of any length.

    Parameters
    ----------
    settings
        Values outside their range are clamped, with a warning in the report.
    spool
        Empty, of the same channels and rate; takes the sound, which `PhaseResult.source` reads at its final level.
    progress
        Called with (share done, 1).
    curve
        Factor on the diffusion amount at positions 0..1 of the recording.

    Raises
    ------
    InputError
        For a recording that is empty, shorter than 0.25 s, silent, or not finite.
    UsageError
        For settings that make no sense, see `resolve`.
    """
    used, notes = resolve(settings)
    recording = check_recording(source)
    framing = Framing(used.window_size, used.hop, source.length)
    with one_thread():
        voices = _make_voices(source, used, framing, curve=curve, progress=progress)
        levels = _render(source, used, framing, voices, spool=spool, progress=_Share(progress, start=0.4, end=1.0))
    untouched = not any(voice.analysis.amount.values.any() for voice in voices)
    gain = output_gain(rms_in=levels.rms_in, rms_out=levels.rms_out, peak=spool.peak, untouched=untouched)
    figures = [
        analysis_figures(voice.analysis, sample_rate=source.sample_rate, persistence=voice.persistence, walk=voice.walk)
        for voice in voices
    ]
    silent = [f"Channel {index + 1} is silent and stays so." for index in recording.silent_channels]
    return PhaseResult(
        source=spool.scaled(gain),
        report=make_report(
            used,
            figures,
            output=_output_figures(source, levels, gain, spool),
            warnings=[*notes, *silent, *_said(voices)],
        ),
        settings=used,
        events=voices[0].analysis.events,
        frequencies_hz=np.arange(framing.bins, dtype=np.float64) * (source.sample_rate / used.window_size),
        weights=np.stack([voice.analysis.weights for voice in voices]),
        persistence=_stacked([voice.persistence for voice in voices]),
        distances=_distances([voice.walk for voice in voices]),
    )


def diffuse_audio(
    audio: Audio, settings: PhaseSettings, *, progress: Progress | None = None, curve: Curve | None = None
) -> tuple[Audio, dict[str, Any]]:
    """Diffuse audio in memory: the sound, of the same length, and its report. Errors as of `diffuse`."""
    with Spool(channels=audio.channels, sample_rate=audio.sample_rate) as spool:
        result = diffuse(as_source(audio), settings, spool=spool, progress=progress, curve=curve)
        return whole(result.source), result.report


def _make_voices(
    source: Source, settings: PhaseSettings, framing: Framing, *, curve: Curve | None, progress: Progress | None
) -> list[_Voice]:
    """One voice for all channels, or one for each."""
    if settings.stereo != "per_channel" or source.channels == 1:
        share = _Share(progress, start=0.0, end=0.4)
        return [_voice(source, settings, framing, slice(None), Streams(settings.seed), curve=curve, progress=share)]
    part = 0.4 / source.channels
    return [
        _voice(
            channel_of(source, index),
            settings,
            framing,
            slice(index, index + 1),
            Streams(settings.seed, channel=index),
            curve=curve,
            progress=_Share(progress, start=part * index, end=part * (index + 1)),
        )
        for index in range(source.channels)
    ]


def _voice(
    source: Source,
    settings: PhaseSettings,
    framing: Framing,
    channels: slice,
    streams: Streams,
    *,
    curve: Curve | None,
    progress: _Share,
) -> _Voice:
    analysis = analyse(source, settings, streams=streams, curve=curve, progress=progress)
    if settings.model == "ar_smear":
        r = persistence(_mean_magnitudes(block, framing) for block in frame_blocks(source, framing))
        strength = r * (1.0 - analysis.weights) * settings.mag_smear
        return _Voice(channels, analysis, Smear(strength), r, None)
    if settings.model == "latent":
        walked = _walked(analysis, settings, streams)
        bands = band_envelopes(
            analysis.learned,
            analysis.patches,
            walked.latents,
            amount=settings.diffusion_amount,
            sample_rate=source.sample_rate,
        )
        blend = latent_blend(analysis.events, bands, framing=framing, sample_rate=source.sample_rate)
        return _Voice(channels, analysis, blend, None, walked)
    shaper = Attenuation(analysis.weights, smear=settings.mag_smear, floor=settings.attenuation_floor)
    return _Voice(channels, analysis, shaper, None, None)


def _walked(analysis: Analysis, settings: PhaseSettings, streams: Streams) -> Walk:
    """The walk of all events; where nothing was learned they stay where they are."""
    learned = analysis.learned
    if learned.model is None:
        nowhere = np.zeros(len(analysis.events))
        return Walk(learned.latents, nowhere, nowhere)
    return walk(learned.latents, learned.clusters, settings, rng=streams.stream("event walks"))


def _mean_magnitudes(block: FrameBlock, framing: Framing) -> npt.NDArray[np.float32]:
    """Root of the power averaged over channels, ``[B, F]``."""
    power = np.abs(forward(block, framing))
    np.square(power, out=power)
    mean: npt.NDArray[np.float32] = np.sqrt(power.mean(axis=0))
    return mean


def _render(
    source: Source,
    settings: PhaseSettings,
    framing: Framing,
    voices: Sequence[_Voice],
    *,
    spool: Spool,
    progress: _Share,
) -> Levels:
    """Everything after the analysis, into `spool`, before the gain."""
    phases = Phases(settings, framing, channels=source.channels)
    overlap = OverlapAdd(framing, channels=source.channels)
    levels = Levels(source.channels)
    for block in frame_blocks(source, framing):
        phasors = phases.draw(block.count)
        spectra = forward(block, framing)
        starts = framing.starts(block.first, block.count)
        for voice in voices:
            own = phasors if phasors.shape[0] == 1 else phasors[voice.channels]
            effect = voice.analysis.amount.mean_over(starts, float(framing.window_size))
            voice.shaper.apply(spectra[voice.channels], first=block.first, effect=effect, phasors=own)
        wet = overlap.add(inverse(spectra, framing))
        dry = block.samples[:, : wet.shape[1]]
        inside = slice(max(0, -int(starts[0])), max(0, min(wet.shape[1], source.length - int(starts[0]))))
        if inside.stop > inside.start:
            dry, wet = dry[:, inside], wet[:, inside]
            _mix(dry, wet, voices, start=int(starts[0]) + inside.start)
            levels.add(dry, wet)
            spool.append(wet)
        progress(block.first + block.count, framing.count)
    return levels


def _mix(dry: Samples, wet: Samples, voices: Sequence[_Voice], *, start: int) -> None:
    """``(1 - alpha) dry + alpha wet`` into `wet`; both ``[C, n]`` from sample `start` on."""
    wet -= dry
    for voice in voices:
        wet[voice.channels] *= voice.analysis.amount.between(start, start + wet.shape[1])
    wet += dry


def _output_figures(source: Source, levels: Levels, gain: float, spool: Spool) -> dict[str, Any]:
    return {
        "output_duration": source.length / source.sample_rate,
        "difference_ratio": levels.difference_ratio(gain),
        "rms_in": levels.rms_in,
        "rms_out": levels.rms_out * gain,
        "gain": gain,
        "peak": spool.peak * gain,
        "channel_correlation_in": levels.correlation(out=False),
        "channel_correlation_out": levels.correlation(out=True),
    }


def _said(voices: Sequence[_Voice]) -> list[str]:
    """Warnings of the analyses, with the channel's number where there are several."""
    return [
        f"Channel {number}: {text}" if len(voices) > 1 else text
        for number, voice in enumerate(voices, start=1)
        for text in voice.analysis.warnings
    ]


def _stacked(parts: Sequence[Values | None]) -> Values | None:
    known = [part for part in parts if part is not None]
    return np.stack(known) if known else None


def _distances(walks: Sequence[Walk | None]) -> Values | None:
    known = [walk for walk in walks if walk is not None]
    return np.concatenate([np.stack([one.before, one.after]) for one in known], axis=1) if known else None
