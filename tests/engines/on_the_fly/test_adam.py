"""Adam on one flat vector against the textbook form."""

import numpy as np

from samplegen.engines.on_the_fly.adam import Adam


def test_steps_follow_the_textbook() -> None:
    rng = np.random.default_rng(0)
    parameters = rng.standard_normal(100_000)
    expected = parameters.copy()
    first, second = np.zeros_like(expected), np.zeros_like(expected)
    adam = Adam(parameters, decay=1e-2, decayed=70_000)
    for step in range(1, 6):
        halves = [rng.standard_normal(100_000) * 1e-3 for _ in range(2)]
        gradient = halves[0] + halves[1]
        gradient[:70_000] += 1e-2 * expected[:70_000]
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        expected -= 0.01 * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
        for part in (slice(0, 33_333), slice(33_333, 100_000)):
            adam.update(halves, step=step, rate=0.01, part=part)
        np.testing.assert_allclose(parameters, expected, rtol=1e-10, atol=1e-12)
