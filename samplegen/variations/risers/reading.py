"""How the finished time of a riser maps to its bed: the layer that is read, ever faster where pitch rises."""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from samplegen.audio.types import Samples
from samplegen.variations.risers.curves import Float64
from samplegen.variations.risers.timeline import Timeline
from samplegen.variations.risers.varispeed import read_at, read_places, speeds

_MARGIN: Final = 8


class Reading:
    """The bed's length and clock for a pitch change of `semitones` towards the climax.

    Without one the bed is read as it is, sample for sample.

    Parameters
    ----------
    semitones
        Pitch at the climax above that at the far end; the change is linear in semitones.

    Attributes
    ----------
    timeline
        The finished time.
    length
        Samples that the bed needs.
    """

    def __init__(self, timeline: Timeline, *, semitones: float) -> None:
        self.timeline = timeline
        self._places: Float64 | None = None
        self.length = timeline.length
        if semitones:
            positions = np.arange(timeline.length) / timeline.length
            self._places = read_places(speeds(semitones * timeline.progress(positions)))
            self.length = math.ceil(self._places[-1]) + _MARGIN

    def progress(self, positions: npt.ArrayLike) -> Float64:
        """How near the climax (0 … 1) positions in the bed (0 start, 1 end) are."""
        asked = np.asarray(positions, np.float64)
        if self._places is None:
            return self.timeline.progress(asked)
        time = np.linspace(0.0, 1.0, self._places.size)
        return self.timeline.progress(np.interp(asked * self.length, self._places, time))

    def in_bed(self, samples: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Samples of the bed that finished samples (0 … T) are read from."""
        asked = np.asarray(samples, np.int64)
        if self._places is None:
            return asked
        ends = np.append(self._places, self.length)
        return np.asarray(np.floor(ends[asked]), np.int64)

    def read(self, bed: Samples) -> Samples:
        """The bed ``[C, length]`` as it sounds, ``[C, T]``."""
        return bed if self._places is None else read_at(bed, self._places)
