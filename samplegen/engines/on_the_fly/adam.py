"""Adam (Kingma and Ba, 2015) on one flat vector, without a temporary per step."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

MOMENTUM = 0.9
SCALE_MEMORY = 0.999
EPSILON = 1e-8

_CHUNK = 1 << 16  # parameters updated together, so that all their vectors stay in the second-level cache


class Adam:
    """The moments of one parameter vector, and the step.

    The moments are stored without their factors (1 - β): those go, with the bias correction,
    into two scalars per step.

    Parameters
    ----------
    parameters
        ``[P]``, changed in place by `update`.
    decay
        Times the parameter itself is added to the gradient of the first `decayed` parameters.
    decayed
        How many parameters decay: the weights, which come before the biases.
    """

    def __init__(self, parameters: Floats, *, decay: float, decayed: int) -> None:
        self._parameters = parameters
        self._decay = decay
        self._decayed = decayed
        self._first = np.zeros_like(parameters)
        self._second = np.zeros_like(parameters)
        self._scratch = np.empty_like(parameters)

    def update(self, gradients: Sequence[Floats], *, step: int, rate: float, part: slice) -> None:
        """Update the parameters of `part` by the sum of the gradients ``[P]``; the first one is used up.

        `step` counts from 1. Elementwise, so any partition gives the same numbers.
        """
        start, stop, _ = part.indices(len(self._parameters))
        for at in range(start, stop, _CHUNK):
            self._update_chunk(gradients, step, rate, slice(at, min(at + _CHUNK, stop)))

    def _update_chunk(self, gradients: Sequence[Floats], step: int, rate: float, chunk: slice) -> None:
        values, gradient, scratch = self._parameters[chunk], gradients[0][chunk], self._scratch[chunk]
        first, second = self._first[chunk], self._second[chunk]
        for other in gradients[1:]:
            gradient += other[chunk]
        weights = max(0, min(self._decayed - chunk.start, len(values)))
        np.multiply(values[:weights], self._decay, out=scratch[:weights])
        gradient[:weights] += scratch[:weights]
        first *= MOMENTUM
        first += gradient
        second *= SCALE_MEMORY
        gradient *= gradient
        second += gradient
        first_scale = (1.0 - MOMENTUM) / (1.0 - MOMENTUM**step)
        second_scale = ((1.0 - SCALE_MEMORY) / (1.0 - SCALE_MEMORY**step)) ** 0.5
        np.sqrt(second, out=scratch)
        scratch += EPSILON / second_scale
        np.divide(first, scratch, out=scratch)
        scratch *= rate * first_scale / second_scale
        values -= scratch
