"""Learning rate, weight average and torch's own draws."""

import pytest
import torch
from torch import nn

from samplegen.training.optimisation import WeightAverage, cosine_rate, seeded


def test_rate_warms_up_and_falls() -> None:
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    assert cosine_rate(optimiser, peak=2.0, step=0, progress=0.0, warm_up=10) == pytest.approx(0.2)
    assert cosine_rate(optimiser, peak=2.0, step=99, progress=0.0, warm_up=10) == pytest.approx(2.0)
    assert cosine_rate(optimiser, peak=2.0, step=99, progress=0.5, warm_up=10) == pytest.approx(2.0 * 0.505)
    assert cosine_rate(optimiser, peak=2.0, step=99, progress=1.0, warm_up=10) == pytest.approx(0.02)
    assert optimiser.param_groups[0]["lr"] == pytest.approx(0.02)


def constant(value: float) -> nn.BatchNorm1d:
    model = nn.BatchNorm1d(1)  # a weight, and a whole number in its state
    nn.init.constant_(model.weight, value)
    return model


def test_average_follows_with_its_decay() -> None:
    average = WeightAverage(constant(0.0), decay=0.5)
    average.update(constant(1.0))  # warm-up: (1 + 1) / (10 + 1) is kept
    assert float(average.weights["weight"]) == pytest.approx(9 / 11)
    for _ in range(20):
        average.update(constant(1.0))
    assert float(average.weights["weight"]) == pytest.approx(1.0, abs=1e-5)


def test_average_is_put_in_and_taken_out() -> None:
    model = constant(3.0)
    average = WeightAverage(constant(1.0), decay=0.9)
    with pytest.raises(RuntimeError, match="inside"), average.applied(model):
        assert model.weight.item() == 1.0
        raise RuntimeError("inside")
    assert model.weight.item() == 3.0


def test_average_through_its_state() -> None:
    first, second = WeightAverage(constant(0.0), decay=0.9), WeightAverage(constant(5.0), decay=0.9)
    first.update(constant(1.0))
    second.load_state(first.state())
    for average in (first, second):
        average.update(constant(2.0))
    assert torch.equal(first.weights["weight"], second.weights["weight"]) and second.steps == 2


def test_seeded_draws_leave_no_trace() -> None:
    before = torch.random.get_rng_state()
    with seeded(5):
        first = torch.rand(3)
    with seeded(5):
        second = torch.rand(3)
    assert torch.equal(first, second)
    assert torch.equal(torch.random.get_rng_state(), before)
