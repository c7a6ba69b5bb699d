import math

import pytest
import torch

from samplegen.training.codecs.mel_loss import MEL_SCALES, MultiScaleMelLoss


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)) * 0.1


def test_equal_signals_lose_nothing_whatever_their_sign():
    samples = noise(2, 1, 8192)
    assert float(MultiScaleMelLoss()(samples, samples)) == 0.0
    assert float(MultiScaleMelLoss()(-samples, samples)) == pytest.approx(0.0, abs=1e-6)


def test_mel_loss_of_half_the_level():
    # log10 falls by log10(2) everywhere; the linear part is half the mean over (mean + 0.001)
    samples = noise(1, 1, 16384) * 10
    loss = float(MultiScaleMelLoss(linear_weight=0.2)(samples * 0.5, samples))
    empty = sum(float(MultiScaleMelLoss().get_buffer(f"filters_{n}").sum(1).eq(0).sum()) for n in MEL_SCALES)
    assert empty == 0
    assert loss == pytest.approx(math.log10(2) + 0.2 * 0.5, abs=2e-3)


def test_gradients_are_finite_on_silence():
    loss = MultiScaleMelLoss()
    estimate = torch.zeros(1, 1, 8192, requires_grad=True)
    loss(estimate, noise(1, 1, 8192)).backward()
    assert estimate.grad.isfinite().all()
    again = torch.zeros(1, 1, 8192, requires_grad=True)
    loss(again, torch.zeros(1, 1, 8192)).backward()
    assert again.grad.isfinite().all()


def test_descent_comes_nearer():
    loss = MultiScaleMelLoss()
    reference = noise(1, 1, 4096)
    estimate = noise(1, 1, 4096, seed=1).requires_grad_()
    optimiser = torch.optim.Adam([estimate], lr=5e-3)
    before = float(loss(estimate, reference).detach())
    for _ in range(15):
        optimiser.zero_grad()
        loss(estimate, reference).backward()
        optimiser.step()
    assert float(loss(estimate, reference).detach()) < 0.9 * before


def test_shorter_than_a_window():
    assert float(MultiScaleMelLoss()(noise(1, 1, 100), noise(1, 1, 100, seed=1))) > 0


def test_tables_do_not_enter_the_checkpoint():
    assert MultiScaleMelLoss().state_dict() == {}
