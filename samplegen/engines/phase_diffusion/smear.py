"""The magnitudes of ae_weighted and ar_smear."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from samplegen.engines.phase_diffusion.frames import Spectra

__all__ = ["LARGEST_DECAY", "Attenuation", "Persistence", "Smear", "attenuation", "persistence", "unit_phasors"]

Values = npt.NDArray[np.float64]
Magnitudes = npt.NDArray[np.float32]

LARGEST_DECAY = 0.97
_FEWEST_FRAMES = 3
_UNKNOWN_PERSISTENCE = 0.5


def attenuation(effect: npt.ArrayLike, weights: npt.ArrayLike, *, smear: float, floor: float) -> Magnitudes:
    """Gains ``max(floor, 1 - e (1 - a)^smear)`` of effects e ``[B]`` and weights a ``[F]``: ``[B, F]``."""
    coherence = (1.0 - np.asarray(weights, dtype=np.float64)) ** smear
    gains = np.multiply.outer(-np.asarray(effect, dtype=np.float32), coherence.astype(np.float32))
    gains += np.float32(1.0)
    return np.maximum(gains, np.float32(floor), out=gains)


class Attenuation:
    """ae_weighted: each bin is turned down by how structured it is."""

    def __init__(self, weights: Values, *, smear: float, floor: float) -> None:
        self._weights, self._smear, self._floor = weights, smear, floor

    def apply(self, spectra: Spectra, *, first: int, effect: Values, phasors: Spectra) -> None:
        """Change `spectra` ``[C, B, F]`` in place; `phasors` is ``[1 or C, B, F]``, `effect` ``[B]``."""
        spectra *= phasors
        spectra *= attenuation(effect, self._weights, smear=self._smear, floor=self._floor)


class Persistence:
    """Sums over neighbouring frames for r, a block at a time."""

    def __init__(self, bins: int) -> None:
        self._products = np.zeros(bins)
        self._squares = np.zeros(bins)
        self._last: Magnitudes | None = None
        self._frames = 0

    def add(self, magnitudes: Magnitudes) -> None:
        """Take the next frames ``[B, F]``."""
        run = magnitudes if self._last is None else np.concatenate([self._last[None], magnitudes])
        self._products += np.einsum("tf,tf->f", run[1:], run[:-1])
        self._squares += np.einsum("tf,tf->f", run[:-1], run[:-1])
        self._last = magnitudes[-1].copy()
        self._frames += len(magnitudes)

    def coefficients(self) -> Values:
        """Coefficients r ``[F]``: least-squares factor from each frame's magnitude to the next's, clipped to 0..1."""
        if self._frames < _FEWEST_FRAMES:
            return np.full(len(self._products), _UNKNOWN_PERSISTENCE)
        return np.asarray(np.clip(self._products / (self._squares + 1e-12), 0.0, 1.0))


def persistence(blocks: Iterable[Magnitudes]) -> Values:
    """Coefficients r ``[F]`` of all neighbouring frames of magnitudes ``[B, F]``."""
    sums: Persistence | None = None
    for magnitudes in blocks:
        sums = sums or Persistence(magnitudes.shape[1])
        sums.add(magnitudes)
    return sums.coefficients() if sums else np.zeros(0)


class Smear:
    """ar_smear: magnitudes that follow with a decay of their own in each bin.

    Parameters
    ----------
    strength
        ``[F]`` r (1 - a) smear; times a frame's effect and at most 0.97 it is the decay.
    """

    def __init__(self, strength: Values) -> None:
        self._strength = strength.astype(np.float32)
        self._state: Magnitudes | None = None

    def follow(self, magnitudes: Magnitudes, *, effect: Values) -> Magnitudes:
        """Smear the next frames ``[C, B, F]`` in place; the state starts at the first magnitude."""
        state = magnitudes[:, 0].copy() if self._state is None else self._state
        for frame, share in enumerate(effect.astype(np.float32)):
            decay = np.clip(self._strength * share, 0.0, np.float32(LARGEST_DECAY))
            state -= magnitudes[:, frame]
            state *= decay
            state += magnitudes[:, frame]
            magnitudes[:, frame] = state
        self._state = state
        return magnitudes

    def apply(self, spectra: Spectra, *, first: int, effect: Values, phasors: Spectra) -> None:
        """Change `spectra` ``[C, B, F]`` in place; `phasors` is ``[1 or C, B, F]``, `effect` ``[B]``."""
        magnitudes = np.abs(spectra)
        unit_phasors(spectra, magnitudes)
        spectra *= phasors
        spectra *= self.follow(magnitudes, effect=effect)


def unit_phasors(spectra: Spectra, magnitudes: Magnitudes) -> None:
    """Bring `spectra` to length 1 in place; where they are 0 the angle is 0.

    A bin that has fallen silent must be able to ring on.
    """
    silent = magnitudes < np.finfo(np.float32).tiny
    spectra /= np.where(silent, np.float32(1.0), magnitudes)
    spectra[silent] = 1.0
