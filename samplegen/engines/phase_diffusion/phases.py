"""The random phases of all frames."""

import numpy as np

from samplegen.engines.on_the_fly.streams import Streams
from samplegen.engines.phase_diffusion.frames import Framing, Spectra
from samplegen.engines.phase_diffusion.settings import PhaseSettings

__all__ = ["Phases"]


class Phases:
    """Random unit phasors in the order of the frames, so that the size of a block changes nothing."""

    def __init__(self, settings: PhaseSettings, framing: Framing, *, channels: int) -> None:
        self._rng = Streams(settings.seed).stream("phases")
        self._rows = 1 if settings.stereo == "linked" else channels
        self._bins = framing.bins

    def draw(self, frames: int) -> Spectra:
        """``[1 or C, B, F]``; 0 Hz and Nyquist keep their sign."""
        angles = self._rng.random((frames, self._rows, self._bins), dtype=np.float32)
        angles *= np.float32(2.0 * np.pi)
        phasors = np.empty((self._rows, frames, self._bins), dtype=np.complex64)
        np.cos(angles.transpose(1, 0, 2), out=phasors.real)
        np.sin(angles.transpose(1, 0, 2), out=phasors.imag)
        phasors[..., 0] = phasors[..., -1] = 1.0
        return phasors
