import pytest
import torch

from samplegen.conditioning.beat_phase import null_phase
from samplegen.conditioning.types import Conditioning
from samplegen.diffusion.blending import (
    blend,
    blending_loss,
    data_from_velocity,
    draw_alpha,
    noise_from_velocity,
    stratified_loss,
    velocity_target,
)
from samplegen.errors import UsageError


def nothing(batch, frames):
    none = torch.zeros(batch, dtype=torch.bool)
    return Conditioning(null_phase(frames).expand(batch, -1, -1), torch.zeros(batch, 4), none, none)


def pair(batch=3, channels=2, frames=8):
    generator = torch.Generator().manual_seed(1)
    shape = (batch, channels, frames)
    return torch.randn(shape, generator=generator), torch.randn(shape, generator=generator)


def test_noise_sits_at_zero_and_data_at_one():
    noise, data = pair()
    assert torch.equal(blend(noise, data, 0.0), noise)
    assert torch.equal(blend(noise, data, torch.ones(3)), data)


def test_velocity_points_from_noise_to_data():
    noise, data = pair()
    velocity = velocity_target(noise, data)
    x = blend(noise, data, 0.25)
    assert torch.allclose(x + 0.75 * velocity, data, atol=1e-6)
    step = 1e-3
    slope = (blend(noise.double(), data.double(), 0.25 + step) - blend(noise.double(), data.double(), 0.25)) / step
    assert torch.allclose(slope.float(), velocity, atol=1e-5)


def test_predictions_invert_the_blend():
    noise, data = pair()
    alpha = torch.tensor([0.1, 0.5, 0.9])
    x, velocity = blend(noise, data, alpha), velocity_target(noise, data)
    assert torch.allclose(data_from_velocity(x, velocity, alpha), data, atol=1e-6)
    assert torch.allclose(noise_from_velocity(x, velocity, alpha), noise, atol=1e-6)


@pytest.mark.parametrize("batch", [1, 2, 32])
def test_each_item_has_its_own_alpha_even_when_sizes_coincide(batch):
    noise, data = pair(batch, channels=32, frames=32)
    alpha = torch.linspace(0, 1, batch)
    x = blend(noise, data, alpha)
    for item in range(batch):
        a = alpha[item].item()
        assert torch.allclose(x[item], (1 - a) * noise[item] + a * data[item], atol=1e-6)


def test_an_alpha_of_the_wrong_shape_is_refused():
    noise, data = pair(32, channels=32, frames=32)
    with pytest.raises(UsageError, match="32 items"):
        blend(noise, data, torch.rand(32, 1))


def test_uniform_and_logit_normal_draws():
    uniform = draw_alpha(20000, generator=torch.Generator().manual_seed(0))
    mixed = draw_alpha(20000, generator=torch.Generator().manual_seed(0), logit_normal_share=1.0)
    for draw in (uniform, mixed):
        assert 0 <= draw.min() and draw.max() <= 1
        assert abs(draw.mean().item() - 0.5) < 0.01
    assert abs((uniform < 0.1).float().mean().item() - 0.1) < 0.01
    # a fifth is uniform; of the logit-normal, Phi(log(0.1 / 0.9)) = 0.0140 lies below 0.1
    assert abs((mixed < 0.1).float().mean().item() - (0.2 * 0.1 + 0.8 * 0.0140)) < 0.005


def test_the_loss_of_a_perfect_and_of_a_silent_network():
    data = torch.full((4, 2, 8), 3.0)

    def perfect(x, alpha, conditioning, *, circular=False):
        return (data - x) / (1 - alpha)[:, None, None]

    def silent(x, alpha, conditioning, *, circular=False):
        return torch.zeros_like(x)

    loss, per_item = blending_loss(perfect, data, nothing(4, 8), generator=torch.Generator().manual_seed(0))
    assert per_item.shape == (4,) and loss.item() < 1e-6
    loss, per_item = blending_loss(silent, data, nothing(4, 8), generator=torch.Generator().manual_seed(0))
    noise = torch.randn(4, 2, 8, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(per_item, (3 - noise).square().mean((1, 2)))
    assert torch.allclose(loss, per_item.mean())


def test_channels_count_by_their_weights():
    """A network that is right about the first channel alone."""
    _, data = pair(batch=4)

    def half_right(x, alpha, conditioning, **_):
        noise = (x - alpha[:, None, None] * data) / (1 - alpha[:, None, None])
        velocity = data - noise
        velocity[:, 1] = 0.0
        return velocity

    def loss(weights):
        drawn = torch.Generator().manual_seed(3)
        return float(blending_loss(half_right, data, nothing(4, 8), generator=drawn, weights=weights)[0])

    plain = loss(None)
    assert loss(torch.ones(2)) == pytest.approx(plain) and plain > 0.1
    assert loss(torch.tensor([2.0, 0.0])) == pytest.approx(0.0, abs=1e-6)
    assert loss(torch.tensor([0.0, 2.0])) == pytest.approx(2 * plain)


def test_padded_frames_do_not_count():
    data = torch.zeros(2, 3, 8)
    data[..., 5:] = 1e3
    mask = torch.zeros(2, 8, dtype=torch.bool)
    mask[:, :5] = True

    def silent(x, alpha, conditioning, *, circular=False):
        return torch.zeros_like(x)

    _, per_item = blending_loss(silent, data, nothing(2, 8), generator=torch.Generator().manual_seed(0), mask=mask)
    noise = torch.randn(2, 3, 8, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(per_item, noise[..., :5].square().mean((1, 2)))


def test_strata_repeat_exactly_and_ask_at_their_middles():
    seen = []

    def network(x, alpha, conditioning, *, circular=False):
        seen.append(alpha[0].item())
        return 0.5 * x

    data = pair()[1]
    first = stratified_loss(network, data, nothing(3, 8))
    second = stratified_loss(network, data, nothing(3, 8))
    assert first == second and len(first) == 10
    assert seen[:10] == pytest.approx([0.05 + 0.1 * k for k in range(10)])
    assert stratified_loss(network, data, nothing(3, 8), seed=1) != first
