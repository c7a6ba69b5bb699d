"""Between conditions: exact ends, unit vectors on the way, a straight fade where nothing is said."""

import pytest
import torch

from samplegen.conditioning.mixing import slerp, weighted_mean

X, Y, NOTHING = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]), torch.zeros(2)


def along(start: torch.Tensor, end: torch.Tensor, *positions: float) -> torch.Tensor:
    count = len(positions)
    return slerp(start.expand(count, 2), end.expand(count, 2), torch.tensor(positions))


def test_a_quarter_of_a_circle() -> None:
    way = along(X, Y, 0.0, 1 / 3, 0.5, 1.0)
    assert torch.equal(way[0], X) and torch.equal(way[3], Y)
    assert way[1].tolist() == pytest.approx([3**0.5 / 2, 0.5])  # 30 degrees
    assert way[2].tolist() == pytest.approx([0.5**0.5] * 2)


def test_ends_are_exact_where_sines_would_round() -> None:
    start, end = torch.nn.functional.normalize(torch.randn(2, 7, generator=torch.Generator().manual_seed(0)), dim=1)
    way = slerp(start.expand(2, 7), end.expand(2, 7), torch.tensor([0.0, 1.0]))
    assert torch.equal(way, torch.stack([start, end]))


def test_nothing_fades_in() -> None:
    assert along(NOTHING, Y, 0.0, 0.25, 1.0).tolist() == [[0.0, 0.0], [0.0, 0.25], [0.0, 1.0]]
    assert along(NOTHING, NOTHING, 0.5).tolist() == [[0.0, 0.0]]


def test_the_same_thing_stays() -> None:
    assert along(X, X, 0.3, 0.8).flatten().tolist() == pytest.approx([1.0, 0.0, 1.0, 0.0])


def test_weights_of_a_mean() -> None:
    both = torch.stack([X, Y])
    assert weighted_mean(both, torch.tensor([3.0, 4.0])).tolist() == pytest.approx([0.6, 0.8])
    assert weighted_mean(both, torch.tensor([2.0, 0.0])).tolist() == pytest.approx([1.0, 0.0])
