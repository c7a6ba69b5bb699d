import math

import pytest
import torch

from samplegen.conditioning.types import Conditioning
from samplegen.diffusion.guidance import guided_velocity
from samplegen.diffusion.masks import (
    inpaint,
    inpaint_by_overwriting,
    jump_back,
    keep_known,
    masked_network,
    slerp,
    vary,
)
from samplegen.diffusion.samplers import SAMPLERS, midpoint
from samplegen.diffusion.schedules import alpha_grid
from samplegen.errors import UsageError


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def gaussian_velocity(x, alpha, arrival=None):
    """Exact for independent N(0, 1) data."""
    return (2 * alpha - 1) / (alpha**2 + (1 - alpha) ** 2) * x


MASK = torch.arange(12) < 7


@pytest.mark.parametrize("name", list(SAMPLERS))
def test_replacement_keeps_known_frames_bit_for_bit(name):
    known = draw(2, 3, 12)
    made = inpaint(
        gaussian_velocity, draw(2, 3, 12, seed=1), known=known, mask=MASK, alphas=alpha_grid(6), sampler=SAMPLERS[name]
    )
    assert torch.equal(made[..., :7], known[..., :7])
    free = SAMPLERS[name](gaussian_velocity, draw(2, 3, 12, seed=1), alpha_grid(6))
    assert torch.equal(made[..., 7:], free[..., 7:]), "independent frames are made as without a mask"


def test_replacement_leads_the_known_frames_along_the_straight_line():
    known, noise = draw(1, 3, 12), draw(1, 3, 12, seed=1)
    transform = keep_known(known, MASK)
    halfway = midpoint(
        lambda x, a: transform(x, gaussian_velocity(x, a), a), noise, [alpha for alpha in alpha_grid(8) if alpha <= 0.5]
    )
    assert torch.allclose(halfway[..., :7], (0.5 * noise + 0.5 * known)[..., :7], atol=1e-5)


@pytest.mark.parametrize("jumps", [0, 2])
def test_overwriting_keeps_known_frames_bit_for_bit(jumps):
    known = draw(2, 3, 12)
    settings = {"known": known, "mask": MASK, "alphas": alpha_grid(6, shape=0.5), "jumps": jumps}
    generator = torch.Generator().manual_seed(0)
    made = inpaint_by_overwriting(gaussian_velocity, draw(2, 3, 12, seed=1), **settings, generator=generator)
    assert torch.equal(made[..., :7], known[..., :7])
    generator = torch.Generator().manual_seed(0)
    again = inpaint_by_overwriting(gaussian_velocity, draw(2, 3, 12, seed=1), **settings, generator=generator)
    assert torch.equal(made, again)
    assert torch.isfinite(made).all()


def test_jumping_back_restores_the_level_of_noise():
    data, start, fresh = torch.zeros(1, 1, 100000), draw(1, 1, 100000), draw(1, 1, 100000, seed=1)
    x = 0.3 * start + 0.7 * (data + 2)
    back = jump_back(x, fresh, alpha=0.4, arrival=0.7)
    assert back.mean().item() == pytest.approx(0.4 * 2, abs=0.01)
    assert back.std().item() == pytest.approx(0.6, abs=0.01)


@pytest.mark.parametrize("shape", [(12,), (2, 12), (2, 1, 12)])
def test_masks_come_in_three_shapes(shape):
    known = draw(2, 3, 12)
    mask = MASK.expand(shape) if len(shape) < 3 else MASK.expand(2, 1, 12)
    made = inpaint(gaussian_velocity, draw(2, 3, 12, seed=1), known=known, mask=mask, alphas=alpha_grid(2))
    assert torch.equal(made[..., :7], known[..., :7])


def test_masks_of_another_length_are_refused():
    with pytest.raises(UsageError, match="9 frames"):
        keep_known(draw(1, 3, 12), torch.ones(9))


def test_masked_network_repeats_for_every_branch():
    known, seen = draw(2, 3, 12), {}

    def network(x, alpha, conditioning, *, circular=False, known, known_mask):
        seen.update(known=known, mask=known_mask)
        return torch.zeros_like(x)

    wrapped = masked_network(network, known=known, mask=MASK)
    have = torch.ones(2, dtype=torch.bool)
    told = Conditioning(torch.ones(2, 8, 12), torch.ones(2, 4), have, have)
    guided_velocity(wrapped, told)(draw(2, 3, 12), 0.5)
    assert torch.equal(seen["known"], known) and seen["mask"].shape == (2, 1, 12)
    wrapped(draw(6, 3, 12), 0.5, told)
    assert torch.equal(seen["known"][4:], known) and seen["mask"].sum() == 6 * 7


def test_strength_zero_returns_the_source_bit_for_bit():
    source = draw(2, 3, 12)
    same = vary(gaussian_velocity, source, draw(2, 3, 12, seed=1), strength=0.0, steps=8)
    assert torch.equal(same, source) and same is not source


def test_strength_one_is_a_whole_run_and_less_stays_nearer():
    source, noise = draw(2, 3, 12), draw(2, 3, 12, seed=1)
    whole = midpoint(gaussian_velocity, noise, alpha_grid(8, shape=0.5))
    assert torch.equal(vary(gaussian_velocity, source, noise, strength=1.0, steps=8), whole)
    distances = [(vary(gaussian_velocity, source, noise, strength=s, steps=8) - source).norm() for s in (0.1, 0.4, 0.8)]
    assert distances == sorted(distances)


@pytest.mark.parametrize("strength", [-0.1, 1.1, math.nan])
def test_senseless_strengths_are_refused(strength):
    with pytest.raises(UsageError, match="strength"):
        vary(gaussian_velocity, draw(1, 1, 4), draw(1, 1, 4), strength=strength, steps=4)


def test_slerp_keeps_spread_and_ends():
    first, second = draw(2, 16, 256), draw(2, 16, 256, seed=1)
    assert torch.equal(slerp(first, second, 0.0), first) and torch.equal(slerp(first, second, 1.0), second)
    middle = slerp(first, second, 0.5)
    assert middle.std((1, 2)).tolist() == pytest.approx([1.0, 1.0], abs=0.03)
    unit = torch.nn.functional.normalize(draw(4, 32), dim=1)
    other = torch.nn.functional.normalize(draw(4, 32, seed=1), dim=1)
    assert torch.allclose(slerp(unit, other, 0.3).norm(dim=1), torch.ones(4), atol=1e-5)


def test_slerp_of_a_right_angle_and_of_equals():
    east, north = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    assert torch.allclose(slerp(east, north, 1 / 3), torch.tensor([[math.cos(math.pi / 6), 0.5]]))
    assert torch.allclose(slerp(east, east, 0.4), east)
