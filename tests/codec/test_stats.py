"""Latent statistics: unit variance, the way back, and what a file may not say."""

import pytest
import torch

from samplegen.codec.stats import LatentRange, LatentStats
from samplegen.errors import ModelInvalidError


def draw(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def test_there_and_back() -> None:
    frames = 3.0 * draw(5000, 4) + torch.tensor([0.0, 10.0, -5.0, 0.1])
    stats = LatentStats.measure(frames)
    normal = stats.normalise(frames.T[None])
    assert float(normal.std()) == pytest.approx(1.0, abs=1e-3)
    assert normal.mean(-1).abs().max() < 1e-4
    assert (stats.denormalise(normal) - frames.T).abs().max() < 1e-5


def test_a_channel_that_never_changes_stays_finite() -> None:
    stats = LatentStats.measure(torch.ones(100, 2))
    assert stats.normalise(torch.ones(1, 2, 5)).abs().max() == 0.0


def test_a_channel_that_hardly_speaks_has_no_outliers() -> None:
    frames = draw(1000, 4)
    frames[:, 3] = 0.0
    frames[:5, 3] = 1.0
    stats = LatentStats.measure(frames)
    assert float(stats.normalise(frames.T[None])[0, 3].max()) == pytest.approx(1 / (0.25 * 0.77), rel=0.1)


def test_through_json() -> None:
    stats = LatentStats.measure(draw(50, 3))
    again = LatentStats.from_config(stats.to_config(), channels=3)
    assert torch.equal(again.mean, stats.mean) and torch.equal(again.std, stats.std)


def test_whole_numbers_are_numbers() -> None:
    stats = LatentStats.from_config({"mean": [0, 1], "std": [1, 2]}, channels=2)
    assert stats.normalise(torch.ones(1, 2, 1)).flatten().tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    "value",
    [
        None, [], {"mean": [0.0]}, {"mean": [0.0], "std": [1.0]}, {"mean": [0.0, 0.0], "std": [1.0, 0.0]},
        {"mean": [0.0, 0.0], "std": [1.0, -1.0]}, {"mean": ["0", 0.0], "std": [1.0, 1.0]},
        {"mean": [True, 0.0], "std": [1.0, 1.0]},
    ],
)  # fmt: skip
def test_what_is_refused(value: object) -> None:
    with pytest.raises(ModelInvalidError, match="latent statistics"):
        LatentStats.from_config(value, channels=2)


def test_a_range_holds_what_lies_beyond_and_leaves_the_rest():
    frames = torch.stack([torch.linspace(-1.0, 1.0, 5001), torch.linspace(0.0, 10.0, 5001)], dim=1)
    found = LatentRange.measure(frames)
    torch.testing.assert_close(found.low, torch.tensor([-0.998, 0.01]))
    torch.testing.assert_close(found.high, torch.tensor([0.998, 9.99]))
    held = found.hold(torch.tensor([[[-3.0, 0.5, 3.0], [-1.0, 5.0, 99.0]]]))
    torch.testing.assert_close(held, torch.tensor([[[-0.998, 0.5, 0.998], [0.01, 5.0, 9.99]]]))
    again = LatentRange.from_config(found.to_config(), channels=2)
    torch.testing.assert_close(again.low, found.low)


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"low": [0.0], "high": [1.0, 2.0]},
        {"low": [0.0, 3.0], "high": [1.0, 2.0]},
        {"low": ["a", 0], "high": [1, 2]},
    ],
)
def test_a_damaged_range_is_refused(entry):
    with pytest.raises(ModelInvalidError, match="latent"):
        LatentRange.from_config(entry, channels=2)
