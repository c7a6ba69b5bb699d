"""The small denoising autoencoder both engines train on the recording at hand.

Inputs-H-L-H-inputs with leaky rectifiers after the hidden layers (morph_chain.md §2).
Backpropagation is written out; all arrays of a training step exist before the first one.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import isqrt

import numpy as np
import numpy.typing as npt

from samplegen.engines.on_the_fly.adam import Adam
from samplegen.engines.on_the_fly.noise import NormalNoise

Floats = npt.NDArray[np.floating]

LEAK = 0.01
DECAY = 1e-4
LAYERS = 4

_SPLIT_ROWS = 32  # smaller batches are not worth a second thread
_LOSS_ROWS = 1024


def hidden_size(inputs: int, latent: int) -> int:
    """Width of the hidden layers: max(2L, min(256, floor(√(inputs·L))))."""
    return max(2 * latent, min(256, isqrt(inputs * latent)))


class Autoencoder:
    """Inputs-H-L-H-inputs, all parameters in one flat vector: weights first, then biases.

    Parameters
    ----------
    inputs
        Dimensions of a patch.
    latent
        Dimensions of its code.
    rng
        Draws the weights: N(0, 2/(fan_in+fan_out)); biases start at 0.
    dtype
        float32, or float64 to check gradients.

    Attributes
    ----------
    parameters : ``[P]``
    weights : four views ``[fan_in, fan_out]`` of `parameters`
    biases : four views ``[fan_out]`` of `parameters`
    """

    def __init__(
        self, inputs: int, latent: int, *, rng: np.random.Generator, dtype: npt.DTypeLike = np.float32
    ) -> None:
        hidden = hidden_size(inputs, latent)
        self.sizes = (inputs, hidden, latent, hidden, inputs)
        fans = list(zip(self.sizes[:-1], self.sizes[1:], strict=True))
        self.weight_count = sum(fan_in * fan_out for fan_in, fan_out in fans)
        self.parameters: Floats = np.zeros(self.weight_count + sum(self.sizes[1:]), dtype=dtype)
        self.weights, self.biases = self.views(self.parameters)
        for weight, (fan_in, fan_out) in zip(self.weights, fans, strict=True):
            weight[...] = rng.standard_normal(weight.shape) * (2.0 / (fan_in + fan_out)) ** 0.5

    @property
    def parameter_count(self) -> int:
        """Weights and biases together."""
        return len(self.parameters)

    def views(self, flat: Floats) -> tuple[list[Floats], list[Floats]]:
        """(weights, biases) as views of a vector laid out like `parameters`."""
        shapes = [*zip(self.sizes[:-1], self.sizes[1:], strict=True), *((size,) for size in self.sizes[1:])]
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
        views = [flat[end - int(np.prod(shape)) : end].reshape(shape) for end, shape in zip(ends, shapes, strict=True)]
        return views[:LAYERS], views[LAYERS:]

    def encode(self, x: Floats) -> Floats:
        """Codes ``[n, L]`` of patches ``[n, D]``."""
        return self._layer(_leaky(self._layer(x, 0)), 1)

    def decode(self, z: Floats) -> Floats:
        """Patches ``[n, D]`` of codes ``[n, L]``."""
        return self._layer(_leaky(self._layer(z, 2)), 3)

    def loss(self, patches: Floats) -> float:
        """Mean squared error of clean patches ``[n, D]`` over patches and dimensions, without the weight penalty."""
        total = 0.0
        for start in range(0, len(patches), _LOSS_ROWS):
            rows = np.asarray(patches[start : start + _LOSS_ROWS], dtype=self.parameters.dtype)
            error = self.decode(self.encode(rows))
            error -= rows
            total += float(np.vdot(error, error))
        return total / patches.size

    def loss_and_gradients(self, noisy: Floats, target: Floats) -> tuple[float, dict[str, Floats]]:
        """Mean squared error plus ½·1e-4·ΣW², and its gradients by name (``weight_0`` … ``bias_3``).

        Both arrays are ``[n, D]``.
        """
        task = Pass(self, len(noisy))
        error = task.forward(np.array(noisy, dtype=self.parameters.dtype))
        error -= target
        loss = float(np.mean(error * error))
        task.backward(scale=2.0 / error.size)
        kernel = self.parameters[: self.weight_count]
        task.gradient[: self.weight_count] += DECAY * kernel
        weights, biases = self.views(task.gradient)
        named = {f"weight_{i}": weight for i, weight in enumerate(weights)}
        named |= {f"bias_{i}": bias for i, bias in enumerate(biases)}
        return loss + 0.5 * DECAY * float(np.sum(kernel * kernel)), named

    def _layer(self, x: Floats, index: int) -> Floats:
        result: Floats = np.asarray(x, dtype=self.parameters.dtype) @ self.weights[index]
        result += self.biases[index]
        return result


def _leaky(x: Floats) -> Floats:
    result: Floats = np.maximum(x, LEAK * x)
    return result


class Pass:
    """Forward and backward pass for batches of one size, all arrays allocated once; `gradient` is ``[P]``."""

    def __init__(self, model: Autoencoder, rows: int) -> None:
        self._model = model
        dtype = model.parameters.dtype
        _, hidden, latent, _, inputs = model.sizes
        self._outputs = [np.empty((rows, width), dtype=dtype) for width in (hidden, latent, hidden, inputs)]
        self._deltas = [np.empty((rows, width), dtype=dtype) for width in (hidden, latent, hidden)]
        self._wide = np.empty((rows, hidden), dtype=dtype)
        self._input: Floats = np.empty((0, inputs), dtype=dtype)
        self.gradient: Floats = np.empty_like(model.parameters)
        self._d_weights, self._d_biases = model.views(self.gradient)

    def forward(self, noisy: Floats) -> Floats:
        """The reconstruction ``[rows, D]`` of the patches; subtract the target from it in place, then go backward."""
        self._input = x = noisy
        for index, output in enumerate(self._outputs):
            np.matmul(x, self._model.weights[index], out=output)
            output += self._model.biases[index]
            if index in (0, 2):
                np.multiply(output, LEAK, out=self._wide)
                np.maximum(output, self._wide, out=output)
            x = output
        return x

    def backward(self, *, scale: float) -> None:
        """Write the `gradient` of ½·scale·Σ error², the error being what `forward` returned, less the target.

        The factor enters at the narrow layers: the error itself is the widest array and stays as it is.
        """
        first, code, second, error = self._outputs
        d_first, d_code, d_second = self._deltas
        weights, (weight_0, weight_1, weight_2, weight_3) = self._model.weights, self._d_weights
        bias_0, bias_1, bias_2, bias_3 = self._d_biases
        np.matmul(error, weights[3].T, out=d_second)
        d_second *= self._slope(second)
        d_second *= scale
        np.multiply(second, scale, out=self._wide)
        np.matmul(self._wide.T, error, out=weight_3)
        np.sum(error, axis=0, out=bias_3)
        bias_3 *= scale
        np.matmul(code.T, d_second, out=weight_2)
        np.sum(d_second, axis=0, out=bias_2)
        np.matmul(d_second, weights[2].T, out=d_code)
        np.matmul(first.T, d_code, out=weight_1)
        np.sum(d_code, axis=0, out=bias_1)
        np.matmul(d_code, weights[1].T, out=d_first)
        d_first *= self._slope(first)
        np.matmul(self._input.T, d_first, out=weight_0)
        np.sum(d_first, axis=0, out=bias_0)

    def _slope(self, output: Floats) -> Floats:
        np.greater(output, 0, out=self._wide, casting="unsafe")
        self._wide *= 1.0 - LEAK
        self._wide += LEAK
        return self._wide


@dataclass(frozen=True)
class Training:
    """Mean squared error on all clean patches, before the first step and after the last."""

    initial_loss: float
    final_loss: float

    @property
    def ratio(self) -> float:
        """Final over initial; 1 where there was nothing to learn."""
        return self.final_loss / self.initial_loss if self.initial_loss > 0 else 1.0


def train(
    model: Autoencoder,
    patches: Floats,
    *,
    steps: int,
    rng: np.random.Generator,
    batch: int = 512,
    progress: Callable[[int, int], None] | None = None,
) -> Training:
    """Train on patches ``[n, D]``: input with noise, target clean; the model changes in place.

    With f = t/(steps-1), the noise is 0.3(1-0.5f) and Adam's rate 0.003(1-0.3f). All patches at
    once, or random batches of `batch` where there are more. Run inside `one_thread`: the two
    threads here split every batch at a fixed row, so their timing changes no bit.
    `progress` is called with (steps done, steps in all).
    """
    patches = np.ascontiguousarray(patches, dtype=model.parameters.dtype)
    initial = model.loss(patches)
    _Run(model, patches, steps=steps, rng=rng, batch=batch, progress=progress).all_steps()
    return Training(initial_loss=initial, final_loss=model.loss(patches))


class _Run:
    """One training: the batches, and the shares of the threads."""

    def __init__(
        self,
        model: Autoencoder,
        patches: Floats,
        *,
        steps: int,
        rng: np.random.Generator,
        batch: int,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        count = len(patches)
        self._model, self._patches, self._steps, self._progress = model, patches, steps, progress
        self._rows = min(count, batch)
        self._chosen = (
            [np.sort(rng.choice(count, batch, replace=False, shuffle=False)) for _ in range(steps)]
            if count > batch
            else None
        )
        self._parts = 2 if self._rows >= _SPLIT_ROWS else 1
        seeds = rng.integers(2**63, size=(self._parts, 4))
        self._streams = [np.random.Generator(np.random.SFC64([int(word) for word in words])) for words in seeds]
        self._adam = Adam(model.parameters, decay=DECAY, decayed=model.weight_count)
        self._shares = [_share(self._rows, part, self._parts) for part in range(self._parts)]
        self._passes = [Pass(model, share.stop - share.start) for share in self._shares]
        self._gradients = [task.gradient for task in self._passes]
        self._barrier = threading.Barrier(self._parts)

    def all_steps(self) -> None:
        """Run every part in a thread of its own, the first in this one."""
        if self._parts == 1:
            return self._run_part(0)
        with ThreadPoolExecutor(1) as pool:
            other = pool.submit(self._run_part, 1)
            try:
                self._run_part(0)
            except threading.BrokenBarrierError:
                other.result()  # raises what broke it
                raise
            other.result()
        return None

    def _run_part(self, part: int) -> None:
        try:
            self._steps_of(part)
        except BaseException:
            self._barrier.abort()  # or the other part would wait for ever
            raise

    def _steps_of(self, part: int) -> None:
        rows, task = self._shares[part], self._passes[part]
        target = self._patches[rows] if self._chosen is None else np.empty_like(self._patches[rows])
        noise = NormalNoise(target.shape, rng=self._streams[part], dtype=target.dtype)
        mine = _share(self._model.parameter_count, part, self._parts)
        for step in range(self._steps):
            fraction = step / max(1, self._steps - 1)
            if self._chosen is not None:
                np.take(self._patches, self._chosen[step][rows], axis=0, out=target, mode="clip")
            noisy = noise.draw(0.3 * (1.0 - 0.5 * fraction))
            noisy += target
            error = task.forward(noisy)
            error -= target
            task.backward(scale=2.0 / (self._rows * target.shape[1]))
            self._barrier.wait()
            self._adam.update(self._gradients, step=step + 1, rate=0.003 * (1.0 - 0.3 * fraction), part=mine)
            self._barrier.wait()
            if part == 0 and self._progress is not None:
                self._progress(step + 1, self._steps)


def _share(count: int, part: int, parts: int) -> slice:
    return slice(count * part // parts, count * (part + 1) // parts)
