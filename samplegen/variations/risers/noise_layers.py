"""A riser's bed from nothing: coloured noise, moving resonances and endlessly rising partials.

`draw_noise` decides from a generator what a seed sounds like; `render_noise` makes it.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from samplegen.audio.types import Samples
from samplegen.units import cents_to_ratio
from samplegen.variations.risers.curves import Sweep
from samplegen.variations.risers.moving_filter import Float32, Response, filter_over_time
from samplegen.variations.risers.reading import Reading

# Share of noise, resonance and partials, in power.
FLAVOURS: Final[dict[str, tuple[float, float, float]]] = {
    "air": (0.8, 0.2, 0.0),
    "whistle": (0.25, 0.75, 0.0),
    "choir": (0.35, 0.1, 0.55),
    "engine": (0.2, 0.45, 0.35),
    "storm": (0.5, 0.4, 0.1),
}
_SPAN_OCTAVES: Final = 7.0
_LOWEST_HZ: Final = 55.0
_DB_PER_OCTAVE: Final = 20.0 * math.log10(2.0)


@dataclass(frozen=True)
class NoiseRecipe:
    """What one seed sounds like.

    Parameters
    ----------
    air, resonance, partials
        Share of each layer in power.
    slope_db
        Tilt of the noise in dB an octave.
    peaks
        Places of the resonances, in octaves below the cutoff that the brightness curve moves.
    peak_octaves
        Width of a resonance.
    sway_octaves, sway_beats
        The resonances sway this far, with this period.
    spacing_octaves, glide_octaves
        Distance of the partials, and how far they rise.
    detune_cents
        Between the partials of left and right.
    width
        0 mono, 1 unrelated channels.
    pulse_depth, pulse_hold
        See `timeline.pulse_gain`.
    """

    flavour: str
    air: float
    resonance: float
    partials: float
    slope_db: float
    peaks: tuple[float, ...]
    peak_octaves: float
    sway_octaves: float
    sway_beats: float
    root_hz: float
    spacing_octaves: float
    glide_octaves: float
    detune_cents: float
    width: float
    pulse_depth: float
    pulse_hold: float


def draw_noise(rng: np.random.Generator) -> NoiseRecipe:
    """Draw a flavour and all its values."""
    flavour = str(rng.choice(list(FLAVOURS)))
    shares = np.array(FLAVOURS[flavour]) * rng.uniform(0.6, 1.4, 3)
    air, resonance, partials = (shares / shares.sum()).tolist()
    return NoiseRecipe(
        flavour, air, resonance, partials,
        slope_db=float(rng.uniform(-4.5, -0.5)),
        peaks=tuple(np.cumsum(rng.uniform(0.3, 1.6, int(rng.integers(1, 4)))).tolist()),
        peak_octaves=float(rng.uniform(0.06, 0.3)),
        sway_octaves=float(rng.choice([0.0, rng.uniform(0.1, 0.5)])),
        sway_beats=float(rng.choice([0.5, 1.0, 2.0, 4.0])),
        root_hz=float(_LOWEST_HZ * 2.0 ** rng.uniform(0.0, 1.0)),
        spacing_octaves=float(rng.choice([1.0, 7 / 12, 5 / 12, 0.5, 0.25])),
        glide_octaves=float(rng.uniform(1.0, 3.0)),
        detune_cents=float(rng.uniform(3.0, 18.0)),
        width=float(rng.uniform(0.5, 1.0)),
        pulse_depth=float(rng.choice([rng.uniform(0.15, 0.4), rng.uniform(0.5, 0.9)])),
        pulse_hold=float(rng.uniform(0.5, 1.4)),
    )  # fmt: skip


def render_noise(recipe: NoiseRecipe, *, reading: Reading, cutoff: Sweep, rng: np.random.Generator) -> Samples:
    """The bed of a recipe, ``[2, reading.length]``, level about constant.

    Parameters
    ----------
    cutoff
        Where the low-pass that follows will stand at a progress of 0 … 1, in Hz; the
        resonances move with it.
    """
    bed = spread_noise(reading.length, width=recipe.width, rng=rng)
    rate = reading.timeline.sample_rate
    layers = [
        (recipe.air, filter_over_time(bed, sample_rate=rate, response=_colour(recipe))),
        (recipe.resonance, filter_over_time(bed, sample_rate=rate, response=_resonance(recipe, reading, cutoff))),
    ]
    if recipe.partials > 0.01:
        layers.append((recipe.partials, _partials(recipe, reading, rng)))
    made = np.zeros_like(bed)
    for share, layer in layers:
        level = np.sqrt(np.mean(np.square(layer), dtype=np.float64))
        made += layer * np.float32(np.sqrt(share) / max(float(level), 1e-12))
    return made


def spread_noise(length: int, *, width: float, rng: np.random.Generator) -> Samples:
    """White noise ``[2, length]``; `width` 0 gives equal channels, 1 unrelated ones."""
    middle, side = rng.standard_normal((2, length), dtype=np.float32)
    middle, side = middle * np.float32(np.cos(0.25 * np.pi * width)), side * np.float32(np.sin(0.25 * np.pi * width))
    return np.stack([middle + side, middle - side])


def _colour(recipe: NoiseRecipe) -> Response:
    def response(positions: Float32, hz: Float32) -> Float32:
        tilt = (np.maximum(hz, 40.0) / 1000.0) ** (recipe.slope_db / _DB_PER_OCTAVE)
        return np.broadcast_to(tilt, (positions.shape[0], hz.shape[1])).astype(np.float32)

    return response


def _resonance(recipe: NoiseRecipe, reading: Reading, cutoff: Sweep) -> Response:
    period = recipe.sway_beats * reading.timeline.beat_s
    seconds = reading.timeline.length / reading.timeline.sample_rate

    def response(positions: Float32, hz: Float32) -> Float32:
        centre = np.log2(cutoff.at(reading.progress(positions)))
        centre += recipe.sway_octaves * np.sin(2.0 * np.pi * positions * seconds / period)
        octaves = np.log2(np.maximum(hz, 1.0))
        gains = np.zeros((positions.shape[0], hz.shape[1]))
        for peak in recipe.peaks:
            gains += np.exp(-0.5 * np.square((octaves - centre + peak) / recipe.peak_octaves))
        return gains.astype(np.float32)

    return response


def _partials(recipe: NoiseRecipe, reading: Reading, rng: np.random.Generator) -> Samples:
    """Partials that rise all the time: each enters below and leaves above unheard (R. N. Shepard, 1964)."""
    count = max(4, round(_SPAN_OCTAVES / recipe.spacing_octaves))
    progress = reading.progress(np.linspace(0.0, 1.0, reading.length))
    made = np.zeros((2, reading.length), np.float32)
    for partial in range(count):
        octave = (partial * _SPAN_OCTAVES / count + recipe.glide_octaves * progress) % _SPAN_OCTAVES
        gain = np.sin(np.pi * octave / _SPAN_OCTAVES) ** 2
        steps = recipe.root_hz * 2.0**octave / reading.timeline.sample_rate
        for channel, cents in zip(made, (-0.5 * recipe.detune_cents, 0.5 * recipe.detune_cents), strict=True):
            phase = np.cumsum(steps * cents_to_ratio(cents)) + rng.uniform()
            gain_here = np.where(steps < 0.45, gain, 0.0)
            channel += (gain_here * np.sin(2.0 * np.pi * (phase % 1.0))).astype(np.float32)
    return made
