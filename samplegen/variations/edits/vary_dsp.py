"""Variations without a model: loops resequenced on their grid, other sounds with diffused phases."""

from fractions import Fraction
from typing import Final

import numpy as np

from samplegen.audio.source import as_source
from samplegen.audio.types import Audio
from samplegen.errors import InputError, UsageError
from samplegen.variations.edits.sources import EditSource
from samplegen.variations.vary import settle

LOOP_METHOD: Final = "morph chain on the loop's grid"
SOUND_METHOD: Final = "phase diffusion"
_SHORTEST_S: Final = 0.3
_WINDOW: Final = 2048
_SEED: Final = 1 << 31


def vary_without_model(source: EditSource, *, strength: float, seed: int) -> Audio:
    """A variation of the source's rate, channels and length.

    A loop's own events are laid anew on its eighths: length, tempo and seam stay, the order does not. What is no loop
    keeps its attacks; `strength` of the rest gets new phases.

    Raises
    ------
    InputError
        If the engine finds nothing in the sound to work with.
    """
    if strength == 0.0:
        return source.audio
    try:
        return _resequenced(source, strength, seed) if source.is_loop else _diffused(source, strength, seed)
    except UsageError as error:
        raise InputError(f"{source.recording.path}: {error}") from error


def _resequenced(source: EditSource, strength: float, seed: int) -> Audio:
    from samplegen.engines.morph_chain.engine import morph
    from samplegen.engines.morph_chain.grid import Grid
    from samplegen.engines.morph_chain.settings import MorphSettings

    tags = source.tags
    if tags.bpm is None or tags.bars is None:
        raise InputError(f"{source.recording.path} has no tempo. Give --bpm and --bars.")
    grid = Grid(tags.bpm, Fraction(1, 2 * tags.meter[1]), tags.bars, *tags.meter)
    settings = MorphSettings(seed=seed % _SEED, denoising_strength=strength)
    made = morph(as_source(source.audio), settings, grid=grid).audio
    return settle(made.samples, source)


def _diffused(source: EditSource, strength: float, seed: int) -> Audio:
    from samplegen.engines.phase_diffusion.engine import diffuse_audio
    from samplegen.engines.phase_diffusion.settings import PhaseSettings

    audio = source.audio
    lacking = max(0, round(_SHORTEST_S * audio.sample_rate) - audio.length)
    padded = audio.with_samples(np.pad(audio.samples, ((0, 0), (0, lacking))))
    settings = PhaseSettings(diffusion_amount=strength, window_size=_WINDOW, seed=seed % _SEED)
    made, _ = diffuse_audio(padded, settings)
    return settle(made.samples[:, : audio.length], source)
