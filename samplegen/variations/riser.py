"""Risers, downlifters and impacts of exact length, from noise or from a recording.

A *bed* of constant level and brightness is made first (from noise, a morph chain or a
phase diffusion); then every riser is shaped alike: read at a rising speed, brightened,
pulsed and raised along the user's curves, and measured until it does what it should.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal

import numpy as np

from samplegen.audio.quarters import Quarters, measure_quarters
from samplegen.audio.types import Audio, Samples
from samplegen.engines.on_the_fly.streams import Streams, one_thread
from samplegen.errors import UsageError
from samplegen.units import db_to_gain
from samplegen.variations.risers.beds import Bed, events_bed, noise_bed, smeared_bed
from samplegen.variations.risers.curves import Curve, Sweep, parse_curve
from samplegen.variations.risers.impacts import Hit, add_impact, draw_hit
from samplegen.variations.risers.moving_filter import Float32
from samplegen.variations.risers.noise_layers import spread_noise
from samplegen.variations.risers.reading import Reading
from samplegen.variations.risers.shaping import (
    auto_range,
    brighten,
    finish_edges,
    flatten_level,
    level_gain,
    soften_peaks,
)
from samplegen.variations.risers.timeline import Direction, Timeline, place_pulses, pulse_gain

Origin = Literal["noise", "morph", "phase"]
ORIGINS: Final[tuple[Origin, ...]] = ("noise", "morph", "phase")
PEAK_DB: Final = -1.0
MAX_SEMITONES: Final = 36.0
MAX_RANGE_DB: Final = 90.0
DEFAULT_RANGE_DB: Final = 24.0
DEFAULT_IMPACT_DB: Final = 60.0
NOISE_HZ: Final = (200.0, 16_000.0)
NOISE_FLOOR_OCTAVES: Final = 6.0
RECORDING_FLOOR_OCTAVES: Final = 7.5
FLATTENED_PARTS: Final = 16  # a quarter holds several, so that its level is what the curve says
ASKED_DEPTH: Final = 0.85
CATEGORIES: Final[Mapping[Direction, str]] = {"up": "riser", "down": "downlifter", "impact": "impact"}
# What a quarter must gain by design for a sound to be called a riser.
MIN_ASKED_DB: Final = 0.5
MIN_ASKED_OCTAVES: Final = 0.04
# How a bed that does not brighten is helped: strength of the tilt, and noise under it in dB.
# Recordings, whose climax would often be dull, are tilted from the first.
_HELP: Final[tuple[tuple[float, float | None], ...]] = (
    (0.0, None), (0.5, None), (1.0, None), (1.0, -24.0), (1.0, -16.0), (1.0, -10.0),
)  # fmt: skip
_HELP_FOR_RECORDINGS: Final = _HELP[1:]


@dataclass(frozen=True)
class RiserSettings:
    """What is asked of one riser.

    Parameters
    ----------
    origin
        ``noise``, or ``morph`` or ``phase`` of a recording.
    semitones
        How far pitch rises towards the climax.
    level, brightness, density
        Curves over the progress towards the climax. None of `density` follows the seed.
    level_range_db
        How much quieter the far end is; None takes 24, for an impact 60.
    brightness_hz
        Cutoff at the far end and at the climax; None measures the material.
    brightness_octaves
        Octaves below the brightest cutoff at which it starts, instead.
    channels
        1 or 2.

    Raises
    ------
    UsageError
        If a value is out of its range.
    """

    timeline: Timeline
    origin: Origin = "noise"
    semitones: float = 0.0
    level: Curve = parse_curve("linear")
    brightness: Curve = parse_curve("linear")
    density: Curve | None = None
    level_range_db: float | None = None
    brightness_hz: tuple[float, float] | None = None
    brightness_octaves: float | None = None
    channels: int = 2

    def __post_init__(self) -> None:
        """Refuse values that make no sense."""
        if self.origin not in ORIGINS:
            raise UsageError(f"--from {self.origin!r} is not known. Choose one of {', '.join(ORIGINS)}.")
        if not -MAX_SEMITONES <= self.semitones <= MAX_SEMITONES:
            raise UsageError(
                f"--pitch {self.semitones:g} is outside -{MAX_SEMITONES:g} to {MAX_SEMITONES:g} semitones."
            )
        if not 0.0 <= self.range_db <= MAX_RANGE_DB:
            raise UsageError(f"--level-range-db {self.range_db:g} is outside 0 to {MAX_RANGE_DB:g}.")
        if self.channels not in (1, 2):
            raise UsageError(f"A riser has 1 or 2 channels, not {self.channels}.")

    @property
    def range_db(self) -> float:
        """Level range in dB, the default filled in."""
        if self.level_range_db is not None:
            return self.level_range_db
        return DEFAULT_IMPACT_DB if self.timeline.direction == "impact" else DEFAULT_RANGE_DB

    @property
    def asks_to_rise(self) -> bool:
        """Whether the curves rise in every quarter, level and brightness both: what the name riser promises."""
        louder = np.diff(self.level.quarters()) * self.range_db >= MIN_ASKED_DB
        octaves = np.log2(self.brightness_hz[1] / self.brightness_hz[0]) if self.brightness_hz else 4.0
        octaves = self.brightness_octaves if self.brightness_octaves is not None else octaves
        brighter = np.diff(self.brightness.quarters()) * octaves >= MIN_ASKED_OCTAVES
        return bool(louder.all() and brighter.all())

    @property
    def category(self) -> str:
        """``riser``, ``downlifter`` or ``impact``; ``sweep`` where the curves ask for something else."""
        return CATEGORIES[self.timeline.direction] if self.asks_to_rise else "sweep"


@dataclass(frozen=True, eq=False)
class Riser:
    """A finished riser.

    Parameters
    ----------
    audio
        ``[channels, timeline.length]``, peak -1 dBFS.
    engine
        What its material came from.
    parameters
        JSON values: all that was drawn, and how brightness was helped.
    quarters
        What its quarters measure.
    """

    audio: Audio
    engine: str
    parameters: Mapping[str, Any]
    quarters: Quarters


def make_riser(settings: RiserSettings, *, recording: Audio | None = None, seed: int) -> Riser:
    """Make one riser; the same arguments give the same samples.

    Parameters
    ----------
    recording
        At the timeline's sample rate; needed for any origin but noise.

    Raises
    ------
    UsageError
        If a recording is needed and missing, or has another rate.
    """
    streams = Streams(seed)
    timeline = settings.timeline
    reading = Reading(timeline, semitones=settings.semitones)
    density = settings.density or parse_curve("linear")
    with one_thread():
        bed, sweep = _bed(settings, reading, density, recording, streams)
        samples = reading.read(bed.samples)
        if settings.channels == 1:
            samples = samples.mean(axis=0, keepdims=True)
        gain = _gain(settings, bed, density)
        hit = _hit(settings, streams)
        for strength, noise_db in _HELP if settings.origin == "noise" else _HELP_FOR_RECORDINGS:
            shaped = _shape(samples, settings, sweep, bed, gain, strength, noise_db, hit, streams)
            quarters = measure_quarters(Audio(shaped, timeline.sample_rate))
            rising = quarters.gets_louder(falling=timeline.falls) and quarters.gets_brighter(falling=timeline.falls)
            if rising or not settings.asks_to_rise:
                break
    drawn = {
        **bed.parameters, "cutoff_hz": [round(sweep.low_hz, 1), round(sweep.high_hz, 1)],
        "tilt_strength": strength, "added_noise_db": noise_db, "hit": None if hit is None else asdict(hit),
    }  # fmt: skip
    return Riser(Audio(shaped, timeline.sample_rate), bed.engine, drawn, quarters)


def _bed(
    settings: RiserSettings, reading: Reading, density: Curve, recording: Audio | None, streams: Streams
) -> tuple[Bed, Sweep]:
    if settings.origin == "noise":
        sweep = _sweep(settings, NOISE_HZ)
        return noise_bed(reading=reading, sweep=sweep, streams=streams), sweep
    if recording is None:
        raise UsageError(f"--from {settings.origin} needs a recording. Name a file, or leave --from out for noise.")
    if recording.sample_rate != settings.timeline.sample_rate:
        raise UsageError(
            f"The recording has {recording.sample_rate} Hz, the riser {settings.timeline.sample_rate}. Resample it."
        )
    if settings.origin == "morph":
        bed = events_bed(recording, reading=reading, density=density, streams=streams)
    else:
        bed = smeared_bed(recording, reading=reading, streams=streams)
    return bed, _sweep(settings, auto_range(bed.samples, sample_rate=recording.sample_rate))


def _sweep(settings: RiserSettings, measured: tuple[float, float]) -> Sweep:
    low, high = settings.brightness_hz or measured
    if settings.brightness_octaves is not None:
        low = high / 2.0**settings.brightness_octaves
    return Sweep(settings.brightness, low, high)


def _gain(settings: RiserSettings, bed: Bed, density: Curve) -> Float32:
    """Pulses and level curve together, ``[T]``."""
    timeline = settings.timeline
    gain = level_gain(timeline, curve=settings.level, range_db=settings.range_db)
    depth = bed.pulse_depth
    if settings.density is not None and bed.engine != "morph_chain":
        depth = max(depth, ASKED_DEPTH)
    if depth and timeline.direction != "impact":
        pulses = place_pulses(timeline, density=density)
        gain *= pulse_gain(pulses, depth=depth, hold=bed.pulse_hold, sample_rate=timeline.sample_rate)
    return gain


def _hit(settings: RiserSettings, streams: Streams) -> Hit | None:
    if settings.timeline.direction != "impact":
        return None
    hit = draw_hit(streams.stream("hit"))
    return hit if settings.origin == "noise" else replace(hit, boom=0.0)


def _shape(
    samples: Samples, settings: RiserSettings, sweep: Sweep, bed: Bed, gain: Float32, strength: float,
    noise_db: float | None, hit: Hit | None, streams: Streams,
) -> Samples:  # fmt: skip
    """Brightness, level, edges and peak: all that every bed goes through."""
    timeline = settings.timeline
    window_s = min(bed.flatten_s, timeline.length / timeline.sample_rate / FLATTENED_PARTS)
    even = flatten_level(samples, window_s=window_s, sample_rate=timeline.sample_rate)
    if noise_db is not None:
        noise = spread_noise(timeline.length, width=1.0, rng=streams.stream("added noise"))[: settings.channels]
        even = even + noise * np.float32(db_to_gain(noise_db))
    floor = NOISE_FLOOR_OCTAVES if settings.origin == "noise" else RECORDING_FLOOR_OCTAVES
    bright = brighten(even, timeline=timeline, sweep=sweep, strength=strength, floor_octaves=floor)
    made = flatten_level(bright, window_s=window_s, sample_rate=timeline.sample_rate) * gain
    if hit is None:
        made = soften_peaks(made, timeline=timeline)
    else:
        made = add_impact(made, hit, sample_rate=timeline.sample_rate)
    offset = made.sum(axis=1, keepdims=True) / np.float32(max(float(gain.sum()), 1e-12))
    made = finish_edges(made - offset * gain, timeline=timeline)  # a constant taken off would begin with a step
    return made * np.float32(db_to_gain(PEAK_DB) / max(float(np.abs(made).max()), 1e-12))
