import pytest
import torch

from samplegen.errors import UsageError
from samplegen.training.codecs.adversarial import (
    LossBalancer,
    feature_matching_loss,
    hinge_discriminator_loss,
    hinge_generator_loss,
)


def test_hinge_values():
    real, fake = [torch.tensor([2.0, 0.5])], [torch.tensor([-3.0, 0.0])]
    assert float(hinge_discriminator_loss(real, fake)) == pytest.approx(0.25 + 0.5)
    assert float(hinge_generator_loss(fake)) == pytest.approx((4.0 + 1.0) / 2)
    blind = [torch.zeros(3)]
    assert float(hinge_discriminator_loss(blind, blind)) == 2.0


def test_scales_weigh_alike_whatever_their_size():
    fake = [torch.full((1000,), 1.0), torch.full((1,), -1.0)]
    assert float(hinge_generator_loss(fake)) == pytest.approx(1.0)


def test_feature_matching_is_relative():
    real = [[torch.tensor([2.0, -2.0])], [torch.tensor([100.0])]]
    fake = [[torch.tensor([1.0, -2.0])], [torch.tensor([150.0])]]
    assert float(feature_matching_loss(real, fake)) == pytest.approx((0.25 + 0.5) / 2)
    assert float(feature_matching_loss(real, real)) == 0.0


def test_feature_matching_trains_the_fake_only():
    real, fake = (torch.tensor([value], requires_grad=True) for value in (1.0, 2.0))
    feature_matching_loss([[real]], [[fake]]).backward()
    assert real.grad is None and fake.grad is not None


def make_output():
    return torch.zeros(2, 1, 4, requires_grad=True)


def test_shares_hold_whatever_the_scale_of_a_loss():
    output = make_output() * 1.0
    balancer = LossBalancer({"a": 1.0, "b": 3.0})
    first, second = output[..., 0].sum() * 1e-6, output[..., 1].sum() * 1e6
    gradient = balancer.gradient({"a": first, "b": second}, output)
    expected = torch.tensor([0.25, 0.75, 0.0, 0.0]).expand(2, 1, 4)
    torch.testing.assert_close(gradient, expected, rtol=1e-4, atol=1e-6)


def test_running_norm_is_a_bias_corrected_mean():
    balancer = LossBalancer({"a": 1.0}, decay=0.5)
    for norm, expected in ((1.0, 1.0), (4.0, 4.0 / 3.0)):  # second: (0.25 * 1 + 0.5 * 4) / 0.75 = 3
        output = make_output() * 1.0
        gradient = balancer.gradient({"a": output[..., 0].sum() * norm}, output)
        assert float(gradient[0, 0, 0]) == pytest.approx(expected)


def test_state_goes_on():
    first, second = (LossBalancer({"a": 1.0, "b": 2.0}, decay=0.9) for _ in range(2))
    output = make_output() * 1.0
    first.gradient({"a": output[..., 0].sum(), "b": output[..., 1].sum() * 5}, output)
    second.load_state(first.state())
    losses = {"a": output[..., 2].sum() * 7}
    torch.testing.assert_close(first.gradient(losses, output), second.gradient(losses, output))


def test_loss_without_influence_gives_no_gradient():
    output = make_output() * 1.0
    gradient = LossBalancer({"a": 1.0}).gradient({"a": (output * 0.0).sum()}, output)
    assert torch.equal(gradient, torch.zeros_like(output))


@pytest.mark.parametrize("shares", [{}, {"a": 0.0}, {"a": 1.0, "b": -1.0}])
def test_useless_shares_are_refused(shares):
    with pytest.raises(UsageError):
        LossBalancer(shares)
