"""What makes the side of a widened sound: a small edit by the generator, or diffused phases."""

from typing import TYPE_CHECKING, Final

import numpy as np

from samplegen.audio.resample import resample, resample_ring
from samplegen.audio.types import Audio, Samples
from samplegen.units import seconds_to_samples
from samplegen.variations.edits.calls import edit_lanes, own_wish, plan_of
from samplegen.variations.edits.sources import EditSource

if TYPE_CHECKING:
    from samplegen.engines.alpha_blend import Generator

STRENGTH: Final = 0.2
PHASE_AMOUNT: Final = 0.4
_WINDOW: Final = 2048
_SHORTEST_S: Final = 0.3
_WRAP_S: Final = 0.1
_SEED: Final = 1 << 31


def alpha_delta(generator: "Generator", source: EditSource, middle: Audio, *, seed: int) -> Samples:
    """Edit minus round trip of the source's mid, ``[1, T]`` at the rate and length of `middle`."""
    lanes = source.mono().samples
    edited = edit_lanes(
        generator, lanes, strength=STRENGTH, seeds=[seed], wish=own_wish(generator, source),
        loop=plan_of(generator, source),
    )  # fmt: skip
    return _fit(source.mono().with_samples(edited.made[0] - edited.round_trip), middle, ring=source.is_loop)


def phase_delta(middle: Audio, *, seed: int, ring: bool) -> Samples:
    """Diffused minus `middle` ``[1, T]``, attacks preserved."""
    from samplegen.engines.phase_diffusion.engine import diffuse_audio
    from samplegen.engines.phase_diffusion.settings import PhaseSettings

    wrap = min(seconds_to_samples(_WRAP_S, sample_rate=middle.sample_rate), middle.length) if ring else 0
    lacking = max(0, seconds_to_samples(_SHORTEST_S, sample_rate=middle.sample_rate) - middle.length)
    around = np.pad(middle.samples, ((0, 0), (wrap, wrap)), mode="wrap")
    padded = middle.with_samples(np.pad(around, ((0, 0), (0, lacking))))
    settings = PhaseSettings(diffusion_amount=PHASE_AMOUNT, window_size=_WINDOW, seed=seed % _SEED)
    made, _ = diffuse_audio(padded, settings)
    return np.asarray(made.samples[:, wrap : wrap + middle.length] - middle.samples, np.float32)


def _fit(delta: Audio, middle: Audio, *, ring: bool) -> Samples:
    if ring and delta.length != middle.length:
        return resample_ring(delta.samples, length=middle.length)
    samples = resample(delta, sample_rate=middle.sample_rate).samples[:, : middle.length]
    return np.pad(samples, ((0, 0), (0, middle.length - samples.shape[1])))
