"""Missing bandwidth made anew above what a recording has (specs/applications.md §7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.fft import next_fast_len

from samplegen.audio.resample import resample, resample_ring
from samplegen.audio.types import Audio, Samples
from samplegen.post.fades import fade_in, fade_out
from samplegen.units import db_to_gain
from samplegen.variations.edits.bands import (
    WINDOW,
    Crossover,
    Floats,
    band_pass,
    high_pass,
    level_between,
    settle_ends,
    spectrum_of,
)
from samplegen.variations.edits.calls import edit_lanes, from_lanes, join, own_wish, plan_of, to_lanes, windows
from samplegen.variations.edits.sources import EditSource

if TYPE_CHECKING:
    from samplegen.engines.alpha_blend import Generator

_ENVELOPE_S: Final = 0.02
# How far the level of what is made may follow the recording's from moment to moment.
_FOLLOW_DB: Final = 12.0
# What the recording had is kept at least so well.
MIN_SNR_DB: Final = 60.0
_SPARE_DB: Final = 0.3
# Half of what tops of training sounds lack where they begin; more brings the step nearer, the spectrum no further.
TOP_LIFT_DB: Final = 3.0
_FADES_MS: Final = (0.0, 1.0, 2.0, 4.0, 8.0)
_PAD_S: Final = 0.05
_SLOPES_DB: Final = (-30.0, -3.0)
_SHAPED_DB: Final = 40.0
_EDGE_HZ: Final = 100.0


@dataclass(frozen=True, eq=False)
class Enhanced:
    """A recording with a new top.

    Parameters
    ----------
    audio
        ``[C, T]``, below the crossover the recording itself.
    step_db
        By how much what was made is louder (or softer, negative) than the recording where they meet.
    """

    audio: Audio
    step_db: float


def generate_tops(
    generator: "Generator", source: EditSource, crossover: Crossover, *, seeds: Sequence[int], rate: int, length: int
) -> list[Samples]:
    """The sound as the generator believes that it was before its band was cut, ``[C, length]`` for each seed.

    Above the crossover it is lifted, for what is shown to a generator holds its tops down.

    Raises
    ------
    InputError
        If a loop is too short or too long for the model.
    UsageError
        If the generator was not trained to be shown a sound.
    """
    from samplegen.diffusion.masks import DEGRADED

    edited = edit_lanes(
        generator, to_lanes(source.audio.samples), strength=1.0, seeds=seeds, wish=own_wish(generator, source),
        loop=plan_of(generator, source), trust=DEGRADED,
    )  # fmt: skip
    sounds = [
        at_rate(source.audio.with_samples(from_lanes(made, channels=source.audio.channels)), rate=rate, length=length,
                ring=source.is_loop)
        for made in edited.made
    ]  # fmt: skip
    lift = np.float32(db_to_gain(TOP_LIFT_DB) - 1.0)
    return [made + lift * high_pass(made, crossover, rate=rate, ring=source.is_loop) for made in sounds]


def at_rate(audio: Audio, *, rate: int, length: int, ring: bool) -> Samples:
    """``[C, length]`` at another rate."""
    if ring:
        return resample_ring(audio.samples, length=length)
    samples = resample(audio, sample_rate=rate).samples[:, :length]
    return np.pad(samples, ((0, 0), (0, length - samples.shape[1])))


def merge(recording: Audio, made: Samples, crossover: Crossover, *, ring: bool) -> Enhanced:
    """The recording below the crossover, what was made ``[C, T]`` above it, as loud as the octave below asks for."""
    rate, own = recording.sample_rate, recording.samples
    gain = _level_gain(own, made, crossover, rate=rate, ring=ring)
    top = high_pass(made * gain, crossover, rate=rate, ring=ring) - high_pass(own, crossover, rate=rate, ring=ring)
    whole = recording.with_samples(own + top) if ring else _with_ends(recording, top, crossover)
    return Enhanced(whole, splice_step_db(own, made * gain, crossover, rate=rate))


def _with_ends(recording: Audio, top: Samples, crossover: Crossover) -> Audio:
    """The sum with a top whose ends stay out of the trusted band, faded in and out a little where they would not."""
    settled = settle_ends(top, crossover, rate=recording.sample_rate)
    for fade_ms in _FADES_MS:
        faded = fade_out(fade_in(recording.with_samples(settled), fade_ms=fade_ms), fade_ms=fade_ms).samples
        made = recording.with_samples(recording.samples + faded)
        if trusted_snr_db(made, recording, crossover) >= MIN_SNR_DB + _SPARE_DB:
            break
    return made


def splice_step_db(own: Samples, made: Samples, crossover: Crossover, *, rate: int) -> float:
    """Level of `made` over that of `own`, both ``[C, T]``, in the third of an octave below the crossover."""
    low, high = crossover.trusted_hz * 2.0 ** (-1 / 3), crossover.trusted_hz
    first, second = (level_between(*spectrum_of(samples, rate=rate), low, high) for samples in (own, made))
    return second - first


def _level_gain(own: Samples, made: Samples, crossover: Crossover, *, rate: int, ring: bool) -> Samples:
    """Gain ``[C, T]`` for the levels of a third of an octave below the crossover to be alike, at every moment."""
    low, high = crossover.trusted_hz * 2.0 ** (-1 / 3), crossover.trusted_hz
    bands = [band_pass(samples, low, high, rate=rate, ring=ring) for samples in (own, made)]
    powers = [_power(band) for band in bands]
    level = np.sqrt(powers[0] / np.maximum(powers[1], 1e-20)).astype(np.float32)
    floor = (1e-3 * np.sqrt(powers[0]) + 1e-9).astype(np.float32)
    follow = _envelope(bands[0], rate=rate, ring=ring) + floor
    follow /= _envelope(bands[1], rate=rate, ring=ring) * level + floor
    reach = np.float32(db_to_gain(_FOLLOW_DB))
    gain = level * np.clip(follow, 1 / reach, reach)
    rest: Samples = np.sqrt(powers[0] / np.maximum(_power(bands[1] * gain), 1e-20)).astype(np.float32)
    return np.asarray(gain * rest, np.float32)


def _power(band: Samples) -> Floats:
    """Mean power of each channel, ``[C, 1]``."""
    return np.asarray([[float(np.dot(lane, lane.astype(np.float64))) / band.shape[1]] for lane in band])


def _envelope(band: Samples, *, rate: int, ring: bool) -> Samples:
    """Root mean square ``[C, T]`` over `_ENVELOPE_S` around every sample."""
    from scipy.ndimage import uniform_filter1d

    power = np.square(band)
    size = max(3, round(_ENVELOPE_S * rate) | 1)
    mode = "wrap" if ring else "constant"
    for _ in range(2):  # twice: without corners
        power = uniform_filter1d(power, size, axis=1, mode=mode)
    level: Samples = np.sqrt(np.maximum(power, 0.0))
    return level


def replicate_bands(recording: Audio, crossover: Crossover, *, ring: bool) -> Samples:
    """Band replication: copies of the octave below the crossover, moved up, with the spectrum's slope continued.

    The baseline and fallback. Long recordings go in windows.

    Returns
    -------
    ndarray
        ``[C, T]``, the recording itself below the crossover.
    """
    rate, samples = recording.sample_rate, recording.samples
    if ring:
        return _replicated(samples, crossover, rate=rate, start=0, ring=True)
    spans = windows(samples.shape[1], rate=rate)
    parts = [_replicated(samples[:, span], crossover, rate=rate, start=span.start, ring=False) for span in spans]
    return join(parts, spans)


def _replicated(samples: Samples, crossover: Crossover, *, rate: int, start: int, ring: bool) -> Samples:
    pad = 0 if ring else round(_PAD_S * rate)
    size = samples.shape[1] if ring else int(next_fast_len(samples.shape[1] + 2 * pad, real=True))
    around = np.pad(samples.astype(np.float64), ((0, 0), (pad, size - samples.shape[1] - pad)))
    hz = np.fft.rfftfreq(size, 1.0 / rate)
    bins = np.fft.rfft(around, axis=1)
    high_hz, octave_hz = crossover.middle_hz, 0.5 * crossover.middle_hz
    step_hz = round(octave_hz * size / rate) * rate / size if ring else octave_hz
    rise = np.clip((hz - high_hz + step_hz) / _EDGE_HZ + 0.5, 0.0, 1.0)
    fall = np.clip((high_hz - hz) / _EDGE_HZ + 0.5, 0.0, 1.0)
    one_sided = np.zeros((len(samples), size), np.complex128)
    one_sided[:, : len(hz)] = 2.0 * bins * np.sin(0.5 * np.pi * rise) * np.sin(0.5 * np.pi * fall)
    band = np.fft.ifft(one_sided, axis=1)
    time = (np.arange(size) + start - pad) / rate
    top = np.zeros_like(around)
    for copy in range(1, int((0.5 * rate - high_hz) / step_hz) + 2):
        moved = band * np.exp(2j * np.pi * copy * step_hz * time)
        top += _below_nyquist(moved, highest_hz=high_hz + copy * step_hz, rate=rate)
    shaped = np.fft.irfft(
        np.fft.rfft(top, axis=1)
        * _shape(samples, top[:, pad : pad + samples.shape[1]], crossover, np.asarray(hz, np.float64), rate=rate),
        size,
        axis=1,
    )
    low = np.fft.irfft(bins * np.sqrt(1.0 - np.square(np.sin(0.5 * np.pi * (1.0 - fall)))), size, axis=1)
    made: Samples = (low + shaped)[:, pad : pad + samples.shape[1]].astype(np.float32)
    return made


def _below_nyquist(moved: np.ndarray, *, highest_hz: float, rate: int) -> Floats:
    """Real part of a one-sided signal ``[C, T]`` less what a shift took beyond the Nyquist frequency."""
    if highest_hz >= 0.5 * rate:
        bins = np.fft.fft(moved, axis=1)
        bins[:, moved.shape[1] // 2 :] = 0.0
        moved = np.fft.ifft(bins, axis=1)
    return np.asarray(moved.real, np.float64)


def _shape(own: Samples, top: Floats, crossover: Crossover, hz: Floats, *, rate: int) -> Floats:
    """Gains ``[F]`` that bring `top` to the line through the two octaves below the crossover, continued."""
    line = extrapolated(own, crossover, rate=rate)
    at, power = spectrum_of(top.astype(np.float32), rate=rate)
    edges = crossover.middle_hz * 2.0 ** (np.arange(int(6 * np.log2(0.5 * rate / crossover.middle_hz)) + 1) / 6)
    centres = edges * 2.0 ** (1 / 12)
    steps = [line[0] + line[1] * np.log2(c / crossover.middle_hz) - level_between(at, power, e, e * 2 ** (1 / 6))
             for e, c in zip(edges, centres, strict=True)]  # fmt: skip
    wanted = np.interp(np.log2(np.maximum(hz, 1.0)), np.log2(centres), steps)
    gains: Floats = 10.0 ** (np.clip(wanted, -_SHAPED_DB, _SHAPED_DB) / 20.0)
    return gains


def extrapolated(own: Samples, crossover: Crossover, *, rate: int) -> tuple[float, float]:
    """Level in dB at the crossover and slope in dB an octave of the two octaves below it (the slope within limits)."""
    at, power = spectrum_of(own, rate=rate)
    edges = crossover.trusted_hz * 2.0 ** (-np.arange(1, 13) / 6)
    levels = [level_between(at, power, edge, edge * 2 ** (1 / 6)) for edge in edges]
    octaves = np.log2(edges * 2.0 ** (1 / 12) / crossover.middle_hz)
    slope = float(np.clip(np.polyfit(octaves, levels, 1)[0], *_SLOPES_DB))
    return float(np.mean((np.asarray(levels) - slope * octaves)[:4])), slope


def trusted_snr_db(made: Audio, own: Audio, crossover: Crossover, *, ring: bool = False) -> float:
    """Level of the trusted band of `own` over that of what was changed there, in dB; at most 200."""
    rate, parts = own.sample_rate, (own.samples, made.samples - own.samples)
    if ring:
        hz = np.fft.rfftfreq(own.length, 1.0 / rate)
        powers = [np.square(np.abs(np.fft.rfft(samples.astype(np.float64), axis=1))).sum(axis=0) for samples in parts]
        inside = hz < crossover.trusted_hz
    else:
        (hz, first), (_, second) = (spectrum_of(samples, rate=rate) for samples in parts)
        powers = [first, second]
        inside = hz < crossover.trusted_hz - 4.0 * rate / WINDOW  # what the window smears in is none of it
    had, changed = (float(power[inside].sum()) for power in powers)
    return float(min(200.0, 10.0 * np.log10(max(had, 1e-20) / max(changed, 1e-40))))
