"""Normal numbers for the training noise."""

import numpy as np
import pytest

from samplegen.engines.on_the_fly.noise import NormalNoise


def test_the_numbers_are_normal_and_independent() -> None:
    values = NormalNoise((500, 400), rng=np.random.default_rng(1)).draw(1.0).astype(np.float64).ravel()
    assert abs(values.mean()) < 0.01
    assert values.var() == pytest.approx(1.0, abs=0.015)
    assert (values**3).mean() == pytest.approx(0.0, abs=0.03)
    assert (values**4).mean() == pytest.approx(3.0, abs=0.1)
    assert np.mean(np.abs(values) > 2.0) == pytest.approx(0.0455, abs=0.002)
    half = len(values) // 2
    for first, second in ((values[:half], values[half:]), (values[1:], values[:-1])):
        assert abs(np.corrcoef(first, second)[0, 1]) < 0.01
        assert abs(np.corrcoef(first**2, second**2)[0, 1]) < 0.015


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_bits_stay_finite(dtype: type) -> None:
    class Bits:
        def __init__(self, word: int) -> None:
            self.word = word

        def integers(self, *_: object, size: int, **__: object) -> np.ndarray:
            return np.full(size, self.word, dtype=np.uint64)

    for word in (0, 2**64 - 1, 2**63, 2**31):
        values = NormalNoise((2, 4), rng=Bits(word), dtype=dtype).draw(1.0)  # type: ignore[arg-type]
        assert np.all(np.isfinite(values)) and np.all(np.abs(values) < 7.0)


def test_every_draw_is_new_with_its_own_deviation_and_any_shape_fits() -> None:
    noise = NormalNoise((7, 101), rng=np.random.default_rng(2))
    first = noise.draw(0.3).copy()
    second = noise.draw(0.15)
    assert first.shape == (7, 101) and first.dtype == np.float32
    assert first.std() == pytest.approx(0.3, rel=0.1) and second.std() == pytest.approx(0.15, rel=0.1)
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.15
